// Something is taken with the mouse, or with a finger that rests on it, and carried: a copy follows the
// pointer, a place shows where it would land, what is near an edge scrolls, Escape puts it back. Nothing
// here knows what is carried.

const THRESHOLD = 5; // pixels before a press becomes a drag
const HOLD = 350; // milliseconds a finger rests before it takes: one that moves on scrolls the page
const EDGE = 56; // pixels from an edge in which it scrolls
const FASTEST = 18; // pixels a frame

function speed(near, far) {
  if (near < EDGE) return -FASTEST * (1 - Math.max(near, 0) / EDGE);
  if (far < EDGE) return FASTEST * (1 - Math.max(far, 0) / EDGE);
  return 0;
}

function scroll(element, x, y) {
  const box = element.getBoundingClientRect();
  element.scrollLeft += speed(x - box.left, box.right - x);
  element.scrollTop += speed(y - box.top, box.bottom - y);
}

// what: { root, item (selector; `whole` makes of it what is carried, `isMine` refuses some), over(x, y, item) -> target or null,
//         show(target, item), drop(item, target), begin(item), cancel(item, dropped), scrolls(x, y) -> elements }
export function makeDraggable(what) {
  let pressed = null;
  let drag = null;
  let holding = 0;

  function letGo() {
    clearTimeout(holding);
    pressed = null;
  }

  function begin(event) {
    const { item, x, y } = pressed;
    const box = item.getBoundingClientRect();
    const ghost = item.cloneNode(true);
    ghost.removeAttribute("id");
    ghost.classList.add("drag-ghost");
    ghost.style.width = `${box.width}px`;
    document.body.append(ghost);
    item.classList.add("lifted");
    document.documentElement.classList.add("dragging");
    drag = { item, ghost, dx: x - box.left, dy: y - box.top, target: null };
    what.begin?.(item);
    follow(event);
    requestAnimationFrame(frame);
  }

  function follow(event) {
    drag.x = event.clientX;
    drag.y = event.clientY;
    drag.ghost.style.transform = `translate(${drag.x - drag.dx}px, ${drag.y - drag.dy}px) rotate(1.5deg)`;
    aim();
  }

  function aim() {
    const target = what.over(drag.x, drag.y, drag.item);
    drag.target = target;
    what.show(target, drag.item);
  }

  function frame() {
    if (!drag) return;
    for (const element of what.scrolls(drag.x, drag.y)) scroll(element, drag.x, drag.y);
    aim();
    requestAnimationFrame(frame);
  }

  function end(dropped) {
    const done = drag;
    letGo();
    drag = null;
    if (!done) return;
    done.ghost.remove();
    done.item.classList.remove("lifted");
    document.documentElement.classList.remove("dragging");
    what.show(null, done.item);
    // The click that follows the release is not meant for what was carried.
    const swallow = (event) => { event.preventDefault(); event.stopPropagation(); };
    window.addEventListener("click", swallow, { capture: true, once: true });
    setTimeout(() => window.removeEventListener("click", swallow, { capture: true }), 0);
    if (dropped && done.target) what.drop(done.item, done.target);
    else what.cancel?.(done.item, dropped);
  }

  what.root.addEventListener("pointerdown", (event) => {
    const item = event.target.closest(what.item);
    if (!item || what.isMine?.(item) === false || event.button !== 0 || event.target.closest("button, input, select, textarea")) return;
    const byFinger = event.pointerType === "touch";
    pressed = { item: what.whole?.(item) ?? item, x: event.clientX, y: event.clientY, byFinger };
    if (byFinger) holding = setTimeout(() => begin(event), HOLD);
  });
  // Once it is carried, the page under the finger stays where it is.
  what.root.addEventListener("touchmove", (event) => drag && event.preventDefault(), { passive: false });
  what.root.addEventListener("contextmenu", (event) => pressed?.byFinger && event.preventDefault());
  what.root.addEventListener("dragstart", (event) => event.preventDefault());
  window.addEventListener("pointermove", (event) => {
    if (drag) return follow(event);
    if (!pressed || Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) <= THRESHOLD) return;
    if (pressed.byFinger) letGo();
    else begin(event);
  });
  window.addEventListener("pointerup", () => (drag ? end(true) : letGo()));
  window.addEventListener("pointercancel", () => end(false));
  window.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !drag) return;
    event.preventDefault();
    event.stopPropagation();
    end(false);
  }, true);
}
