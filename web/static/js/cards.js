// The areas that the server fills: elements are put, removed, or set to a whole snapshot.

import { tick } from "./clocks.js";
import { elementOf, morph } from "./morph.js";
import { fetchPartial } from "./sending.js";

const TRACE_SECONDS = 7;
const IN_HAND_MS = 700;
const listeners = [];

// Called with (card, before) after a card was put; `before` is its former phase or null.
export function onCard(listener) {
  listeners.push(listener);
}

export function cards() {
  return [...document.querySelectorAll("[data-area='cards'] > .card")];
}

function areaOf(name) {
  return document.querySelector(`[data-area="${CSS.escape(name)}"]`);
}

export function put({ id, area, rank, html }) {
  const fresh = elementOf(html);
  const old = document.getElementById(id);
  const before = old?.dataset.phase ?? null;
  let shown = old;
  if (old) shown = stand(morph(old, fresh), rank);
  else if (areaOf(area)) shown = insert(areaOf(area), fresh, rank);
  else return;
  hideOneself(shown);
  tick(shown);
  if (shown.matches(".card")) for (const listener of listeners) listener(shown, before);
}

// Among those who have a record open, a person need not see himself.
function hideOneself(shown) {
  const own = document.querySelector('meta[name="person"]')?.content;
  for (const each of shown.querySelectorAll(".present [data-agent]")) each.hidden = each.dataset.agent === own;
}

// Who has moved up stands further up; what has the focus stays, since moving would take it away.
function stand(shown, rank) {
  const area = shown.parentElement;
  if (!rank || !area || shown.contains(document.activeElement)) return shown;
  const after = [...area.children].find((child) => child !== shown && (child.dataset.rank ?? "") > rank);
  shown.dataset.rank = rank;
  if (shown.nextElementSibling !== (after ?? null)) area.insertBefore(shown, after ?? null);
  return shown;
}

function insert(area, fresh, rank) {
  const after = [...area.children].find((child) => (child.dataset.rank ?? "") > rank);
  if (rank) fresh.dataset.rank = rank;
  area.insertBefore(fresh, after ?? null);
  return fresh;
}

export function remove({ id, html }) {
  const old = document.getElementById(id);
  if (!old) return;
  const trace = html ? elementOf(html) : null;
  if (!trace) return old.remove();
  old.replaceWith(trace);
  setTimeout(() => trace.remove(), TRACE_SECONDS * 1000);
}

export function snapshot(areas, elements) {
  const listed = new Set(elements.map((element) => element.id));
  for (const name of areas) {
    for (const child of [...(areaOf(name)?.children ?? [])]) {
      if (child.id && !listed.has(child.id)) child.remove();
    }
  }
  for (const element of elements) put(element);
}

// A menu or a dialog that somebody has opened in a list would be shut or emptied under his hands.
function isInHand(element) {
  return element.matches(".records.list") && Boolean(element.querySelector("dialog[open], details[open]"));
}

// An element that knows its own address (data-src) is fetched again; the newest answer wins. One that only
// stands for a record on the page of another (data-renews) renews that page.
const asked = new Map();
export async function refresh({ id }) {
  const old = document.getElementById(id);
  if (old?.dataset.renews) return refresh({ id: old.dataset.renews });
  if (!old?.dataset.src) return;
  const turn = (asked.get(id) ?? 0) + 1;
  asked.set(id, turn);
  // Many tabs hear of one change: they need not all ask in the same millisecond.
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 300));
  if (asked.get(id) !== turn) return;
  if (isInHand(old)) return void setTimeout(() => asked.get(id) === turn && refresh({ id }), IN_HAND_MS);
  const html = await fetchPartial(old.dataset.src).catch(() => null);
  const now = document.getElementById(id); // it may have gone while its new form was on the way
  if (!html || !now || asked.get(id) !== turn) return;
  if (isInHand(now)) return void refresh({ id });
  const shown = morph(now, elementOf(html));
  tick(shown);
  shown.dispatchEvent(new CustomEvent("renewed", { bubbles: true }));
}
