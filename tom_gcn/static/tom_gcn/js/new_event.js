/** Entering an event: only the fields of the chosen shape are shown. Without this, all are. */

const form = document.getElementById("new-event");
const shape = form.elements.namedItem("shape");

function show() {
  for (const entry of form.querySelectorAll("[data-shapes]")) {
    entry.hidden = !entry.dataset.shapes.split(" ").includes(shape.value);
  }
}

shape.addEventListener("change", show);
show();
