/** Paints the sky map on a canvas. */
import { geoPath } from "../vendor/d3/d3-geo.js";
import { graticule } from "./graticule.js";

const MARK_RADIUS = 5;
const ARROW = new Path2D("M14 0L-6 9L-2 0L-6 -9Z");
export const N_COLOURS = 8;
const SEEN_FROM = 14;

/** Angle from north through east, in radians, at which one position is seen from another. */
function positionAngle(from, to) {
  const [ra, dec, ra2, dec2] = [...from, ...to].map((degrees) => (degrees * Math.PI) / 180);
  const east = Math.sin(ra2 - ra) * Math.cos(dec2);
  return Math.atan2(east, Math.cos(dec) * Math.sin(dec2) - Math.sin(dec) * Math.cos(dec2) * Math.cos(ra2 - ra));
}

const nameIsLeft = (x, view) => x > view.size[0] - 60;

/** Colours come from the style sheet, so that light and dark are said in one place. */
export function readColours(element) {
  const style = getComputedStyle(element);
  const value = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    sky: value("sky"),
    line: value("sky-line"),
    ink: value("ink"),
    muted: value("muted"),
    contour: value("contour"),
    regions: { 0.5: value("region-50"), 0.9: value("region-90") },
    sun: value("sun"),
    moon: value("moon"),
    galaxy: value("galaxy"),
    telescopes: Array.from({ length: N_COLOURS }, (_, i) => value(`tel-${i}`)),
  };
}

export class SkyPainter {
  constructor(canvas) {
    this.context = canvas.getContext("2d");
    this.font = getComputedStyle(canvas).fontFamily;
  }

  paint(view, sky, shown, colours) {
    const [width, height] = view.size;
    const { context } = this;
    this.projection = view.projection();
    this.path = geoPath(this.projection, context);
    context.clearRect(0, 0, width, height);
    this.#ground(colours);
    this.#grid(view, sky, colours);
    this.#regions(sky, colours);
    this.#line(sky.galaxy, colours.galaxy, 1, [1, 3]);
    const drawn = this.#pointings(sky, shown, colours);
    this.#body(sky.sun, "Sun", colours.sun, colours, view);
    this.#body(sky.moon, "Moon", colours.moon, colours, view);
    if (sky.peak) this.#spot(sky, view, colours);
    this.#line({ type: "Sphere" }, colours.ink, 1.2, []);
    const astray = !view.isWhole && sky.regions.length > 0 && !this.#inView(sky.regions[0].polygon);
    if (astray) this.#pointTo(sky.peak ?? sky.regions[0].outline.coordinates[0][0], view, colours);
    return { drawn, astray };
  }

  #ground(colours) {
    this.#trace({ type: "Sphere" });
    this.context.fillStyle = colours.sky;
    this.context.fill();
  }

  #grid(view, sky, colours) {
    const { lines, labels } = graticule(view.centre, view.field);
    this.#line(lines, colours.line, 0.8, []);
    const { context } = this;
    context.fillStyle = colours.muted;
    context.font = `11px ${this.font}`;
    context.textAlign = "left";
    const taken = [sky.sun, sky.moon].flatMap((at) => this.#namePlaces(at, view));
    for (const { at, text } of labels) {
      const place = this.#visible(at, view);
      if (!place || taken.some(([x, y]) => Math.abs(x - place[0]) < 34 && Math.abs(y - place[1]) < 14)) continue;
      taken.push(place);
      if (place[0] < view.size[0] - 24) context.fillText(text, place[0] + 3, place[1] - 3);
    }
  }

  #regions(sky, colours) {
    for (const region of sky.regions) {
      this.#trace(region.polygon);
      this.context.fillStyle = colours.regions[region.level] ?? colours.regions[0.9];
      this.context.fill("evenodd");
      this.#line(region.outline, colours.contour, 1.4, region.level > 0.5 ? [5, 3] : []);
    }
  }

  #pointings(sky, shown, colours) {
    let drawn = 0;
    const { context } = this;
    for (const pointing of sky.pointings) {
      if (shown.hidden.has(pointing.t)) continue;
      drawn += 1;
      const colour = colours.telescopes[pointing.t % N_COLOURS];
      const faded = shown.selected !== null && shown.selected !== pointing.t;
      context.globalAlpha = faded ? 0.25 : 1;
      this.#trace(pointing.polygon);
      context.fillStyle = `${colour}33`;
      context.fill();
      this.#stroke(colour, pointing === shown.current ? 4 : 1.6, []);
      this.#mark(pointing, sky.marks[pointing.t], colour, faded ? null : colours);
    }
    context.globalAlpha = 1;
    return drawn;
  }

  /** The symbol of the telescope in the middle of its field, and the order of the pointing once there is room for it. */
  #mark(pointing, mark, colour, colours) {
    const [[x0, y0], [x1, y1]] = this.path.bounds(pointing.polygon);
    const side = Math.min(x1 - x0, y1 - y0);
    if (!(side > 3 && side < Infinity)) return;
    const { context } = this;
    const [x, y] = [(x0 + x1) / 2, (y0 + y1) / 2];
    const hasNumber = colours && side >= 34;
    const scale = Math.min(1, side / 4 / MARK_RADIUS);
    context.save();
    context.translate(x, hasNumber ? y - 8 : y);
    context.scale(scale, scale);
    context.fillStyle = colour;
    context.fill(mark);
    context.restore();
    if (!hasNumber) return;
    context.fillStyle = colours.ink;
    context.font = `11px ${this.font}`;
    context.textAlign = "center";
    context.fillText(String(pointing.o), x, y + 11);
  }

  /** Where a body and its name lie, so that no hour is written there. */
  #namePlaces(at, view) {
    const place = this.#visible(at, view);
    if (!place) return [];
    const [x, y] = place;
    return [place, [nameIsLeft(x, view) ? x - 34 : x + 28, y]];
  }

  /** Four ticks around a region too small to be seen, or around a position without one. */
  #spot(sky, view, colours) {
    const place = this.#visible(sky.peak, view);
    if (!place || sky.regions.some((region) => this.#reach(region.outline) > SEEN_FROM)) return;
    const { context } = this;
    context.beginPath();
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      context.moveTo(place[0] + 6 * dx, place[1] + 6 * dy);
      context.lineTo(place[0] + 16 * dx, place[1] + 16 * dy);
    }
    this.#stroke(colours.contour, 2, []);
  }

  /** The longer side of a shape, in pixels. */
  #reach(shape) {
    const [[x0, y0], [x1, y1]] = this.path.bounds(shape);
    return Math.max(x1 - x0, y1 - y0);
  }

  #body(at, name, colour, colours, view) {
    const place = this.#visible(at, view);
    if (!place) return;
    const { context } = this;
    context.beginPath();
    context.arc(place[0], place[1], 6, 0, 2 * Math.PI);
    context.fillStyle = colour;
    context.fill();
    context.strokeStyle = colours.sky;
    context.lineWidth = 1;
    context.stroke();
    context.fillStyle = colours.muted;
    context.font = `12px ${this.font}`;
    const left = nameIsLeft(place[0], view);
    context.textAlign = left ? "right" : "left";
    context.fillText(name, place[0] + (left ? -10 : 10), place[1] + 4);
  }

  /** Pixels of a place, or null when it is on the far side or off the canvas. */
  #visible(at, view) {
    if (!view.isWhole && this.path.bounds({ type: "Point", coordinates: at })[0][0] === Infinity) return null;
    const place = this.projection(at);
    const inside = place && place[0] >= 0 && place[0] <= view.size[0] && place[1] >= 0 && place[1] <= view.size[1];
    return inside ? place : null;
  }

  #inView(polygon) {
    return Number.isFinite(this.path.bounds(polygon)[0][0]);
  }

  /** An arrow at the edge: there lies the region that is not in view. */
  #pointTo(at, view, colours) {
    const middle = view.size.map((side) => side / 2);
    const angle = positionAngle(view.centre, at);
    // North is up and east to the left.
    const [dx, dy] = [-Math.sin(angle), -Math.cos(angle)];
    const reach = Math.min((middle[0] - 20) / Math.max(Math.abs(dx), 1e-9), (middle[1] - 20) / Math.max(Math.abs(dy), 1e-9));
    const { context } = this;
    context.save();
    context.translate(middle[0] + dx * reach, middle[1] + dy * reach);
    context.fillStyle = colours.contour;
    context.font = `12px ${this.font}`;
    context.textAlign = "center";
    context.fillText("region", -dx * 40, -dy * 26 + 4);
    context.rotate(Math.atan2(dy, dx));
    context.fill(ARROW);
    context.restore();
  }

  #trace(shape) {
    this.context.beginPath();
    this.path(shape);
  }

  #line(shape, colour, width, dashes) {
    this.#trace(shape);
    this.#stroke(colour, width, dashes);
  }

  #stroke(colour, width, dashes) {
    this.context.setLineDash(dashes);
    this.context.strokeStyle = colour;
    this.context.lineWidth = width;
    this.context.stroke();
    this.context.setLineDash([]);
  }
}
