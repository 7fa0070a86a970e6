// What does not fit its place is read in full under the pointer: one way for every list.

const TALLEST = 4; // elements from the pointer up: a cell holds a link, which holds a name
const given = new WeakMap();

function tell({ target }) {
  for (let element = target, height = 0; element instanceof HTMLElement && height < TALLEST; height += 1) {
    const ours = given.get(element) === element.title;
    if (element.title && !ours) return; // its own words say more
    const cut =
      element.scrollWidth > element.clientWidth && getComputedStyle(element).textOverflow === "ellipsis";
    if (cut) {
      const text = element.innerText.replace(/\s+/g, " ").trim();
      given.set(element, text);
      element.title = text;
      return;
    }
    if (ours && element.title) element.removeAttribute("title");
    element = element.parentElement;
  }
}

export function tellWhatIsCut() {
  document.addEventListener("pointerover", tell);
  document.addEventListener("focusin", tell);
}
