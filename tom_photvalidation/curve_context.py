"""What light-curve pages draw below the brightness: how far points are from the others, how high the target stood."""

from typing import Any

import numpy as np
from django.contrib.auth.models import AnonymousUser, User
from numpy.typing import NDArray
from tom_targets.models import Target

from tom_grandma_facilities.almanac import altitude_azimuth
from tom_photvalidation.checks.base import Context
from tom_photvalidation.loading import CHECKED, load
from tom_photvalidation.measurements import Measurements
from tom_photvalidation.models import PhotometryPoint
from tom_photvalidation.residuals import residuals_one_by_one, standard_residuals
from tom_photvalidation.surroundings import context_of


def context_document(target: Target, user: User | AnonymousUser) -> dict[str, Any]:
    """Residuals in sigma and altitudes in degrees of what `user` sees of a target, by the key of the point."""
    keys, m, known = _loaded(target, user)
    found = standard_residuals(m, known)
    return {
        "id": keys.tolist(),
        "altitude": _rounded(altitudes(m, known), 0),
        "residual": _rounded(found.z, 2),
        "n_bins": found.n_bins,
    }


def residuals_document(target: Target, user: User | AnonymousUser, piece: int) -> dict[str, Any]:
    """One piece of the residuals of a long light curve, each point compared with all others by itself."""
    keys, m, known = _loaded(target, user)
    found = residuals_one_by_one(m, known, piece)
    told = np.isfinite(found.z)
    return {"id": keys[told].tolist(), "residual": _rounded(found.z[told], 2), "n_pieces": found.n_pieces}


def _loaded(target: Target, user: User | AnonymousUser) -> tuple[NDArray[np.int64], Measurements, Context]:
    points = PhotometryPoint.objects.visible_to(user).filter(target=target.pk).current().order_by("t_mid", "pk")
    keys, m = load(points, CHECKED)
    return keys, m, context_of(m, np.full(len(m), target.pk, dtype=np.int64), None)


def altitudes(m: Measurements, known: Context) -> NDArray[np.float64]:
    """Altitude of the target at the middle of each exposure, degrees; NaN where a place is not known."""
    result = np.full(len(m), np.nan)
    told = np.isfinite(known.site_lat_deg) & np.isfinite(known.target_ra_deg) & np.isfinite(known.target_dec_deg)
    if told.any():
        result[told], _ = altitude_azimuth(
            known.target_ra_deg[told],
            known.target_dec_deg[told],
            m.mid_mjd[told],
            known.site_lat_deg[told],
            known.site_lon_deg[told],
        )
    return result


def _rounded(values: NDArray[np.float64], digits: int) -> list[float | None]:
    return [round(value, digits) if np.isfinite(value) else None for value in values.tolist()]
