// The form of a task: what belongs to a meeting or to repetition is shown when it is one.

for (const form of document.querySelectorAll(".task-form form")) {
  const more = form.querySelector(".task-more");
  if (!more) continue;
  const repeat = form.querySelector(".repeat-more");
  const show = () => {
    more.dataset.kindOf = form.elements.kind.value;
    repeat.dataset.repeats = form.elements.repeat.value;
    repeat.dataset.ends = form.elements.ending.value;
  };
  form.addEventListener("change", show);
  show();
}

// Alt with a figure chooses also while one is writing: the hands stay where they are.
document.addEventListener("keydown", (event) => {
  if (!event.altKey || event.ctrlKey || event.metaKey || !/^Digit[1-7]$/.test(event.code)) return;
  const form = document.querySelector(".task-form form");
  const number = Number(event.code.slice(5));
  const choice = form?.querySelectorAll('input[name="kind"], input[name="pick"]')[number - 1];
  if (!choice) return;
  event.preventDefault();
  choice.checked = true;
  choice.dispatchEvent(new Event("change", { bubbles: true }));
});
