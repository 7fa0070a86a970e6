// The page of one lead or deal: its stages, its fields in place, its lines, its timeline.

import { refresh } from "./cards.js";
import "./client.js"; // fields in place, timeline
import { askReason, sendMove, tellMove } from "./moves.js";
import { Refused, attempt, post } from "./sending.js";
import { fillTimeline } from "./timeline.js";
import { toast } from "./toasts.js";

const pageOf = () => document.querySelector("[data-record]");
const renew = () => refresh({ id: pageOf().id });

async function move(stage, isLoss) {
  const { path, record, stage: before, undo } = pageOf().dataset;
  const values = { stage, before };
  if (isLoss) {
    values.loss_reason = await askReason(pageOf().dataset.title);
    if (values.loss_reason === null) return;
  }
  const answer = await sendMove(path, record, values);
  if (answer) {
    pageOf().dataset.stage = stage; // the next move begins there, also before the page is drawn anew
    tellMove(answer, undo, renew);
  }
  renew();
}

// A line's field: what was seen goes along, so that two people do not overwrite each other.
async function saveLine(field) {
  if (field.value === field.dataset.was) return;
  try {
    await post(field.dataset.line, { name: field.name, written: field.value, before: field.dataset.was });
    field.dataset.was = field.value;
    field.removeAttribute("aria-invalid");
  } catch (error) {
    field.setAttribute("aria-invalid", "true");
    toast(error instanceof Refused ? error.message : document.getElementById("toasts").dataset.failed, "bad");
    if (error.status === 409) field.value = field.dataset.was;
  }
  renew();
}

document.addEventListener("click", async (event) => {
  const step = event.target.closest("[data-move-to]");
  if (step && !step.disabled) return move(step.dataset.moveTo, step.hasAttribute("data-loss"));
  const gone = event.target.closest("[data-line-remove]");
  if (gone) {
    await attempt(gone.dataset.lineRemove);
    renew();
  }
});

document.addEventListener("change", async (event) => {
  const field = event.target;
  if (field.matches("[data-line]")) return saveLine(field);
  if (field.matches("[data-fills]")) {
    const chosen = field.selectedOptions[0];
    const form = field.form;
    form.elements.title.value = field.value ? chosen.textContent.trim() : "";
    form.elements.price.value = chosen.dataset.price ?? "";
  }
  if (!field.matches("[data-post]")) return;
  const value = field.type === "checkbox" ? (field.checked ? "1" : "") : field.value;
  const answer = await attempt(field.dataset.post, { [field.name]: value });
  if (answer?.undo) tellMove(answer, pageOf().dataset.undo, renew);
  renew();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.matches?.("[data-line]")) return;
  event.preventDefault();
  event.target.blur();
});

// data-send forms are sent by actions.js.
document.addEventListener("accepted", (event) => {
  if (!event.target.matches("form[data-adds]")) return;
  event.target.reset();
  event.target.querySelector("input, select")?.focus();
  renew();
});

for (const timeline of document.querySelectorAll("[data-timeline]")) fillTimeline(timeline);
