// The live connection of who has no workplace (the administrator): banners, and the floor where it is shown;
// buttons and forms that are sent by script.

import { listenToActions } from "./actions.js";
import { put, refresh, remove, snapshot } from "./cards.js";
import { showLink } from "./link.js";
import { renewReminders } from "./reminders.js";
import { LiveSocket } from "./socket.js";

const hear = {
  snapshot(areas, elements) {
    snapshot(areas, elements);
    for (const shown of document.querySelectorAll("[data-topic][data-src]")) refresh(shown);
    renewReminders();
  },
  op(op) {
    if (op.op === "refresh" && op.id === "tasks") document.dispatchEvent(new CustomEvent("tasks-changed"));
    if (op.op === "put") put(op);
    else if (op.op === "remove") remove(op);
    else if (op.op === "refresh") op.id === "tasks" || op.id === "reminders" ? renewReminders() : refresh(op);
  },
  state: showLink,
};

listenToActions();

// A board, or a list that changes under one's eyes.
function boardTopic() {
  const name = document.querySelector("[data-topic]")?.dataset.topic;
  return name ? `?topics=${name}` : "";
}

const topic = document.querySelector("[data-area^='floor']") ? "?topics=floor" : document.getElementById("day") ? "?topics=day" : boardTopic();
new LiveSocket(`/socket${topic}`, hear).start();
