// My day: each action is sent, and the next thing is there. What one is at stays until it is done or gone;
// what is skipped goes to the end, in this tab and until the day is over.

import { refresh } from "./cards.js";
import { attempt } from "./sending.js";

const EVERY_MINUTE = 60_000;
const SKIPPED = "perezvon-skipped";
const today = new Date().toDateString();
const undo = document.getElementById("day-undo");
let at = ""; // the key of what is being sent
let sent = Promise.resolve();

function day() {
  return document.getElementById("day");
}

function turnTo({ focus = "", skipped = day().dataset.skipped }) {
  const asked = new URLSearchParams();
  sessionStorage.setItem(SKIPPED, `${today}|${skipped}`);
  if (skipped) asked.set("skipped", skipped);
  if (focus) asked.set("focus", focus);
  day().dataset.src = `/day/queue?${asked}`;
}

// The newest answer, without the little pause that many tabs make for each other.
async function renew(where) {
  if (where) turnTo(where);
  await refresh({ id: "day" });
}

function offerUndo(address, name) {
  undo.hidden = !address;
  if (!address) return;
  undo.dataset.address = address;
  const what = undo.querySelector("[data-what]");
  what.textContent = `${what.dataset.done}: ${name}`;
}

// A second press on the same thing is the same press; one on the next thing waits its turn.
async function send(address, values) {
  const [, , key] = address.split("/");
  if (at === key) return;
  at = key;
  const name = day().querySelector(".focus")?.dataset.name ?? "";
  sent = sent.then(() => perform(address, values, name)).finally(() => {
    if (at === key) at = "";
  });
}

async function perform(address, values, name) {
  day().setAttribute("aria-busy", "true");
  const answer = await attempt(address, values);
  if (answer) offerUndo(answer.undo, name);
  await renew(answer ? {} : null);
  day().removeAttribute("aria-busy");
}

document.addEventListener("click", (event) => {
  const act = event.target.closest("[data-day]");
  const focus = event.target.closest("button[data-focus]");
  const skip = event.target.closest("[data-skip]");
  const shows = event.target.closest("[data-shows]");
  if (act) send(act.dataset.day, act.dataset.name ? { [act.dataset.name]: act.dataset.value } : {});
  else if (focus) renew({ focus: focus.dataset.focus });
  else if (skip) {
    const before = day().dataset.skipped.split(",").filter((key) => key && key !== skip.dataset.skip);
    renew({ skipped: [...before, skip.dataset.skip].join(",") });
  } else if (shows) {
    const form = document.getElementById(shows.dataset.shows);
    form.hidden = !form.hidden;
    if (!form.hidden) form.querySelector("textarea").focus();
  }
});

document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-day-form]");
  if (!form) return;
  event.preventDefault();
  send(form.getAttribute("action"), new FormData(form));
});

document.addEventListener("input", (event) => {
  if (!event.target.matches("[data-own]")) return;
  event.target.closest("label").querySelector("input[type=radio]").checked = true;
});

undo.querySelector("button").addEventListener("click", async () => {
  const answer = await attempt(undo.dataset.address);
  undo.hidden = true;
  if (answer) await renew({ focus: undo.dataset.address.split("/")[2] });
});

const [skippedOn, skippedOnce] = (sessionStorage.getItem(SKIPPED) ?? "").split("|");
if (skippedOnce && skippedOn === today && !day().dataset.skipped) renew({ skipped: skippedOnce });

// A task becomes due, a meeting begins, without anybody saying so.
setInterval(() => document.hidden || renew(), EVERY_MINUTE);
document.addEventListener("visibilitychange", () => document.hidden || renew());
