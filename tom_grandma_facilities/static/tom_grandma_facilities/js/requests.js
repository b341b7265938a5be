/** Forms on which telescopes are asked: lines of exposures come one by one, the button says how many are ticked. Parts
 * that follow requests ask at once when the page comes back into view. */

function hideSpareLines() {
  for (const button of document.querySelectorAll("[data-add-line]")) {
    const spare = [...button.closest("fieldset").querySelectorAll("[data-more]")];
    for (const line of spare) line.hidden = true;
    button.hidden = spare.length === 0;
  }
}

function addLine(button) {
  const [line, ...rest] = button.closest("fieldset").querySelectorAll("[data-more][hidden]");
  if (!line) return;
  line.hidden = false;
  line.querySelector("select").focus();
  button.hidden = rest.length === 0;
}

function countTicked() {
  for (const button of document.querySelectorAll("[data-ask-count]")) {
    const n = button.form.querySelectorAll("[name=telescopes]:checked").length;
    button.textContent = n ? `Ask ${n} telescope${n > 1 ? "s" : ""}` : "Ask the ticked telescopes";
    button.disabled = n === 0;
  }
}

function tickGood(form) {
  for (const row of form.querySelectorAll("[data-ask-row]")) {
    if (row.querySelector('[data-verdict="good"]')) row.querySelector("[name=telescopes]").checked = true;
  }
  countTicked();
}

document.addEventListener("click", (event) => {
  const add = event.target.closest("[data-add-line]");
  if (add) addLine(add);
  const tick = event.target.closest("[data-tick-good]");
  if (tick) tickGood(tick.form);
});

document.addEventListener("change", (event) => {
  if (event.target.name === "telescopes") countTicked();
});

/** The submit of the form goes the ordinary way: htmx only asks for advice. */
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState !== "visible") return;
  for (const part of document.querySelectorAll("[data-board], #story")) part.dispatchEvent(new Event("look"));
});

for (const button of document.querySelectorAll("[data-tick-good]")) button.hidden = false;
hideSpareLines();
countTicked();
