// The frame of every page: clocks, toasts, menus, dialogs, keys, and forms that are sent once.
import { runClocks } from "./clocks.js";
import { tellWhatIsCut } from "./cut.js";
import { listenToKeys } from "./keys.js";
import { adoptToasts } from "./toasts.js";

runClocks();
listenToKeys();
tellWhatIsCut();
adoptToasts();

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) open(document.getElementById(opener.dataset.opens));
  // A click beside an open menu closes it; so does one on its entries, but none into a form that stands there.
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    const isEntry = event.target.closest(".menu-list") && !event.target.closest(".menu-list.take-off");
    if (!menu.contains(event.target) || isEntry) menu.open = false;
  }
});

// The browser would focus the cross in the corner, and a space typed into a title would close it all.
function open(dialog) {
  dialog.showModal();
  const first = ":is(input:not([type=hidden]), select, textarea)";
  (dialog.querySelector(`[autofocus], .dialog-body ${first}`) ?? dialog.querySelector(".dialog-foot button:last-child"))?.focus();
}

// Escape closes an open menu and gives the focus back to what opened it.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
  }
});

document.addEventListener("click", (event) => {
  if (event.target instanceof HTMLDialogElement) event.target.close();
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method === "dialog" || event.defaultPrevented) return;
  const question = event.submitter?.dataset.confirm ?? form.dataset.confirm;
  if (question && !window.confirm(question)) {
    event.preventDefault();
    return;
  }
  if (form.dataset.sent) event.preventDefault();
  else if (form.method === "post") form.dataset.sent = "1";
});

// Back from the browser's own memory: forms may be sent again.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submits]")) event.target.form?.requestSubmit();
});

// The first field with an error takes the focus after a refused form.
document.querySelector('[aria-invalid="true"]')?.focus();
