// A record chosen by writing: found as one types, taken by arrows and Enter or by a click. Where several
// kinds are offered, the option says which field of the form it fills.

import { draw, mark, markedOf, optionsOf, walk } from "./options.js";
import { fetchPartial } from "./sending.js";

const PATIENCE = 150; // milliseconds after the last key

for (const pick of document.querySelectorAll("[data-pick]")) {
  const [value, search] = pick.querySelectorAll("input");
  const list = pick.querySelector("[role=listbox]");
  let waiting = 0;
  let asked = 0;
  let chosen = search.value;

  function close() {
    asked += 1; // what is still on its way opens nothing
    clearTimeout(waiting);
    list.hidden = true;
    search.setAttribute("aria-expanded", "false");
    mark(search, list, null);
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
    draw(search, list, html);
    if (!markedOf(list)) mark(search, list, optionsOf(list)[0]);
    list.hidden = false;
    search.setAttribute("aria-expanded", "true");
  }

  search.addEventListener("input", () => {
    if (search.value !== chosen) value.value = "";
    clearTimeout(waiting);
    waiting = setTimeout(find, PATIENCE);
  });
  search.addEventListener("keydown", (event) => {
    if (list.hidden || !optionsOf(list).length) return;
    const marked = markedOf(list);
    if (event.key === "ArrowDown") walk(search, list, 1);
    else if (event.key === "ArrowUp") walk(search, list, -1);
    else if (event.key === "Enter" && marked) take(marked);
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
