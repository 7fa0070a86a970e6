// The keyboard: "/" searches, "?" explains, "g" and a letter goes; pages name their own with data-key.
// Letters are read by their place on the keyboard, so that a Russian layout works as well.

const PATIENCE_MILLISECONDS = 1200;
let goingUntil = 0;

function isTyping(target) {
  return target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
}

function letter(event) {
  return event.code.startsWith("Key") ? event.code.slice(3).toLowerCase() : event.key.toLowerCase();
}

function openHelp() {
  const help = document.getElementById("keys-help");
  if (!help || help.open) return;
  const list = help.querySelector(".keys");
  for (const old of list.querySelectorAll("[data-here]")) old.remove();
  const here = [...document.querySelectorAll("[data-key]:not(.card-full *)")];
  document.getElementById("keys-here-title").hidden = here.length === 0;
  for (const element of here) {
    const row = document.createElement("div");
    row.dataset.here = "";
    const what = document.createElement("dt");
    what.textContent = element.dataset.keyLabel ?? element.textContent.trim();
    const which = document.createElement("dd");
    const key = document.createElement("kbd");
    key.textContent = element.dataset.key;
    which.append(key);
    row.append(what, which);
    list.append(row);
  }
  help.showModal();
}

function act(element) {
  if (element.matches("input, textarea, select")) element.focus();
  else element.click();
}

export function listenToKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.target.form?.requestSubmit();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "Escape" && isTyping(event.target)) {
      if (!event.target.closest("details.menu[open]")) event.target.blur(); // an open menu gives it to its opener
      return;
    }
    if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
    if (event.key === "?" || (event.code === "Slash" && event.shiftKey)) {
      event.preventDefault();
      openHelp();
    } else if (event.key === "/" || event.code === "Slash") {
      event.preventDefault();
      document.getElementById("search")?.focus();
    } else if (performance.now() < goingUntil) {
      goingUntil = 0;
      event.preventDefault();
      document.querySelector(`[data-go="${CSS.escape(letter(event))}"]`)?.click();
    } else if (letter(event) === "g") {
      goingUntil = performance.now() + PATIENCE_MILLISECONDS;
    } else {
      const wanted = document.querySelector(`[data-key="${CSS.escape(letter(event))}"]:not([disabled], .card-full *)`);
      if (wanted) {
        event.preventDefault();
        act(wanted);
      }
    }
  });
}
