// Clocks that run by themselves: <time data-since="ISO"> up, <time data-until="ISO"> down.
// This computer's clock may be wrong: the page says when it was served.

let aheadMilliseconds = 0;

export function setServerTime(iso) {
  aheadMilliseconds = Date.parse(iso) - Date.now();
}

export function written(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

export function tick(root = document) {
  const now = Date.now() + aheadMilliseconds;
  for (const clock of root.querySelectorAll("time[data-since], time[data-until]")) {
    const since = clock.dataset.since;
    const seconds = since ? (now - Date.parse(since)) / 1000 : (Date.parse(clock.dataset.until) - now) / 1000;
    const text = written(seconds);
    if (clock.textContent !== text) clock.textContent = text;
    if (!since) clock.classList.toggle("late", seconds <= 0);
  }
}

export function runClocks() {
  const served = document.querySelector('meta[name="served"]')?.content;
  if (served) setServerTime(served);
  tick();
  setInterval(tick, 1000, document);
}
