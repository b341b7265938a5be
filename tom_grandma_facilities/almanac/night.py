"""When it is dark: the altitude of the Sun and the intervals in which it stays below a limit.

References are numbered in the docstring of the package.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tom_grandma_facilities.almanac.bodies import sun_geometric
from tom_grandma_facilities.almanac.crossings import windows_below
from tom_grandma_facilities.almanac.earth import (
    FloatArray,
    centuries_tt,
    mean_obliquity_deg,
    nutation_deg,
    sidereal_true_deg,
)
from tom_grandma_facilities.almanac.horizon import ABERRATION_CONSTANT_ARCSEC

SOLAR_PARALLAX_DEG = 8.794 / 3600.0  # [1] chapter 40


def sun_altitude(mjd: ArrayLike, latitude_deg: ArrayLike, longitude_deg: ArrayLike) -> FloatArray:
    """Topocentric altitude of the Sun's centre in degrees, without refraction.

    Works in the equator and equinox of date, which needs no precession: several times cheaper than
    `altitude_azimuth`.
    """
    t = centuries_tt(mjd)
    geometric, distance_au = sun_geometric(t)
    in_longitude, in_obliquity = nutation_deg(t)
    longitude = np.radians(geometric + in_longitude - ABERRATION_CONSTANT_ARCSEC / 3600.0 / distance_au)
    obliquity = np.radians(mean_obliquity_deg(t) + in_obliquity)
    sin_dec = np.sin(obliquity) * np.sin(longitude)
    ra = np.arctan2(np.cos(obliquity) * np.sin(longitude), np.cos(longitude))
    hour_angle = np.radians(sidereal_true_deg(mjd, longitude_deg)) - ra
    latitude = np.radians(latitude_deg)
    cos_dec = np.sqrt(1.0 - sin_dec**2)
    sin_altitude = np.sin(latitude) * sin_dec + np.cos(latitude) * cos_dec * np.cos(hour_angle)
    altitude = np.degrees(np.arcsin(np.clip(sin_altitude, -1.0, 1.0)))
    result: FloatArray = altitude - SOLAR_PARALLAX_DEG * np.cos(np.radians(altitude))
    return result


def night_windows(
    start_mjd: float,
    end_mjd: float,
    latitude_deg: float,
    longitude_deg: float,
    sun_altitude_deg: float = -18.0,
) -> list[tuple[float, float]]:
    """Return the dark intervals of one site; see `network_night_windows`."""
    return network_night_windows(start_mjd, end_mjd, [latitude_deg], [longitude_deg], sun_altitude_deg)[0]


def network_night_windows(
    start_mjd: float,
    end_mjd: float,
    latitude_deg: ArrayLike,
    longitude_deg: ArrayLike,
    sun_altitude_deg: ArrayLike = -18.0,
) -> list[list[tuple[float, float]]]:
    """Intervals in which the Sun stands below an altitude, for many sites at once.

    Parameters
    ----------
    start_mjd, end_mjd
        The span, MJD UTC.
    latitude_deg, longitude_deg
        Geodetic coordinates of the sites, shape (n,).
    sun_altitude_deg
        The twilight of each site (or of all): -18 astronomical, -12 nautical, -6 civil, -0.833 sunset.

    Returns
    -------
    list of list of (start, end)
        Per site, MJD UTC, in order, clipped to the span, edges within 10 s. No interval means that it never gets
        dark in the span; one that fills the span, that it never gets light.

    Raises
    ------
    ValueError
        When the span is empty or runs backwards.
    """
    latitude, longitude, limit = np.broadcast_arrays(
        np.atleast_1d(latitude_deg), np.atleast_1d(longitude_deg), np.atleast_1d(sun_altitude_deg)
    )

    def altitude(times: FloatArray, rows: NDArray[Any]) -> FloatArray:
        return sun_altitude(times, latitude[rows], longitude[rows])

    return windows_below(altitude, limit, start_mjd, end_mjd)
