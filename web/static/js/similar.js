// While somebody new is typed (form[data-similar]), those who may be the same are shown beneath the fields.

import { fetchPartial } from "./sending.js";

const PAUSE_MILLISECONDS = 250;
const ASKED = ["name", "number", "email"];

for (const form of document.querySelectorAll("form[data-similar]")) {
  const place = form.querySelector(".similar");
  let waiting = 0;
  let turn = 0;
  const ask = async () => {
    const mine = ++turn;
    const values = ASKED.map((name) => [name, form.elements[name]?.value ?? ""]);
    const empty = values.every(([, value]) => value.trim().length < 3);
    const query = new URLSearchParams(values);
    const html = empty ? "" : await fetchPartial(`/clients/similar?${query}`).catch(() => "");
    if (mine === turn) place.innerHTML = html;
  };
  form.addEventListener("input", (event) => {
    if (!ASKED.includes(event.target.name)) return;
    clearTimeout(waiting);
    waiting = setTimeout(ask, PAUSE_MILLISECONDS);
  });
  ask();
}
