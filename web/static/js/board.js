// Leads or deals: filters without a reload, cards moved by mouse and keyboard, the moves of others as they come.

import { tick } from "./clocks.js";
import { makeDraggable } from "./dragging.js";
import { elementOf, morph } from "./morph.js";
import { askReason, sendMove, tellMove } from "./moves.js";
import { fetchPartial, post } from "./sending.js";

const PATIENCE = 250; // milliseconds after the last key of a search
const records = document.getElementById("records");
const filters = document.getElementById("record-filters");
let asked = 0;
let held = null; // the address that is not fetched while a card is carried or on its way
let focused = null;

const board = () => document.getElementById("board");
const cards = () => [...board().querySelectorAll(".board-card")];
const columns = () => [...board().querySelectorAll(".column")];
const columnOf = (card) => card.closest(".column");

async function renew() {
  if (held !== null) return;
  const turn = ++asked;
  const html = await fetchPartial(records.dataset.src).catch(() => null);
  if (html === null || turn !== asked || held !== null) return;
  tick(morph(records, elementOf(html)));
  settle();
}

// A fetch of the live connection in the middle of a move would put the card back for a moment.
function hold() {
  held ??= records.dataset.src;
  delete records.dataset.src;
  asked++;
}

function letGo() {
  if (held !== null) records.dataset.src = held;
  held = null;
}

// One card is reached by Tab, the others by arrows; whoever was in a card stays in it.
function settle() {
  if (!board()) return;
  const all = cards();
  const chosen = all.find((card) => card.id === focused) ?? all[0];
  for (const card of all) card.tabIndex = card === chosen ? 0 : -1;
  if (focused && document.activeElement === document.body) document.getElementById(focused)?.focus({ preventScroll: true });
}

function say(text, values) {
  const line = document.getElementById("board-said");
  line.textContent = text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

function recount(column, by) {
  const count = column.querySelector("[data-column-count]");
  const number = Number(count.textContent.replace(/\D/g, ""));
  if (Number.isFinite(number)) count.textContent = String(number + by);
}

function place(card, column, before) {
  const from = columnOf(card);
  column.querySelector("[data-cards]").insertBefore(card, before);
  recount(from, -1);
  recount(column, +1);
}

async function moveCard(card, column) {
  const from = columnOf(card);
  if (from === column || column.hasAttribute("data-closed")) return;
  const path = board().dataset.path;
  if (column.dataset.ending === "won" && path === "/leads") {
    location.assign(`/leads/${card.dataset.id}/convert`);
    return;
  }
  const values = { stage: column.dataset.stage, before: from.dataset.stage };
  hold();
  if (column.dataset.ending === "lost") {
    const reason = await askReason(card.querySelector("a").textContent.trim());
    if (reason === null) {
      letGo();
      card.focus();
      return renew();
    }
    values.loss_reason = reason;
  }
  const next = card.nextElementSibling;
  const hadFocus = card.contains(document.activeElement);
  const there = column.querySelector("[data-cards]").children;
  place(card, column, there[0] ?? null);
  const count = there.length; // a board that was asked for before may put the card back for a moment
  if (hadFocus || document.activeElement === document.body) card.focus({ preventScroll: true });
  card.scrollIntoView({ block: "nearest", inline: "nearest" });
  card.setAttribute("aria-busy", "true");
  const undoLabel = board().dataset.undo;
  const { saidMoved } = board().dataset;
  const answer = await sendMove(path, card.dataset.id, values);
  card.removeAttribute("aria-busy");
  if (answer) {
    say(saidMoved, { card: card.dataset.title, stage: column.dataset.title, place: 1, count });
    tellMove(answer, undoLabel, renew);
  } else {
    place(card, from, next?.isConnected ? next : null);
    if (hadFocus) card.focus();
  }
  letGo();
  renew();
}

function beside(column, by) {
  const all = columns();
  for (let at = all.indexOf(column) + by; all[at]; at += by) {
    if (!all[at].hasAttribute("data-closed")) return all[at];
  }
  return null;
}

function focus(card) {
  if (!card) return;
  focused = card.id;
  for (const each of cards()) each.tabIndex = each === card ? 0 : -1;
  card.focus({ preventScroll: true });
  card.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function walk(card, event) {
  const column = columnOf(card);
  if (event.key === "ArrowDown") return focus(card.nextElementSibling);
  if (event.key === "ArrowUp") return focus(card.previousElementSibling);
  const by = event.key === "ArrowRight" ? 1 : -1;
  const at = [...card.parentElement.children].indexOf(card);
  const all = columns();
  for (let next = all.indexOf(column) + by; all[next]; next += by) {
    const theirs = all[next].querySelector("[data-cards]").children;
    if (theirs.length) return focus(theirs[Math.min(at, theirs.length - 1)]);
  }
}

function onKey(event) {
  const card = event.target.closest?.(".board-card");
  if (!card || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.key === "Enter") location.assign(card.dataset.href);
  else if (!event.key.startsWith("Arrow")) return;
  else if (event.shiftKey) {
    const sideways = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!sideways) return;
    const column = beside(columnOf(card), sideways);
    focused = card.id;
    if (column) moveCard(card, column);
    else say(board().dataset.saidFirst, {});
  } else walk(card, event);
  event.preventDefault();
  event.stopPropagation();
}

// Where the card would land: on top of the column under the pointer.
function showTarget(column, card) {
  for (const each of columns()) each.classList.toggle("target", each === column && each !== columnOf(card));
  let slot = document.getElementById("drop-slot");
  if (!column || column === columnOf(card)) return slot?.remove();
  if (!slot) {
    slot = document.createElement("li");
    slot.id = "drop-slot";
    slot.setAttribute("aria-hidden", "true");
  }
  slot.style.height = `${card.offsetHeight}px`;
  const list = column.querySelector("[data-cards]");
  if (slot.parentElement !== list) list.prepend(slot);
}

function addressOf() {
  const values = [...new FormData(filters)].filter(([name, value]) => value && !(name === "whose" && value === "all"));
  return new URLSearchParams(values);
}

function filter() {
  const query = addressOf();
  if (records.classList.contains("list")) {
    // A list asks for more than a board can, by itself: see lists.js.
    if (query.get("look") !== "list") location.assign(records.dataset.board);
    return;
  }
  const path = filters.dataset.liveFilters;
  history.replaceState(null, "", `${path}?${query}`);
  filters.classList.toggle("list", query.get("look") === "list");
  records.dataset.src = `${path}/records?${query}`;
  renew();
}

function remember(look) {
  // The page may be left the same moment.
  post(`${filters.dataset.liveFilters}/look`, { look }, { keepalive: true }).catch(() => null);
}

if (records && filters) {
  let waiting = 0;
  filters.classList.toggle("list", records.classList.contains("list"));
  filters.addEventListener("submit", (event) => { event.preventDefault(); filter(); });
  filters.addEventListener("change", (event) => {
    if (event.target.type === "search") return;
    if (event.target.name === "look") remember(event.target.value);
    filter();
  });
  filters.addEventListener("input", (event) => {
    if (event.target.type !== "search") return;
    clearTimeout(waiting);
    waiting = setTimeout(filter, PATIENCE);
  });
  records.addEventListener("keydown", onKey);
  records.addEventListener("focusin", (event) => { focused = event.target.closest(".board-card")?.id ?? null; });
  records.addEventListener("renewed", settle);
  records.addEventListener("click", (event) => {
    const more = event.target.closest("[data-more]");
    if (more) {
      const src = new URL(records.dataset.src, location.href);
      const [stage] = more.dataset.more.split(":");
      const others = src.searchParams.getAll("more").filter((each) => !each.startsWith(`${stage}:`));
      src.searchParams.delete("more");
      for (const each of [...others, more.dataset.more]) src.searchParams.append("more", each);
      records.dataset.src = src.pathname + src.search;
      renew();
      return;
    }
    const card = event.target.closest(".board-card");
    if (!card || event.target.closest("a, button") || String(getSelection())) return;
    if (event.ctrlKey || event.metaKey) window.open(card.dataset.href, "_blank", "noopener");
    else location.assign(card.dataset.href);
  });
  makeDraggable({
    root: records,
    item: ".board-card",
    begin: hold,
    over(x, y) {
      const column = document.elementFromPoint(x, y)?.closest(".column");
      return column && !column.hasAttribute("data-closed") ? column : null;
    },
    show: showTarget,
    scrolls: (x, y) => [board(), document.elementFromPoint(x, y)?.closest("[data-cards]")].filter(Boolean),
    drop(card, column) {
      if (column === columnOf(card)) {
        letGo();
        renew();
      } else moveCard(card, column);
    },
    cancel() { letGo(); renew(); },
  });
  settle();
}
