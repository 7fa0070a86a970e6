// The one box: what is typed is asked after a breath, one request at a time, and the newest answer
// wins. The list is the server's; here are only the keys.
import { post } from "./sending.js";

const BREATH_MILLISECONDS = 90;

const box = document.getElementById("search-box");
const field = document.getElementById("search-input");
const list = document.getElementById("search-list");
const told = document.getElementById("search-told");
const busy = box.querySelector(".search-busy");
const inBar = document.getElementById("search");

let shown = null; // the question whose answer is in the list
let asking = false;
let breath = 0;

function options() {
  return [...list.querySelectorAll("[role=option]")];
}

function chosen() {
  return list.querySelector('[aria-selected="true"]');
}

function choose(option) {
  chosen()?.setAttribute("aria-selected", "false");
  option?.setAttribute("aria-selected", "true");
  if (option) field.setAttribute("aria-activedescendant", option.id);
  else field.removeAttribute("aria-activedescendant");
  option?.scrollIntoView({ block: "nearest" });
}

function step(by) {
  const all = options();
  if (!all.length) return;
  const at = all.indexOf(chosen());
  choose(all[(at + by + all.length) % all.length]);
}

function show(html, question) {
  const before = question === shown ? chosen()?.id : null;
  list.innerHTML = html;
  list.scrollTop = 0;
  shown = question;
  choose((before && document.getElementById(before)) || options()[0]);
  const count = list.querySelectorAll(".found:not(.found-go)").length;
  told.textContent = count ? `${told.dataset.some} ${count}` : told.dataset.none;
}

function complain() {
  const line = document.createElement("p");
  line.className = "found-nothing";
  line.textContent = list.dataset.failed;
  list.replaceChildren(line);
  choose(null);
  shown = null;
}

async function ask() {
  if (asking) return; // whoever is asking looks again when the answer has come
  asking = true;
  busy.hidden = false;
  try {
    while (box.open && field.value.trim() !== shown) {
      const question = field.value.trim();
      const address = `${box.dataset.source}?q=${encodeURIComponent(question)}`;
      const response = await fetch(address, { headers: { Accept: "text/html" } });
      if (response.redirected) return void location.reload(); // the session has ended
      if (!response.ok) throw new Error(response.statusText);
      show(await response.text(), question);
    }
  } catch {
    complain();
  } finally {
    asking = false;
    busy.hidden = true;
  }
}

function open(text = "") {
  if (!box.open) {
    box.showModal();
    field.value = text;
    shown = null;
    list.replaceChildren();
  }
  field.focus();
  ask();
}

function follow(option, aside) {
  if (!option) return;
  if (aside) window.open(option.href, "_blank", "noopener");
  else {
    box.close();
    location.assign(option.href);
  }
}

field.addEventListener("input", () => {
  clearTimeout(breath);
  breath = setTimeout(ask, BREATH_MILLISECONDS);
});

// Enter before the answer has come waits for it: what is opened is what was asked for.
async function enter(aside) {
  clearTimeout(breath);
  if (field.value.trim() !== shown) await ask();
  while (asking) await new Promise((resolve) => setTimeout(resolve, 20));
  if (box.open && field.value.trim() === shown) follow(chosen(), aside);
}

field.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  if (event.key === "ArrowDown" || (event.ctrlKey && event.code === "KeyN")) step(1);
  else if (event.key === "ArrowUp" || (event.ctrlKey && event.code === "KeyP")) step(-1);
  else if (event.key === "PageDown") choose(options().at(-1));
  else if (event.key === "PageUp") choose(options()[0]);
  else if (event.key === "Enter") enter(event.ctrlKey || event.metaKey);
  else if (event.key === "Escape") box.close();
  else return;
  event.preventDefault();
  event.stopPropagation();
});

list.addEventListener("pointermove", (event) => {
  const option = event.target.closest("[role=option]");
  if (option && option !== chosen()) choose(option);
});

// A link of this very page (an anchor) leads nowhere else: the box must not stay above it.
list.addEventListener("click", (event) => {
  if (event.target.closest("[role=option]") && !event.ctrlKey && !event.metaKey && !event.shiftKey) box.close();
});

box.querySelector("[data-closes]").addEventListener("click", () => box.close());

document.addEventListener("keydown", (event) => {
  if (event.code !== "KeyK" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
  event.preventDefault();
  if (box.open) box.close();
  else if (!document.querySelector("dialog[open]")) open();
});

if (inBar) {
  inBar.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    open();
  });
  inBar.addEventListener("focus", () => {
    inBar.blur();
    open();
  });
}

// What has a page of its own and was opened is offered first next time.
const opened = location.pathname.match(/^\/(client|lead|deal|task)s\/(\d{1,15})$/);
if (opened && !document.querySelector(".lost")) {
  post("/search/opened", { kind: opened[1], record_id: opened[2] }).catch(() => {});
}
