/** One line of words about one point; it stands in the same place always. */

import { spanText, utcText } from "./axes.js";
import { STATUSES } from "./points.js";

const FINDINGS = ["", "note", "warning", "in quarantine", "error"];
const PER_MAG = 1.0857;

function brightness(points, i, drawn) {
  const filter = points.filters[points.filter[i]].label;
  const system = points.vega[i] ? "Vega" : "AB";
  if (drawn?.limits[i]) return `${filter} > ${points.limit[i].toFixed(2)} ${system} (limit)`;
  if (Number.isNaN(points.mag[i])) return `${filter} ${points.flux[i]} ± ${points.fluxError[i]} µJy`;
  const error = Number.isNaN(points.error[i]) ? "" : ` ± ${points.error[i].toFixed(2)}`;
  return `${filter} ${points.mag[i].toFixed(2)}${error} ${system}`;
}

/** Words about a point, most wanted first; what is not known is left out. */
export function wordsOf(curve, i) {
  const { points } = curve;
  const days = points.t0_mjd === null ? NaN : points.mjd[i] - points.t0_mjd;
  const exposure = points.exposures[points.exposure[i]];
  const residual = curve.context?.residual[i] ?? NaN;
  const altitude = curve.context?.altitude[i] ?? NaN;
  return [
    Number.isNaN(days) ? "" : `T0 ${days < 0 ? "−" : "+"} ${spanText(days)}`,
    `${utcText(points.mjd[i])} UTC`,
    brightness(points, i, curve.drawn),
    points.telescopes[points.telescope[i]],
    exposure ? `${Number(exposure.toPrecision(4))} s` : "exposure not told",
    points.error[i] > 0 ? `S/N ${(PER_MAG / points.error[i]).toFixed(points.error[i] < 0.1 ? 0 : 1)}` : "",
    !curve.drawn?.limits[i] && points.limit[i] ? `limit ${points.limit[i].toFixed(1)}` : "",
    ["", "subtracted", "not subtracted"][points.subtracted[i]],
    points.observers[points.observer[i]],
    Number.isNaN(residual) ? "" : `residual ${residual.toFixed(1)} σ`,
    Number.isNaN(altitude) ? "" : `altitude ${altitude}°`,
    STATUSES[points.status[i]],
    points.status[i] === 1 ? "" : FINDINGS[points.finding[i]],
  ].filter(Boolean);
}

/** Shows the words of the chosen point, with its number among those shown. */
export function showReadout(element, curve, i) {
  const position = curve.positionOf(i);
  const number = position < 0 ? "" : `${position + 1}/${curve.shown.length}`;
  element.textContent = [number, ...wordsOf(curve, i)].filter(Boolean).join(" · ");
}
