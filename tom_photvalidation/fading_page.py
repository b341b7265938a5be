"""How a target fades, for its page: the fit in words, the lines it draws, and what to expect now and tonight."""

from typing import Any

import numpy as np
from django.contrib.auth.models import AnonymousUser, User
from django.utils import timezone
from tom_targets.models import Target

from tom_photvalidation.bandpasses import BANDS
from tom_photvalidation.cells_of_target import filter_label, visible_points
from tom_photvalidation.checks.base import RADIO_OR_X_RAYS
from tom_photvalidation.checks.points import points_of, usable
from tom_photvalidation.choices import Status
from tom_photvalidation.curve import MJD_OF_EPOCH, S_PER_DAY
from tom_photvalidation.fading import FEWEST_POINTS, CannotFit, Fading, fit_fading
from tom_photvalidation.loading import CHECKED, load
from tom_photvalidation.measurements import Measurements
from tom_photvalidation.models import TargetEpoch

# More than these say nothing new about a slope, and somebody waits.
MOST_FITTED = 2000
TONIGHT_DAYS = 0.5
POINTS_OF_LINE = 60
# The line is drawn on a little beyond what was seen, and expectations end where nobody knows what came between.
DRAWN_ON = 1.5
LONGEST_REACH = 10.0


def fading_of(target: Target, user: User | AnonymousUser) -> dict[str, Any]:
    """Return the fit of the accepted detections, of all that were not rejected while too few are accepted."""
    epoch = TargetEpoch.objects.filter(target=target.pk).first()
    if epoch is None:
        return {"reason": "The time of the event is not known: set T0 of the target."}
    t0_mjd = MJD_OF_EPOCH + epoch.t0.timestamp() / S_PER_DAY
    points = visible_points(target, user)
    accepted = points.filter(status=Status.ACCEPTED)
    is_accepted = accepted.exclude(mag=None)[:FEWEST_POINTS].count() >= FEWEST_POINTS
    _, m = load(accepted if is_accepted else points.filter(status=Status.UNREVIEWED), CHECKED)
    try:
        fit = _fit(m, t0_mjd)
    except CannotFit as error:
        return {"reason": str(error)}
    now = MJD_OF_EPOCH + timezone.now().timestamp() / S_PER_DAY
    reach = now + TONIGHT_DAYS - t0_mjd < LONGEST_REACH * fit.oldest_days
    return {
        "sentence": fit.sentence,
        "is_accepted": is_accepted,
        "bands": [_band(fit, name, now if reach else None) for name in sorted(fit.at_one_day, key=_wavelength)],
        "is_too_late": not reach,
    }


def _fit(m: Measurements, t0_mjd: float) -> Fading:
    chosen = usable(m) & np.array([name not in RADIO_OR_X_RAYS for name in m.filter], dtype=bool)
    (rows,) = np.nonzero(chosen)
    m = m.take(rows[:: max(1, -(-len(rows) // MOST_FITTED))])
    ab = points_of(m, t0_mjd)
    return fit_fading(m.mid_mjd, t0_mjd, ab.mag, ab.error, m.filter.tolist())


def _wavelength(name: str) -> float:
    return BANDS[name].wavelength_nm


def _band(fit: Fading, name: str, now: float | None) -> dict[str, Any]:
    days = np.geomspace(fit.youngest_days / DRAWN_ON, fit.oldest_days * DRAWN_ON, POINTS_OF_LINE)
    mag, _ = fit.expected(name, fit.t0_mjd + days)
    band: dict[str, Any] = {
        "filter": name,
        "label": filter_label(name),
        "days": np.round(days, 6).tolist(),
        "mag": np.round(mag, 3).tolist(),
    }
    if now is None:
        return band
    expected, error = fit.expected(name, [now, now + TONIGHT_DAYS])
    return band | {"now": expected[0], "now_error": error[0], "tonight": expected[1], "tonight_error": error[1]}
