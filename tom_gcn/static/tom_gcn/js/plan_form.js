/** The form of a plan: telescopes ticked together, settings shown for those that take part, options of one engine.
 *  Listeners sit on the document, so that a form that htmx brings later works too. */

const FORM = "#plan-form";

function show(form) {
  const boxes = [...form.querySelectorAll("input[name=telescopes]")];
  const on = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
  for (const part of form.querySelectorAll("[data-of]")) {
    const isSet = [...part.querySelectorAll("input")].some((field) => field.value);
    part.hidden = !on.has(part.dataset.of) && !isSet;
  }
  form.querySelector("[data-count=telescopes]").textContent = `${on.size} take part`;
  const engine = form.elements.namedItem("engine").value;
  for (const part of form.querySelectorAll("[data-engine]")) part.hidden = part.dataset.engine !== engine;
  form.querySelector("[data-tick-buttons]").hidden = false;
}

function tick(form, which) {
  for (const box of form.querySelectorAll("input[name=telescopes]")) {
    box.checked = which === "all" || (which === "default" && "default" in box.dataset);
  }
  show(form);
}

document.addEventListener("change", (event) => {
  const form = event.target.closest?.(FORM);
  if (form) show(form);
});
document.addEventListener("click", (event) => {
  const which = event.target.closest?.("[data-tick]")?.dataset.tick;
  if (which) tick(event.target.closest(FORM), which);
});

function showAll() {
  for (const form of document.querySelectorAll(FORM)) show(form);
}

document.addEventListener("htmx:afterSettle", showAll);
// The form comes after its fold was opened, by key or by hand: its first field is then ready for typing.
document.addEventListener("htmx:afterSettle", (event) => {
  const form = event.target.closest?.("#plan-again")?.querySelector(FORM);
  const isFree = !document.activeElement || document.activeElement.matches("body, main, summary");
  if (form && isFree) form.elements.namedItem("hours").focus();
});
// What somebody is filling in, or a button they are about to press, is not replaced under their hands.
document.addEventListener("htmx:beforeSwap", (event) => {
  const held = document.activeElement;
  const isHeld = held?.matches("input, select, textarea, button") && event.detail.target.contains(held);
  if (isHeld && event.detail.requestConfig.verb === "get" && event.detail.requestConfig.triggeringEvent?.type !== "click") {
    event.detail.shouldSwap = false;
  }
});
// Back brings the page with its fields as they were left.
window.addEventListener("pageshow", showAll);
showAll();
