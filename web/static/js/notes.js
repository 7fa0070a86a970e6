// Notes are saved while they are typed; what could not be sent yet survives a reload in this tab.

import { post } from "./sending.js";

const PAUSE = 700;
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
    if (error.status >= 400 && error.status < 500) sessionStorage.removeItem(storeOf(field));
    return; // the connection is down: tried again when it is back
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
