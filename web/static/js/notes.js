// Notes are saved while they are typed; what could not be sent yet survives a reload in this tab.

import { post } from "./sending.js";

const PAUSE = 700;
// Logged out, or no such card: after a restart of the server both come back, and the text is wanted then.
const FOR_NOW = new Set([401, 403, 404]);
const waiting = new WeakMap();

function storeOf(field) {
  return `perezvon:note:${field.dataset.autosave}`;
}

function showSaved(field, saved) {
  const mark = field.closest(".field")?.querySelector(".saved");
  if (mark) mark.hidden = !saved;
}

async function save(field) {
  clearTimeout(waiting.get(field));
  const text = field.value;
  if (text === (field.dataset.saved ?? field.defaultValue)) return;
  try {
    await post(field.dataset.autosave, { note: text });
  } catch (error) {
    const forGood = error.status >= 400 && error.status < 500 && !FOR_NOW.has(error.status);
    if (forGood) sessionStorage.removeItem(storeOf(field));
    return; // else the text is tried again when the connection or the card is back
  }
  field.dataset.saved = text;
  if (field.value === text) {
    sessionStorage.removeItem(storeOf(field));
    showSaved(field, true);
  }
}

export function saveUnsaved() {
  for (const field of document.querySelectorAll("textarea[data-autosave]")) save(field);
}

// A card has come (back): what this tab had not yet sent is put in again.
export function recoverNote(card) {
  const field = card.querySelector("textarea[data-autosave]");
  const kept = field && sessionStorage.getItem(storeOf(field));
  if (kept && kept !== field.value && document.activeElement !== field) {
    field.dataset.saved ??= field.defaultValue;
    field.value = kept;
    save(field);
  }
}

export function listenToNotes() {
  document.addEventListener("input", (event) => {
    const field = event.target.closest("textarea[data-autosave]");
    if (!field) return;
    showSaved(field, false);
    sessionStorage.setItem(storeOf(field), field.value);
    clearTimeout(waiting.get(field));
    waiting.set(field, setTimeout(save, PAUSE, field));
  });
  document.addEventListener("focusout", (event) => {
    const field = event.target.closest?.("textarea[data-autosave]");
    if (field) save(field);
  });
  window.addEventListener("pagehide", saveUnsaved);
}
