"""The points of one target as the light-curve model takes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tom_photvalidation import lightcurve
from tom_photvalidation.bandpasses import BANDS
from tom_photvalidation.checks.base import RADIO_OR_X_RAYS, Batch, Codes, Mask
from tom_photvalidation.checks.values import BRIGHTEST_MAG, FAINTEST_MAG
from tom_photvalidation.lightcurve import Floats, Indices, Points
from tom_photvalidation.measurements import VEGA, Measurements, concatenate

USUAL_ERROR_MAG = 0.2
WIDE_FAMILIES = ("clear", "polarised", "wide", "tricolour")


@dataclass(frozen=True, eq=False)
class Curve:
    """One target's points, of the batch and stored: `rows` are their rows in the batch, -1 for stored ones."""

    m: Measurements
    rows: Indices
    t0_mjd: float
    is_age: bool  # T0 is known
    points: Points
    visits: Mapping[int, Floats]  # times of all points of each telescope of the target, also of those not in `points`

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


def usable(m: Measurements) -> Mask:
    """Detections whose magnitude and error can be."""
    with np.errstate(invalid="ignore"):
        usable = (m.kind != "limit") & (m.mag > BRIGHTEST_MAG) & (m.mag < FAINTEST_MAG) & ~(m.magerr <= 0)
    return np.asarray(usable)


def curve_of(batch: Batch, rows: NDArray[np.int64]) -> Curve | None:
    """Return the light curve of one target, with its stored points; None where there are too few."""
    m = batch.m.take(rows)
    neighbours = batch.context.neighbours
    numbers = rows
    if neighbours is not None:
        near = neighbours.take(neighbours.target == m.target[0])
        m = concatenate([m, near])
        numbers = np.concatenate([rows, np.full(len(near), -1)])
    t0 = batch.context.t0_mjd[rows]
    known = np.isfinite(t0)
    use = usable(m) & np.array([name in BANDS and name not in RADIO_OR_X_RAYS for name in m.filter], dtype=bool)
    if not use.any():
        return None
    # without T0 the curve is counted from the day before it was first seen
    t0_mjd = float(t0[known][0]) if known.any() else float(m.mid_mjd[use].min()) - 1.0
    use &= m.mid_mjd > t0_mjd
    m, numbers = m.take(use), numbers[use]
    if len(m) < lightcurve.FEWEST_POINTS:
        return None
    points = points_of(m, t0_mjd)
    visits = {int(one): m.mid_mjd[points.telescope == one] for one in np.unique(points.telescope)}
    return Curve(m, numbers, t0_mjd, bool(known.any()), points, visits)


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
