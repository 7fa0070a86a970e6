// The client card, on its page and beside a call.

import { tick } from "./clocks.js";
import { listenToFields, tellUndoable } from "./inplace.js";
import { listenToOwnFields } from "./own.js";
import { fetchPartial } from "./sending.js";
import { fillStop, listenToStops } from "./stop.js";
import { listenToTags } from "./tags.js";
import { toast } from "./toasts.js";
import { listenToUploads } from "./upload.js";
import { fillTimeline, listenToTimelines } from "./timeline.js";

// What is added may be a number or an address: each has its own address on the server.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-reach-kind]")) {
    const form = event.target.form;
    const place = event.target.value === "number" ? "numbers" : "points";
    form.setAttribute("action", form.getAttribute("action").replace(/(numbers|points)$/, place));
  }
  if (event.target.matches("[data-country]")) {
    for (const set of event.target.form.querySelectorAll("[data-country-of]")) {
      const chosen = set.dataset.countryOf === event.target.value;
      set.hidden = !chosen;
      set.disabled = !chosen;
    }
  }
});

// May we call, by another law.
document.addEventListener("change", async (event) => {
  const chosen = event.target;
  if (!chosen.matches("[data-law]")) return;
  const block = document.getElementById(`calling-${chosen.dataset.law}`);
  const html = await fetchPartial(`${block.dataset.src}?law=${encodeURIComponent(chosen.value)}`).catch(() => null);
  if (html === null) return;
  block.outerHTML = html;
  document.querySelector(`[data-law="${chosen.dataset.law}"]`)?.focus();
});

// What was done can be taken back from where it is told.
document.addEventListener("accepted", (event) => {
  if (event.detail?.undo) tellUndoable(event.detail.told, event.detail.undo);
  else if (event.detail?.told) toast(event.detail.told);
});

// An accepted form is ready for the next one.
document.addEventListener("accepted", (event) => {
  if (!event.target.matches("form[data-clears]")) return;
  event.target.reset();
  event.target.closest("details")?.removeAttribute("open");
});

// The client's own card inside the card of a call: fetched when it is there, and again for another client.
export async function fillCard(card) {
  const place = card.querySelector("[data-full]");
  if (!place || place.dataset.filled === place.dataset.full || place.closest(".dock")) return;
  const wanted = place.dataset.full;
  place.dataset.filled = wanted;
  const html = await fetchPartial(wanted).catch(() => null);
  if (html === null) {
    delete place.dataset.filled;
    return;
  }
  if (place.dataset.full !== wanted) return;
  place.innerHTML = html;
  tick(place);
  for (const timeline of place.querySelectorAll("[data-timeline]")) fillTimeline(timeline);
}

listenToFields();
listenToOwnFields();
listenToStops();
listenToTags();
listenToTimelines();
listenToUploads();
fillStop();
