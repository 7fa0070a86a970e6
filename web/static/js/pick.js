// A record chosen by writing: found as one types, taken by arrows and Enter or by a click. Where several
// kinds are offered, the option says which field of the form it fills.

import { fetchPartial } from "./sending.js";

const PATIENCE = 150; // milliseconds after the last key

for (const pick of document.querySelectorAll("[data-pick]")) {
  const [value, search] = pick.querySelectorAll("input");
  const list = pick.querySelector("[role=listbox]");
  let waiting = 0;
  let asked = 0;
  let chosen = search.value;

  const options = () => [...list.querySelectorAll("[role=option]")];

  function close() {
    list.hidden = true;
    search.setAttribute("aria-expanded", "false");
    search.removeAttribute("aria-activedescendant");
  }

  function mark(option) {
    for (const each of options()) each.setAttribute("aria-selected", String(each === option));
    if (option) search.setAttribute("aria-activedescendant", option.id);
    option?.scrollIntoView({ block: "nearest" });
  }

  // Who chooses a client has also chosen that it is a known one.
  function choose() {
    const radio = pick.dataset.chooses && pick.closest("form").querySelector(`input[type=radio][value="${pick.dataset.chooses}"]`);
    if (radio) radio.checked = true;
  }

  function take(option) {
    value.name = option.dataset.fills ?? value.name;
    value.value = option.dataset.value;
    chosen = option.dataset.name;
    search.value = chosen;
    search.removeAttribute("aria-invalid");
    close();
    choose();
  }

  async function find() {
    const turn = ++asked;
    if (!search.value.trim()) return close();
    const html = await fetchPartial(`${pick.dataset.pick}?search=${encodeURIComponent(search.value)}`).catch(() => null);
    if (html === null || turn !== asked) return;
    list.innerHTML = html;
    list.hidden = false;
    search.setAttribute("aria-expanded", "true");
    mark(options()[0]);
  }

  search.addEventListener("input", () => {
    if (search.value !== chosen) value.value = "";
    clearTimeout(waiting);
    waiting = setTimeout(find, PATIENCE);
  });
  search.addEventListener("keydown", (event) => {
    const all = options();
    if (list.hidden || !all.length) return;
    const at = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown") mark(all[Math.min(at + 1, all.length - 1)]);
    else if (event.key === "ArrowUp") mark(all[Math.max(at - 1, 0)]);
    else if (event.key === "Enter" && at >= 0) take(all[at]);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  list.addEventListener("pointerdown", (event) => {
    const option = event.target.closest("[role=option]");
    if (!option) return;
    event.preventDefault();
    take(option);
  });
  search.addEventListener("blur", close);
}
