/** The interactive sky map: loads the document of an event, paints it, and answers pointer and keys. */
import { geoArea, geoContains, geoDistance } from "../vendor/d3/d3-geo.js";
import { SkyPainter, readColours } from "./skydraw.js";
import { SkyView } from "./skyview.js";
import { startGestures } from "./skygestures.js";

const TO_DEG = 180 / Math.PI;
const SMALL_DEG = 15;

/** d3 takes the side to the right of a line as its inside; regions come with the inside on the left. */
const polygonOfRegion = (lines) => ({ type: "Polygon", coordinates: lines.map((line) => [...line].reverse()) });

function polygonOfField(corners) {
  const ring = [...corners, corners[0]];
  const polygon = { type: "Polygon", coordinates: [ring] };
  return geoArea(polygon) > 2 * Math.PI ? { type: "Polygon", coordinates: [ring.reverse()] } : polygon;
}

function prepared(document) {
  const regions = document.regions
    .filter((region) => region.lines.length)
    .map(({ level, lines }) => ({ level, polygon: polygonOfRegion(lines), outline: { type: "MultiLineString", coordinates: lines } }))
    .sort((a, b) => b.level - a.level);
  const pointings = document.pointings.map((pointing) => ({
    ...pointing,
    polygon: polygonOfField(pointing.c),
    radius: Math.max(...pointing.c.map((corner) => geoDistance([pointing.ra, pointing.dec], corner))),
  }));
  const plane = document.galactic_plane;
  return { ...document, regions, pointings, galaxy: { type: "LineString", coordinates: [...plane, plane[0]] } };
}

const two = (number) => String(number).padStart(2, "0");

function sexagesimal(ra, dec) {
  const seconds = Math.round(((ra + 360) % 360) * 240) % 86400;
  const arcsec = Math.round(Math.abs(dec) * 3600);
  const hours = `${two(Math.floor(seconds / 3600))}:${two(Math.floor((seconds % 3600) / 60))}:${two(seconds % 60)}`;
  return `${hours} ${dec < 0 ? "−" : "+"}${two(Math.floor(arcsec / 3600))}:${two(Math.floor((arcsec % 3600) / 60))}:${two(arcsec % 60)}`;
}

export class SkyMap {
  constructor(frame, { readout, onSelect }) {
    this.frame = frame;
    this.readout = readout;
    this.onSelect = onSelect;
    this.shown = { hidden: new Set(), selected: null, current: null };
    this.canvas = document.createElement("canvas");
    this.canvas.className = "sky-canvas";
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "application");
    this.canvas.setAttribute("aria-label", "Sky map. Arrows turn it, plus and minus zoom, n and p step through the planned fields.");
    this.pending = false;
  }

  async load(url) {
    const answer = await fetch(url, { credentials: "same-origin", headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(`The sky map could not be loaded (${answer.status}).`);
    this.sky = prepared(await answer.json());
    this.shown.current = null;
    if (!this.view) this.#begin();
    this.redraw();
    this.canvas.dataset.ready = String(this.sky.plan ?? "none");
    return this.sky;
  }

  #begin() {
    this.view = new SkyView(this.sky.peak ? [this.sky.peak[0], 0] : [180, 0]);
    this.frame.replaceChildren(this.canvas);
    this.painter = new SkyPainter(this.canvas);
    this.colours = readColours(this.canvas);
    new ResizeObserver(() => this.#fit()).observe(this.frame);
    document.addEventListener("icare:theme", () => {
      this.colours = readColours(this.canvas);
      // At once, not with the next frame: a page that is being printed gets none.
      this.#paint();
    });
    startGestures(this);
    const extent = this.#extent();
    // A small region is a dot on the whole sky.
    if (extent && extent.radius < SMALL_DEG) this.view.show(extent.centre, extent.radius);
    this.#fit();
    this.rest();
  }

  #fit() {
    const width = this.frame.clientWidth;
    const height = Math.round(Math.max(width / 2, Math.min(220, width)));
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    this.view.size = [width, height];
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    this.canvas.style.height = `${height}px`;
    this.painter.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.#paint();
  }

  redraw() {
    if (this.pending) return;
    this.pending = true;
    requestAnimationFrame(() => {
      this.pending = false;
      this.#paint();
    });
  }

  #paint() {
    const began = performance.now();
    const drawn = this.painter.paint(this.view, this.sky, this.shown, this.colours);
    Object.assign(this.canvas.dataset, {
      contours: this.sky.regions.reduce((sum, region) => sum + region.outline.coordinates.length, 0),
      pointings: drawn,
      view: this.view.isWhole ? "whole" : "globe",
      field: this.view.field.toFixed(2),
      ms: (performance.now() - began).toFixed(1),
    });
    this.canvas.classList.toggle("turning", !this.view.isWhole);
  }

  whole() {
    this.view.whole();
    this.redraw();
  }

  /** Centre and radius (deg) of the widest region; nothing when there is none. */
  #extent() {
    const points = this.sky.regions[0]?.outline.coordinates.flat() ?? [];
    if (!points.length) return null;
    const centre = this.sky.peak ?? points[0];
    return { centre, radius: Math.max(...points.map((point) => geoDistance(centre, point))) * TO_DEG };
  }

  /** Show the 90 % region. */
  region() {
    const extent = this.#extent();
    if (!extent) return;
    this.view.show(extent.centre, extent.radius);
    this.redraw();
  }

  zoom(factor, towards = null) {
    this.view.scale(factor, towards);
    this.redraw();
  }

  drag(dx, dy) {
    this.view.drag(dx, dy);
    this.redraw();
  }

  /** Position under a pixel of the canvas, or null beside the sky. */
  positionAt(x, y) {
    const place = this.painter.projection.invert([x, y]);
    if (!place || place.some(Number.isNaN)) return null;
    const back = this.painter.projection(place);
    return back && Math.hypot(back[0] - x, back[1] - y) < 1 ? [(place[0] + 360) % 360, place[1]] : null;
  }

  /** The smallest field that holds a position, and how many others do. */
  #fieldAt(place) {
    const found = this.sky.pointings.filter(
      (pointing) =>
        !this.shown.hidden.has(pointing.t) &&
        geoDistance([pointing.ra, pointing.dec], place) <= pointing.radius &&
        geoContains(pointing.polygon, place),
    );
    found.sort((a, b) => a.radius - b.radius);
    return [found[0] ?? null, Math.max(0, found.length - 1)];
  }

  look(x, y) {
    const place = this.positionAt(x, y);
    if (!place) {
      this.rest();
      return;
    }
    const [pointing, others] = this.#fieldAt(place);
    this.#read(place, pointing, others);
    if (pointing !== this.shown.current) {
      this.shown.current = pointing;
      this.redraw();
    }
  }

  choose(x, y) {
    this.look(x, y);
    this.select(this.shown.current ? this.sky.telescopes[this.shown.current.t] : null);
    this.onSelect(this.shown.current ? this.sky.telescopes[this.shown.current.t] : null, this.shown.current?.o ?? null);
  }

  /** Step to the next or previous field in time. */
  step(by) {
    const fields = this.sky.pointings.filter((pointing) => !this.shown.hidden.has(pointing.t));
    if (!fields.length) return;
    const at = fields.indexOf(this.shown.current);
    this.shown.current = fields[(at + by + fields.length + (at < 0 && by < 0 ? 1 : 0)) % fields.length];
    this.#read([this.shown.current.ra, this.shown.current.dec], this.shown.current, 0);
    this.redraw();
  }

  select(telescope) {
    const place = this.sky.telescopes.indexOf(telescope);
    this.shown.selected = place < 0 ? null : place;
    this.redraw();
  }

  toggle(telescope, visible) {
    const place = this.sky.telescopes.indexOf(telescope);
    if (visible) this.shown.hidden.delete(place);
    else this.shown.hidden.add(place);
    this.redraw();
  }

  rest() {
    if (this.shown.current) {
      this.shown.current = null;
      this.redraw();
    }
    this.readout.textContent = `Sun and Moon at ${this.sky.when}. Drag to turn; click the map, then scroll to zoom.`;
  }

  #read(place, pointing, others) {
    const [ra, dec] = place;
    const level = this.sky.regions.filter((region) => geoContains(region.polygon, place)).at(-1)?.level;
    const words = [`${ra.toFixed(3)} ${dec.toFixed(3)} (${sexagesimal(ra, dec)})`];
    if (level) words.push(`inside ${Math.round(100 * level)}%`);
    if (pointing) {
      const more = others ? ` (and ${others} more here)` : "";
      words.push(
        `${this.sky.telescopes[pointing.t]} ${pointing.o}${more}`,
        `${pointing.s} UTC`,
        `${pointing.b || "no filter"} ${pointing.x}`,
        `${(100 * pointing.p).toFixed(2)}%`,
      );
    }
    this.readout.textContent = words.join(" · ");
  }
}
