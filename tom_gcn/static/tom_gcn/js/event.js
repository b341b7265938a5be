/** The event page: the interactive map, its legend, and rows of the plan that open and light up together with it. */
import "./news.js";
import { SkyMap } from "./skymap.js";
import { N_COLOURS } from "./skydraw.js";

const SVG = "http://www.w3.org/2000/svg";

function swatch(place) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 12 12");
  svg.setAttribute("class", "swatch");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("class", `tel tel-${place % N_COLOURS} dash-${Math.floor(place / N_COLOURS) % 3}`);
  path.setAttribute("d", "M1 1H11V11H1Z");
  svg.append(path);
  return svg;
}

function showLegend(map) {
  const legend = document.getElementById("sky-legend");
  for (const old of legend.querySelectorAll("[data-toggle]")) old.remove();
  map.sky.telescopes.forEach((telescope, place) => {
    const item = document.createElement("li");
    item.dataset.toggle = "";
    const label = document.createElement("label");
    const box = document.createElement("input");
    box.type = "checkbox";
    box.checked = !map.shown.hidden.has(place);
    box.addEventListener("change", () => map.toggle(telescope, box.checked));
    label.append(box, swatch(place), ` ${telescope}`);
    item.append(label);
    legend.append(item);
  });
}

function lightUp(telescope, order = null) {
  for (const row of document.querySelectorAll("[data-telescope]")) {
    row.classList.toggle("chosen", row.dataset.telescope === telescope);
  }
  for (const row of document.querySelectorAll("[data-pointing]")) {
    row.classList.toggle("chosen", row.dataset.pointing === `${telescope}/${order}`);
  }
}

function toggleRow(link) {
  const row = document.getElementById(link.getAttribute("aria-controls"));
  row.hidden = !row.hidden;
  link.setAttribute("aria-expanded", String(!row.hidden));
  if (!row.hidden) row.querySelector("[hx-get]")?.dispatchEvent(new Event("open"));
  return !row.hidden;
}

function startRows(map) {
  document.addEventListener("click", (event) => {
    const link = event.target.closest(".tel-toggle");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    const telescope = link.closest("[data-telescope]").dataset.telescope;
    const chosen = toggleRow(link) ? telescope : null;
    lightUp(chosen);
    if (map.sky) map.select(chosen);
  });
}

async function load(map, url) {
  try {
    await map.load(url);
    showLegend(map);
    document.getElementById("sky-tools").hidden = false;
  } catch (error) {
    // The picture from the server stays; the line under it says why it does not move.
    document.getElementById("sky-tools").hidden = false;
    map.readout.textContent = `${error.message} The picture shown is still right. Reload the page to try again.`;
  }
}

function start() {
  const frame = document.getElementById("sky");
  const map = new SkyMap(frame, { readout: document.getElementById("sky-readout"), onSelect: lightUp });
  load(map, frame.dataset.sky);
  startRows(map);
  document.getElementById("sky-tools").addEventListener("click", (event) => {
    const what = event.target.closest("[data-sky-do]")?.dataset.skyDo;
    if (!what || !map.sky) return;
    ({ whole: () => map.whole(), region: () => map.region(), in: () => map.zoom(1.6), out: () => map.zoom(1 / 1.6) })[what]();
  });
  // A plan that was finished while the page was open brings its own fields.
  document.addEventListener("htmx:afterSettle", () => {
    const url = document.getElementById("plan")?.dataset.sky;
    if (url && url !== frame.dataset.sky) {
      frame.dataset.sky = url;
      load(map, url);
    }
  });
}

start();
