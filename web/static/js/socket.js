// The live connection: a snapshot first, then updates (docs/socket.md). It comes back by itself, with
// growing pauses and jitter so that two hundred tabs do not return in one moment.

import { setServerTime } from "./clocks.js";

const VERSION = 1;
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 20_000;
const SILENCE = 50_000; // three beats of the server
const SESSION_OVER = 4401;
const RESTARTING = 1012;
const RESTART_PATIENCE = 60_000; // then it is a service that does not come back

export class LiveSocket {
  // hear: { snapshot(areas, elements), op(op), state("up" | "lost" | "restarting" | "over" | "newer") }
  constructor(path, hear) {
    this.path = path;
    this.hear = hear;
    this.attempts = 0;
    this.heardAt = Date.now();
    this.build = null;
    document.addEventListener("visibilitychange", () => this.look());
    window.addEventListener("online", () => this.reconnectNow());
    window.addEventListener("pagehide", () => this.stop());
    window.addEventListener("pageshow", (event) => event.persisted && this.start());
    setInterval(() => this.look(), 10_000);
  }

  start() {
    this.stopped = false;
    this.open();
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.waiting);
    this.socket?.close();
  }

  open() {
    clearTimeout(this.waiting);
    const address = new URL(this.path, location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(address);
    this.socket = socket;
    this.heardAt = Date.now();
    socket.addEventListener("open", () => this.socket === socket && this.watchAll());
    socket.addEventListener("message", (event) => this.socket === socket && this.take(JSON.parse(event.data)));
    socket.addEventListener("close", (event) => this.socket === socket && this.closed(event));
  }

  // What stands on the page and may change under it (data-watch) is told of; what has gone is not any more.
  watchAll() {
    this.watched = new Set();
    this.watch();
    this.observer ??= new MutationObserver(() => this.watch());
    this.observer.observe(document.getElementById("main") ?? document.body, { childList: true, subtree: true });
  }

  watch() {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    const there = new Set([...document.querySelectorAll("[data-watch]")].map((each) => each.dataset.watch));
    for (const topic of there.difference(this.watched)) this.socket.send(`watch ${topic}`);
    for (const topic of this.watched.difference(there)) this.socket.send(`unwatch ${topic}`);
    this.watched = there;
  }

  take(frame) {
    this.heardAt = Date.now();
    if (frame.v !== VERSION) return this.hear.state("newer");
    setServerTime(frame.now);
    if (frame.type === "snapshot") {
      this.attempts = 0;
      this.restartingSince = null;
      const changed = this.build && this.build !== frame.build;
      this.build ??= frame.build;
      this.hear.snapshot(frame.areas, frame.elements);
      this.hear.state(changed ? "newer" : "up");
    } else {
      for (const op of frame.ops) this.hear.op(op);
    }
  }

  closed(event) {
    this.socket = null;
    if (this.stopped) return;
    if (event.code === SESSION_OVER) {
      this.stopped = true;
      this.hear.state("over");
      return;
    }
    if (event.code === RESTARTING) this.restartingSince = Date.now();
    this.hear.state(this.isRestarting() ? "restarting" : "lost");
    const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.attempts++);
    this.waiting = setTimeout(() => this.open(), pause * (0.5 + Math.random()));
  }

  isRestarting() {
    return this.restartingSince && Date.now() - this.restartingSince < RESTART_PATIENCE;
  }

  // A tab that slept, or a laptop that did: has anything been heard of late?
  look() {
    if (this.stopped) return;
    const silent = Date.now() - this.heardAt;
    if (!this.socket) {
      if (!document.hidden) this.reconnectNow();
    } else if (silent > SILENCE) {
      this.dropAndReturn();
    } else if (!document.hidden && silent > 5_000 && this.socket.readyState === WebSocket.OPEN) {
      this.socket.send("fresh");
    }
  }

  dropAndReturn() {
    const old = this.socket;
    this.socket = null;
    old.close();
    this.hear.state("lost");
    this.open();
  }

  reconnectNow() {
    if (this.stopped || this.socket) return;
    this.open();
  }
}
