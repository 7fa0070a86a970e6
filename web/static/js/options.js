// The options below a box: one of them is marked, by itself or by whoever walks there with the arrows.

export const optionsOf = (list) => [...list.querySelectorAll("[role=option]")];

export const markedOf = (list) => optionsOf(list).find((option) => option.getAttribute("aria-selected") === "true");

// `meant`: somebody has gone there, and does not merely find it marked.
export function mark(box, list, option, meant = false) {
  for (const each of optionsOf(list)) each.setAttribute("aria-selected", String(each === option));
  list.dataset.meant = meant && option ? option.id : "";
  if (option) box.setAttribute("aria-activedescendant", option.id);
  else box.removeAttribute("aria-activedescendant");
  option?.scrollIntoView({ block: "nearest" });
}

// One further (1) or one back (-1); before the first there is nothing to choose where `from` is -1.
export function walk(box, list, by, from = 0) {
  const all = optionsOf(list);
  const at = Math.min(Math.max(all.indexOf(markedOf(list)) + by, from), all.length - 1);
  mark(box, list, all[at] ?? null, true);
}

// Who has gone to one while an answer was on its way means it, wherever it stands now.
export function draw(box, list, html, isOffered = () => true) {
  const meant = list.dataset.meant;
  list.innerHTML = html;
  for (const option of optionsOf(list)) if (!isOffered(option)) option.remove();
  const kept = meant ? optionsOf(list).find((option) => option.id === meant) : null;
  mark(box, list, kept ?? null, Boolean(kept));
}
