// Makes an element on the page equal to new HTML without losing what a person is doing in it: typed text,
// ticked boxes, focus and open menus stay, because nodes are kept and only differences are changed.

const OWN_TO_THE_PAGE = new Set(["open", "hidden", "aria-busy"]);

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
  copyAttributes(old, fresh);
  if (old.nodeName === "TEXTAREA") copyText(old, fresh);
  else copyChildren(old, fresh);
  return old;
}

// What is marked `data-local` is opened and shown by the page's own scripts.
function copyAttributes(old, fresh) {
  const local = old.hasAttribute("data-local");
  for (const { name, value } of [...fresh.attributes]) {
    if (local && OWN_TO_THE_PAGE.has(name)) continue;
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  for (const { name } of [...old.attributes]) {
    if (fresh.hasAttribute(name) || name === "aria-busy" || name === "data-saved") continue;
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

function copyChildren(old, fresh) {
  const keyed = new Map([...old.children].filter((child) => child.id).map((child) => [child.id, child]));
  let place = old.firstChild;
  for (const wanted of [...fresh.childNodes]) {
    const known = wanted.id ? keyed.get(wanted.id) : null;
    if (known) {
      if (known === place) place = place.nextSibling;
      else old.insertBefore(known, place);
      morph(known, wanted);
    } else if (place && !(place.id && keyed.has(place.id)) && place.nodeName === wanted.nodeName && !wanted.id) {
      const next = place.nextSibling;
      morph(place, wanted);
      place = next;
    } else {
      old.insertBefore(wanted, place);
    }
  }
  while (place) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
}
