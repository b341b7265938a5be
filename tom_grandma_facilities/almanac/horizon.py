"""Altitude, azimuth, airmass and angles between positions.

References are numbered in the docstring of the package.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from tom_grandma_facilities.almanac.bodies import sun_geometric
from tom_grandma_facilities.almanac.earth import (
    ARCSEC,
    FloatArray,
    angles,
    centuries_tt,
    ecliptic_to_icrs,
    icrs_to_date,
    local_axes,
    precession_in_longitude_deg,
    unit_vector,
)

ABERRATION_CONSTANT_ARCSEC = 20.49552  # [1] chapter 23


def _aberration(t: FloatArray) -> FloatArray:
    """Earth's velocity over the speed of light as vectors (..., 3) in ICRS axes, circular orbit ([1]_ chapter 23)."""
    sun_longitude, _ = sun_geometric(t)
    # the Earth moves towards a point 90 degrees behind the Sun
    ra, dec = ecliptic_to_icrs(sun_longitude - precession_in_longitude_deg(t) - 90.0, 0.0)
    return np.stack(unit_vector(ra, dec), axis=-1) * ABERRATION_CONSTANT_ARCSEC * ARCSEC


def altitude_azimuth(
    ra_deg: ArrayLike, dec_deg: ArrayLike, mjd: ArrayLike, latitude_deg: ArrayLike, longitude_deg: ArrayLike
) -> tuple[FloatArray, FloatArray]:
    """Altitude and azimuth of ICRS positions, with precession, nutation and aberration, without refraction.

    Parameters
    ----------
    ra_deg, dec_deg
        Positions, degrees ICRS.
    mjd
        Times, MJD UTC.
    latitude_deg, longitude_deg
        Geodetic coordinates, longitude positive to the east. All five broadcast; the work that depends on the time
        alone is done once per time, so give positions as a column and times as a row.

    Returns
    -------
    altitude_deg, azimuth_deg
        Within 0.35 arcmin above 10 degrees; azimuth from north through east, 0 to 360.
    """
    up, north, east = _horizontal_components(ra_deg, dec_deg, mjd, latitude_deg, longitude_deg)
    return np.degrees(np.arctan2(up, np.hypot(north, east))), np.mod(np.degrees(np.arctan2(east, north)), 360.0)


def apparent_place(ra_deg: ArrayLike, dec_deg: ArrayLike, mjd: float) -> tuple[FloatArray, FloatArray]:
    """Right ascension and declination in degrees, true equator and equinox of date, of ICRS positions.

    With precession, nutation and aberration. A place of one moment serves a day: it moves by less than 0.3 arcsec per
    day for declinations up to 80 degrees.

    Parameters
    ----------
    ra_deg, dec_deg
        Positions, degrees ICRS, broadcasting.
    mjd
        The moment, MJD UTC.
    """
    t = centuries_tt(mjd)
    direction = np.stack(np.broadcast_arrays(*unit_vector(ra_deg, dec_deg)), axis=-1) + _aberration(t)
    of_date = direction @ icrs_to_date(t).T
    return angles(of_date[..., 0], of_date[..., 1], of_date[..., 2])


def _horizontal_components(
    ra_deg: ArrayLike, dec_deg: ArrayLike, mjd: ArrayLike, latitude_deg: ArrayLike, longitude_deg: ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Components of the aberrated direction (length 1 + 1e-4) towards zenith, north and east."""
    x, y, z = unit_vector(ra_deg, dec_deg)
    velocity = _aberration(centuries_tt(mjd))

    def component(axis: FloatArray) -> FloatArray:
        shift = np.sum(velocity * axis, axis=-1)
        along: FloatArray = x * axis[..., 0] + y * axis[..., 1] + z * axis[..., 2] + shift
        return along

    up, north, east = (component(axis) for axis in local_axes(mjd, latitude_deg, longitude_deg))
    return up, north, east


def airmass(altitude_deg: ArrayLike) -> FloatArray:
    """Relative airmass at a true altitude in degrees [5]_; infinite below the horizon, 1 at the zenith."""
    altitude = np.asarray(altitude_deg, dtype=np.float64)
    above = np.clip(altitude, 0.0, 90.0)
    formula = 1.0 / (np.sin(np.radians(above)) + 0.50572 * (above + 6.07995) ** -1.6364)
    return np.where(altitude >= 0.0, np.maximum(formula, 1.0), np.inf)


def separation_deg(ra1_deg: ArrayLike, dec1_deg: ArrayLike, ra2_deg: ArrayLike, dec2_deg: ArrayLike) -> FloatArray:
    """Angle between two positions in degrees (Vincenty's formula: exact for small and for antipodal separations)."""
    difference = np.radians(np.asarray(ra2_deg, dtype=np.float64) - np.asarray(ra1_deg, dtype=np.float64))
    dec1, dec2 = np.radians(dec1_deg), np.radians(dec2_deg)
    sin1, cos1, sin2, cos2 = np.sin(dec1), np.cos(dec1), np.sin(dec2), np.cos(dec2)
    across = np.hypot(cos2 * np.sin(difference), cos1 * sin2 - sin1 * cos2 * np.cos(difference))
    result: FloatArray = np.degrees(np.arctan2(across, sin1 * sin2 + cos1 * cos2 * np.cos(difference)))
    return result
