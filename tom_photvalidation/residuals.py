"""Pure: how far each point of a target lies from a smooth light curve through all the others."""

from __future__ import annotations

import numpy as np

from tom_photvalidation import lightcurve
from tom_photvalidation.checks.base import RADIO_OR_X_RAYS, Context
from tom_photvalidation.checks.points import points_of, usable
from tom_photvalidation.lightcurve import Floats
from tom_photvalidation.measurements import Measurements

# Each block of some hundred points takes a tenth of a second, and somebody waits for the page.
MOST_POINTS = 2000


def standard_residuals(m: Measurements, known: Context) -> Floats:
    """Return leave-one-out residuals (observed minus expected magnitude) in their standard deviations.

    Parameters
    ----------
    m : (n,) measurements of one target
    known : what is known of it; its T0 counts the age, else the day before the first point

    Returns
    -------
    (n,) sigma; NaN for limits, for points before T0, for fewer than five points and for more than `MOST_POINTS`.
    """
    z = np.full(len(m), np.nan)
    chosen = usable(m) & np.array([name not in RADIO_OR_X_RAYS for name in m.filter], dtype=bool)
    if not chosen.any():
        return z
    t0 = known.t0_mjd[np.isfinite(known.t0_mjd)]
    t0_mjd = float(t0[0]) if len(t0) else float(m.mid_mjd[chosen].min()) - 1.0
    (rows,) = np.nonzero(chosen & (m.mid_mjd > t0_mjd))
    if not lightcurve.FEWEST_POINTS <= len(rows) <= MOST_POINTS:
        return z
    points = points_of(m.take(rows), t0_mjd)
    for fitted, judged in lightcurve.blocks(points):
        if len(fitted) >= lightcurve.FEWEST_POINTS:
            z[rows[fitted[judged]]] = lightcurve.fit(points.take(fitted)).z[judged]
    return z
