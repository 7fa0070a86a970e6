// A call while the person looks elsewhere: the title blinks, and a notification where that was allowed.

import { cards } from "./cards.js";

const ownTitle = document.title;
let blinking = null;
let told = new Set();

function ringing() {
  return cards().filter((card) => card.dataset.phase === "ringing");
}

function blink() {
  const [card] = ringing();
  if (!card || !document.hidden) {
    clearInterval(blinking);
    blinking = null;
    document.title = ownTitle;
    return;
  }
  document.title = document.title === ownTitle ? `☎ ${card.dataset.title}` : ownTitle;
}

function notify(card) {
  if (!("Notification" in window) || Notification.permission !== "granted" || told.has(card.id)) return;
  told.add(card.id);
  const shown = new Notification(card.dataset.title, {
    body: card.querySelector(".card-phase")?.textContent.trim(),
    tag: card.id,
  });
  shown.addEventListener("click", () => {
    window.focus();
    shown.close();
  });
}

export function callForAttention(card, before) {
  if (card.dataset.phase !== "ringing") {
    told.delete(card.id);
    return;
  }
  if (!document.hidden) return;
  if (before !== "ringing") notify(card);
  blinking ??= setInterval(blink, 1000);
}

export function offerNotifications() {
  const button = document.getElementById("ask-notify");
  if (!button || !("Notification" in window) || Notification.permission !== "default") return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await Notification.requestPermission();
    button.hidden = true;
  });
}
