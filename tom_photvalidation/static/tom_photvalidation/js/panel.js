/** One drawing over time: uPlot keeps scales, axes and zooming; the points are stamped by a hook. */

import { dateTicks, evenTicks, logTicks, roundStep, spanText } from "./axes.js";

const FONT = "12px system-ui, sans-serif";
const NEAR_PX = 24;
// Of more points than this, those of one look within two pixels stand for each other.
const DENSE = 4000;

function ink(element, name) {
  return getComputedStyle(element).getPropertyValue(name).trim();
}

/**
 * @typedef {object} Look
 * @property {"log"|"linear"|"date"} time
 * @property {boolean} upsideDown smaller numbers on top, as magnitudes are drawn
 * @property {string} label of the height
 * @property {number} height of the drawing, px
 * @property {(u: uPlot) => void} [under] drawn below the points
 * @property {boolean} [quiet] without words below the time axis
 */
export class Panel {
  /**
   * @param {HTMLElement} place
   * @param {Look} look
   * @param {(index: number|null) => void} onNear told the position, in what is shown, of the point nearest to the pointer
   */
  constructor(place, look, onNear = () => {}) {
    this.place = place;
    this.look = look;
    this.onNear = onNear;
    this.shown = { x: [], y: [], error: [], stamp: () => null };
    this.mark = document.createElement("div");
    this.mark.className = "lc-mark";
    this.mark.hidden = true;
    // As one batch, which draws once: otherwise everything is drawn again after the first points are shown.
    this.u = new window.uPlot(this.options(), [[0.5, 1], [0, 1]], (u, init) => {
      place.append(u.root);
      u.batch(init);
    });
    this.u.over.append(this.mark);
    this.u.over.addEventListener("click", (event) => this.pick(event));
    this.u.over.addEventListener("mousemove", (event) => this.hover(event));
  }

  options() {
    const { time, upsideDown, label, height } = this.look;
    const grid = () => ({ stroke: () => ink(this.place, "--line"), width: 1 });
    return {
      width: this.place.clientWidth || 320,
      height,
      legend: { show: false },
      cursor: { drag: { x: true, y: !this.look.fixed, uni: 30 }, points: { show: false }, x: false, y: false },
      select: { show: true },
      padding: [8, 12, 0, 0],
      scales: {
        x: { time: false, distr: time === "log" ? 3 : 1, log: 10, range: (u, low, high) => [low, high] },
        y: { dir: upsideDown ? -1 : 1, range: (u, low, high) => [low, high] },
      },
      series: [{}, { paths: () => null, points: { show: false }, scale: "y" }],
      axes: [
        {
          stroke: () => ink(this.place, "--ink"),
          font: FONT,
          grid: grid(),
          ticks: { show: false },
          size: this.look.quiet ? 8 : 28,
          splits: (u) => this.timeTicks(u),
          filter: (u, splits) => splits,
          values: (u, splits) => (this.look.quiet ? splits.map(() => "") : this.timeWords(splits)),
        },
        {
          stroke: () => ink(this.place, "--ink"),
          font: FONT,
          grid: grid(),
          ticks: { show: false },
          size: 52,
          label,
          labelFont: FONT,
          labelSize: 18,
          splits: (u) => this.look.ticks ?? evenTicks(...this.span("y", u), Math.max(2, height / 55)),
          values: (u, splits) => splits.map((value) => this.heightWord(value, u)),
        },
      ],
      hooks: {
        drawClear: [(u) => this.look.under?.(u, this)],
        draw: [(u) => this.stampAll(u)],
        setScale: [(u, key) => this.onScale?.(key, this.span(key, u))],
      },
    };
  }

  span(key, u = this.u) {
    return [u.scales[key].min, u.scales[key].max];
  }

  timeTicks(u) {
    const [low, high] = this.span("x", u);
    const count = Math.max(2, Math.floor(u.bbox.width / window.devicePixelRatio / (this.look.time === "date" ? 110 : 80)));
    if (this.look.time === "log") return logTicks(low, high, count);
    if (this.look.time === "linear") return evenTicks(low, high, count);
    this.dates = dateTicks(low, high, count);
    return this.dates.ticks;
  }

  timeWords(splits) {
    if (this.look.time === "date") return splits.map((value) => this.dates.words[this.dates.ticks.indexOf(value)] ?? "");
    const step = splits.length > 1 ? Math.min(...splits.slice(1).map((value, k) => value - splits[k])) : 0;
    return splits.map((days) => spanText(days, step));
  }

  heightWord(value, u) {
    const [low, high] = this.span("y", u);
    const step = roundStep(high - low, Math.max(2, this.look.height / 55));
    return value.toFixed(Math.max(0, Math.min(4, Math.ceil(-Math.log10(step) - 1e-9))));
  }

  /** Shows points: positions, heights, errors, and for each the picture that is stamped. */
  show(shown, spans) {
    this.shown = shown;
    this.u.batch(() => {
      this.u.setData([shown.x, shown.y], false);
      if (spans) this.setSpans(spans.x, spans.y);
      else this.u.redraw(false);
    });
  }

  zoom(x, y) {
    this.u.batch(() => this.setSpans(x, y));
  }

  setSpans(x, y) {
    if (x) this.u.setScale("x", { min: x[0], max: x[1] });
    if (y) this.u.setScale("y", { min: y[0], max: y[1] });
  }

  /** A function from value to canvas pixel, for a loop over many. */
  toPixel(key, u = this.u) {
    const [low, high] = this.span(key, u);
    const { left, top, width, height } = u.bbox;
    if (key === "x") {
      if (this.look.time !== "log") return (value) => left + ((value - low) / (high - low)) * width;
      const [a, b] = [Math.log(low), Math.log(high)];
      return (value) => left + ((Math.log(value) - a) / (b - a)) * width;
    }
    const flip = this.look.upsideDown;
    return (value) => top + (flip ? (value - low) / (high - low) : (high - value) / (high - low)) * height;
  }

  stampAll(u) {
    const { x, y, error } = this.shown;
    const [px, py] = [this.toPixel("x", u), this.toPixel("y", u)];
    const { left, top, width, height } = u.bbox;
    const pen = u.ctx;
    this.px = new Float32Array(x.length);
    this.py = new Float32Array(x.length);
    for (let i = 0; i < x.length; i++) {
      this.px[i] = px(x[i]);
      this.py[i] = py(y[i]);
    }
    pen.save();
    pen.beginPath();
    pen.rect(left, top, width, height);
    pen.clip();
    if (error.length) this.drawErrors(pen, py, u.bbox);
    this.drawMarkers(pen, u.bbox);
    pen.restore();
    this.moveMark();
  }

  /** Each marker, unless one that looks the same stands at its place: of many thousand points most do. */
  drawMarkers(pen, { left, top, width, height }) {
    const { stamp } = this.shown;
    const { px, py } = this;
    const cell = px.length > DENSE ? 2 * Math.round(window.devicePixelRatio) : 1;
    const across = Math.ceil(width / cell) + 1;
    const places = across * (Math.ceil(height / cell) + 1);
    const taken = new Map();
    for (let i = 0; i < px.length; i++) {
      const picture = stamp(i);
      if (!picture) continue;
      const half = picture.width / 2;
      const [x, y] = [px[i] - left, py[i] - top];
      if (!(x > -half && y > -half && x < width + half && y < height + half)) continue;
      const isInside = x >= 0 && y >= 0 && x <= width && y <= height;
      if (isInside && isTaken(taken, places, picture, Math.round(y / cell) * across + Math.round(x / cell))) continue;
      pen.drawImage(picture, px[i] - half, py[i] - half);
    }
  }

  /** Error bars under all markers. Those of a colour that overlap in a column of pixels are drawn as one box. */
  drawErrors(pen, py, { left, top, width, height }) {
    const { y, error, colour } = this.shown;
    const thick = Math.max(1, Math.round(window.devicePixelRatio));
    const [columns, rows] = [Math.ceil(width) + 1, Math.ceil(height) + 1];
    const bars = new Map();
    for (let i = 0; i < y.length; i++) {
      const column = Math.round(this.px[i] - left - thick / 2);
      if (!(error[i] > 0) || column < 0 || column >= columns) continue;
      const [one, other] = [py(y[i] - error[i]) - top, py(y[i] + error[i]) - top];
      const high = Math.max(0, Math.round(Math.min(one, other)));
      const low = Math.min(rows - 1, Math.max(high + 1, Math.round(Math.max(one, other))));
      if (high >= low) continue;
      const ink = colour(i);
      let ends = bars.get(ink);
      if (!ends) bars.set(ink, (ends = new Int16Array(columns * rows)));
      ends[column * rows + high] += 1;
      ends[column * rows + low] -= 1;
    }
    for (const [ink, ends] of bars) {
      pen.fillStyle = ink;
      eachBox(ends, rows, (column, high, low) => pen.fillRect(left + column, top + high, thick, low - high));
    }
  }

  nearest(event) {
    const box = this.u.over.getBoundingClientRect();
    const ratio = window.devicePixelRatio;
    const x = (event.clientX - box.left) * ratio + this.u.bbox.left;
    const y = (event.clientY - box.top) * ratio + this.u.bbox.top;
    let found = null;
    let least = (NEAR_PX * ratio) ** 2;
    for (let i = 0; this.px && i < this.px.length; i++) {
      const distance = (this.px[i] - x) ** 2 + (this.py[i] - y) ** 2;
      if (distance < least) [least, found] = [distance, i];
    }
    return found;
  }

  hover(event) {
    const found = this.nearest(event);
    if (found !== null) this.onNear(found, false);
  }

  pick(event) {
    const found = this.nearest(event);
    if (found !== null) this.onNear(found, true);
  }

  /** Rings the point at a position of what is shown; -1 takes the ring away. */
  ring(position) {
    this.ringed = position;
    this.moveMark();
  }

  moveMark() {
    const position = this.ringed;
    const known = position >= 0 && this.px && position < this.px.length;
    this.mark.hidden = !known;
    if (!known) return;
    const ratio = window.devicePixelRatio;
    const x = (this.px[position] - this.u.bbox.left) / ratio;
    const y = (this.py[position] - this.u.bbox.top) / ratio;
    const inside = x >= -2 && y >= -2 && x <= this.u.over.clientWidth + 2 && y <= this.u.over.clientHeight + 2;
    this.mark.hidden = !inside;
    this.mark.style.transform = `translate(${x}px, ${y}px)`;
  }

  resize() {
    const width = this.place.clientWidth;
    if (width && width !== this.u.width) this.u.setSize({ width, height: this.look.height });
  }

  destroy() {
    this.u.destroy();
  }
}

/** Whether a picture stands at a place already; from now on it does. */
function isTaken(taken, places, picture, place) {
  let mine = taken.get(picture);
  if (!mine) taken.set(picture, (mine = new Uint8Array(places)));
  if (mine[place]) return true;
  mine[place] = 1;
  return false;
}

/** Boxes that cover each column of pixels where more bars have begun than ended. */
function eachBox(ends, rows, draw) {
  for (let column = 0; column * rows < ends.length; column++) {
    let [open, began] = [0, 0];
    for (let row = 0; row < rows; row++) {
      const change = ends[column * rows + row];
      if (!change) continue;
      if (!open) began = row;
      open += change;
      if (!open) draw(column, began, row);
    }
  }
}

/** A span a little wider than its numbers; `pad` is a share, on a logarithmic axis a share of decades. */
export function widened(values, { log = false, pad = 0.04 } = {}) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (!(low <= high)) return log ? [0.01, 10] : [0, 1];
  if (log) {
    const margin = Math.max((high / low) ** pad, 1.05);
    return [low / margin, high * margin];
  }
  const margin = (high - low) * pad || 0.5;
  return [low - margin, high + margin];
}
