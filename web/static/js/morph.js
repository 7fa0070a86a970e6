// Makes an element on the page equal to new HTML without losing what a person is doing in it: typed text,
// ticked boxes, focus and open menus stay, because nodes are kept and only differences are changed.

const OWN_TO_THE_PAGE = new Set(["open", "hidden", "aria-busy"]);
const NEVER_OF_THE_SERVER = new Set(["aria-busy", "aria-invalid", "data-saved", "data-sending", "data-filled", "data-step-needed"]);

export function elementOf(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  return holder.content.firstElementChild;
}

export function morph(old, fresh) {
  if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName || (old.id ?? "") !== (fresh.id ?? "")) {
    old.replaceWith(fresh);
    return fresh;
  }
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return old;
  }
  if (old.dataset.edit && keepsItsEdit(old)) return old;
  copyAttributes(old, fresh);
  if (old.nodeName === "TEXTAREA" && !old.dataset.edit) copyText(old, fresh);
  else if (old.nodeName !== "TEXTAREA" && !isWrittenHere(old, fresh)) copyChildren(old, fresh);
  if (old.dataset.edit) showWritten(old);
  return old;
}

// A field that somebody is in, or whose text is not saved yet, keeps what he saw when he began: the server
// compares that, and tells him what a colleague wrote meanwhile.
function keepsItsEdit(field) {
  const written = field.type === "checkbox" ? (field.checked ? "1" : "") : field.value;
  return written !== field.dataset.before || document.activeElement === field;
}

function showWritten(field) {
  if (field.type === "checkbox") field.checked = field.dataset.before === "1";
  else field.value = field.dataset.before;
}

// A line that the server leaves empty for the page's own sentences: what was refused, and why.
function isWrittenHere(old, fresh) {
  return old.hasAttribute("data-local") && !fresh.hasChildNodes();
}

// What is marked `data-local` is opened and shown by the page's own scripts.
function copyAttributes(old, fresh) {
  const local = old.hasAttribute("data-local");
  for (const { name, value } of [...fresh.attributes]) {
    if (local && OWN_TO_THE_PAGE.has(name)) continue;
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  for (const { name } of [...old.attributes]) {
    if (fresh.hasAttribute(name) || NEVER_OF_THE_SERVER.has(name)) continue;
    if (local && OWN_TO_THE_PAGE.has(name)) continue;
    old.removeAttribute(name);
  }
}

// A text that is being written stays; one without unsaved changes follows the server.
function copyText(old, fresh) {
  const unsaved = old.value !== (old.dataset.saved ?? old.defaultValue);
  old.defaultValue = fresh.defaultValue;
  if (!unsaved && document.activeElement !== old) {
    old.value = fresh.defaultValue;
    old.dataset.saved = fresh.defaultValue;
  }
}

// Two elements are the same part when they have the same name, id and first class.
function isSamePart(a, b) {
  return a.nodeName === b.nodeName && (a.id ?? "") === (b.id ?? "") && a.classList?.[0] === b.classList?.[0];
}

function findPart(place, wanted) {
  if (wanted.nodeType !== Node.ELEMENT_NODE) return place && isSamePart(place, wanted) ? place : null;
  for (let candidate = place; candidate; candidate = candidate.nextSibling) {
    if (isSamePart(candidate, wanted)) return candidate;
  }
  return null;
}

// Nodes that stay are never moved, because moving a node takes the focus from it: what stands before a
// part that is found further on has gone, and what is new is put in between.
function copyChildren(old, fresh) {
  const wantedIds = new Set([...fresh.children].map((child) => child.id).filter(Boolean));
  let place = old.firstChild;
  for (const wanted of [...fresh.childNodes]) {
    const known = findPart(place, wanted);
    if (!known) {
      const far = wanted.id && [...old.children].find((child) => child.id === wanted.id);
      old.insertBefore(far ? morph(far, wanted) : wanted, place);
      continue;
    }
    while (place !== known) {
      const next = place.nextSibling;
      if (wantedIds.has(place.id)) break; // only its place in a list has changed
      if (!isOwn(place)) place.remove();
      place = next;
    }
    if (place !== known) old.insertBefore(known, place);
    else place = known.nextSibling;
    morph(known, wanted);
  }
  while (place) {
    const next = place.nextSibling;
    if (!isOwn(place)) place.remove();
    place = next;
  }
}

// What the page's scripts put there themselves (data-own) is theirs to take away.
function isOwn(node) {
  return node.nodeType === Node.ELEMENT_NODE && node.hasAttribute("data-own");
}
