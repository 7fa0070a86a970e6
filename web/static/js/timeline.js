// The timeline of a card: chosen by kind, older lines fetched on demand, the newest renewed when something
// happened, without losing the older ones that are already there.

import { tick } from "./clocks.js";
import { elementOf, morph } from "./morph.js";
import { fetchPartial } from "./sending.js";

function parts(html) {
  const holder = document.createElement("div");
  holder.innerHTML = html;
  return holder;
}

function address(timeline, query) {
  const shown = timeline.querySelector("[data-shown][aria-pressed]")?.dataset.shown ?? "all";
  return `${timeline.dataset.timeline}?${new URLSearchParams({ shown, ...query })}`;
}

export async function fillTimeline(timeline, query = {}) {
  const html = await fetchPartial(address(timeline, query)).catch(() => null);
  if (html === null) return;
  timeline.innerHTML = html;
  tick(timeline);
}

async function older(timeline, button) {
  button.setAttribute("aria-busy", "true");
  const html = await fetchPartial(address(timeline, { after: button.dataset.older })).catch(() => null);
  button.removeAttribute("aria-busy");
  if (html === null) return;
  const fresh = parts(html);
  timeline.querySelector(".lines").append(...fresh.querySelectorAll(".line"));
  button.replaceWith(...[fresh.querySelector("[data-older]")].filter(Boolean));
  tick(timeline);
}

// The newest page again: lines that are new stand first, those that changed are changed, and of those that
// should be on it and are not, each is gone.
export async function renewTimeline(timeline) {
  const lines = timeline.querySelector(".lines");
  if (!lines) return fillTimeline(timeline);
  const html = await fetchPartial(address(timeline, {})).catch(() => null);
  if (html === null) return;
  const fresh = [...parts(html).querySelectorAll(".line")];
  const ids = new Set(fresh.map((line) => line.id));
  const last = lines.querySelector(`#${CSS.escape(fresh.at(-1)?.id ?? "none")}`);
  for (const line of [...lines.children]) {
    const within = !last || line.compareDocumentPosition(last) & Node.DOCUMENT_POSITION_FOLLOWING;
    if (within && !ids.has(line.id)) line.remove();
  }
  let place = lines.firstElementChild;
  for (const line of fresh) {
    const known = lines.querySelector(`#${CSS.escape(line.id)}`);
    if (known === place && known) place = morph(known, line).nextElementSibling;
    else if (known) lines.insertBefore(morph(known, line), place);
    else lines.insertBefore(elementOf(line.outerHTML), place);
  }
  tick(timeline);
}

export function listenToTimelines() {
  document.addEventListener("click", (event) => {
    const timeline = event.target.closest("[data-timeline]");
    if (!timeline) return;
    const choice = event.target.closest("[data-shown]");
    if (choice) fillTimeline(timeline, { shown: choice.dataset.shown });
    const more = event.target.closest("[data-older]");
    if (more) older(timeline, more);
  });
  document.addEventListener("renewed", (event) => {
    for (const timeline of event.target.querySelectorAll?.("[data-timeline]") ?? []) renewTimeline(timeline);
  });
}
