// Requests of scripts: with the CSRF token, and with refusals as sentences.

import { toast } from "./toasts.js";

export class Refused extends Error {
  constructor(status, error) {
    super(error.message);
    this.status = status;
    this.code = error.code;
    this.field = error.field;
    this.theirs = error.theirs; // what stands there now, where somebody was faster
  }
}

// Sends `data` (an object or a FormData) and gives the JSON answer; throws Refused, or TypeError when offline.
export async function post(path, data = {}, options = {}) {
  const body = data instanceof FormData ? new URLSearchParams(data) : new URLSearchParams(Object.entries(data));
  const response = await fetch(path, {
    ...options,
    method: "POST",
    body,
    headers: {
      Accept: "application/json",
      "X-CSRF-Token": document.querySelector('meta[name="csrf"]').content,
    },
  });
  const answer = response.headers.get("Content-Type")?.includes("json") ? await response.json() : {};
  if (!response.ok) throw new Refused(response.status, answer.error ?? { message: response.statusText });
  return answer;
}

// The same, but what goes wrong is shown as a toast and null is given back.
export async function attempt(path, data = {}) {
  try {
    return await post(path, data);
  } catch (error) {
    const offline = document.getElementById("toasts").dataset.failed;
    toast(error instanceof Refused ? error.message : offline, "bad");
    return null;
  }
}

export async function fetchPartial(path) {
  const response = await fetch(path, { headers: { Accept: "text/html" } });
  if (!response.ok) throw new Refused(response.status, { message: response.statusText });
  return response.text();
}
