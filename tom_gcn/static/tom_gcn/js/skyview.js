/** Which part of the sky is on the canvas: the whole sky (Mollweide) or the globe from inside, turned and enlarged. */
import { geoMollweide, geoOrthographic } from "../vendor/d3/d3-geo.js";

const MAX_ZOOM = 300;
const MARGIN = 4;
const TO_RAD = Math.PI / 180;

export class SkyView {
  constructor(centre) {
    this.home = centre;
    this.zoom = 0;
    this.centre = [...centre];
    this.size = [720, 360];
  }

  get isWhole() {
    return this.zoom < 1;
  }

  /** Degrees across the shorter side. */
  get field() {
    return this.isWhole ? 360 : Math.min(180, (2 * Math.asin(Math.min(1, 1 / this.zoom))) / TO_RAD);
  }

  whole() {
    this.zoom = 0;
    this.centre = [...this.home];
  }

  /** Show a circle on the sky, its radius in degrees. */
  show(centre, radius) {
    this.centre = [...centre];
    this.zoom = Math.min(MAX_ZOOM, Math.max(1, 0.85 / Math.sin(Math.min(90, Math.max(radius, 0.5)) * TO_RAD)));
  }

  /** Enlarge by a factor; out of the globe's smallest size lies the whole sky, out of that nothing. */
  scale(factor, towards = null) {
    if (this.isWhole) {
      if (factor <= 1) return;
      if (towards) this.centre = towards;
      this.zoom = Math.max(1, factor);
    } else {
      this.zoom = Math.min(MAX_ZOOM, this.zoom * factor);
      if (this.zoom < 0.95) this.whole();
      else this.zoom = Math.max(1, this.zoom);
    }
  }

  /** Turn by pixels, as if the sky were dragged. */
  drag(dx, dy) {
    const [width, height] = this.size;
    const perPixel = this.isWhole ? 360 / width : 1 / (TO_RAD * (Math.min(width, height) / 2 - MARGIN) * this.zoom);
    const narrow = this.isWhole ? 1 : Math.max(0.2, Math.cos(this.centre[1] * TO_RAD));
    this.centre[0] = (this.centre[0] + (dx * perPixel) / narrow + 360) % 360;
    if (!this.isWhole) this.centre[1] = Math.max(-90, Math.min(90, this.centre[1] + dy * perPixel));
  }

  projection() {
    const [width, height] = this.size;
    const middle = [width / 2, height / 2];
    if (this.isWhole) {
      const scale = Math.min(width - 2 * MARGIN, 2 * (height - 2 * MARGIN)) / (4 * Math.SQRT2);
      return geoMollweide().rotate([-this.centre[0], 0]).reflectX(true).scale(scale).translate(middle).precision(0.4);
    }
    const scale = (Math.min(width, height) / 2 - MARGIN) * this.zoom;
    return geoOrthographic()
      .rotate([-this.centre[0], -this.centre[1]])
      .reflectX(true)
      .scale(scale)
      .translate(middle)
      .clipExtent([[-20, -20], [width + 20, height + 20]])
      .precision(0.4);
  }
}
