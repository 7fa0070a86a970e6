// Buttons and forms that are sent by script: data-send-to on a button, data-send on a form.
// What is refused is told where it was asked: in the form's own line, else as a toast.

import { Refused, attempt, post } from "./sending.js";

async function busy(element, work) {
  if (element.getAttribute("aria-busy") === "true") return null;
  element.setAttribute("aria-busy", "true");
  try {
    return await work();
  } finally {
    element.removeAttribute("aria-busy");
  }
}

function valuesOf(form, submitter) {
  const values = new FormData(form);
  if (submitter?.name) values.set(submitter.name, submitter.value);
  return values;
}

async function send(form, submitter) {
  const line = form.querySelector(":scope > .form-error");
  if (!line) return attempt(form.getAttribute("action"), valuesOf(form, submitter));
  line.hidden = true;
  for (const marked of form.querySelectorAll("[aria-invalid]")) marked.removeAttribute("aria-invalid");
  try {
    return await post(form.getAttribute("action"), valuesOf(form, submitter));
  } catch (error) {
    line.textContent = error instanceof Refused ? error.message : document.getElementById("toasts").dataset.failed;
    line.hidden = false;
    form.dispatchEvent(new CustomEvent("refused", { detail: error, bubbles: true }));
    return null;
  }
}

export function listenToActions() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-send-to]");
    if (!button || button.disabled) return;
    const values = button.dataset.name ? { [button.dataset.name]: button.dataset.value } : {};
    busy(button, () => attempt(button.dataset.sendTo, values));
  });
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-send]");
    if (!form) return;
    event.preventDefault();
    busy(form, async () => {
      const answer = await send(form, event.submitter);
      if (answer) form.dispatchEvent(new CustomEvent("accepted", { detail: answer, bubbles: true }));
      if (answer && form.hasAttribute("data-dialling")) form.reset();
    });
  });
}
