// Tags of a record: written into a small box with what there is already below it, taken off by a click or
// by Backspace, and either taken back from the toast that tells it.

import { refresh } from "./cards.js";
import { attempt, fetchPartial } from "./sending.js";
import { toast } from "./toasts.js";

const PATIENCE = 120; // milliseconds after the last key

const lineOf = (element) => element.closest("[data-tags]");
const listOf = (box) => lineOf(box).querySelector("[role=listbox]");
const optionsOf = (box) => [...listOf(box).querySelectorAll("[role=option]")];
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
  box.removeAttribute("aria-activedescendant");
}

function mark(box, option) {
  for (const each of optionsOf(box)) each.setAttribute("aria-selected", String(each === option));
  if (option) box.setAttribute("aria-activedescendant", option.id);
  else box.removeAttribute("aria-activedescendant");
  option?.scrollIntoView({ block: "nearest" });
}

async function find(box) {
  const turn = ++asked;
  const written = box.value.trim();
  const html = await fetchPartial(`/tags/options?search=${encodeURIComponent(written)}`).catch(() => null);
  if (html === null || turn !== asked) return;
  const borne = new Set([...lineOf(box).querySelectorAll("[data-tag]")].map((tag) => tag.dataset.tag));
  const list = listOf(box);
  const chosen = optionsOf(box).find((option) => option.getAttribute("aria-selected") === "true");
  list.innerHTML = html;
  for (const option of optionsOf(box)) if (borne.has(option.dataset.value)) option.remove();
  // Who has gone down to one while an answer was on its way means it, wherever it stands now.
  mark(box, chosen && optionsOf(box).find((option) => option.dataset.value === chosen.dataset.value));
  list.hidden = !optionsOf(box).length;
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
  const all = listOf(box).hidden ? [] : optionsOf(box);
  const at = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown") {
    if (all.length) mark(box, all[Math.min(at + 1, all.length - 1)]);
    else find(box);
  } else if (event.key === "ArrowUp") mark(box, at > 0 ? all[at - 1] : null);
  else if (event.key === "Enter") take(box, at >= 0 ? all[at].dataset.title : box.value);
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
