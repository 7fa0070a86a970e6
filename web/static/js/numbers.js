// A file of numbers is sent with a bar that moves; then the page shows how far it is read.

for (const form of document.querySelectorAll("form[data-import]")) {
  const bar = form.querySelector("progress");
  const said = form.querySelector(".form-error");

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const body = new FormData();
    // What is said of the file stands before it: the server reads as it arrives.
    for (const name of ["source", "obtained_at"]) body.append(name, form.elements[name].value);
    const file = form.elements.file.files[0];
    if (!file) return;
    body.append("file", file, file.name);
    // XMLHttpRequest, because fetch tells nothing of how far a body has got.
    const request = new XMLHttpRequest();
    request.open("POST", form.getAttribute("action"));
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-CSRF-Token", document.querySelector('meta[name="csrf"]').content);
    request.responseType = "json";
    bar.hidden = false;
    said.hidden = true;
    const button = form.querySelector("button");
    button.disabled = true;
    request.upload.addEventListener("progress", (moved) => {
      if (moved.lengthComputable) bar.value = moved.loaded / moved.total;
    });
    request.addEventListener("loadend", () => {
      bar.hidden = true;
      button.disabled = false;
      if (request.status === 200) return location.assign(request.response.to);
      said.textContent = request.response?.error?.message ?? document.getElementById("toasts").dataset.failed;
      said.hidden = false;
    });
    request.send(body);
  });
}

// Old tables are in the code page of Windows; who writes UTF-8 or UTF-16 is understood, too.
function textOf(bytes) {
  const marks = [["utf-16le", 0xff, 0xfe], ["utf-16be", 0xfe, 0xff]];
  const marked = marks.find(([, first, second]) => bytes[0] === first && bytes[1] === second);
  if (marked) return new TextDecoder(marked[0]).decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1251").decode(bytes);
  }
}

// A table in a file is shown before anything of it is kept.
for (const field of document.querySelectorAll("input[data-fills]")) {
  field.addEventListener("change", async () => {
    const file = field.files[0];
    if (file) document.getElementById(field.dataset.fills).value = textOf(new Uint8Array(await file.arrayBuffer()));
  });
}
