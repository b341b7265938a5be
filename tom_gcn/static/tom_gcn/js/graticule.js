/** Lines and labels of right ascension and declination, finer the closer one looks. */

const RA_STEPS = [30, 15, 7.5, 2.5, 1.25, 0.25];
const DEC_STEPS = [30, 15, 10, 5, 2, 1, 0.5, 0.2, 0.1];
const POINTS = 40;

const pick = (steps, wanted) => steps.findLast((step) => step >= wanted) ?? steps[0];

function range(from, to, count) {
  return Array.from({ length: count + 1 }, (_, i) => from + ((to - from) * i) / count);
}

function multiples(step, from, to) {
  const found = [];
  for (let n = Math.ceil(from / step - 1e-9); n * step <= to + 1e-9; n += 1) found.push(n * step);
  return found;
}

export function raLabel(ra) {
  const minutes = Math.round((((ra % 360) + 360) % 360) * 4) % 1440;
  const hours = `${Math.floor(minutes / 60)}h`;
  return minutes % 60 ? `${hours}${String(minutes % 60).padStart(2, "0")}m` : hours;
}

export function decLabel(dec, step) {
  return `${dec > 0 ? "+" : dec < 0 ? "−" : ""}${Math.abs(dec).toFixed(step < 1 ? 1 : 0)}°`;
}

/** What to draw around a centre [ra, dec] when `field` degrees are in view; 360 for the whole sky. */
export function graticule([ra0, dec0], field) {
  const whole = field >= 150;
  const decStep = whole ? 30 : pick(DEC_STEPS, field / 5);
  const low = whole ? -90 : Math.max(-90, dec0 - field);
  const high = whole ? 90 : Math.min(90, dec0 + field);
  const widest = Math.max(Math.abs(low), Math.abs(high));
  const half = whole || widest > 80 ? 180 : Math.min(180, field / Math.cos((widest * Math.PI) / 180));
  const raStep = whole ? 30 : pick(RA_STEPS, half / 5);
  const ras = half === 180 ? multiples(raStep, 0, 359.9) : multiples(raStep, ra0 - half, ra0 + half);
  const decs = multiples(decStep, low, high).filter((dec) => Math.abs(dec) < 89.9);
  const alongDec = whole ? 0 : decs.reduce((best, dec) => (Math.abs(dec - dec0) < Math.abs(best - dec0) ? dec : best), decs[0] ?? 0);
  return {
    lines: {
      type: "MultiLineString",
      coordinates: [
        ...ras.map((ra) => range(low, high, POINTS).map((dec) => [ra, dec])),
        ...decs.map((dec) => range(ra0 - half, ra0 + half, POINTS).map((ra) => [ra, dec])),
      ],
    },
    labels: [
      ...ras.map((ra) => ({ at: [ra, alongDec], text: raLabel(ra) })),
      ...decs.filter((dec) => dec !== alongDec).map((dec) => ({ at: [ra0, dec], text: decLabel(dec, decStep) })),
    ],
  };
}
