// Tags of a record: written into a small box with what there is already below it, taken off by a click or
// by Backspace, and either taken back from the toast that tells it.

import { refresh } from "./cards.js";
import { draw, mark, markedOf, optionsOf, walk } from "./options.js";
import { attempt, fetchPartial } from "./sending.js";
import { toast } from "./toasts.js";

const PATIENCE = 120; // milliseconds after the last key

const lineOf = (element) => element.closest("[data-tags]");
const listOf = (box) => lineOf(box).querySelector("[role=listbox]");
const renew = (line) => refresh({ id: line.closest("article[data-src]").id });

let waiting = 0;
let asked = 0;

function tell(text, act) {
  const made = toast(text);
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button small";
  button.textContent = document.getElementById("toasts").dataset.undo;
  button.addEventListener("click", () => { made.remove(); act(); });
  made.insertBefore(button, made.lastElementChild);
}

async function add(line, title, quietly = false) {
  const { tags: path, added } = line.dataset;
  const answer = await attempt(path, { title });
  if (!answer) return;
  renew(line);
  if (!quietly && answer.is_new) tell(added, () => remove(line, answer.id, true));
}

async function remove(line, id, quietly = false) {
  const { tags: path, removed } = line.dataset;
  const answer = await attempt(`${path}/${id}/remove`);
  if (!answer) return;
  renew(line);
  if (!quietly) tell(removed, () => add(line, answer.title, true));
}

function close(box) {
  asked += 1;
  clearTimeout(waiting);
  listOf(box).hidden = true;
  box.setAttribute("aria-expanded", "false");
  mark(box, listOf(box), null);
}

async function find(box) {
  const turn = ++asked;
  const written = box.value.trim();
  const html = await fetchPartial(`/tags/options?search=${encodeURIComponent(written)}`).catch(() => null);
  if (html === null || turn !== asked) return;
  const borne = new Set([...lineOf(box).querySelectorAll("[data-tag]")].map((tag) => tag.dataset.tag));
  const list = listOf(box);
  draw(box, list, html, (option) => !borne.has(option.dataset.value));
  list.hidden = !optionsOf(list).length;
  box.setAttribute("aria-expanded", String(!list.hidden));
}

async function take(box, title) {
  const line = lineOf(box);
  box.value = "";
  close(box);
  if (title.trim()) await add(line, title);
}

function onKey(event) {
  const box = event.target;
  const list = listOf(box);
  const isOpen = !list.hidden && optionsOf(list).length > 0;
  if (event.key === "ArrowDown") {
    if (isOpen) walk(box, list, 1, -1);
    else find(box);
  } else if (event.key === "ArrowUp") isOpen && walk(box, list, -1, -1);
  else if (event.key === "Enter") take(box, (isOpen && markedOf(list)?.dataset.title) || box.value);
  else if (event.key === "Escape") {
    box.value = "";
    close(box);
    box.blur();
  } else if (event.key === "Backspace" && !box.value) {
    const last = [...lineOf(box).querySelectorAll("[data-tag]")].at(-1);
    if (!last) return;
    remove(lineOf(box), last.dataset.tag);
  } else return;
  event.preventDefault();
  event.stopPropagation();
}

export function listenToTags() {
  const isBox = (target) => target.matches?.(".tag-box input");
  document.addEventListener("input", (event) => {
    if (!isBox(event.target)) return;
    clearTimeout(waiting);
    waiting = setTimeout(find, PATIENCE, event.target);
  });
  document.addEventListener("focusin", (event) => isBox(event.target) && find(event.target));
  document.addEventListener("focusout", (event) => isBox(event.target) && close(event.target));
  document.addEventListener("keydown", (event) => isBox(event.target) && !event.isComposing && onKey(event));
  document.addEventListener("pointerdown", (event) => {
    const option = event.target.closest(".tag-options [role=option]");
    if (!option) return;
    event.preventDefault(); // the focus stays in the box
    take(lineOf(option).querySelector(".tag-box input"), option.dataset.title);
  });
  document.addEventListener("click", (event) => {
    const gone = event.target.closest("[data-untag]");
    if (gone) remove(lineOf(gone), gone.dataset.untag);
  });
}
