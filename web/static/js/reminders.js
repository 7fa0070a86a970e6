// Reminders in the corner: fetched on every page, rung once whatever tabs are open, kept until acted on.

import { notifyOf, ring } from "./attention.js";
import { refresh } from "./cards.js";
import { attempt, post } from "./sending.js";

const RUNG = "perezvon-rung";
const MOST_REMEMBERED = 50;

// One tab takes the ringing upon itself: whoever first writes down that it rang.
async function isMine(key) {
  const claim = () => {
    const rung = JSON.parse(localStorage.getItem(RUNG) ?? "[]");
    if (rung.includes(key)) return false;
    localStorage.setItem(RUNG, JSON.stringify([...rung, key].slice(-MOST_REMEMBERED)));
    return true;
  };
  if (!navigator.locks) return claim(); // a page without https: at worst it rings twice
  return navigator.locks.request(RUNG, claim);
}

// What is late is counted beside "Tasks" too; a task becomes late by itself, without anything being said.
export function countLate(late) {
  const count = document.querySelector('[data-count="/tasks"]');
  if (late === undefined || !count) return;
  count.textContent = late;
  count.hidden = late === "0";
}

export async function renewReminders() {
  await refresh({ id: "reminders" });
  countLate(document.getElementById("reminders")?.dataset.late);
  for (const card of document.querySelectorAll("#reminders > .reminder")) {
    if (card.dataset.looked) continue;
    card.dataset.looked = "1";
    if (!(await isMine(card.dataset.rings))) continue;
    card.classList.add("rang");
    ring();
    notifyOf(card.id, card.dataset.title);
  }
}

document.addEventListener("click", async (event) => {
  const act = event.target.closest("[data-acts]");
  if (act) {
    const card = act.closest(".reminder");
    const values = act.dataset.minutes ? { minutes: act.dataset.minutes } : {};
    if (await attempt(act.dataset.acts, values)) card?.remove();
    renewReminders();
    return;
  }
  const link = event.target.closest("a[data-send-first]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  await post(link.dataset.sendFirst).catch(() => null); // the page itself is what was asked for
  location.assign(link.href);
});
