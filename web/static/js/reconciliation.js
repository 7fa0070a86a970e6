// While something is compared or mended the page shows how far it is, and the result when it is done.

import { refresh } from "./cards.js";

const EVERY_MILLISECONDS = 1000;
const isRunning = () => document.querySelector("#progress [data-running]") !== null;

async function follow() {
  await refresh({ id: "progress" });
  if (isRunning()) setTimeout(follow, EVERY_MILLISECONDS);
  else location.assign(location.pathname.replace(/\/mend$/, ""));
}

if (isRunning()) setTimeout(follow, EVERY_MILLISECONDS);
