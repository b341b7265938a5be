/** Markers: the shape tells the telescope, the colour the band; the same outlines serve the drawing and the chips. */

const around = (n, radius, turn = 0) =>
  Array.from({ length: n }, (_, k) => {
    const angle = turn + (2 * Math.PI * k) / n;
    return [radius * Math.sin(angle), -radius * Math.cos(angle)];
  });
const outline = (corners) => `M${corners.map(([x, y]) => `${x.toFixed(3)} ${y.toFixed(3)}`).join("L")}Z`;
const star = (n, inner) =>
  outline(around(2 * n, 1).map(([x, y], k) => (k % 2 ? [x * inner, y * inner] : [x * 1.15, y * 1.15])));
const CIRCLE = "M-.82 0A.82 .82 0 1 0 .82 0A.82 .82 0 1 0 -.82 0Z";
const plus = (a) => `M${-a} -1H${a}V${-a}H1V${a}H${a}V1H${-a}V${a}H-1V${-a}H${-a}Z`;

/** Outlines in a box from -1 to 1, told apart also when small. */
export const SHAPES = [
  CIRCLE,
  "M-.75 -.75H.75V.75H-.75Z",
  outline(around(4, 1.05)),
  outline(around(3, 1.1)),
  star(5, 0.45),
  outline(around(6, 0.95)),
  plus(0.3),
  "M-.72 -1L0 -.3L.72 -1L1 -.72L.3 0L1 .72L.72 1L0 .3L-.72 1L-1 .72L-.3 0L-1 -.72Z",
  outline(around(3, 1.1, Math.PI / 2)),
  outline(around(3, 1.1, -Math.PI / 2)),
  outline(around(5, 0.98)),
  star(4, 0.38),
  "M-.45 -1H.45V1H-.45Z",
  "M-1 -.45H1V.45H-1Z",
  star(3, 0.35),
  "M-.9 -.8H.9L0 0L.9 .8H-.9L0 0Z",
];
const LIMIT = outline(around(3, 1.05, Math.PI));
// Below this radius a rim in the colour of the page leaves nothing of the colour of the band.
const SMALL = 3;
const SVG = "http://www.w3.org/2000/svg";

export const shapeOf = (telescope) => SHAPES[telescope % SHAPES.length];

function colourOf(styles, name) {
  return styles.getPropertyValue(`--band-${name}`).trim() || styles.getPropertyValue("--ink").trim();
}

/** Small pictures of markers, made once for each look and stamped for each point. */
export class Stamps {
  constructor(element, filters, radius, ratio) {
    const styles = getComputedStyle(element);
    this.colours = filters.map((filter) => colourOf(styles, filter.colour));
    this.ink = styles.getPropertyValue("--ink").trim();
    this.page = styles.getPropertyValue("--page").trim();
    this.bad = styles.getPropertyValue("--bad").trim();
    this.radius = radius * ratio;
    this.ratio = ratio;
    this.half = Math.ceil(this.radius * 2) + 2;
    this.made = new Map();
  }

  /** The picture of a look; `pale` for rejected points. */
  of(shape, filter, isLimit, isSubtracted, isFlagged, isPale) {
    const key = (((((shape * 64 + filter) * 2 + isLimit) * 2 + isSubtracted) * 2 + isFlagged) * 2 + isPale) | 0;
    let picture = this.made.get(key);
    if (!picture) {
      picture = this.draw(shape, this.colours[filter], isLimit, isSubtracted, isFlagged, isPale);
      this.made.set(key, picture);
    }
    return picture;
  }

  draw(shape, colour, isLimit, isSubtracted, isFlagged, isPale) {
    const picture = new OffscreenCanvas(this.half * 2, this.half * 2);
    const pen = picture.getContext("2d");
    pen.translate(this.half, this.half);
    pen.globalAlpha = isPale ? 0.3 : 1;
    pen.scale(this.radius, this.radius);
    const thin = (1.4 * this.ratio) / this.radius;
    pen.lineJoin = "round";
    if (isLimit) {
      pen.strokeStyle = colour;
      pen.lineWidth = thin;
      pen.stroke(new Path2D(LIMIT));
    } else {
      const size = isSubtracted ? 0.62 : 1;
      pen.scale(size, size);
      const path = new Path2D(SHAPES[shape]);
      pen.fillStyle = colour;
      pen.fill(path);
      if (this.radius > SMALL * this.ratio) {
        pen.strokeStyle = this.page;
        pen.lineWidth = (0.6 * this.ratio) / this.radius;
        pen.stroke(path);
      }
      pen.scale(1 / size, 1 / size);
    }
    if (isSubtracted) this.ring(pen, colour, thin);
    if (isFlagged) this.cross(pen, thin);
    // An image that can no longer change is stamped several times faster than a canvas.
    return picture.transferToImageBitmap();
  }

  ring(pen, colour, width) {
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    pen.beginPath();
    pen.arc(0, 0, 1.25, 0, 2 * Math.PI);
    pen.stroke();
  }

  cross(pen, width) {
    pen.strokeStyle = this.bad;
    pen.lineWidth = width;
    pen.stroke(new Path2D("M-1.4 -1.4L1.4 1.4M1.4 -1.4L-1.4 1.4"));
  }
}

/** The same marker as a small picture in the page. */
export function markerIcon(shape, className = "marker") {
  const icon = document.createElementNS(SVG, "svg");
  icon.setAttribute("viewBox", "-1.4 -1.4 2.8 2.8");
  icon.setAttribute("class", className);
  icon.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", shape);
  icon.append(path);
  return icon;
}
