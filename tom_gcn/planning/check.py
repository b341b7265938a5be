"""Independent check of finished pointings with astropy, all at once and without any download."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from tom_gcn.planning.geometry import BoolArray, FloatArray
from tom_gcn.planning.limits import moon_limit_deg
from tom_gcn.planning.telescopes import PlanTelescope
from tom_gcn.planning.timing import Draft


def keeps_limits(drafts: Sequence[Draft], telescopes: Sequence[PlanTelescope]) -> BoolArray:
    """Tell for each draft whether altitude, hour angle, twilight and Moon limits hold at its start, middle and end.

    Altitudes carry no refraction, the Moon is topocentric, Earth orientation comes from the tables that astropy
    brings along (beyond them UT1 = UTC, an error below 4 arcsec).
    """
    if not drafts:
        return np.empty(0, dtype=bool)
    from astropy import units as u
    from astropy.coordinates import ICRS, AltAz, EarthLocation, Galactic, HADec, get_body
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
        # frames, not SkyCoord: that writes all times out as text at every transformation
        fields = ICRS(whole * ra * u.deg, whole * dec * u.deg)
        seen = fields.transform_to(frame)
        sun = get_body("sun", when, place).frame.transform_to(frame)
        moon = get_body("moon", when, place).frame.transform_to(frame)
        lit = illumination(get_body("sun", when[1]).frame, get_body("moon", when[1]).frame)
        if any(site.hour_angle_max_h < 12.0 for site in sites):
            hours = fields.transform_to(HADec(obstime=when, location=place)).ha.wrap_at(180.0 * u.deg).hour
        else:
            hours = np.zeros(when.shape)
    declared = np.array([site.moon_separation_deg for site in sites])
    by_phase = np.array([site.moon_by_phase for site in sites])
    plane = np.array([site.galactic_latitude_min_deg for site in sites])
    good = seen.alt.deg >= np.array([site.min_altitude_deg for site in sites])
    good &= sun.alt.deg <= np.array([site.twilight_deg for site in sites])
    good &= moon.separation(seen).deg >= np.where(by_phase, moon_limit_deg(declared, lit), declared)
    good &= np.abs(hours) <= np.array([site.hour_angle_max_h for site in sites])
    if plane.any():
        good &= np.abs(fields.transform_to(Galactic()).b.deg) >= plane
    result: BoolArray = good.all(axis=0)
    return result


def illumination(sun: Any, moon: Any) -> FloatArray:
    """Return the lit fraction of the Moon from its and the Sun's geocentric places (frames with distances).

    ``(1 + cos i) / 2`` with the phase angle ``tan i = R sin E / (r - R cos E)`` (Meeus, Astronomical Algorithms, 2nd
    edition, chapter 48).
    """
    elongation = sun.separation(moon).rad
    far, near = sun.distance.km, moon.distance.km
    phase_angle = np.arctan2(far * np.sin(elongation), near - far * np.cos(elongation))
    return np.asarray((1.0 + np.cos(phase_angle)) / 2.0)
