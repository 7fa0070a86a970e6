// A list that is put in order by dragging; the server keeps the order as it stands here.

import { makeDraggable } from "./dragging.js";
import { attempt } from "./sending.js";

for (const list of document.querySelectorAll("[data-arrange]")) {
  const items = () => [...list.querySelectorAll(":scope > [data-id]")];
  let before = null;

  makeDraggable({
    root: list,
    item: "[data-grip]",
    isMine: (grip) => grip.closest("[data-arrange]") === list, // a list may stand inside another
    whole: (grip) => grip.closest("[data-id]"),
    begin: () => { before = items(); },
    over: (x, y, item) => items().find((each) => {
      const box = each.getBoundingClientRect();
      return each !== item && y >= box.top && y <= box.bottom;
    }) ?? null,
    show(target, item) {
      if (!target) return;
      const all = items();
      if (all.indexOf(target) > all.indexOf(item)) target.after(item);
      else target.before(item);
    },
    scrolls: () => [document.getElementById("main")],
    drop: send,
    cancel(item, dropped) {
      if (dropped) return send();
      for (const each of before) list.append(each);
      for (const gone of list.querySelectorAll(":scope > :not([data-id])")) list.append(gone);
    },
  });

  async function send() {
    const ids = items().map((each) => each.dataset.id).join(",");
    if (ids !== before.map((each) => each.dataset.id).join(",")) await attempt(list.dataset.arrange, { ids });
  }
}
