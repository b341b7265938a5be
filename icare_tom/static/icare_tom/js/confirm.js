/** Buttons with `data-confirm="question"` ask before their form is sent. */

export function startConfirming() {
  document.addEventListener("submit", (event) => {
    const question = event.submitter?.dataset.confirm;
    if (question && !window.confirm(question)) event.preventDefault();
  });
}
