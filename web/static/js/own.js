// The office's own fields on a card: its tabs, what is empty and offered, several choices, and what one
// puts away for oneself.

import { refresh } from "./cards.js";

const revealed = new Set(); // ids of rows that were asked for although they are empty
const chosen = new Map(); // id of a card -> number of the tab that is open

const cardOf = (element) => element.closest("article[data-src]");

function reveal(row) {
  row.hidden = false;
  const offer = document.getElementById(`${row.id}-offer`);
  if (offer) offer.hidden = true;
}

function openTab(card, wanted) {
  const tabs = [...card.querySelectorAll("[data-own-tab]")];
  if (!tabs.some((tab) => tab.dataset.ownTab === wanted)) return;
  chosen.set(card.id, wanted);
  for (const tab of tabs) {
    const is = tab.dataset.ownTab === wanted;
    tab.setAttribute("aria-selected", String(is));
    tab.tabIndex = is ? 0 : -1;
  }
  for (const page of card.querySelectorAll("[data-own-page]")) page.hidden = page.dataset.ownPage !== wanted;
}

// A card that was fetched anew stands as its reader had it.
function restore(card) {
  for (const id of revealed) {
    const row = document.getElementById(id);
    if (row?.hidden) reveal(row);
    else if (row && !document.getElementById(`${id}-offer`)) revealed.delete(id);
  }
  for (const picks of card.querySelectorAll(".own-picks")) spread(picks);
  if (card.matches?.("article[data-src]") && chosen.has(card.id)) openTab(card, chosen.get(card.id));
}

// The boxes stand as the field does, whoever has changed it.
function spread(picks) {
  const ids = picks.querySelector("[data-edit]").value.split(",");
  for (const box of picks.querySelectorAll("[data-pick]")) box.checked = ids.includes(box.value);
}

function gather(picks) {
  const field = picks.querySelector("[data-edit]");
  const ids = [...picks.querySelectorAll("[data-pick]:checked")].map((box) => Number(box.value));
  field.value = ids.sort((one, other) => one - other).join(",");
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

export function listenToOwnFields() {
  document.addEventListener("click", (event) => {
    for (const picks of document.querySelectorAll(".own-picks[open]")) {
      if (!picks.contains(event.target)) picks.open = false;
    }
    const offer = event.target.closest("[data-reveals]");
    if (offer) {
      const row = document.getElementById(offer.dataset.reveals);
      revealed.add(row.id);
      reveal(row);
      const picks = row.querySelector(".own-picks");
      if (picks) picks.open = true;
      row.querySelector(".own-picks summary, input:not([type=hidden]), select, textarea")?.focus();
    }
    const tab = event.target.closest("[data-own-tab]");
    if (tab) openTab(cardOf(tab), tab.dataset.ownTab);
    event.target.closest("[data-closes]")?.closest("dialog").close();
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-pick]")) gather(event.target.closest(".own-picks"));
    if (event.target.matches(".arrange [data-section]")) {
      for (const box of event.target.closest("fieldset").querySelectorAll("[name=field]")) {
        box.disabled = !event.target.checked;
      }
    }
  });
  document.addEventListener("keydown", (event) => {
    const picks = event.target.closest?.(".own-picks[open]");
    if (picks && event.key === "Escape") {
      event.preventDefault();
      picks.open = false;
      picks.querySelector("summary").focus();
    }
    const tab = event.target.closest?.("[data-own-tab]");
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!tab || !step) return;
    const tabs = [...cardOf(tab).querySelectorAll("[data-own-tab]")];
    const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
    openTab(cardOf(tab), next.dataset.ownTab);
    next.focus();
  });
  document.addEventListener("accepted", (event) => {
    if (!event.target.matches("form[data-arranges]")) return;
    event.target.closest("dialog").close();
    refresh({ id: cardOf(event.target).id });
  });
  document.addEventListener("shown", (event) => {
    const picks = event.target.closest(".own-picks");
    if (picks) spread(picks);
  });
  document.addEventListener("renewed", (event) => restore(event.target));
}
