// Tables whose rows open a page: a click anywhere opens it, j and k (or the arrows) walk, Enter opens,
// and a letter presses the button of the chosen row that bears it (data-row-key).

const OWN = "a, button, input, select, textarea, label, summary, details";

// The table may come and go while the page stays.
function table() {
  return document.querySelector("table[data-rows]");
}

function rows() {
  return [...table().querySelectorAll("tbody tr[data-href]")];
}

function chosen() {
  return table().querySelector('tr[aria-selected="true"]');
}

function rowOf(event) {
  return event.target.closest("table[data-rows] tr[data-href]");
}

let chosenId = null; // what was fetched anew does not know which row it was

function choose(row) {
  chosen()?.removeAttribute("aria-selected");
  chosenId = row.id;
  row.setAttribute("aria-selected", "true");
  row.scrollIntoView({ block: "nearest" });
}

function open(row, aside) {
  if (aside) window.open(row.dataset.href, "_blank", "noopener");
  else location.assign(row.dataset.href);
}

function step(by) {
  const all = rows();
  const now = all.indexOf(chosen());
  const next = now < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(now + by, 0), all.length - 1);
  if (all[next]) choose(all[next]);
}

function isBusy(event) {
  return (
    event.defaultPrevented ||
    event.ctrlKey || event.metaKey || event.altKey || event.isComposing ||
    event.target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select") ||
    document.querySelector("dialog[open], details.menu[open]")
  );
}

if (table() || document.getElementById("records")) {
  document.addEventListener("click", (event) => {
    const row = rowOf(event);
    if (!row || event.defaultPrevented || event.target.closest(OWN) || String(getSelection())) return;
    open(row, event.ctrlKey || event.metaKey);
  });
  document.addEventListener("renewed", () => {
    const row = chosenId && table() && !chosen() && document.getElementById(chosenId);
    if (row && table().contains(row)) row.setAttribute("aria-selected", "true");
  });
  document.addEventListener("auxclick", (event) => {
    const row = rowOf(event);
    if (row && event.button === 1 && !event.target.closest(OWN)) open(row, true);
  });
  document.addEventListener("keydown", (event) => {
    if (!table() || isBusy(event)) return;
    if (event.code === "KeyJ" || event.key === "ArrowDown") step(1);
    else if (event.code === "KeyK" || event.key === "ArrowUp") step(-1);
    else if (event.key === "Enter" && chosen() && !event.target.closest(OWN)) open(chosen(), false);
    else if (event.code.startsWith("Key") && chosen()) {
      const letter = event.code.slice(3).toLowerCase();
      const button = chosen().querySelector(`[data-row-key="${letter}"]`);
      if (!button) return;
      button.click();
    } else return;
    event.preventDefault();
  });
}

// "Back" goes where one came from, with its filter and place, when that was ours.
for (const link of document.querySelectorAll("a[data-back]")) {
  link.addEventListener("click", (event) => {
    const from = document.referrer && new URL(document.referrer);
    if (!from || from.origin !== location.origin || from.pathname === location.pathname || history.length < 2) return;
    if (from.pathname !== new URL(link.href).pathname) return;
    event.preventDefault();
    history.back();
  });
}

// Writing into a field that belongs to a choice makes that choice.
for (const field of document.querySelectorAll("[data-picks]")) {
  field.addEventListener("input", () => {
    const radio = field.form.querySelector(`input[type=radio][value="${CSS.escape(field.dataset.picks)}"]`);
    if (radio) radio.checked = true;
  });
}
