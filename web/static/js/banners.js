// The live connection of who has no workplace (the administrator): banners, and the floor where it is shown.

import { put, refresh, remove, snapshot } from "./cards.js";
import { showLink } from "./link.js";
import { LiveSocket } from "./socket.js";

const hear = {
  snapshot,
  op(op) {
    if (op.op === "put") put(op);
    else if (op.op === "remove") remove(op);
    else if (op.op === "refresh") refresh(op);
  },
  state: showLink,
};

const floor = document.querySelector("[data-area^='floor']") ? "?topics=floor" : "";
new LiveSocket(`/socket${floor}`, hear).start();
