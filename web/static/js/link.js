// What the top bar says of the live connection while it is not up.

const link = document.getElementById("link-state");

export function showLink(state) {
  link.hidden = state === "up";
  link.className = `link-state ${state}`;
  link.replaceChildren();
  if (state === "up") return;
  link.append(link.dataset[state]);
  if (state === "lost" || state === "restarting") return;
  const way = document.createElement("a");
  way.href = state === "over" ? `/login?next=${encodeURIComponent(location.pathname)}` : location.href;
  way.textContent = state === "over" ? link.dataset.login : link.dataset.reload;
  link.append(" ", way);
}
