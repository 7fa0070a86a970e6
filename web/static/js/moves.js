// A lead or a deal goes from stage to stage: asked why when it is lost, told with the way back.

import { Refused, post } from "./sending.js";
import { toast } from "./toasts.js";

function failed() {
  return document.getElementById("toasts").dataset.failed;
}

// Gives the id of the reason, "" where none is listed, or null when the person thinks better of it.
export function askReason(name) {
  const dialog = document.getElementById("loss-dialog");
  dialog.querySelector("[data-what]").textContent = name;
  return new Promise((resolve) => {
    dialog.returnValue = "";
    dialog.querySelector("form").reset();
    dialog.addEventListener("close", () => {
      const chosen = dialog.querySelector("input[name=loss_reason]:checked");
      resolve(dialog.returnValue === "lose" ? (chosen?.value ?? "") : null);
    }, { once: true });
    dialog.showModal();
  });
}

// Sends the move; what is refused is told. Gives the answer or null.
export async function sendMove(path, id, values) {
  try {
    return await post(`${path}/${id}/move`, values);
  } catch (error) {
    toast(error instanceof Refused ? error.message : failed(), "bad");
    return null;
  }
}

export function tellMove(answer, undoLabel, onUndone) {
  const told = toast(answer.told);
  const back = document.createElement("button");
  back.type = "button";
  back.className = "button small";
  back.textContent = undoLabel;
  back.addEventListener("click", async () => {
    told.remove();
    try {
      toast((await post(answer.undo)).told);
    } catch (error) {
      toast(error instanceof Refused ? error.message : failed(), "bad");
    }
    onUndone();
  });
  told.insertBefore(back, told.lastElementChild);
}
