"""Does the point fit the light curve of its target? If not: would it with another clock, filter or magnitude system?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tom_grandma_facilities import almanac
from tom_photvalidation import lightcurve
from tom_photvalidation.bandpasses import BANDS
from tom_photvalidation.checks.base import (
    QUARANTINED,
    RADIO_OR_X_RAYS,
    WARNING,
    Batch,
    Check,
    Codes,
    Context,
    Finding,
    Mask,
)
from tom_photvalidation.checks.values import BRIGHTEST_MAG, FAINTEST_MAG
from tom_photvalidation.lightcurve import Floats, Indices, Model, Points
from tom_photvalidation.measurements import AB, VEGA, Measurements, concatenate

RESIDUAL = Check("light-curve", 18, QUARANTINED, "It does not fit the light curve")
CLOCK = Check("clock", 19, QUARANTINED, "It would fit if the clock were moved")
OFFSET = Check("telescope-offset", 21, WARNING, "The telescope is off from the others in this band")
SYSTEM_GUESS = Check("system-guess", 22, QUARANTINED, "It would fit in the other magnitude system")
LIMIT = Check("limit-contradicted", 23, WARNING, "A limit where the source should have been seen")
FILTER_GUESS = Check("filter-guess", 28, QUARANTINED, "It would fit in another filter")

SOFT_Z, HARD_Z = 4.0, 5.0
# Faults brighten: limits typed as detections, clocks ahead. Of the published points more than 5 sigma too faint one in
# a hundred was a labelled fault; sources dip, and fade faster than their neighbours tell.
HARD_FAINT_Z = 8.0
SMALL_MAG = 0.3  # what calibrations differ by (0.13 mag the median, 1 in 20 more than this) quarantines nothing
GUESS_FROM_Z = 1.5
GUESS_WITHIN_Z = 2.0
# Natural logarithms of how much likelier a guess must be than the point as it stands: one row in 300 has a wrong clock,
# for other filters and systems no such evidence as the company of other rows is weighed.
CLOCK_ODDS = 5.5
FILTER_ODDS = 3.0
SYSTEM_ODDS = 4.0
OFFSET_SIGMAS = 3.0
OFFSET_POINTS = 3
SYSTEM_MAG = 0.3  # smaller differences of AB and Vega drown in calibration
LEAST_SYSTEM_MAG = 0.15  # the same for one point, which must fit the better
LIMIT_SIGMAS = 3.0
COMPANY_DAYS = 0.1
USUAL_ERROR_MAG = 0.2
OBSERVABLE_DEG, DARK_DEG = 10.0, -10.0
WIDE_FAMILIES = ("clear", "polarised", "wide", "tricolour")


@dataclass(frozen=True, eq=False)
class Curve:
    """One target's points, of the batch and stored: `rows` are their rows in the batch, -1 for stored ones."""

    m: Measurements
    rows: Indices
    t0_mjd: float
    is_age: bool  # T0 is known
    points: Points

    @cached_property
    def t_mjd(self) -> Floats:
        """Middle of each exposure."""
        return self.m.mid_mjd

    def say(self, index: int) -> str:
        """When, in words."""
        days = float(self.t_mjd[index] - self.t0_mjd)
        return (
            f"{days * 24:.2f} h after T0"
            if self.is_age and days < 2
            else (f"{days:.2f} d after T0" if self.is_age else f"MJD {self.t_mjd[index]:.4f}")
        )


def of_light_curves(batch: Batch, trusted: Mask) -> Iterator[Finding]:
    """Every finding of this module. Only `trusted` rows, which no other check quarantined, judge and are judged."""
    for rows in _targets(batch, trusted):
        curve = _curve(batch, rows)
        if curve is None:
            continue
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


def usable(m: Measurements) -> Mask:
    """Detections whose magnitude and error can be."""
    with np.errstate(invalid="ignore"):
        usable = (m.kind != "limit") & (m.mag > BRIGHTEST_MAG) & (m.mag < FAINTEST_MAG) & ~(m.magerr <= 0)
    return np.asarray(usable)


def _curve(batch: Batch, rows: NDArray[np.int64]) -> Curve | None:
    m = batch.m.take(rows)
    neighbours = batch.context.neighbours
    numbers = rows
    if neighbours is not None:
        near = neighbours.take(neighbours.target == m.target[0])
        m = concatenate([m, near])
        numbers = np.concatenate([rows, np.full(len(near), -1)])
    t0 = batch.context.t0_mjd[rows]
    known = np.isfinite(t0)
    use = usable(m) & np.array([name not in RADIO_OR_X_RAYS for name in m.filter], dtype=bool)
    if not use.any():
        return None
    # without T0 the curve is counted from the day before it was first seen
    t0_mjd = float(t0[known][0]) if known.any() else float(m.mid_mjd[use].min()) - 1.0
    use &= m.mid_mjd > t0_mjd
    m, numbers = m.take(use), numbers[use]
    if len(m) < lightcurve.FEWEST_POINTS:
        return None
    return Curve(m, numbers, t0_mjd, bool(known.any()), points_of(m, t0_mjd))


def points_of(m: Measurements, t0_mjd: float) -> Points:
    """Return measurements as points of a light curve, in AB; an error that was not told is the usual one."""
    bands = [BANDS[name] for name in m.filter]
    wavelength = np.array([band.wavelength_nm for band in bands])
    offset = np.array([band.ab_minus_vega for band in bands])
    wide = np.array([band.family in WIDE_FAMILIES or band.name == "uvot::white" for band in bands])
    telescope = Codes(m.telescope + " " + m.instrument)
    band = Codes(m.filter)
    return Points(
        x=lightcurve.log_age(m.mid_mjd, t0_mjd),
        mag=m.mag + np.where(m.magsys == VEGA, offset, 0.0),
        error=np.where(np.isfinite(m.magerr), m.magerr, USUAL_ERROR_MAG),
        colour=lightcurve.log_colour(wavelength),
        band_sd=lightcurve.band_spread(wavelength, wide),
        band=band.codes,
        series=telescope.codes * len(band) + band.codes,
        telescope=telescope.codes,
    )


def _judged(batch: Batch, curve: Curve, model: Model, judged: Indices) -> Iterator[Finding]:
    mine = judged[curve.rows[judged] >= 0]
    for index in mine[np.abs(model.z[mine]) > GUESS_FROM_Z].tolist():
        yield from _guesses(batch, curve, model, index)
        if abs(model.z[index]) > SOFT_Z:
            yield _residual(curve, model, index)
    yield from _offsets(curve, model, mine)


def _residual(curve: Curve, model: Model, index: int) -> Finding:
    z, residual = float(model.z[index]), float(model.residual[index])
    hard = abs(z) > (HARD_FAINT_Z if residual > 0 else HARD_Z) and abs(residual) > SMALL_MAG
    mag = float(model.points.mag[index])
    side = "fainter" if residual > 0 else "brighter"
    sentence = (
        f"{mag:.2f} AB in {BANDS[curve.m.filter[index]].label}, {curve.say(index)}, is {abs(residual):.2f} mag {side} "
        f"than the other points let expect ({mag - residual:.2f} ± {model.sigma[index]:.2f}): {abs(z):.1f} sigma."
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


def _guesses(batch: Batch, curve: Curve, model: Model, index: int) -> Iterator[Finding]:
    """Say what typical fault would explain the point: the first of clock, magnitude system and filter that does."""
    found = (
        _clock(batch, curve, model, index) or _other_system(curve, model, index) or _other_filter(curve, model, index)
    )
    if found is not None:
        yield found


def _odds(model: Model, index: int, mean: Floats, sigma: Floats) -> tuple[Floats, Floats]:
    """Return how much likelier (natural logarithm) the point is under other predictions, and its z under them.

    As it stands the point may be wild: a t density with four degrees of freedom. A guess must be right: a normal one.
    """
    spread = float(model.spread[index])
    stands = -2.5 * np.log1p(float(model.z[index]) ** 2 / 4.0) - np.log(spread)
    wide = float(model.scale[index]) * np.sqrt(sigma**2 + model.noise[index])
    z = (model.points.mag[index] - mean) / wide
    return -0.5 * z**2 - np.log(wide) - stands, z


def _clock(batch: Batch, curve: Curve, model: Model, index: int) -> Finding | None:
    """Half a day, a day or the time zone: it must fit then, be observable then, and join a run of its telescope.

    Rows come in runs: that a row moved joins many rows of its telescope, and stands alone where it is, weighs as much
    as the ratio of their numbers.
    """
    row = int(curve.rows[index])
    shifts = clock_shifts(batch.context, row)
    t = curve.t_mjd[index] - np.array([0.0, *shifts.values()])
    company = _company(curve, index, t)
    possible = (company > 0) & (t > curve.t0_mjd + lightcurve.YOUNGEST_DAYS)
    possible[0] = False
    if not possible.any():
        return None
    (tried,) = np.nonzero(possible & _could_observe(batch.context, row, t))
    if len(tried) == 0:
        return None
    at = model.points.take(np.full(len(tried), index))
    odds, z = _odds(model, index, *model.expected(replace(at, x=lightcurve.log_age(t[tried], curve.t0_mjd)), index))
    odds += np.log((company[tried] + 0.5) / (company[0] + 0.5))
    best = int(np.argmax(odds))
    if odds[best] < CLOCK_ODDS or abs(z[best]) > GUESS_WITHIN_Z:
        return None
    name, days = list(shifts.items())[tried[best] - 1]
    moved = float(curve.m.t_mjd[index]) - days
    sentence = (
        f"It is {abs(model.residual[index]):.2f} mag off the light curve, and fits ({abs(z[best]):.1f} sigma) "
        f"among {company[tried[best]]} other rows of its telescope if its clock was {name}: MJD {moved:.5f}."
    )
    return Finding(row, CLOCK, QUARANTINED, float(odds[best]), sentence, {"t_mjd": round(moved, 6)})


def _company(curve: Curve, index: int, mjd: Floats) -> Indices:
    """Count the other rows of the same telescope within `COMPANY_DAYS` of some times."""
    others = curve.points.telescope == curve.points.telescope[index]
    others[index] = False
    times = curve.t_mjd[others]
    return np.asarray((np.abs(times[None, :] - mjd[:, None]) < COMPANY_DAYS).sum(axis=1))


def clock_shifts(context: Context, row: int) -> dict[str, float]:
    """Ways a clock goes wrong, in words, and by how many days; the site's time zone by its longitude."""
    shifts = {
        "half a day ahead": 0.5,
        "half a day behind": -0.5,
        "a day ahead": 1.0,
        "a day behind": -1.0,
    }
    longitude = float(context.site_lon_deg[row])
    hours = round(longitude / 15.0) if np.isfinite(longitude) else 0
    if hours:
        shifts[f"in local time (UTC{hours:+d} h)"] = hours / 24.0
    return shifts


def _could_observe(context: Context, row: int, mjd: Floats) -> Mask:
    latitude, longitude = context.site_lat_deg[row], context.site_lon_deg[row]
    ra, dec = context.target_ra_deg[row], context.target_dec_deg[row]
    if not np.isfinite(latitude + longitude + ra + dec):
        return np.ones(len(mjd), dtype=bool)
    altitude, _ = almanac.altitude_azimuth(ra, dec, mjd, latitude, longitude)
    return np.asarray((altitude > OBSERVABLE_DEG) & (almanac.sun_altitude(mjd, latitude, longitude) < DARK_DEG))


def _other_system(curve: Curve, model: Model, index: int) -> Finding | None:
    """AB typed for a Vega magnitude, or the other way round."""
    band = BANDS[curve.m.filter[index]]
    if not abs(band.ab_minus_vega) > LEAST_SYSTEM_MAG:
        return None
    is_vega = curve.m.magsys[index] == VEGA
    meant = AB if is_vega else VEGA
    mean = model.points.mag[index] - model.residual[index] + (1 if is_vega else -1) * band.ab_minus_vega
    odds, z = _odds(model, index, np.array([mean]), model.sigma[[index]])
    if odds[0] < SYSTEM_ODDS or abs(z[0]) > GUESS_WITHIN_Z:
        return None
    sentence = (
        f"It is {abs(model.residual[index]):.2f} mag off the light curve, and fits ({abs(z[0]):.1f} sigma) as a "
        f"{meant} magnitude: in {band.label} AB - Vega is {band.ab_minus_vega:.2f}."
    )
    return Finding(int(curve.rows[index]), SYSTEM_GUESS, QUARANTINED, float(odds[0]), sentence, {"magsys": meant})


def _other_filter(curve: Curve, model: Model, index: int) -> Finding | None:
    """Another filter the telescope used on this target, in which the magnitude would fit."""
    points = curve.points
    mine = points.telescope == points.telescope[index]
    _, first = np.unique(np.where(mine, points.band, -1), return_index=True)
    tried = np.array([row for row in first if mine[row] and points.band[row] != points.band[index]], dtype=np.int64)
    if len(tried) == 0:
        return None
    at = replace(points.take(tried), x=np.full(len(tried), points.x[index]))
    odds, z = _odds(model, index, *model.expected(at, without=index))
    best = int(np.argmax(odds))
    if odds[best] < FILTER_ODDS or abs(z[best]) > GUESS_WITHIN_Z:
        return None
    name = curve.m.filter[tried[best]]
    sentence = (
        f"It is {abs(model.residual[index]):.2f} mag off the light curve of {BANDS[curve.m.filter[index]].label}, "
        f"and fits ({abs(z[best]):.1f} sigma) in {BANDS[name].label}, which the telescope used too."
    )
    return Finding(int(curve.rows[index]), FILTER_GUESS, QUARANTINED, float(odds[best]), sentence, {"filter": name})


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
