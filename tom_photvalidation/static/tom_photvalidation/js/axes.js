/** Ticks of time axes in words people use: 6 h, 1 d, 2026-06-05 12:00. */

const [MINUTE, HOUR, DAY] = [1 / 1440, 1 / 24, 1];
const STEPS = [
  [1 / 86400, 1 / 86400, "s"],
  [10 / 86400, 1 / 86400, "s"],
  [MINUTE, MINUTE, "min"],
  [10 * MINUTE, MINUTE, "min"],
  [HOUR, HOUR, "h"],
  [3 * HOUR, HOUR, "h"],
  [10 * HOUR, HOUR, "h"],
  [DAY, DAY, "d"],
  [3 * DAY, DAY, "d"],
  [10 * DAY, DAY, "d"],
  [30 * DAY, DAY, "d"],
  [100 * DAY, DAY, "d"],
  [300 * DAY, DAY, "d"],
  [1000 * DAY, DAY, "d"],
  [3000 * DAY, DAY, "d"],
  [10000 * DAY, DAY, "d"],
];

/** A round step, 1, 2 or 5 times a power of ten, that leaves about `count` ticks. */
export function roundStep(span, count) {
  const rough = span / Math.max(count, 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((times) => times * power).find((step) => step >= rough);
}

/** Even ticks from `low` to `high`. */
export function evenTicks(low, high, count) {
  const step = roundStep(high - low, count);
  const ticks = [];
  for (let k = Math.ceil(low / step); k * step <= high * (1 + 1e-12); k++) ticks.push(k * step);
  return ticks;
}

/** Ticks of a logarithmic axis in days; zoomed in, even ones. */
export function logTicks(low, high, count) {
  const known = STEPS.map(([days]) => days).filter((days) => days >= low && days <= high);
  if (known.length < 2) return evenTicks(low, high, count);
  const keep = Math.ceil(known.length / Math.max(count, 1));
  return known.filter((_, k) => (known.length - 1 - k) % keep === 0);
}

/** A span in days as people say it. */
export function spanText(days, step = 0) {
  const size = Math.abs(days);
  if (size === 0) return "0";
  const [unit, name] = size < 1.5 * MINUTE ? [1 / 86400, "s"] : size < HOUR ? [MINUTE, "min"] : size < DAY ? [HOUR, "h"] : [DAY, "d"];
  const value = days / unit;
  if (!step) return `${Number(value.toPrecision(4))} ${name}`;
  const digits = Math.max(0, Math.min(6, Math.ceil(-Math.log10(step / unit) - 1e-9)));
  return `${Number(value.toFixed(digits))} ${name}`;
}

const MJD_OF_EPOCH = 40587;

/** An MJD as UTC text, to the second. */
export function utcText(mjd, letters = 19) {
  return new Date(Math.round((mjd - MJD_OF_EPOCH) * 86400) * 1000).toISOString().slice(0, letters).replace("T", " ");
}

/** Ticks of an axis of MJD with their words. */
export function dateTicks(low, high, count) {
  const span = high - low;
  const steps = [1 / 1440, 5 / 1440, 15 / 1440, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];
  const step = steps.find((each) => span / each <= count) ?? roundStep(span, count);
  const ticks = [];
  for (let k = Math.ceil(low / step); k * step <= high; k++) ticks.push(k * step);
  return { ticks, words: ticks.map((mjd) => (step < 1 ? utcText(mjd, 16).slice(5) : utcText(mjd, 10))) };
}
