"""What typical fault would explain a point off its light curve: the clock, the magnitude system, the filter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tom_grandma_facilities import almanac
from tom_photvalidation import lightcurve
from tom_photvalidation.bandpasses import BANDS
from tom_photvalidation.checks.base import QUARANTINED, Batch, Check, Context, Finding, Mask
from tom_photvalidation.checks.points import Curve
from tom_photvalidation.lightcurve import Floats, Indices, Model
from tom_photvalidation.measurements import AB, VEGA

CLOCK = Check("clock", 19, QUARANTINED, "It would fit if the clock were moved")
SYSTEM_GUESS = Check("system-guess", 22, QUARANTINED, "It would fit in the other magnitude system")
FILTER_GUESS = Check("filter-guess", 28, QUARANTINED, "It would fit in another filter")

GUESS_FROM_Z = 1.5
GUESS_WITHIN_Z = 2.0
CLOCK_WITHIN_Z = 2.5
MOST_FROM_CURVE = 2.0  # how much the light curve can speak for another clock beyond what it speaks against this one
# Natural logarithms of how much likelier a guess must be than the point as it stands: one row in 300 has a wrong clock,
# for other filters and systems no such evidence as the company of other rows is weighed.
CLOCK_ODDS = 4.0
FILTER_ODDS = 3.0
SYSTEM_ODDS = 4.4
WRITTEN_ODDS = 3.0
FAR_FILTER_ODDS = 3.0
NEIGHBOURING_FILTERS = 1.4  # wavelengths within this factor: most mistakes are between neighbours
LEAST_SYSTEM_MAG = 0.15  # AB - Vega below it cannot be told from calibration
COMPANY_DAYS = 0.1
EARLY_SHARE = 0.05  # of a telescope's rows; more are no slip of the pen
EARLY_COMPANY = 3  # rows of the telescope that one seen before its event must join
OBSERVABLE_DEG, DARK_DEG = 10.0, -10.0


def guess(context: Context, curve: Curve, model: Model, index: int) -> Finding | None:
    """Return the first of clock, magnitude system and filter that explains the point; None for points that fit.

    The company of other rows may speak for another clock even where the magnitude does not speak against this one.
    """
    if (found := _clock(context, curve, model, index)) or abs(model.z[index]) <= GUESS_FROM_Z:
        return found
    # nobody types the filters of a telescope in space
    written = np.isnan(context.site_lat_deg[curve.rows[index]])
    more = WRITTEN_ODDS if written else 0.0
    return _other_system(curve, model, index, SYSTEM_ODDS + more) or _other_filter(
        curve, model, index, FILTER_ODDS + more
    )


def _odds(model: Model, index: int, mean: Floats, sigma: Floats) -> tuple[Floats, Floats]:
    """Return how much likelier (natural logarithm) the point is under other predictions, and its z under them.

    As it stands the point may be wild: a t density with four degrees of freedom. A guess must be right: a normal one.
    """
    spread = float(model.spread[index])
    stands = -2.5 * np.log1p(float(model.z[index]) ** 2 / 4.0) - np.log(spread)
    wide = float(model.scale[index]) * np.sqrt(sigma**2 + model.noise[index])
    z = (model.points.mag[index] - mean) / wide
    return -0.5 * z**2 - np.log(wide) - stands, z


def _clock(context: Context, curve: Curve, model: Model, index: int) -> Finding | None:
    """Half a day, a day or the time zone: it must fit then, be observable then, and join a run of its telescope.

    Rows come in runs: that a row moved joins many rows of its telescope, and stands alone where it is, weighs as much
    as the ratio of their numbers.
    """
    row = int(curve.rows[index])
    shifts = clock_shifts(context, row)
    t = curve.t_mjd[index] - np.array([0.0, *shifts.values()])
    company = _company(curve, index, t)
    possible = (company > 0) & (t > curve.t0_mjd + lightcurve.YOUNGEST_DAYS)
    possible[0] = False
    alone = np.log((company + 0.5) / (company[0] + 0.5))
    against = 2.5 * np.log1p(float(model.z[index]) ** 2 / 4.0)
    possible &= alone + against + MOST_FROM_CURVE > CLOCK_ODDS
    if not possible.any():
        return None
    (tried,) = np.nonzero(possible & _could_observe(context, row, t))
    if len(tried) == 0:
        return None
    at = model.points.take(np.full(len(tried), index))
    odds, z = _odds(model, index, *model.expected(replace(at, x=lightcurve.log_age(t[tried], curve.t0_mjd)), index))
    odds += alone[tried]
    best = int(np.argmax(odds))
    if odds[best] < CLOCK_ODDS or abs(z[best]) > CLOCK_WITHIN_Z:
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
    times = curve.visits[int(curve.points.telescope[index])]
    near = (np.abs(times[None, :] - mjd[:, None]) < COMPANY_DAYS).sum(axis=1)
    return np.asarray(near - (np.abs(curve.t_mjd[index] - mjd) < COMPANY_DAYS))


def early(batch: Batch, rows: NDArray[np.int64], curve: Curve) -> Iterator[Finding]:
    """Rows seen less than an hour before T0, alone, that would join others of their telescope with another clock.

    Earlier ones are `before-event` whatever their company; some sources do show before the T0 that is given for them.
    """
    if not curve.is_age:
        return
    m, t = batch.m, batch.mid_mjd
    before = rows[batch.is_detection[rows] & (t[rows] < curve.t0_mjd)]
    for row in before.tolist():
        mine = (m.telescope == m.telescope[row]) & (m.instrument == m.instrument[row])
        others = curve.t_mjd[(curve.m.telescope == m.telescope[row]) & (curve.m.instrument == m.instrument[row])]
        if len(others) < EARLY_COMPANY or np.sum(mine[before]) > max(1.0, EARLY_SHARE * len(others)):
            continue
        shifts = clock_shifts(batch.context, row)
        meant = t[row] - np.array(list(shifts.values()))
        company = np.sum(np.abs(others[None, :] - meant[:, None]) < COMPANY_DAYS, axis=1)
        possible = (company >= EARLY_COMPANY) & (meant > curve.t0_mjd) & _could_observe(batch.context, row, meant)
        if not possible.any():
            continue
        best = int(np.argmax(np.where(possible, company, 0)))
        moved = float(m.t_mjd[row]) - list(shifts.values())[best]
        sentence = (
            f"It was seen {1440 * (curve.t0_mjd - t[row]):.0f} min before T0, and joins {company[best]} other rows of "
            f"its telescope if its clock was {list(shifts)[best]}: MJD {moved:.5f}."
        )
        yield Finding(row, CLOCK, QUARANTINED, float(company[best]), sentence, {"t_mjd": round(moved, 6)})


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


def _other_system(curve: Curve, model: Model, index: int, least: float) -> Finding | None:
    """AB typed for a Vega magnitude, or the other way round."""
    band = BANDS[curve.m.filter[index]]
    if not abs(band.ab_minus_vega) > LEAST_SYSTEM_MAG:
        return None
    is_vega = curve.m.magsys[index] == VEGA
    meant = AB if is_vega else VEGA
    mean = model.points.mag[index] - model.residual[index] + (1 if is_vega else -1) * band.ab_minus_vega
    odds, z = _odds(model, index, np.array([mean]), model.sigma[[index]])
    if odds[0] < least or abs(z[0]) > GUESS_WITHIN_Z:
        return None
    sentence = (
        f"It is {abs(model.residual[index]):.2f} mag off the light curve, and fits ({abs(z[0]):.1f} sigma) as a "
        f"{meant} magnitude: in {band.label} AB - Vega is {band.ab_minus_vega:.2f}."
    )
    return Finding(int(curve.rows[index]), SYSTEM_GUESS, QUARANTINED, float(odds[0]), sentence, {"magsys": meant})


def _other_filter(curve: Curve, model: Model, index: int, least: float) -> Finding | None:
    """Another filter the telescope used on this target, in which the magnitude would fit."""
    points = curve.points
    mine = points.telescope == points.telescope[index]
    _, first = np.unique(np.where(mine, points.band, -1), return_index=True)
    tried = np.array([row for row in first if mine[row] and points.band[row] != points.band[index]], dtype=np.int64)
    if len(tried) == 0:
        return None
    at = replace(points.take(tried), x=np.full(len(tried), points.x[index]))
    odds, z = _odds(model, index, *model.expected(at, without=index))
    far = np.abs(points.colour[tried] - points.colour[index]) > np.log10(NEIGHBOURING_FILTERS)
    odds -= FAR_FILTER_ODDS * far
    best = int(np.argmax(odds))
    if odds[best] < least or abs(z[best]) > GUESS_WITHIN_Z:
        return None
    name = curve.m.filter[tried[best]]
    sentence = (
        f"It is {abs(model.residual[index]):.2f} mag off the light curve of {BANDS[curve.m.filter[index]].label}, "
        f"and fits ({abs(z[best]):.1f} sigma) in {BANDS[name].label}, which the telescope used too."
    )
    return Finding(int(curve.rows[index]), FILTER_GUESS, QUARANTINED, float(odds[best]), sentence, {"filter": name})
