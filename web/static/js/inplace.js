// Fields that are edited where they stand: saved by Enter or on leaving, put back by Escape. What is sent
// is compared on the server with what this page showed, so that nobody's edit is lost without a word.

import { Refused, attempt, post } from "./sending.js";
import { toast } from "./toasts.js";

const undos = []; // ids of this page's changes, the newest last

function words() {
  return document.getElementById("toasts").dataset;
}

function written(field) {
  return field.type === "checkbox" ? (field.checked ? "1" : "") : field.value;
}

function show(field, value) {
  if (field.type === "checkbox") field.checked = value === "1";
  else field.value = value;
  // Several choices are shown by boxes beside the field: see own.js.
  if (field.type === "hidden") field.dispatchEvent(new Event("shown", { bubbles: true }));
}

export function isUnsaved(field) {
  return written(field) !== field.dataset.before;
}

// What stands in the field now is what the server has.
function settle(field, value) {
  if (!isUnsaved(field) || field.dataset.sending === written(field)) show(field, value);
  field.dataset.before = value;
  field.removeAttribute("aria-invalid");
  field.parentElement.querySelector(":scope > .inplace-trouble")?.remove();
}

function trouble(field, text, buttons = []) {
  const old = field.parentElement.querySelector(":scope > .inplace-trouble");
  old?.remove();
  const box = document.createElement("span");
  box.className = "inplace-trouble";
  box.dataset.own = "";
  box.setAttribute("role", "alert");
  box.append(text, ...buttons);
  field.after(box);
  field.setAttribute("aria-invalid", "true");
}

function button(label, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "button small";
  made.textContent = label;
  made.addEventListener("click", act);
  return made;
}

// What was chosen is told by its text, not by its number.
function saidOf(field, value) {
  if (field.nodeName === "SELECT") return [...field.options].find((option) => option.value === value)?.text.trim() ?? "";
  const boxes = [...field.parentElement.querySelectorAll("[data-pick]")];
  if (field.type !== "hidden" || !boxes.length) return value;
  const ids = value.split(",");
  return boxes.filter((box) => ids.includes(box.value)).map((box) => box.parentElement.textContent.trim()).join(", ");
}

function conflict(field, error) {
  const keep = button(words().mine, () => {
    field.dataset.before = error.theirs;
    save(field);
  });
  const take = button(words().theirs, () => {
    show(field, error.theirs);
    settle(field, error.theirs);
  });
  const said = document.createElement("q");
  said.textContent = saidOf(field, error.theirs) || "–";
  trouble(field, error.message, [said, keep, take]);
}

async function save(field) {
  if (field.dataset.sending !== undefined || !isUnsaved(field)) return;
  field.dataset.sending = written(field);
  try {
    const answer = await post(`/fields/${field.dataset.edit}`, {
      name: field.name,
      written: field.dataset.sending,
      before: field.dataset.before,
    });
    settle(field, answer.written);
    if (answer.change_id) tellChange(savedWords(field), answer.change_id);
  } catch (error) {
    if (!(error instanceof Refused)) trouble(field, words().failed);
    else if (error.status === 409 && error.theirs !== undefined) conflict(field, error);
    else trouble(field, error.message);
  } finally {
    const sent = field.dataset.sending;
    delete field.dataset.sending;
    // Something was typed while the last save was on its way.
    if (document.activeElement !== field && written(field) !== sent && isUnsaved(field)) save(field);
  }
}

function putBack(field) {
  show(field, field.dataset.before);
  settle(field, field.dataset.before);
}

// Of several such lines one can tell which to take back.
function savedWords(field) {
  const label = field.getAttribute("aria-label") ?? field.closest("label")?.textContent.trim();
  return label ? words().saved.replace("{name}", label) : words().changed;
}

// Tells that something was changed, with the way back.
export function tellChange(text, changeId) {
  undos.push(changeId);
  const made = toast(text);
  made.insertBefore(button(words().undo, () => { made.remove(); undo(changeId); }), made.lastElementChild);
}

// The same for what has an address of its own to be taken back at.
export function tellUndoable(text, path) {
  const made = toast(text);
  const takeBack = async () => {
    made.remove();
    const answer = await attempt(path);
    if (!answer) return;
    toast(answer.told);
    document.dispatchEvent(new CustomEvent("undone"));
  };
  made.insertBefore(button(words().undo, takeBack), made.lastElementChild);
}

export async function undo(changeId) {
  const place = undos.indexOf(Number(changeId));
  if (place >= 0) undos.splice(place, 1);
  try {
    const answer = await post(`/changes/${changeId}/undo`);
    toast(answer.told);
  } catch (error) {
    toast(error instanceof Refused ? error.message : words().failed, "bad");
  }
}

async function remove(what) {
  try {
    const answer = await post(`/fields/${what}/remove`);
    tellChange(words().removed, answer.change_id);
  } catch (error) {
    toast(error instanceof Refused ? error.message : words().failed, "bad");
  }
}

export function listenToFields() {
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-edit]:not(textarea)")) save(event.target);
  });
  document.addEventListener("focusout", (event) => {
    if (event.target.matches("[data-edit]")) save(event.target);
  });
  document.addEventListener("keydown", (event) => {
    const field = event.target;
    if (field.matches?.("[data-edit]") && !event.isComposing) {
      const ends = event.key === "Enter" && (field.nodeName !== "TEXTAREA" || event.ctrlKey || event.metaKey);
      if (event.key === "Escape") putBack(field);
      else if (!ends || field.nodeName === "SELECT") return;
      event.preventDefault();
      event.stopPropagation();
      field.blur();
      return;
    }
    const typing = field.closest?.("input, textarea, select, [contenteditable]");
    if ((event.ctrlKey || event.metaKey) && event.code === "KeyZ" && !event.shiftKey && !typing && undos.length) {
      event.preventDefault();
      undo(undos.at(-1));
    }
  }, true);
  document.addEventListener("click", (event) => {
    const removing = event.target.closest("[data-remove]");
    if (removing) remove(removing.dataset.remove);
    const undoing = event.target.closest("[data-undo-change]");
    if (undoing) undo(undoing.dataset.undoChange);
  });
  window.addEventListener("beforeunload", (event) => {
    const unsaved = [...document.querySelectorAll("[data-edit]")].some(isUnsaved);
    if (unsaved) event.preventDefault();
  });
}
