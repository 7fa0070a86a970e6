// Short messages in the corner; they leave by themselves, unless the pointer or the focus is on them.

const SECONDS = 6;

function place() {
  return document.getElementById("toasts");
}

function furnish(toast) {
  const close = document.createElement("button");
  close.type = "button";
  close.className = "button plainly small square";
  close.setAttribute("aria-label", place().dataset.close);
  close.textContent = "×";
  close.addEventListener("click", () => toast.remove());
  toast.append(close);
  const leave = () => {
    if (toast.matches(":hover, :focus-within")) setTimeout(leave, 1000);
    else toast.remove();
  };
  setTimeout(leave, SECONDS * 1000);
}

export function toast(text, kind = "") {
  const made = document.createElement("div");
  made.className = `toast ${kind}`;
  const said = document.createElement("p");
  said.textContent = text;
  made.append(said);
  furnish(made);
  place().append(made);
  return made;
}

export function adoptToasts() {
  for (const waiting of place().querySelectorAll("[data-toast]")) furnish(waiting);
}
