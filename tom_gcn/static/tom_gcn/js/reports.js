/** Reporting on pointings: one box ticks all of a telescope. */

document.addEventListener("change", (event) => {
  if (!event.target.matches?.("[data-all-orders]")) return;
  for (const box of event.target.form.querySelectorAll("input[name=orders]")) box.checked = event.target.checked;
});
