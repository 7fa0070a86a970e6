// The form after the call, by keyboard alone: a digit says what it was, Tab goes on, a digit says when,
// Ctrl+Enter saves (keys.js sends the form).

import { cards } from "./cards.js";

export function isTyping(target = document.activeElement) {
  return Boolean(target?.closest?.("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]"));
}

// The card that keys are for: the one with the focus, else the one that wants an answer most.
export function currentCard() {
  const focused = document.activeElement?.closest?.(".card");
  if (focused) return focused;
  const order = ["ringing", "talking", "wrap_up", "dialling"];
  return cards().sort((a, b) => order.indexOf(a.dataset.phase) - order.indexOf(b.dataset.phase))[0] ?? null;
}

function tickDigit(card, digit) {
  const due = document.activeElement?.closest?.(".due");
  const group = due ?? card.querySelector(".dispositions");
  const radio = group?.querySelector(`input[data-digit="${digit}"]`);
  if (!radio) return false;
  radio.checked = true;
  radio.dispatchEvent(new Event("change", { bubbles: true }));
  card.querySelector(due ? '[name="step"]' : '[name="note"]').focus();
  return true;
}

function chooseDigit(card, digit) {
  const choice = card.querySelector(`[data-choice="${digit}"]`);
  choice?.click();
  return Boolean(choice);
}

function letterOf(event) {
  return event.code.startsWith("Key") ? event.code.slice(3).toLowerCase() : event.key.toLowerCase();
}

// "g" and a letter goes to another page (keys.js): such a letter is none of ours.
const GOING_MILLISECONDS = 1200;
let goingUntil = 0;

// Digits first choose the client, then what the call was; letters are the card's own buttons.
function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isTyping(event.target)) return;
  if (document.querySelector("dialog[open]")) return;
  const card = currentCard();
  if (!card) return;
  const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1];
  if (digit) {
    const done = event.target.closest(".due, .dispositions")
      ? tickDigit(card, digit)
      : chooseDigit(card, digit) || tickDigit(card, digit);
    if (done) event.preventDefault();
    return;
  }
  const going = performance.now() < goingUntil;
  goingUntil = letterOf(event) === "g" ? performance.now() + GOING_MILLISECONDS : 0;
  if (going) return;
  const wanted = card.querySelector(`[data-card-key="${CSS.escape(letterOf(event))}"]`);
  if (!wanted) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (wanted.matches("input")) wanted.focus();
  else wanted.click();
  if (wanted.matches("summary")) wanted.parentElement.querySelector("input")?.focus();
}

// A talk is over: the form takes the focus, unless the person is writing somewhere.
export function showForm(card, before) {
  if (card.dataset.phase !== "wrap_up" || before === "wrap_up" || isTyping()) return;
  card.querySelector(".dispositions input")?.focus({ preventScroll: false });
}

export function listenToForms() {
  document.addEventListener("keydown", onKey, { capture: true });
  document.addEventListener("change", (event) => {
    const form = event.target.closest(".wrap-up");
    if (!form) return;
    if (event.target.name === "due") form.elements.due_at.value = "";
    if (event.target.name === "due_at" && event.target.value) {
      for (const pick of form.querySelectorAll('[name="due"]')) pick.checked = false;
    }
    const demanding = form.querySelector('[name="disposition"]:checked')?.hasAttribute("data-needs-step");
    form.toggleAttribute("data-step-needed", Boolean(demanding && form.hasAttribute("data-step-required")));
  });
  document.addEventListener("refused", (event) => {
    const field = { next_step: "due", due_at: "due_at", text: "step", disposition: "disposition" }[event.detail.field];
    const wanted = field && event.target.querySelector(`[name="${field}"]`);
    wanted?.setAttribute("aria-invalid", "true");
    wanted?.focus();
  });
}
