/** The light curve of a target: brightness, residuals and altitudes over one time axis, with one point chosen. */

import { Stamps } from "./markers.js";
import { Panel, widened } from "./panel.js";
import { ACCEPTED, LIMIT, NEW, QUARANTINED, REJECTED, SUBTRACTED, heights } from "./points.js";

const MANY = 4000;
const LABELS = { ab: "AB mag", typed: "mag as submitted", flux: "flux (µJy)" };
const MOST_Z = 6;
const bounded = (z) => Math.max(-MOST_Z, Math.min(MOST_Z, z));
/** What is drawn below the brightness: how it looks, how its values are bounded, and the span of its height. */
const BELOW = {
  residual: { label: "(obs − model) / σ", height: 130, ticks: [-5, -3, 0, 3, 5], under: drawBand, bound: bounded, span: [-MOST_Z - 0.6, MOST_Z + 0.6] },
  altitude: { label: "altitude °", height: 100, ticks: [0, 30, 60, 90], bound: (value) => value, span: [-8, 94] },
};

export const VIEW = {
  scale: "ab",
  time: "log",
  dereddened: false,
  images: "all",
  noLimits: false,
  onlyAccepted: false,
  withRejected: false,
  hiddenFilters: new Set(),
  hiddenTelescopes: new Set(),
};

export class LightCurve {
  /**
   * @param {{main: HTMLElement, residual?: HTMLElement, altitude?: HTMLElement}} places
   * @param {object} points as read
   * @param {{onChoose?: (index: number, byClick: boolean) => void, view?: object}} told
   */
  constructor(places, points, { onChoose = () => {}, view = {} } = {}) {
    this.places = places;
    this.points = points;
    this.onChoose = onChoose;
    this.view = { ...VIEW, ...view, hiddenFilters: new Set(), hiddenTelescopes: new Set() };
    if (points.t0_mjd === null) this.view.time = "date";
    this.hasNew = points.status.includes(NEW);
    this.chosen = null;
    this.context = null;
    this.lines = [];
    this.panels = {};
    this.build();
    document.addEventListener("icare:theme", () => this.repaint());
    new ResizeObserver(() => this.resize()).observe(places.main);
  }

  /** Changes what is shown; panels are made anew only where their scales change. */
  set(changes) {
    const before = this.view;
    this.view = { ...before, ...changes };
    if (before.scale !== this.view.scale || before.time !== this.view.time) this.build();
    else this.refresh(true);
  }

  /** Residuals and altitudes; their panels come below, the brightness stays as it is drawn. */
  setContext(context) {
    this.context = context;
    this.buildBelow();
    this.refreshBelow(this.panels.main.span("x"));
    this.ring();
  }

  setLines(lines) {
    this.lines = lines;
    this.panels.main.u.redraw(false);
  }

  height() {
    const width = this.places.main.clientWidth;
    return width < 560 ? 300 : Math.round(Math.min(460, Math.max(340, window.innerHeight * 0.48)));
  }

  build() {
    for (const panel of Object.values(this.panels)) panel.destroy();
    const { scale, time } = this.view;
    this.panels = {
      main: new Panel(
        this.places.main,
        { time, upsideDown: scale !== "flux", label: LABELS[scale], height: this.height(), under: (u, panel) => this.drawLines(u, panel) },
        (position, byClick) => this.choose(this.shown[position], byClick),
      ),
    };
    this.panels.main.onScale = (key, span) => {
      if (key !== "x") return;
      for (const panel of [this.panels.residual, this.panels.altitude]) panel?.zoom(span, null);
    };
    this.buildBelow();
    this.paint();
    this.refresh(true);
  }

  buildBelow() {
    if (!this.context) return;
    for (const [name, look] of Object.entries(BELOW)) {
      this.panels[name]?.destroy();
      if (!this.places[name]) continue;
      const near = (position, byClick) => this.choose(this.shown[position], byClick);
      this.panels[name] = new Panel(this.places[name], { ...look, time: this.view.time, upsideDown: false, fixed: true, quiet: true }, near);
    }
  }

  paint() {
    const radius = this.points.n > MANY ? 2.6 : 5;
    this.stamps = new Stamps(this.places.main, this.points.filters, radius, window.devicePixelRatio);
  }

  repaint() {
    this.paint();
    for (const panel of Object.values(this.panels)) panel.u.redraw(false);
  }

  /** Position on the time axis, NaN where a logarithm has none. */
  timeOf(i) {
    const { points, view } = this;
    if (view.time === "date") return points.mjd[i];
    const days = points.mjd[i] - points.t0_mjd;
    return view.time === "log" && days <= 0 ? NaN : days;
  }

  isShown(i) {
    const { points, view } = this;
    const status = points.status[i];
    if (view.hiddenFilters.has(points.filter[i]) || view.hiddenTelescopes.has(points.telescope[i])) return false;
    if (view.images !== "all" && (points.subtracted[i] === SUBTRACTED) !== (view.images === "subtracted")) return false;
    if (view.noLimits && points.kind[i] === LIMIT) return false;
    if (view.onlyAccepted) return status === ACCEPTED;
    return status < REJECTED || status === NEW || (status === REJECTED && view.withRejected);
  }

  refresh(fit) {
    const { points, view } = this;
    const drawn = heights(points, view.scale, view.dereddened);
    this.drawn = drawn;
    const shown = [];
    this.beforeT0 = 0;
    for (let i = 0; i < points.n; i++) {
      if (!this.isShown(i)) continue;
      if (Number.isNaN(this.timeOf(i))) this.beforeT0 += 1;
      else if (!Number.isNaN(drawn.y[i])) shown.push(i);
    }
    this.shown = shown;
    this.place = new Int32Array(points.n).fill(-1);
    shown.forEach((index, position) => (this.place[index] = position));
    const x = picked(shown, (i) => this.timeOf(i));
    const y = picked(shown, (i) => drawn.y[i]);
    const isPale = (i) => this.hasNew && points.status[i] !== NEW;
    const error = picked(shown, (i) => (isPale(i) ? NaN : drawn.error[i]));
    const spans = fit ? { x: widened(x, { log: view.time === "log" }), y: widened(y, { pad: 0.06 }) } : null;
    this.full = spans ?? this.full;
    this.panels.main.show({ x, y, error, colour: (k) => this.colourAt(k), stamp: (k) => this.stampAt(k) }, spans);
    this.refreshBelow(spans?.x ?? null);
    this.ring();
  }

  refreshBelow(span) {
    if (!this.context) return;
    const { x } = this.panels.main.shown;
    for (const [name, look] of Object.entries(BELOW)) {
      const values = this.context[name];
      const y = picked(this.shown, (i) => look.bound(values[i]));
      const stamp = (k) => (Number.isNaN(y[k]) ? null : this.stampAt(k));
      this.panels[name]?.show({ x, y, error: [], colour: (k) => this.colourAt(k), stamp }, span && { x: span, y: look.span });
    }
  }

  colourAt(position) {
    return this.stamps.colours[this.points.filter[this.shown[position]]];
  }

  stampAt(position) {
    const i = this.shown[position];
    return this.pictureOf(i, this.drawn.limits[i]);
  }

  /** Where a point stands among those shown; -1 where it is not. */
  positionOf(index) {
    return index === null ? -1 : this.place[index];
  }

  pictureOf(i, isLimit) {
    const { points } = this;
    // What a person accepted is doubted no more.
    const doubted = points.finding[i] >= 3 && points.status[i] !== ACCEPTED;
    const flagged = doubted || points.status[i] === QUARANTINED ? 1 : 0;
    const subtracted = points.subtracted[i] === SUBTRACTED ? 1 : 0;
    const isKnownBeforeNew = this.hasNew && points.status[i] !== NEW;
    const pale = (points.status[i] >= REJECTED && points.status[i] !== NEW) || isKnownBeforeNew ? 1 : 0;
    const shape = points.telescope[i] % 16;
    return this.stamps.of(shape, points.filter[i], isLimit, subtracted, flagged, pale);
  }

  /** Fitted lines: of AB magnitudes as measured. */
  drawLines(u, panel) {
    if (!this.lines.length || this.view.scale === "typed" || this.view.dereddened) return;
    const [px, py] = [panel.toPixel("x", u), panel.toPixel("y", u)];
    const { left, top, width, height } = u.bbox;
    const pen = u.ctx;
    pen.save();
    pen.beginPath();
    pen.rect(left, top, width, height);
    pen.clip();
    pen.lineWidth = 2 * window.devicePixelRatio;
    pen.setLineDash([8 * window.devicePixelRatio, 5 * window.devicePixelRatio]);
    pen.globalAlpha = 0.7;
    for (const line of this.lines) {
      if (this.view.hiddenFilters.has(line.filter)) continue;
      pen.strokeStyle = this.stamps.colours[line.filter];
      pen.beginPath();
      line.days.forEach((days, k) => {
        const at = this.view.time === "date" ? days + this.points.t0_mjd : days;
        const high = this.view.scale === "flux" ? 10 ** (0.4 * (23.9 - line.mag[k])) : line.mag[k];
        pen.lineTo(px(at), py(high));
      });
      pen.stroke();
    }
    pen.restore();
  }

  choose(index, byClick = false) {
    this.chosen = index;
    this.ring();
    this.onChoose(index, byClick);
  }

  /** The next or previous shown point in time. */
  step(by) {
    if (!this.shown.length) return;
    const at = this.positionOf(this.chosen);
    const next = at < 0 ? 0 : Math.max(0, Math.min(this.shown.length - 1, at + by));
    this.choose(this.shown[next], false);
  }

  ring() {
    const position = this.positionOf(this.chosen);
    for (const panel of Object.values(this.panels)) panel.ring(position);
  }

  zoomAll() {
    this.panels.main.zoom(this.full.x, this.full.y);
  }

  /** Zooms by a factor about the chosen point, or the middle. */
  zoomBy(factor) {
    const { main } = this.panels;
    const position = this.positionOf(this.chosen);
    const around = (key, value) => {
      const log = key === "x" && this.view.time === "log";
      const [low, high] = main.span(key).map((each) => (log ? Math.log(each) : each));
      const middle = value === undefined ? (low + high) / 2 : log ? Math.log(value) : value;
      const span = [middle - ((middle - low) * factor), middle + ((high - middle) * factor)];
      return log ? span.map(Math.exp) : span;
    };
    main.zoom(around("x", main.shown.x[position]), around("y", main.shown.y[position]));
  }

  resize() {
    for (const panel of Object.values(this.panels)) panel.resize();
  }
}

function picked(indices, valueOf) {
  const values = new Float64Array(indices.length);
  for (let k = 0; k < indices.length; k++) values[k] = valueOf(indices[k]);
  return values;
}

/** The band of three sigma, and the line of no residual. */
function drawBand(u, panel) {
  const py = panel.toPixel("y", u);
  const { left, width } = u.bbox;
  const styles = getComputedStyle(panel.place);
  u.ctx.save();
  u.ctx.fillStyle = styles.getPropertyValue("--quiet-ground").trim();
  u.ctx.fillRect(left, py(3), width, py(-3) - py(3));
  u.ctx.fillStyle = styles.getPropertyValue("--strong-line").trim();
  u.ctx.fillRect(left, py(0), width, window.devicePixelRatio);
  u.ctx.restore();
}

