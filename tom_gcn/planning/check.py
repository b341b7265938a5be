"""Independent check of finished pointings with astropy, all at once and without any download."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np

from tom_gcn.planning.geometry import BoolArray
from tom_gcn.planning.telescopes import PlanTelescope
from tom_gcn.planning.timing import Draft


def keeps_limits(drafts: Sequence[Draft], telescopes: Sequence[PlanTelescope]) -> BoolArray:
    """Tell for each draft whether altitude, twilight and Moon limits hold at its start, middle and end.

    Altitudes carry no refraction, the Moon is topocentric, Earth orientation comes from the tables that astropy
    brings along (beyond them UT1 = UTC, an error below 4 arcsec).
    """
    if not drafts:
        return np.empty(0, dtype=bool)
    from astropy import units as u
    from astropy.coordinates import AltAz, EarthLocation, SkyCoord, get_body
    from astropy.time import Time
    from astropy.utils import iers

    sites = [telescopes[draft.telescope] for draft in drafts]
    fractions = np.array([0.0, 0.5, 1.0])[:, None]
    starts = np.array([draft.start_mjd for draft in drafts])
    ends = np.array([draft.end_mjd for draft in drafts])
    with (
        iers.conf.set_temp("auto_download", False),
        iers.conf.set_temp("auto_max_age", None),
        iers.conf.set_temp("iers_degraded_accuracy", "ignore"),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore", category=iers.IERSWarning)
        when = Time(starts + (ends - starts) * fractions, format="mjd", scale="utc")
        whole = np.ones(when.shape)
        place = EarthLocation.from_geodetic(
            whole * [site.longitude_deg for site in sites] * u.deg,
            whole * [site.latitude_deg for site in sites] * u.deg,
            whole * [site.elevation_m for site in sites] * u.m,
        )
        frame = AltAz(obstime=when, location=place)
        ra, dec = [draft.ra_deg for draft in drafts], [draft.dec_deg for draft in drafts]
        seen = SkyCoord(whole * ra * u.deg, whole * dec * u.deg).transform_to(frame)
        sun = get_body("sun", when, place).transform_to(frame)
        moon = get_body("moon", when, place).transform_to(frame)
    good = seen.alt.deg >= np.array([site.min_altitude_deg for site in sites])
    good &= sun.alt.deg <= np.array([site.twilight_deg for site in sites])
    good &= moon.separation(seen).deg >= np.array([site.moon_separation_deg for site in sites])
    result: BoolArray = good.all(axis=0)
    return result
