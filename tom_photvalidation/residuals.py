"""Pure: how far each point of a target lies from a smooth light curve through all the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tom_photvalidation import bins, lightcurve
from tom_photvalidation.bandpasses import BANDS
from tom_photvalidation.checks.base import RADIO_OR_X_RAYS, Context
from tom_photvalidation.checks.points import points_of, usable
from tom_photvalidation.lightcurve import Floats, Indices, Points
from tom_photvalidation.measurements import Measurements

# How many blocks one answer holds: about a second.
BLOCKS_AT_ONCE = 12


@dataclass(frozen=True, eq=False, slots=True)
class Residuals:
    """How far points lie from the light curve, sigma: (n,), NaN where nothing is known.

    `n_bins` says how many bins the curve went through; 0 where each point was compared with all others by itself.
    `n_pieces` says how many pieces there are to ask for.
    """

    z: Floats
    n_bins: int = 0
    n_pieces: int = 1


def standard_residuals(m: Measurements, known: Context) -> Residuals:
    """Return leave-one-out residuals (observed minus expected magnitude) in their standard deviations.

    Of more than `bins.MOST_POINTS` points those of a telescope and band that are close in time are taken together: the
    curve goes through the bins, and a point is compared with the curve through all bins but its own.

    Parameters
    ----------
    m : (n,) measurements of one target
    known : what is known of it; its T0 counts the age, else the day before the first point

    Returns
    -------
    Residuals; NaN for limits, for points before T0 and for fewer than five points.
    """
    z = np.full(len(m), np.nan)
    found = curve_points(m, known.t0_mjd)
    if found is None:
        return Residuals(z)
    rows, points = found
    if len(rows) <= bins.MOST_POINTS:
        z[rows] = _residuals(points, list(lightcurve.blocks(points)))
        return Residuals(z)
    z[rows], n_bins = _binned_residuals(points)
    return Residuals(z, n_bins)


def residuals_one_by_one(m: Measurements, known: Context, piece: int) -> Residuals:
    """Return residuals as `standard_residuals` does, however many points there are without bins, a piece at a time.

    Parameters
    ----------
    m, known : see `standard_residuals`
    piece : which piece of the light curve, from 0 on; NaN everywhere else
    """
    z = np.full(len(m), np.nan)
    found = curve_points(m, known.t0_mjd)
    if found is None:
        return Residuals(z)
    rows, points = found
    blocks = list(lightcurve.blocks(points))
    z[rows] = _residuals(points, blocks[piece * BLOCKS_AT_ONCE : (piece + 1) * BLOCKS_AT_ONCE])
    return Residuals(z, 0, -(-len(blocks) // BLOCKS_AT_ONCE))


def curve_points(m: Measurements, t0_mjd: Floats) -> tuple[Indices, Points] | None:
    """Return the rows that make a light curve, and their points; None for fewer than five.

    Parameters
    ----------
    m : (n,) measurements of one target
    t0_mjd : T0 of the target, MJD UTC; NaN where it is not known, then a day before the first point
    """
    chosen = usable(m) & np.array([name in BANDS and name not in RADIO_OR_X_RAYS for name in m.filter], dtype=bool)
    if not chosen.any():
        return None
    known = t0_mjd[np.isfinite(t0_mjd)]
    t0 = float(known[0]) if len(known) else float(m.mid_mjd[chosen].min()) - 1.0
    (rows,) = np.nonzero(chosen & (m.mid_mjd > t0))
    if len(rows) < lightcurve.FEWEST_POINTS:
        return None
    return rows, points_of(m.take(rows), t0)


def _residuals(points: Points, blocks: Sequence[tuple[Indices, Indices]]) -> Floats:
    z = np.full(len(points), np.nan)
    for fitted, judged in blocks:
        if len(fitted) >= lightcurve.FEWEST_POINTS:
            z[fitted[judged]] = lightcurve.fit(points.take(fitted)).z[judged]
    return z


def _binned_residuals(points: Points) -> tuple[Floats, int]:
    binned, bin_of = bins.in_bins(points)
    expected, spread = np.full(len(binned), np.nan), np.full(len(binned), np.nan)
    scale = np.ones(len(binned))
    for fitted, judged in lightcurve.blocks(binned):
        model = lightcurve.fit(binned.take(fitted))
        mine = fitted[judged]
        expected[mine] = (binned.mag[fitted] - model.residual)[judged]
        spread[mine], scale[mine] = model.sigma[judged], model.scale[judged]
    noise = np.minimum(points.error, 1.0) ** 2 + lightcurve.PRIOR.jitter**2
    z: Floats = (points.mag - expected[bin_of]) / (scale[bin_of] * np.sqrt(spread[bin_of] ** 2 + noise))
    return z, len(binned)
