// A call while the person looks elsewhere: the title blinks, and a notification where that was allowed.
// A reminder is heard as well: two strokes of a bell, made here, so that there is no file to load.

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

export function notifyOf(tag, title) {
  if (!document.hidden || !("Notification" in window) || Notification.permission !== "granted") return;
  const shown = new Notification(title, { tag });
  shown.addEventListener("click", () => {
    window.focus();
    shown.close();
  });
}

let sound = null;
function stroke(at, pitch) {
  const bell = sound.createOscillator();
  const loudness = sound.createGain();
  bell.frequency.value = pitch;
  loudness.gain.setValueAtTime(0.0001, at);
  loudness.gain.exponentialRampToValueAtTime(0.2, at + 0.02);
  loudness.gain.exponentialRampToValueAtTime(0.0001, at + 1.2);
  bell.connect(loudness).connect(sound.destination);
  bell.start(at);
  bell.stop(at + 1.3);
}

// A browser lets a page sound only once somebody has touched it: until then it is seen, not heard.
export async function ring() {
  if (!window.AudioContext || navigator.userActivation?.hasBeenActive === false) return;
  sound ??= new AudioContext();
  if (sound.state === "suspended") await Promise.race([sound.resume(), new Promise((go) => setTimeout(go, 500))]);
  if (sound.state !== "running") return;
  stroke(sound.currentTime, 880);
  stroke(sound.currentTime + 0.35, 659);
}
