/** The event page: the interactive map, its legend, and rows of the plan that open and light up together with it. */
import "./news.js";

const SVG = "http://www.w3.org/2000/svg";

function swatch(place, symbol, colours) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "-6 -6 12 12");
  svg.setAttribute("class", "swatch");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("class", `tel tel-${place % colours}`);
  path.setAttribute("d", symbol);
  svg.append(path);
  return svg;
}

function showLegend(map, colours) {
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
    label.append(box, swatch(place, map.sky.symbols[place], colours), ` ${telescope}`);
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

function startRows(select) {
  document.addEventListener("click", (event) => {
    const link = event.target.closest(".tel-toggle");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    const telescope = link.closest("[data-telescope]").dataset.telescope;
    const chosen = toggleRow(link) ? telescope : null;
    lightUp(chosen);
    select(chosen);
  });
}

const tools = document.getElementById("sky-tools");
const readout = document.getElementById("sky-readout");

async function load(map, url, colours) {
  try {
    await map.load(url);
    showLegend(map, colours);
    tools.hidden = false;
  } catch (error) {
    // The picture from the server stays; the line under it says why it does not move.
    tools.hidden = false;
    readout.textContent = `${error.message} The picture shown is still right. Reload the page to try again.`;
  }
}

function startMap({ SkyMap, N_COLOURS }) {
  const frame = document.getElementById("sky");
  const map = new SkyMap(frame, { readout, onSelect: lightUp });
  load(map, frame.dataset.sky, N_COLOURS);
  tools.addEventListener("click", (event) => {
    const what = event.target.closest("[data-sky-do]")?.dataset.skyDo;
    if (!what || !map.sky) return;
    ({ whole: () => map.whole(), region: () => map.region(), in: () => map.zoom(1.6), out: () => map.zoom(1 / 1.6) })[what]();
  });
  // A plan that was finished while the page was open brings its own fields.
  document.addEventListener("htmx:afterSettle", () => {
    const url = document.getElementById("plan")?.dataset.sky;
    if (url && url !== frame.dataset.sky) {
      frame.dataset.sky = url;
      load(map, url, N_COLOURS);
    }
  });
  return map;
}

function mapMissing() {
  tools.firstElementChild.hidden = true;
  tools.hidden = false;
  readout.textContent = "The interactive map could not be loaded; the picture is still right.";
}

async function start() {
  // Rows open with or without the map.
  let map = null;
  startRows((telescope) => {
    if (map?.sky) map.select(telescope);
  });
  if (!readout) return;
  try {
    map = startMap(await import("./skymap.js"));
  } catch {
    mapMissing();
  }
}

start();
