// Any number anywhere: an element with data-dial="+7916…" calls it. One's own phone rings first.

import { attempt } from "./sending.js";

document.addEventListener("click", async (event) => {
  const number = event.target.closest("[data-dial]");
  if (!number || number.getAttribute("aria-busy") === "true") return;
  event.preventDefault();
  number.setAttribute("aria-busy", "true");
  await attempt("/calls/dial", { number: number.dataset.dial });
  number.removeAttribute("aria-busy");
});
