// While a simulation runs the page shows how far it is; a chosen file fills the field beside it.

import { refresh } from "./cards.js";

const EVERY_MILLISECONDS = 1000;
const isRunning = () => document.querySelector("#simulation-progress [data-running]") !== null;

async function follow() {
  await refresh({ id: "simulation-progress" });
  if (isRunning()) setTimeout(follow, EVERY_MILLISECONDS);
  else location.assign("/simulate");
}

async function fill(chosen) {
  const [file] = chosen.files;
  const error = document.getElementById("file-error");
  if (!file) return;
  error.hidden = file.size <= Number(chosen.dataset.most);
  if (error.hidden) document.getElementById(chosen.dataset.fills).value = await file.text();
  else error.textContent = chosen.dataset.tooLarge;
  chosen.value = "";
}

if (isRunning()) setTimeout(follow, EVERY_MILLISECONDS);
for (const chosen of document.querySelectorAll("[data-fills]")) chosen.addEventListener("change", () => fill(chosen));
