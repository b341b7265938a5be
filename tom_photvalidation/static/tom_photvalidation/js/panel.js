/** One drawing over time: uPlot keeps scales, axes and zooming; the points are stamped by a hook. */

import { dateTicks, evenTicks, logTicks, roundStep, spanText } from "./axes.js";

const FONT = "12px system-ui, sans-serif";
const NEAR_PX = 24;

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
    this.u = new window.uPlot(this.options(), [[0.5, 1], [0, 1]], place);
    this.mark = document.createElement("div");
    this.mark.className = "lc-mark";
    this.mark.hidden = true;
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
    const { x, y, error, stamp } = this.shown;
    const [px, py] = [this.toPixel("x", u), this.toPixel("y", u)];
    const { left, top, width, height } = u.bbox;
    const pen = u.ctx;
    this.px = new Float32Array(x.length);
    this.py = new Float32Array(x.length);
    pen.save();
    pen.beginPath();
    pen.rect(left, top, width, height);
    pen.clip();
    for (let i = 0; i < x.length; i++) {
      this.px[i] = px(x[i]);
      this.py[i] = py(y[i]);
    }
    if (error.length) this.drawErrors(pen, py);
    const taken = new Map();
    for (let i = 0; i < x.length; i++) {
      const picture = stamp(i);
      if (!picture || this.isTaken(taken, picture, i)) continue;
      pen.drawImage(picture, this.px[i] - picture.width / 2, this.py[i] - picture.width / 2);
    }
    pen.restore();
    this.moveMark();
  }

  /** Whether the same picture stands on this very pixel already: of many thousand points most do. */
  isTaken(taken, picture, i) {
    let places = taken.get(picture);
    if (!places) taken.set(picture, (places = new Set()));
    const place = Math.round(this.px[i]) * 8192 + Math.round(this.py[i]);
    if (places.has(place)) return true;
    places.add(place);
    return false;
  }

  /** Error bars under all markers: thin boxes, which are drawn many times faster than lines. */
  drawErrors(pen, py) {
    const { y, error, colour } = this.shown;
    const width = Math.max(1, Math.round(window.devicePixelRatio));
    let last = null;
    for (let i = 0; i < y.length; i++) {
      if (!(error[i] > 0)) continue;
      const ink = colour(i);
      if (ink !== last) pen.fillStyle = last = ink;
      const [one, other] = [py(y[i] - error[i]), py(y[i] + error[i])];
      pen.fillRect(Math.round(this.px[i] - width / 2), Math.min(one, other), width, Math.abs(one - other));
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

  /** Rings the point at a position of what is shown; null takes the ring away. */
  ring(position) {
    this.ringed = position;
    this.moveMark();
  }

  moveMark() {
    const position = this.ringed;
    const known = position !== null && position !== undefined && this.px && position < this.px.length;
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
