// Lists: filters, sorting, pages and views without a reload; lines ticked by mouse and keyboard, over pages.

import { tick } from "./clocks.js";
import { elementOf, morph } from "./morph.js";
import { tellMove } from "./moves.js";
import { attempt, fetchPartial } from "./sending.js";
import { toast } from "./toasts.js";

const PATIENCE = 250; // milliseconds after the last key of a search
const chosen = new Set();
let everything = false; // all that fit, whatever is ticked
let lastTicked = null; // where a range begins
let asked = 0;

const list = () => document.querySelector("#records.list");
const searchBox = () => document.querySelector("[data-list-search] input[type=search], #record-filters input[type=search]");
const menu = () => document.getElementById("filter-menu");

// ------------------------------------------------------------------ the list anew

async function show(address, remember) {
  const turn = ++asked;
  const url = new URL(address, location.href);
  const path = list().dataset.listPath;
  list().setAttribute("aria-busy", "true");
  const html = await fetchPartial(`${path}/records${url.search}`).catch(() => null);
  if (turn !== asked) return;
  list().removeAttribute("aria-busy");
  if (html === null) {
    toast(document.getElementById("toasts").dataset.failed, "bad");
    return;
  }
  const before = list().dataset.address;
  if (menu()) menu().open = false;
  tick(morph(list(), elementOf(html)));
  if (list().dataset.address !== before) chooseNone();
  if (remember === "push") history.pushState({ list: true }, "", url);
  else if (remember === "replace") history.replaceState(history.state, "", url);
  const box = searchBox();
  if (box && document.activeElement !== box) box.value = new URL(list().dataset.address, location.href).searchParams.get("search") ?? "";
  applyTicks();
}

function asAddress(form) {
  const values = [...new FormData(form)].filter(([, value]) => value);
  return `${form.getAttribute("action")}?${new URLSearchParams(values)}`;
}

function search(text) {
  const url = new URL(list().dataset.address, location.href);
  url.searchParams.delete("search");
  if (text.trim()) url.searchParams.set("search", text.trim());
  if (url.searchParams.get("view") === "all") url.searchParams.delete("view");
  if (![...url.searchParams].length) url.searchParams.set("view", "all");
  show(url.href, "replace");
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("#records.list a[data-list]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  show(link.href, "push");
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches("#records.list form[data-list]")) {
    event.preventDefault();
    show(asAddress(form), "push");
  } else if (list() && form.matches("[data-list-search], #record-filters")) {
    event.preventDefault();
    search(searchBox().value);
  } else if (form.matches("[data-downloads]")) {
    const details = form.closest("details");
    if (details) details.open = false;
    setTimeout(() => delete form.dataset.sent, 1000); // a file came instead of a page
  }
});

let waiting = 0;
document.addEventListener("input", (event) => {
  if (event.target.matches("[data-find-choice]")) findChoice(event.target);
  if (!list() || event.target !== searchBox()) return;
  clearTimeout(waiting);
  waiting = setTimeout(() => search(searchBox().value), PATIENCE);
});

window.addEventListener("popstate", () => {
  if (!list()) return;
  const wantsBoard = new URL(location.href).searchParams.get("look") === "board";
  if (wantsBoard) location.reload();
  else show(location.href, "");
});

// ------------------------------------------------------------------ the menu of filters

function openEditor(name) {
  const panel = menu().querySelector(".filter-panel");
  menu().open = true;
  const room = document.documentElement.clientWidth - menu().getBoundingClientRect().left;
  panel.classList.toggle("leftwards", room < panel.offsetWidth + 16);
  panel.querySelector("[data-filter-names]").hidden = Boolean(name);
  for (const editor of panel.querySelectorAll("[data-filter]")) editor.hidden = editor.dataset.filter !== name;
  const place = name ? panel.querySelector(`[data-filter="${CSS.escape(name)}"]`) : panel.querySelector("[data-filter-names]");
  const first = place.querySelector("[data-find-choice]") ?? place.querySelector("input:checked") ?? place.querySelector("form input:not([type=hidden]), .filter-choices button");
  first?.focus();
}

function findChoice(box) {
  const wanted = box.value.trim().toLocaleLowerCase();
  for (const each of box.parentElement.querySelectorAll(".filter-choices > *")) {
    each.hidden = !each.textContent.toLocaleLowerCase().includes(wanted);
  }
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-edit-filter]");
  if (event.target.closest("#filter-menu > summary") && !menu().open) {
    // At once: the browser's own "toggle" comes after keys that are typed fast, and they would be lost.
    event.preventDefault();
    openEditor("");
  } else if (opener) {
    event.stopPropagation(); // or the click beside the menu would close it again
    openEditor(opener.dataset.editFilter);
  } else if (event.target.closest("[data-filter-back]")) openEditor("");
  else if (event.target.closest("[data-closes]")) event.target.closest("dialog").close();
}, true);

// Arrow keys walk the choices; Enter in the search takes the first that is left.
document.addEventListener("keydown", (event) => {
  const place = event.target.closest?.("#filter-menu [data-filter-names], #filter-menu [data-filter]");
  if (!place || !["ArrowDown", "ArrowUp", "Enter"].includes(event.key)) return;
  const all = [...place.querySelectorAll(".filter-choices > :not([hidden])")].map((each) => each.querySelector("input") ?? each);
  if (event.key === "Enter") {
    if (event.target.matches("[data-filter-names] [data-find-choice]")) all[0]?.click();
    else if (event.target.matches("input[type=checkbox], [data-find-choice]")) {
      if (event.target.matches("[data-find-choice]") && all[0] && !place.querySelector(".filter-choices input:checked")) all[0].checked = true;
      place.querySelector("form").requestSubmit();
    } else return;
  } else {
    if (event.target.matches("[type=date], [type=number]") || !all.length) return;
    const next = all.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1);
    (next < 0 ? place.querySelector("[data-find-choice]") : all[Math.min(next, all.length - 1)])?.focus();
  }
  event.preventDefault();
});

// ------------------------------------------------------------------ what is ticked

const boxes = () => [...list().querySelectorAll("input[data-tick]")];

function setTick(id, on) {
  if (on) chosen.add(id);
  else chosen.delete(id);
}

function chooseNone() {
  chosen.clear();
  everything = false;
  lastTicked = null;
}

function applyTicks() {
  if (!list()) return;
  const all = boxes();
  for (const box of all) {
    box.checked = everything || chosen.has(box.dataset.tick);
    box.closest("tr").classList.toggle("ticked", box.checked);
  }
  const page = list().querySelector("[data-tick-page]");
  if (page) {
    const ticked = all.filter((box) => box.checked).length;
    page.checked = all.length > 0 && ticked === all.length;
    page.indeterminate = ticked > 0 && ticked < all.length;
  }
  tellChosen();
}

function tellChosen() {
  const bar = document.getElementById("bulk");
  if (!bar) return;
  const whole = bar.querySelector("[data-choose-all]");
  bar.hidden = !everything && chosen.size === 0;
  const count = bar.querySelector("[data-chosen-count]");
  const n = everything ? `${Number(whole.dataset.chooseAll).toLocaleString(document.documentElement.lang)}${whole.dataset.more}` : chosen.size;
  count.textContent = (everything ? count.dataset.all : count.dataset.one).replace("{n}", n);
  for (const told of list().querySelectorAll("[data-chosen-told]")) told.textContent = count.textContent;
  if (whole) whole.hidden = everything;
  for (const field of list().querySelectorAll("[data-chosen-ids]")) field.value = everything ? "" : [...chosen].join(",");
  for (const field of list().querySelectorAll("[data-chosen-all]")) field.disabled = !everything;
}

document.addEventListener("click", (event) => {
  if (!list()?.contains(event.target)) return;
  if (event.target.matches("[data-tick-page]")) {
    if (!event.target.checked && everything) chooseNone();
    for (const box of boxes()) setTick(box.dataset.tick, event.target.checked);
  } else if (event.target.closest("[data-choose-all]")) {
    everything = true;
    chosen.clear();
  } else if (event.target.closest("[data-choose-none]")) chooseNone();
  else if (event.target.closest("td.tick-cell")) tickLine(event);
  else return;
  applyTicks();
});

function tickLine(event) {
  const box = event.target.closest("td").querySelector("input");
  if (event.target !== box) {
    event.preventDefault(); // the cell belongs to its box: the line is not opened
    box.checked = !box.checked;
  }
  if (everything) {
    everything = false;
    for (const each of boxes()) setTick(each.dataset.tick, true);
  }
  const all = boxes();
  const from = all.findIndex((each) => each.dataset.tick === lastTicked);
  const to = all.indexOf(box);
  const range = event.shiftKey && from >= 0 ? all.slice(Math.min(from, to), Math.max(from, to) + 1) : [box];
  for (const each of range) setTick(each.dataset.tick, box.checked);
  lastTicked = box.dataset.tick;
}

document.addEventListener("mousedown", (event) => {
  if (event.shiftKey && event.target.closest?.("#records.list td.tick-cell")) event.preventDefault(); // no text is marked
});
document.addEventListener("renewed", applyTicks);

// ------------------------------------------------------------------ views and columns

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-delete-view]");
  if (!button) return;
  const back = button.dataset.back;
  const answer = await attempt(button.dataset.deleteView);
  if (!answer) return;
  await show(back, "push");
  tellMove(answer, button.dataset.undo, () => show(location.href, ""));
});

let carried = null;
document.addEventListener("dragstart", (event) => {
  carried = event.target.closest?.("#column-choice li") ?? null;
  if (carried) event.dataTransfer.effectAllowed = "move";
});
document.addEventListener("dragover", (event) => {
  const over = event.target.closest?.("#column-choice li");
  if (!carried || !over) return;
  event.preventDefault();
  const box = over.getBoundingClientRect();
  over.parentElement.insertBefore(carried, event.clientY > box.top + box.height / 2 ? over.nextSibling : over);
});
document.addEventListener("dragend", () => { carried = null; });
document.addEventListener("keydown", (event) => {
  const line = event.target.closest?.("#column-choice li");
  if (!line || !event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
  event.preventDefault();
  if (event.key === "ArrowUp") line.previousElementSibling?.before(line);
  else line.nextElementSibling?.after(line);
  line.querySelector("input").focus();
});

applyTicks();
