// The operator's page, and the dock of cards on every other page: socket, cards, keys, notes.

import { listenToActions } from "./actions.js";
import { callForAttention, offerNotifications } from "./attention.js";
import { fillCard } from "./client.js";
import { cards, onCard, put, refresh, remove, snapshot } from "./cards.js";
import { showLink } from "./link.js";
import { listenToNotes, recoverNote, saveUnsaved } from "./notes.js";
import { countLate, renewReminders } from "./reminders.js";
import { LiveSocket } from "./socket.js";
import { fillStop } from "./stop.js";
import { toast } from "./toasts.js";
import { listenToForms, showForm } from "./wrapup.js";

const LATE_SECONDS = 60;

async function renewTasks() {
  await refresh({ id: "tasks" });
  countLate(document.getElementById("tasks")?.dataset.late);
}

// A board, a lead or a deal: what was changed since the page was drawn, or while the link was lost, is fetched.
function boardTopic() {
  const topic = document.querySelector("[data-topic]")?.dataset.topic;
  return topic ? `?topics=${topic}` : "";
}

function renewBoards() {
  for (const shown of document.querySelectorAll("[data-topic][data-src]")) refresh(shown);
}

function showSeat() {
  const status = document.getElementById("status");
  document.getElementById("workplace")?.classList.toggle("seated", Boolean(status?.dataset.seated));
}

const hear = {
  snapshot(areas, elements) {
    snapshot(areas, elements);
    renewTasks();
    renewReminders();
    renewBoards();
    showSeat();
    saveUnsaved();
  },
  op(op) {
    if (op.op === "refresh" && op.id === "tasks") document.dispatchEvent(new CustomEvent("tasks-changed"));
    if (op.op === "put") put(op);
    else if (op.op === "remove") remove(op);
    else if (op.op === "refresh" && op.id === "tasks") renewTasks().then(renewReminders);
    else if (op.op === "refresh") op.id === "reminders" ? renewReminders() : refresh(op);
    else if (op.op === "notice") toast(op.text, op.good ? "" : "bad");
    showSeat();
  },
  state: showLink,
};

onCard((card, before) => {
  if (before === null) recoverNote(card);
  showForm(card, before);
  callForAttention(card, before);
  fillCard(card);
  fillStop(card);
});

listenToActions();
listenToNotes();
listenToForms();
offerNotifications();
setInterval(() => document.hidden || renewTasks(), LATE_SECONDS * 1000);
for (const card of cards()) {
  recoverNote(card);
  fillCard(card);
}
const topic = document.querySelector("[data-area^='floor']") ? "?topics=floor" : document.getElementById("day") ? "?topics=day" : boardTopic();
new LiveSocket(`/socket${topic}`, hear).start();
