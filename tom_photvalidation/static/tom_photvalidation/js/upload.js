/** The upload page: files are dropped, and what was checked is drawn. */

import { LightCurve } from "./chart.js";
import { readPoints } from "./points.js";
import { showReadout } from "./readout.js";

function startDrop(place) {
  const field = place.querySelector("input[type=file]");
  for (const kind of ["dragover", "dragenter"]) {
    place.addEventListener(kind, (event) => {
      event.preventDefault();
      place.classList.add("is-over");
    });
  }
  for (const kind of ["dragleave", "drop"]) place.addEventListener(kind, () => place.classList.remove("is-over"));
  place.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files.length) field.files = event.dataTransfer.files;
  });
}

function draw(section) {
  const points = readPoints(JSON.parse(section.querySelector("[data-document]").textContent));
  const readout = section.querySelector("[data-readout]");
  const curve = new LightCurve({ main: section.querySelector("[data-main]") }, points, {
    onChoose: (index) => showReadout(readout, curve, index),
  });
}

function drawAll(root) {
  for (const section of root.querySelectorAll("[data-preview]:not([data-drawn])")) {
    section.dataset.drawn = "";
    draw(section);
  }
}

const drop = document.querySelector("[data-drop]");
if (drop) startDrop(drop);
window.addEventListener("load", () => drawAll(document));
document.addEventListener("htmx:afterSettle", (event) => drawAll(event.target));
