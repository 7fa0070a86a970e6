// The live floor: the counters follow the rows, which the page's live connection brings.

import { refresh } from "./cards.js";

const LATE_SECONDS = 60; // a callback becomes late by itself, without anything being said

function count() {
  for (const number of document.querySelectorAll("[data-counts]")) {
    show(number, document.querySelectorAll(`[data-area="${number.dataset.counts}"] > tr`).length);
  }
  for (const number of document.querySelectorAll("[data-counts-state]")) {
    const rows = `[data-area="floor-agents"] > tr[data-state="${number.dataset.countsState}"]`;
    show(number, document.querySelectorAll(rows).length);
  }
}

function show(number, n) {
  if (number.textContent !== String(n)) number.textContent = n;
  number.toggleAttribute("data-empty", n === 0);
  number.classList.toggle("alarm", "alarms" in number.dataset && n > 0);
}

const seen = new MutationObserver(count);
for (const area of document.querySelectorAll("[data-area^='floor']")) {
  seen.observe(area, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-state"] });
}
count();
setInterval(() => document.hidden || refresh({ id: "floor-callbacks" }), LATE_SECONDS * 1000);
