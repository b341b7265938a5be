"""Pure: how far each point of a target lies from a smooth light curve through all the others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tom_photvalidation import lightcurve
from tom_photvalidation.bandpasses import BANDS
from tom_photvalidation.checks.base import RADIO_OR_X_RAYS, Context
from tom_photvalidation.checks.points import points_of, usable
from tom_photvalidation.lightcurve import Floats, Indices, Points
from tom_photvalidation.measurements import Measurements

# Each block of some hundred points takes a tenth of a second, and somebody waits for the page: more points than this
# are taken together in bins.
MOST_POINTS = 1000
# Width of a bin at first, decades of age; doubled until there are few enough.
FINEST_BIN = 0.005


def standard_residuals(m: Measurements, known: Context) -> Floats:
    """Return leave-one-out residuals (observed minus expected magnitude) in their standard deviations.

    Of more than `MOST_POINTS` points those of a telescope and band that are close in time are taken together: the curve
    goes through the bins, and a point is compared with the curve through all bins but its own.

    Parameters
    ----------
    m : (n,) measurements of one target
    known : what is known of it; its T0 counts the age, else the day before the first point

    Returns
    -------
    (n,) sigma; NaN for limits, for points before T0 and for fewer than five points.
    """
    z = np.full(len(m), np.nan)
    found = curve_points(m, known)
    if found is not None:
        rows, points = found
        z[rows] = _residuals(points) if len(rows) <= MOST_POINTS else _binned_residuals(points)
    return z


def curve_points(m: Measurements, known: Context) -> tuple[Indices, Points] | None:
    """Return the rows that make a light curve, and their points; None for fewer than five."""
    chosen = usable(m) & np.array([name in BANDS and name not in RADIO_OR_X_RAYS for name in m.filter], dtype=bool)
    if not chosen.any():
        return None
    t0 = known.t0_mjd[np.isfinite(known.t0_mjd)]
    t0_mjd = float(t0[0]) if len(t0) else float(m.mid_mjd[chosen].min()) - 1.0
    (rows,) = np.nonzero(chosen & (m.mid_mjd > t0_mjd))
    if len(rows) < lightcurve.FEWEST_POINTS:
        return None
    return rows, points_of(m.take(rows), t0_mjd)


def _residuals(points: Points) -> Floats:
    z = np.full(len(points), np.nan)
    for fitted, judged in lightcurve.blocks(points):
        if len(fitted) >= lightcurve.FEWEST_POINTS:
            z[fitted[judged]] = lightcurve.fit(points.take(fitted)).z[judged]
    return z


def _binned_residuals(points: Points) -> Floats:
    bin_of = _bins(points)
    binned = _binned(points, bin_of)
    expected, spread = np.full(len(binned), np.nan), np.full(len(binned), np.nan)
    scale = np.ones(len(binned))
    for fitted, judged in lightcurve.blocks(binned):
        model = lightcurve.fit(binned.take(fitted))
        mine = fitted[judged]
        expected[mine] = (binned.mag[fitted] - model.residual)[judged]
        spread[mine], scale[mine] = model.sigma[judged], model.scale[judged]
    noise = np.minimum(points.error, 1.0) ** 2 + lightcurve.PRIOR.jitter**2
    z: Floats = (points.mag - expected[bin_of]) / (scale[bin_of] * np.sqrt(spread[bin_of] ** 2 + noise))
    return z


def _bins(points: Points) -> Indices:
    """Return the bin of each point: by telescope and band, and by age as finely as `MOST_POINTS` allows."""
    width = FINEST_BIN
    while True:
        step = np.floor(points.x / width).astype(np.int64)
        _, bin_of = np.unique(np.stack([points.series, step]), axis=1, return_inverse=True)
        bin_of = np.asarray(bin_of, dtype=np.int64).ravel()
        if int(bin_of.max()) < MOST_POINTS:
            return np.asarray(bin_of)
        width *= 2


def _binned(points: Points, bin_of: Indices) -> Points:
    """Return the mean point of each bin, weighed by the errors."""
    weight = 1.0 / (np.minimum(points.error, 1.0) ** 2 + lightcurve.PRIOR.jitter**2)
    total = np.bincount(bin_of, weight)
    _, first = np.unique(bin_of, return_index=True)
    return replace(
        points.take(first),
        x=np.bincount(bin_of, weight * points.x) / total,
        mag=np.bincount(bin_of, weight * points.mag) / total,
        error=np.sqrt(1.0 / total),
    )
