// The check: lines come as they are found, each a JSON string of HTML; the last one is the verdict.

const check = document.getElementById("check");
const verdict = check.querySelector(".check-verdict");
const parts = check.querySelector(".check-parts");
const again = document.querySelector("[data-check-again]");
const looking = verdict.innerHTML;

function listOf(title) {
  const last = parts.lastElementChild;
  if (last?.dataset.part === title) return last.querySelector("ol");
  const part = document.createElement("section");
  part.className = "panel check-part";
  part.dataset.part = title;
  const head = document.createElement("div");
  head.className = "panel-head";
  const name = document.createElement("h2");
  name.textContent = title;
  head.append(name);
  const list = document.createElement("ol");
  list.className = "check-lines";
  part.append(head, list);
  parts.append(part);
  return list;
}

function show(html) {
  const piece = document.createElement("template");
  piece.innerHTML = html;
  const line = piece.content.querySelector("li.check-line");
  if (line) listOf(line.dataset.part).append(line);
  else verdict.replaceChildren(piece.content);
  return !line;
}

async function linesOf(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let isWhole = false;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return isWhole;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) isWhole = show(JSON.parse(line));
  }
}

async function run() {
  again.disabled = true;
  check.setAttribute("aria-busy", "true");
  verdict.innerHTML = looking;
  parts.replaceChildren();
  let isWhole = false;
  try {
    const token = document.querySelector('meta[name="csrf"]').content;
    const response = await fetch(check.dataset.lines, { method: "POST", headers: { "X-CSRF-Token": token } });
    isWhole = response.ok && (await linesOf(response));
  } catch {
    // told below
  }
  if (!isWhole) {
    const told = document.createElement("p");
    told.className = "bad";
    told.textContent = check.dataset.failed;
    verdict.replaceChildren(told);
  }
  check.removeAttribute("aria-busy");
  again.disabled = false;
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView({ block: "center" });
}

again.addEventListener("click", run);
run();
