// A law profile is edited: what would change, and what of it is newly allowed, is told while one writes.

const AFTER_MILLISECONDS = 250;

for (const form of document.querySelectorAll("form[data-judge]")) {
  let timer = 0;
  let asked = 0;

  async function judge() {
    const mine = ++asked;
    const response = await fetch(form.dataset.judge, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      headers: { Accept: "text/html" },
    }).catch(() => null);
    if (!response?.ok || mine !== asked) return;
    document.getElementById("judged").innerHTML = await response.text();
  }

  form.addEventListener("input", (event) => {
    if (event.target.name === "reason") return;
    clearTimeout(timer);
    timer = setTimeout(judge, AFTER_MILLISECONDS);
  });
}
