// The client card, on its page and beside a call.

import { listenToFields } from "./inplace.js";
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

// An accepted form is ready for the next one.
document.addEventListener("accepted", (event) => {
  if (!event.target.matches("form[data-clears]")) return;
  event.target.reset();
  event.target.closest("details")?.removeAttribute("open");
});

listenToFields();
listenToTimelines();
for (const timeline of document.querySelectorAll("[data-timeline]:empty")) fillTimeline(timeline);
