// Files sent with a bar that moves: chosen in the dialog, dropped on the form, or pasted into it.

import { toast } from "./toasts.js";

// XMLHttpRequest, because fetch tells nothing of how far a body has got.
function send(address, files, progress) {
  const form = new FormData();
  for (const file of files) form.append("file", file, file.name);
  const request = new XMLHttpRequest();
  request.open("POST", address);
  request.setRequestHeader("Accept", "application/json");
  request.setRequestHeader("X-CSRF-Token", document.querySelector('meta[name="csrf"]').content);
  request.responseType = "json";
  progress.hidden = false;
  progress.value = 0;
  request.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) progress.value = event.loaded / event.total;
  });
  request.addEventListener("loadend", () => {
    progress.hidden = true;
    if (request.status === 200) return;
    toast(request.response?.error?.message ?? document.getElementById("toasts").dataset.failed, "bad");
  });
  request.send(form);
}

function begin(address, files, form) {
  const limit = form.querySelector("[data-most]").dataset;
  if (files.some((file) => file.size > Number(limit.most))) toast(limit.tooLarge, "bad");
  else if (files.length) send(address, files, form.querySelector("progress"));
}

export function listenToUploads() {
  document.addEventListener("change", (event) => {
    const field = event.target;
    if (!field.matches("input[data-upload]")) return;
    begin(field.dataset.upload, [...field.files], field.form);
    field.value = "";
  });
  document.addEventListener("dragover", (event) => {
    const form = event.target.closest?.("[data-drop]");
    if (!form || !event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    form.classList.add("dropping");
  });
  document.addEventListener("dragleave", (event) => {
    event.target.closest?.("[data-drop]")?.classList.remove("dropping");
  });
  document.addEventListener("drop", (event) => {
    const form = event.target.closest?.("[data-drop]");
    if (!form || !event.dataTransfer.files.length) return;
    event.preventDefault();
    form.classList.remove("dropping");
    begin(form.dataset.drop, [...event.dataTransfer.files], form);
  });
  document.addEventListener("paste", (event) => {
    const form = event.target.closest?.("[data-drop]");
    // A table or a text that is copied may bring its own picture along: then the text is meant.
    if (!form || !event.clipboardData.files.length || event.clipboardData.types.includes("text/plain")) return;
    event.preventDefault();
    begin(form.dataset.drop, [...event.clipboardData.files], form);
  });
}
