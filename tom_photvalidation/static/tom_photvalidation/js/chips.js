/** Chips that show and hide bands and telescopes; the marker on each is the key to the drawing. */

import { markerIcon, shapeOf } from "./markers.js";

function counts(column, n, size) {
  const found = new Array(size).fill(0);
  for (let i = 0; i < n; i++) found[column[i]] += 1;
  return found;
}

function chip(name, words, count, icon) {
  const label = document.createElement("label");
  label.className = "lc-chip";
  const box = document.createElement("input");
  box.type = "checkbox";
  box.checked = true;
  box.name = name;
  const number = document.createElement("span");
  number.className = "lc-count";
  number.textContent = count;
  label.append(box, icon, document.createTextNode(words), number);
  return { label, box };
}

function row(place, names, hidden, told) {
  names.forEach(([words, count, icon], index) => {
    const { label, box } = chip("", words, count, icon);
    box.addEventListener("change", () => {
      if (box.checked) hidden.delete(index);
      else hidden.add(index);
      told();
    });
    box.dataset.index = index;
    place.append(label);
  });
  if (names.length < 3) return;
  const all = document.createElement("button");
  all.type = "button";
  all.className = "btn btn-sm btn-outline-secondary lc-all";
  all.textContent = "All / none";
  all.addEventListener("click", () => {
    const show = hidden.size > 0;
    hidden.clear();
    if (!show) names.forEach((_, index) => hidden.add(index));
    for (const box of place.querySelectorAll("input")) box.checked = show;
    told();
    place.dispatchEvent(new Event("change"));
  });
  place.append(all);
}

/** Fills both rows of chips; `curve` is redrawn when one is changed. */
export function makeChips(bands, telescopes, curve) {
  const { points, view } = curve;
  const ofBand = counts(points.filter, points.n, points.filters.length);
  const ofTelescope = counts(points.telescope, points.n, points.telescopes.length);
  const redraw = () => curve.set({});
  const swatch = (filter) => markerIcon("M-1 -1H1V1H-1Z", `marker band-${filter.colour}`);
  row(bands, points.filters.map((filter, k) => [filter.label, ofBand[k], swatch(filter)]), view.hiddenFilters, redraw);
  const shape = (k) => markerIcon(shapeOf(k));
  row(telescopes, points.telescopes.map((name, k) => [name, ofTelescope[k], shape(k)]), view.hiddenTelescopes, redraw);
}
