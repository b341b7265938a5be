"""Does the point fit the light curve of its target? Do telescopes and limits?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tom_photvalidation import lightcurve
from tom_photvalidation.bandpasses import BANDS
from tom_photvalidation.checks.base import QUARANTINED, WARNING, Batch, Check, Finding, Mask
from tom_photvalidation.checks.guesses import GUESS_FROM_Z, SYSTEM_GUESS, early, guess
from tom_photvalidation.checks.points import Curve, curve_of, points_of
from tom_photvalidation.lightcurve import Indices, Model, Points
from tom_photvalidation.measurements import AB, VEGA, Measurements, concatenate

RESIDUAL = Check("light-curve", 18, QUARANTINED, "It does not fit the light curve")
OFFSET = Check("telescope-offset", 21, WARNING, "The telescope is off from the others in this band")
LIMIT = Check("limit-contradicted", 23, WARNING, "A limit where the source should have been seen")

SOFT_Z, HARD_Z = 4.0, 6.0
# Faults brighten: limits typed as detections, clocks ahead. Of the published points more than 5 sigma too faint one in
# a hundred was a labelled fault; sources dip, and fade faster than their neighbours tell.
HARD_FAINT_Z = 10.0
SMALL_MAG = 0.3  # what calibrations differ by (0.13 mag the median, 1 in 20 more than this) quarantines nothing
ALIKE = 2.5  # deviations within this factor of each other are the same one
SAME_MAG = 0.25
NEIGHBOURS, ENOUGH = 8, 2
SERIES_DEX, EXPOSURE_DEX = 0.3, 0.005  # decades of age: how near neighbours in a band, and of an exposure, are
OFFSET_SIGMAS = 3.0
OFFSET_POINTS = 3
SYSTEM_MAG = 0.3  # smaller differences of AB and Vega drown in calibration
LIMIT_SIGMAS = 3.0


def of_light_curves(batch: Batch, trusted: Mask) -> Iterator[Finding]:
    """Every finding of this module. Only `trusted` rows, which no other check quarantined, judge and are judged."""
    for rows in _targets(batch, trusted):
        curve = curve_of(batch, rows)
        if curve is None:
            continue
        yield from early(batch, rows, curve)
        models = []
        for chosen, judged in lightcurve.blocks(curve.points):
            if len(chosen) < lightcurve.FEWEST_POINTS or not np.any(curve.rows[chosen[judged]] >= 0):
                continue
            part = replace(curve, m=curve.m.take(chosen), rows=curve.rows[chosen], points=curve.points.take(chosen))
            model = lightcurve.fit(part.points)
            models.append((part, model))
            yield from _judged(batch, part, model, judged)
        yield from _limits(batch, rows, models)


def _targets(batch: Batch, trusted: Mask) -> Iterator[NDArray[np.int64]]:
    """Rows of each target that can be judged."""
    (rows,) = np.nonzero(trusted & batch.is_optical)
    order = rows[np.argsort(batch.target.codes[rows], kind="stable")]
    if len(order) == 0:
        return
    yield from np.split(order, np.flatnonzero(np.diff(batch.target.codes[order])) + 1)


def _judged(batch: Batch, curve: Curve, model: Model, judged: Indices) -> Iterator[Finding]:
    mine = judged[curve.rows[judged] >= 0]
    for index in mine.tolist():
        alike = companions(curve, model, index) if abs(model.z[index]) > GUESS_FROM_Z else 0
        guessed = None if alike else guess(batch.context, curve, model, index)
        if guessed is not None:
            yield guessed
        if abs(model.z[index]) > SOFT_Z:
            yield _residual(curve, model, index, alike)
    yield from _offsets(curve, model, mine)


def companions(curve: Curve, model: Model, index: int) -> int:
    """Count the rows of the telescope, in its band or its exposure, that deviate as a point does; 0 if few do.

    A typing error befalls one row. Rows next to each other that deviate together show something of the source, of
    the calibration, or of the model.
    """
    points = model.points
    near = np.abs(points.x - points.x[index])
    mine = points.telescope == points.telescope[index]
    mine[index] = False
    ratio = model.residual / model.residual[index]
    alike = (ratio > 1.0 / ALIKE) & (ratio < ALIKE) & (np.abs(model.z) > GUESS_FROM_Z)
    own = mine & (points.series == points.series[index])
    same = own & (np.abs(model.z) > SOFT_Z) & (np.abs(model.residual - model.residual[index]) < SAME_MAG)
    if (n := int(same.sum())) >= ENOUGH:  # a second reduction of the same images, say
        return n
    series = np.flatnonzero(own & (near < SERIES_DEX))
    series = series[np.argsort(near[series], kind="stable")[:NEIGHBOURS]]
    exposure = np.flatnonzero(mine & (points.series != points.series[index]) & (near < EXPOSURE_DEX))
    for group in (series, exposure):
        n = int(alike[group].sum())
        if n >= ENOUGH or (n and 2 * n >= len(group)):
            return n
    return 0


def _residual(curve: Curve, model: Model, index: int, alike: int) -> Finding:
    z, residual = float(model.z[index]), float(model.residual[index])
    hard = abs(z) > (HARD_FAINT_Z if residual > 0 else HARD_Z) and abs(residual) > SMALL_MAG and not alike
    mag = float(model.points.mag[index])
    side = "fainter" if residual > 0 else "brighter"
    sentence = (
        f"{mag:.2f} AB in {BANDS[curve.m.filter[index]].label}, {curve.say(index)}, is {abs(residual):.2f} mag {side} "
        f"than the other points let expect ({mag - residual:.2f} ± {model.sigma[index]:.2f}): {abs(z):.1f} sigma."
        + (f" So are {alike} rows of the same telescope next to it." if alike else "")
    )
    fix = _digits(float(curve.m.mag[index]), residual, 3.0 * float(model.spread[index]))
    return Finding(int(curve.rows[index]), RESIDUAL, QUARANTINED if hard else WARNING, abs(z), sentence, fix)


def _digits(mag: float, residual: float, within: float) -> dict[str, float] | None:
    """Propose a magnitude ten away, or with its first two digits the other way round, when that would fit."""
    tens, ones = divmod(int(mag), 10)
    swapped = 10 * ones + tens + mag - int(mag)
    for meant in (swapped, mag + 10.0, mag - 10.0):
        if abs(meant - mag) > 1.0 and abs(residual + meant - mag) < min(within, 1.5):
            return {"mag": round(meant, 4)}
    return None


def _offsets(curve: Curve, model: Model, mine: Indices) -> Iterator[Finding]:
    """Telescope-band offsets, explained by the other magnitude system where that is their size."""
    for series in np.unique(curve.points.series[mine]):
        rows = mine[curve.points.series[mine] == series]
        if np.all(curve.points.series == series) or len(rows) < 1:
            continue
        offset, sd = model.series_offset(int(series))
        if abs(offset) < max(OFFSET_SIGMAS * sd, SMALL_MAG):
            continue
        band = BANDS[curve.m.filter[rows[0]]]
        side = "fainter" if offset > 0 else "brighter"
        if _is_other_system(curve, rows, offset, sd):
            system = AB if curve.m.magsys[rows[0]] == VEGA else VEGA
            sentence = (
                f"{_whose(curve, rows)} in {band.label} is {abs(offset):.2f} ± {sd:.2f} mag {side} than the others, "
                f"as it would be if it were {system} (AB - Vega is {band.ab_minus_vega:.2f})."
            )
            for row in rows.tolist():
                yield Finding(
                    int(curve.rows[row]), SYSTEM_GUESS, WARNING, abs(offset) / sd, sentence, {"magsys": system}
                )
        elif int(np.sum(curve.points.series == series)) >= OFFSET_POINTS:
            sentence = (
                f"{_whose(curve, rows)} in {band.label} is {abs(offset):.2f} ± {sd:.2f} mag {side} than the others."
            )
            for row in rows.tolist():
                yield Finding(int(curve.rows[row]), OFFSET, WARNING, abs(offset) / sd, sentence)


def _whose(curve: Curve, rows: Indices) -> str:
    return str(curve.m.telescope[rows[0]]) or "This telescope"


def _is_other_system(curve: Curve, rows: Indices, offset: float, sd: float) -> bool:
    """AB typed for a Vega magnitude makes it too bright by AB - Vega, and the other way round."""
    constant = BANDS[curve.m.filter[rows[0]]].ab_minus_vega
    if not abs(constant) > SYSTEM_MAG or len(set(curve.m.magsys[rows])) > 1:
        return False
    meant = constant if curve.m.magsys[rows[0]] == VEGA else -constant
    return bool(abs(offset - meant) < 2.0 * sd)


def _limits(batch: Batch, rows: NDArray[np.int64], models: list[tuple[Curve, Model]]) -> Iterator[Finding]:
    """Limits fainter than the source must have been."""
    m = batch.m
    limits = rows[(m.kind[rows] == "limit") & np.isfinite(m.limiting_mag[rows])]
    if not models or len(limits) == 0:
        return
    for curve, model in models:
        t = batch.mid_mjd[limits]
        inside = limits[(t >= curve.t_mjd.min()) & (t <= curve.t_mjd.max()) & (t > curve.t0_mjd)]
        # only bands with detections: where colours are known
        inside = inside[np.isin(m.filter[inside], curve.m.filter)]
        if len(inside) == 0:
            continue
        at = _at_limits(curve, m.take(inside))
        mean, sigma = model.expected(at)
        depth = m.limiting_mag[inside] + batch.to_ab[inside]
        spread = np.sqrt(sigma**2 + 0.2**2)
        for index in np.flatnonzero((depth - mean) / spread > LIMIT_SIGMAS).tolist():
            row = int(inside[index])
            yield Finding(
                row,
                LIMIT,
                WARNING,
                float((depth[index] - mean[index]) / spread[index]),
                f"Not seen to {depth[index]:.2f} AB in {BANDS[m.filter[row]].label}, "
                f"where the detections let expect {mean[index]:.2f} ± {sigma[index]:.2f}.",
            )


def _at_limits(curve: Curve, limits: Measurements) -> Points:
    """Place limits in the model of the detections: same numbers for the same bands, no telescope of theirs."""
    both = concatenate([curve.m, limits])
    points = points_of(both, curve.t0_mjd)
    own = np.arange(len(curve.m), len(both))
    first = {name: int(number) for name, number in zip(curve.m.filter, curve.points.band, strict=True)}
    at = points.take(own)
    return replace(
        at,
        mag=np.zeros(len(own)),
        band=np.array([first[name] for name in limits.filter], dtype=np.int64),
        series=np.full(len(own), -1),
        telescope=np.full(len(own), -1),
    )
