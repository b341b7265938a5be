/**
 * Reading altitude charts: at the pointer, or at the slider below the drawing, one line says UTC, which curve, altitude,
 * airmass, distance from the Moon and meridian time. Drawings come and go with htmx: events are caught at the document.
 */

const MOON_STEP_MINUTES = 120;
const numbers = new WeakMap();

/** Tenths of an attribute as numbers, read once for each curve. */
function values(curve, name) {
  const known = numbers.get(curve) ?? numbers.set(curve, {}).get(curve);
  known[name] ??= curve.dataset[name].split(" ").map((tenths) => Number(tenths) / 10);
  return known[name];
}

function between(list, place) {
  const left = Math.max(0, Math.min(Math.floor(place), list.length - 1));
  const right = Math.min(left + 1, list.length - 1);
  return list[left] + (list[right] - list[left]) * Math.min(1, place - left);
}

/** Kasten and Young 1989, as the almanac has it. */
function airmass(altitude) {
  return 1 / (Math.sin((altitude * Math.PI) / 180) + 0.50572 * (altitude + 6.07995) ** -1.6364);
}

function altitudeAt(svg, curve, minute) {
  return between(values(curve, "altitudes"), minute / Number(svg.dataset.step));
}

/** Whether a curve is drawn at a minute: some are only while the telescope can observe. */
function isDrawn(curve, minute) {
  if (curve.dataset.seen === undefined) return true;
  const edges = curve.dataset.seen.split(" ").map(Number);
  return edges.some((begin, place) => place % 2 === 0 && begin <= minute && minute <= edges[place + 1]);
}

/** The curve that passes nearest to an altitude, of those drawn there; with none given, the highest. */
function nearest(svg, minute, wanted) {
  const distance = (curve) => {
    const altitude = altitudeAt(svg, curve, minute);
    return wanted === null ? -altitude : Math.abs(altitude - wanted);
  };
  const drawn = [...svg.querySelectorAll(".sight")].filter((curve) => isDrawn(curve, minute));
  return drawn.reduce(
    (best, curve) => (best === null || distance(curve) < distance(best) ? curve : best),
    null,
  );
}

function words(svg, curve, minute) {
  const moment = new Date(Date.parse(svg.dataset.start) + minute * 60000);
  const time = `${moment.toISOString().slice(0, 16).replace("T", " ")} UTC`;
  if (!curve) return time;
  const altitude = altitudeAt(svg, curve, minute);
  const mass = altitude > 0 ? `, airmass ${airmass(altitude).toFixed(2)}` : "";
  const moon = between(values(curve, "moon"), minute / MOON_STEP_MINUTES);
  const { name, meridian } = curve.dataset;
  return `${time} · ${name} · ${altitude.toFixed(1)}°${mass} · Moon ${moon.toFixed(0)}° · meridian ${meridian}`;
}

function show(svg, minute, wanted) {
  const { left, right, minutes } = svg.dataset;
  const x = Number(left) + (minute / Number(minutes)) * (Number(right) - Number(left));
  const cursor = svg.querySelector(".sights-cursor");
  cursor.setAttribute("transform", `translate(${x.toFixed(1)} 0)`);
  cursor.setAttribute("visibility", "visible");
  const curve = nearest(svg, minute, wanted);
  for (const other of svg.querySelectorAll(".is-near")) if (other !== curve) other.classList.remove("is-near");
  curve?.classList.add("is-near");
  svg.closest(".sights-box").querySelector("output").textContent = words(svg, curve, minute);
}

function atPointer(event) {
  const svg = event.target.closest?.(".sights");
  if (!svg) return;
  const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
  const { left, right, top, bottom, minutes } = svg.dataset;
  const part = Math.min(1, Math.max(0, (point.x - left) / (right - left)));
  const altitude = 90 * (1 - (point.y - top) / (bottom - top));
  show(svg, part * Number(minutes), altitude);
  const slider = svg.closest(".sights-box").querySelector("input[type=range]");
  if (slider) slider.value = String(Math.round(part * Number(minutes)));
}

function atSlider(event) {
  const box = event.target.closest?.(".sights-box");
  if (!box || event.target.type !== "range") return;
  const svg = box.querySelector(".sights");
  const followed = svg.querySelector(".is-near");
  const minute = Number(event.target.value);
  show(svg, minute, followed ? altitudeAt(svg, followed, minute) : null);
}

/** Sliders are of use with this module only: they are hidden until it runs. */
function prepare(root) {
  for (const box of root.querySelectorAll(".sights-box")) {
    const slider = box.querySelector("input[type=range]");
    slider.max = Math.floor(Number(box.querySelector(".sights").dataset.minutes));
    slider.hidden = false;
  }
}

document.addEventListener("pointermove", atPointer);
document.addEventListener("pointerdown", atPointer);
document.addEventListener("input", atSlider);
document.addEventListener("htmx:load", (event) => prepare(event.target.closest?.(".sights-box") ? document : event.target));
prepare(document);
