// Whoever is on the line wants no more calls: the block is fetched once a call is talked in, and again when
// somebody has said so, or has taken it back.

import { elementOf } from "./morph.js";
import { fetchPartial } from "./sending.js";

const placesOf = (within) => within.querySelectorAll("[data-stop]");

async function fill(place) {
  place.dataset.filled = place.dataset.stop;
  const html = await fetchPartial(place.dataset.stop).catch(() => null);
  if (html === null) delete place.dataset.filled;
  else place.replaceChildren(elementOf(html));
}

// What is filled in for this call stays, with whatever somebody is writing there.
export function fillStop(within = document) {
  for (const place of placesOf(within)) if (place.dataset.filled !== place.dataset.stop) fill(place);
}

export function listenToStops() {
  document.addEventListener("accepted", (event) => {
    const place = event.target.closest?.("[data-stop]");
    if (place) fill(place);
  });
  document.addEventListener("undone", () => placesOf(document).forEach(fill));
}
