/** The light-curve page: loads the points, then what is drawn below them, and keeps the choices in the address. */

import { LightCurve } from "./chart.js";
import { makeChips } from "./chips.js";
import { addContext } from "./context.js";
import { fetchPoints } from "./points.js";
import { showReadout } from "./readout.js";

const root = document.querySelector("[data-light-curve]");
const part = (name) => root.querySelector(`[data-part-of-curve="${name}"]`);
const choices = root.querySelector("[data-choices]");

function readChoices() {
  const chosen = new FormData(choices);
  return {
    scale: chosen.get("scale"),
    time: chosen.get("time"),
    images: chosen.get("images"),
    noLimits: chosen.has("detections"),
    onlyAccepted: chosen.has("accepted"),
    withRejected: chosen.has("rejected"),
    dereddened: chosen.has("dereddened"),
  };
}

function fromAddress() {
  const asked = new URLSearchParams(location.search);
  for (const field of choices.elements) {
    if (field.type === "checkbox") field.checked = asked.has(field.name) ? asked.get(field.name) === "on" : field.checked;
    else if (asked.has(field.name) && !field.disabled) field.value = asked.get(field.name);
  }
}

function toAddress() {
  const asked = new URLSearchParams(location.search);
  for (const field of choices.elements) {
    if (!field.name) continue;
    if (field.type !== "checkbox") asked.set(field.name, field.value);
    else if (field.checked) asked.set(field.name, "on");
    else asked.delete(field.name);
  }
  history.replaceState(null, "", `?${asked}`);
}

function tellHidden(curve) {
  const note = part("note");
  const words = [];
  if (curve.beforeT0) words.push(`${curve.beforeT0} before T0 are not on a logarithmic axis`);
  const converted = curve.points.n - curve.beforeT0 - curve.shown.length;
  if (converted > 0) words.push(`${converted} hidden by the choices above`);
  note.textContent = words.length ? `${words.join("; ")}.` : "";
}

function onKey(event, curve) {
  const deeds = {
    ArrowRight: () => curve.step(1),
    ArrowLeft: () => curve.step(-1),
    "+": () => curve.zoomBy(0.6),
    "-": () => curve.zoomBy(1 / 0.6),
    0: () => curve.zoomAll(),
  };
  if (event.ctrlKey || event.metaKey || event.altKey || !deeds[event.key]) return;
  deeds[event.key]();
  event.preventDefault();
}

/** The fitted lines come with their words, in a part of the page that htmx loads. */
function showFading(curve) {
  const place = document.querySelector("[data-fading]");
  const draw = () => {
    const lines = document.getElementById("fading-lines");
    if (!lines) return;
    const numbers = new Map(curve.points.filters.map((filter, k) => [filter.name, k]));
    const known = JSON.parse(lines.textContent).filter((line) => numbers.has(line.filter));
    curve.setLines(known.map((line) => ({ ...line, filter: numbers.get(line.filter) })));
  };
  draw();
  place?.addEventListener("htmx:afterSettle", draw);
}

/** The other parts of the page wait for this, so that the points have the server for themselves. */
const tellDrawn = () => document.body.dispatchEvent(new CustomEvent("icare:light-curve-drawn"));

/** Once the browser has painted what was drawn. */
function afterPaint(told) {
  requestAnimationFrame(() => setTimeout(told));
}

async function start() {
  let points;
  try {
    points = await fetchPoints(root.dataset.pointsUrl);
  } catch (error) {
    root.querySelector("[data-waiting]").textContent = error.message;
    tellDrawn();
    return;
  }
  root.querySelector("[data-waiting]")?.remove();
  root.querySelector("[data-drawn]").hidden = false;
  if (points.t0_mjd === null) {
    for (const option of choices.elements.time.options) option.disabled = option.value !== "date";
    choices.elements.time.value = "date";
  }
  const dereddened = choices.elements.dereddened;
  dereddened.disabled = points.ebv === null;
  fromAddress();
  const curve = new LightCurve(
    { main: part("main"), residual: part("residual"), altitude: part("altitude") },
    points,
    { view: readChoices(), onChoose: (index) => showReadout(part("readout"), curve, index) },
  );
  makeChips(part("bands"), part("telescopes"), curve);
  tellHidden(curve);
  choices.addEventListener("change", () => {
    curve.set(readChoices());
    tellHidden(curve);
    toAddress();
  });
  part("bands").addEventListener("change", () => tellHidden(curve));
  part("telescopes").addEventListener("change", () => tellHidden(curve));
  root.querySelector("[data-zoom=in]").addEventListener("click", () => curve.zoomBy(0.6));
  root.querySelector("[data-zoom=out]").addEventListener("click", () => curve.zoomBy(1 / 0.6));
  root.querySelector("[data-zoom=full]").addEventListener("click", () => curve.zoomAll());
  part("main").addEventListener("keydown", (event) => onKey(event, curve));
  part("main").addEventListener("dblclick", () => curve.zoomAll());
  showFading(curve);
  afterPaint(async () => {
    performance.mark("icare:light-curve-ready");
    root.dataset.ready = `${points.n}`;
    tellDrawn();
    await addContext(curve, root.dataset.contextUrl, part("bins"));
    root.dataset.ready = "all";
  });
}

if (root) start();
