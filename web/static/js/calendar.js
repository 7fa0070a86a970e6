// The calendar: places the blocks, makes a task where an empty time is clicked, drags one to another time.

import { tick } from "./clocks.js";
import { elementOf, morph } from "./morph.js";
import { attempt, fetchPartial, post, Refused } from "./sending.js";

const HOUR = 48; // pixels, as in calendar.css
const STEP = 15; // minutes
const DAY = 24 * 60;
const BEGINS = 7 * 60; // what is seen first, unless now is another time of the day
const OFFICE = 9 * 60;
const openedAt = Date.now();
let moving = null; // the block under the pointer
let settling = null; // until the keys rest
const dialog = document.getElementById("calendar-new");
const form = document.getElementById("calendar-form");

const calendar = () => document.getElementById("calendar");
const days = () => [...calendar().querySelectorAll(".calendar-day")];
const two = (n) => String(n).padStart(2, "0");
const clock = (minutes) => `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;

function place(block) {
  const { start, minutes, lane, lanes } = block.dataset;
  block.style.top = `${(start / 60) * HOUR}px`;
  block.style.height = `${Math.max((minutes / 60) * HOUR - 2, 18)}px`;
  block.style.left = `${(lane / lanes) * 100}%`;
  block.style.width = `calc(${100 / lanes}% - 3px)`;
}

// The line of now goes on by itself; the server has said where it was in the reader's own zone.
function showNow() {
  const minutes = Number(calendar().dataset.now) + (Date.now() - servedAt) / 60_000;
  let line = calendar().querySelector(".now-line");
  const today = document.getElementById(`day-${calendar().dataset.today}`);
  if (!today || minutes >= DAY) return line?.remove();
  line ??= Object.assign(document.createElement("i"), { className: "now-line" });
  line.style.top = `${(minutes / 60) * HOUR}px`;
  today.append(line);
}

let servedAt = openedAt;
function furnish() {
  for (const block of calendar().querySelectorAll(".block")) place(block);
  showNow();
}

let asked = 0;
async function renew() {
  const mine = ++asked;
  const html = await fetchPartial(calendar().dataset.src).catch(() => null);
  // What was asked before a block was taken in hand would put it back where it was.
  if (!html || moving || settling || mine !== asked) return;
  const focused = document.activeElement?.dataset?.task;
  const scrolled = document.getElementById("calendar-scroll").scrollTop;
  servedAt = Date.now();
  tick(morph(calendar(), elementOf(html)));
  furnish();
  document.getElementById("calendar-scroll").scrollTop = scrolled;
  if (focused) calendar().querySelector(`[data-task="${focused}"]`)?.focus();
}

// ---- a new task where nothing stands ----------------------------------------------------------

function offer(date, minutes) {
  form.reset();
  form.querySelector(".form-error").hidden = true;
  form.elements.due_at.value = `${date}T${clock(minutes)}`;
  dialog.showModal();
  form.elements.text.focus();
}

function timeAt(day, y) {
  const minutes = ((y - day.getBoundingClientRect().top) / HOUR) * 60;
  return Math.min(Math.max(Math.floor(minutes / STEP) * STEP, 0), DAY - STEP);
}

document.addEventListener("click", (event) => {
  const day = event.target.closest(".calendar-day");
  if (day && !event.target.closest(".block")) offer(day.dataset.date, Math.floor(timeAt(day, event.clientY) / 30) * 30);
});

document.getElementById("calendar-make").addEventListener("click", () => {
  const now = Math.ceil((Number(calendar().dataset.now) + 1) / 30) * 30;
  const today = document.getElementById(`day-${calendar().dataset.today}`);
  offer(today ? today.dataset.date : days()[0].dataset.date, today ? Math.min(now, DAY - 30) : 10 * 60);
});

document.getElementById("calendar-more").addEventListener("click", (event) => {
  event.preventDefault();
  const known = { due_at: form.elements.due_at.value, text: form.elements.text.value, kind: form.elements.kind.value };
  location.assign(`/tasks/new?${new URLSearchParams(known)}`);
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const line = form.querySelector(".form-error");
  try {
    await post(form.getAttribute("action"), new FormData(form));
    dialog.close();
    await renew();
  } catch (error) {
    line.textContent = error instanceof Refused ? error.message : document.getElementById("toasts").dataset.failed;
    line.hidden = false;
  }
});

// ---- to another time --------------------------------------------------------------------------

let wasDragged = false;

function show(block, day, start) {
  if (block.parentElement !== day) day.append(block);
  block.dataset.start = start;
  block.dataset.lane = 0;
  block.dataset.lanes = 1;
  block.querySelector("b").textContent = clock(start);
  place(block);
}

let sent = Promise.resolve();
function move(block) {
  const { task, start } = block.dataset;
  const at = `${block.parentElement.dataset.date}T${clock(Number(start))}`;
  // One after the other: the second has to know the version that the first has made.
  sent = sent.then(async () => {
    const answer = await attempt(`/calendar/${task}/move`, { at, version: block.dataset.version });
    if (answer) block.dataset.version = answer.version;
    await renew(); // moved, or where it was
  });
}

document.addEventListener("pointerdown", (event) => {
  const block = event.target.closest(".block[data-task]");
  wasDragged = false;
  if (!block || event.button !== 0) return;
  const grip = event.clientY - block.getBoundingClientRect().top;
  moving = { block, grip, x: event.clientX, y: event.clientY, on: false };
});

document.addEventListener("pointermove", (event) => {
  if (!moving) return;
  if (!moving.on && Math.hypot(event.clientX - moving.x, event.clientY - moving.y) < 5) return;
  moving.on = true;
  moving.block.classList.add("moving");
  const over = days().find((day) => {
    const box = day.getBoundingClientRect();
    return event.clientX >= box.left && event.clientX < box.right;
  });
  const day = over ?? moving.block.parentElement;
  const top = event.clientY - moving.grip - day.getBoundingClientRect().top;
  const minutes = Math.round(((top / HOUR) * 60) / STEP) * STEP;
  show(moving.block, day, Math.min(Math.max(minutes, 0), DAY - STEP));
});

function drop(keep) {
  if (!moving) return;
  const { block, on } = moving;
  moving = null;
  block.classList.remove("moving");
  wasDragged = on;
  setTimeout(() => { wasDragged = false; }); // the click that belongs to it, and no later one
  if (on) keep ? move(block) : renew();
}

document.addEventListener("pointerup", () => drop(true));
document.addEventListener("pointercancel", () => drop(false));
document.addEventListener("dragstart", (event) => event.target.closest(".block") && event.preventDefault());
document.addEventListener(
  "click",
  (event) => {
    if (!wasDragged) return;
    wasDragged = false;
    event.preventDefault();
    event.stopPropagation();
  },
  true,
);

const ARROWS = { ArrowUp: [0, -STEP], ArrowDown: [0, STEP], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

function step(block, [byDays, byMinutes]) {
  const all = days();
  const day = all[all.indexOf(block.parentElement) + byDays] ?? block.parentElement;
  const start = Math.min(Math.max(Number(block.dataset.start) + byMinutes, 0), DAY - STEP);
  show(block, day, start);
  block.focus();
  block.scrollIntoView({ block: "nearest" });
  clearTimeout(settling);
  settling = setTimeout(() => {
    settling = null;
    move(block);
  }, 500);
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && moving) return drop(false);
  const arrow = ARROWS[event.key];
  if (!arrow || event.ctrlKey || event.metaKey || event.altKey || dialog.open) return;
  const block = document.activeElement?.closest?.(".block[data-task]");
  if (event.shiftKey && block) {
    event.preventDefault();
    step(block, arrow);
  } else if (!event.shiftKey && !event.target.closest?.("input, select, textarea")) {
    document.querySelector(`[data-goes="${event.key}"]`)?.click();
  }
});

furnish();
function first() {
  if (!document.getElementById(`day-${calendar().dataset.today}`)) return BEGINS;
  const now = Number(calendar().dataset.now);
  return now > BEGINS + OFFICE ? now - 4 * 60 : Math.min(BEGINS, Math.max(now - 60, 0));
}
document.getElementById("calendar-scroll").scrollTop = (first() / 60) * HOUR;
setInterval(showNow, 30_000);
document.addEventListener("tasks-changed", () => moving || renew());
