// Keeps open what a person opened, and shut what was shut, while a run's page renews itself.

const chosen = new Map();

document.addEventListener("click", (event) => {
  const details = event.target.closest("summary")?.parentElement;
  if (details?.dataset.step) {
    chosen.set(details.dataset.step, !details.open);
  }
});

document.addEventListener("htmx:after:swap", () => {
  for (const details of document.querySelectorAll("details[data-step]")) {
    if (chosen.has(details.dataset.step)) {
      details.open = chosen.get(details.dataset.step);
    }
  }
});
