/** The points of a target as the server packs them: columns of numbers, little-endian, in base64. */

const KINDS = { u1: Uint8Array, u2: Uint16Array, u4: Uint32Array, i1: Int8Array, i2: Int16Array };
const NOTHING = -32768;
const NO_ERROR = 65535;
const MILLI = 1000;

export const STATUSES = ["unreviewed", "quarantined", "accepted", "rejected", "superseded", "withdrawn", "not stored yet"];
export const [UNREVIEWED, QUARANTINED, ACCEPTED, REJECTED] = [0, 1, 2, 3];
export const NEW = 6;
export const SUBTRACTED = 1;
export const [DETECTION, LIMIT, FORCED] = [0, 1, 2];

/** Numbers of one column. */
export function unpack([kind, text]) {
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let k = 0; k < letters.length; k++) bytes[k] = letters.charCodeAt(k);
  return new KINDS[kind](bytes.buffer);
}

/** Thousandths as numbers, NaN where nothing was given. */
function thousandths(column, nothing) {
  return converted(column, (value) => (value === nothing ? NaN : value / MILLI));
}

// A loop of our own: the iterators of `from` are ten times as slow.
function converted(column, change, Kind = Float64Array) {
  const result = new Kind(column.length);
  for (let k = 0; k < column.length; k++) result[k] = change(column[k]);
  return result;
}

function flagged(column, shift, mask = 1) {
  return converted(column, (value) => (value >> shift) & mask, Uint8Array);
}

/** Points with one typed array for each quantity; the order is that of time. */
export function readPoints(document) {
  const raw = Object.fromEntries(Object.entries(document.columns).map(([name, column]) => [name, unpack(column)]));
  const flux = new Float64Array(document.n).fill(NaN);
  const fluxError = new Float64Array(document.n).fill(NaN);
  document.flux.index.forEach((index, k) => {
    flux[index] = document.flux.ujy[k] ?? NaN;
    fluxError[index] = document.flux.error[k] ?? NaN;
  });
  const points = {
    ...document,
    flux,
    fluxError,
    id: converted(raw.id, (value) => value + document.first_id),
    mjd: converted(raw.time, (value) => document.first_mjd + (value * document.unit_s) / 86400),
    mag: thousandths(raw.mag, NOTHING),
    error: thousandths(raw.error, NO_ERROR),
    limit: thousandths(raw.limit, NOTHING),
    telescope: raw.telescope,
    filter: raw.filter,
    observer: raw.observer,
    exposure: raw.exposure,
    kind: flagged(raw.flags, 0, 3),
    status: flagged(raw.flags, 2, 7),
    vega: flagged(raw.flags, 5),
    subtracted: flagged(raw.flags, 6, 3),
    finding: flagged(raw.flags, 8, 7),
  };
  let at = null;
  Object.defineProperty(points, "at", { get: () => (at ??= new Map(Array.from(points.id, (id, index) => [id, index]))) });
  return points;
}

/** Fetches and reads the points at an address. */
export async function fetchPoints(address) {
  const answer = await fetch(address, { headers: { Accept: "application/json" }, credentials: "same-origin" });
  if (!answer.ok) throw new Error(`The points could not be loaded (${answer.status}). Load the page again.`);
  return readPoints(await answer.json());
}

const AB_OF_MICROJANSKY = 23.9;

/**
 * What is drawn for every point: height, error, and whether it is a limit.
 *
 * @param points as read
 * @param {"ab"|"typed"|"flux"} scale AB magnitudes, magnitudes as submitted, or microjansky
 * @param {boolean} dereddened take the Galactic extinction away
 */
export function heights(points, scale, dereddened) {
  const n = points.n;
  const y = new Float64Array(n);
  const error = new Float64Array(n);
  const limits = new Uint8Array(n);
  for (let i = 0; i < n; i++) {
    const filter = points.filters[points.filter[i]];
    const extinction = dereddened ? (filter.extinction ?? 0) * (points.ebv ?? 0) : 0;
    const toAb = points.vega[i] ? filter.ab_minus_vega : 0;
    const isLimit = points.kind[i] === LIMIT || Number.isNaN(points.mag[i]);
    const given = isLimit ? points.limit[i] : points.mag[i];
    limits[i] = isLimit ? 1 : 0;
    error[i] = isLimit ? NaN : points.error[i];
    if (scale === "flux") {
      const factor = 10 ** (0.4 * extinction);
      const measured = !Number.isNaN(points.flux[i]);
      const ofMag = 10 ** (0.4 * (AB_OF_MICROJANSKY - given - (toAb ?? NaN)));
      y[i] = (measured ? points.flux[i] : ofMag) * factor;
      error[i] = measured ? points.fluxError[i] * factor : (error[i] * y[i]) / 1.0857;
      if (measured) limits[i] = 0;
    } else {
      y[i] = given + (scale === "ab" ? (toAb ?? NaN) : 0) - extinction;
    }
  }
  return { y, error, limits };
}
