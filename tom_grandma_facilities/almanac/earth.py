"""The turning and wobbling Earth: sidereal time, precession, nutation, the axes of a site.

References are numbered in the docstring of the package.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

MJD_J2000 = 51544.5
DAYS_PER_CENTURY = 36525.0
TT_MINUS_UTC_S = 69.184  # since 2017 (IERS Bulletin C); a second more or less moves the Moon by half an arcsecond
ARCSEC = np.pi / 180.0 / 3600.0
OBLIQUITY_J2000_DEG = 84381.406 / 3600.0  # [3]


def centuries_tt(mjd: ArrayLike) -> FloatArray:
    """Julian centuries of Terrestrial Time since J2000.0."""
    days: FloatArray = np.asarray(mjd, dtype=np.float64) + TT_MINUS_UTC_S / 86400.0 - MJD_J2000
    return days / DAYS_PER_CENTURY


def unit_vector(longitude_deg: ArrayLike, latitude_deg: ArrayLike) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Cartesian components of directions given by a longitude-like and a latitude-like angle in degrees."""
    longitude, latitude = np.radians(longitude_deg), np.radians(latitude_deg)
    cos_latitude = np.cos(latitude)
    return cos_latitude * np.cos(longitude), cos_latitude * np.sin(longitude), np.sin(latitude)


def angles(x: FloatArray, y: FloatArray, z: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Longitude in 0 to 360 degrees and latitude of a direction."""
    return np.mod(np.degrees(np.arctan2(y, x)), 360.0), np.degrees(np.arctan2(z, np.hypot(x, y)))


def gmst_deg(mjd: ArrayLike) -> FloatArray:
    """Greenwich mean sidereal time in degrees, 0 to 360 (IAU 2006, [3]_ equations 42 and 43, [4]_ section 2.6.2)."""
    days = np.asarray(mjd, dtype=np.float64) - MJD_J2000
    # the whole days are taken out before the multiplication: 1e-9 degrees are kept over centuries
    rotation = 0.7790572732640 + 0.00273781191135448 * days + np.mod(days, 1.0)
    t = centuries_tt(mjd)
    accumulated_arcsec = 0.014506 + t * (4612.156534 + t * (1.3915817 - t * 0.00000044))
    sidereal: FloatArray = np.mod(360.0 * rotation + accumulated_arcsec / 3600.0, 360.0)
    return sidereal


def local_sidereal_deg(mjd: ArrayLike, longitude_deg: ArrayLike) -> FloatArray:
    """Local mean sidereal time in degrees, 0 to 360, at a longitude positive to the east."""
    return np.mod(gmst_deg(mjd) + np.asarray(longitude_deg, dtype=np.float64), 360.0)


def nutation_deg(t: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Nutation in longitude and obliquity in degrees, to 0.5 arcsec ([1]_ chapter 22)."""
    node = np.radians(125.04452 - 1934.136261 * t)
    sun = np.radians(280.4665 + 36000.7698 * t)
    moon = np.radians(218.3165 + 481267.8813 * t)
    longitude = -17.20 * np.sin(node) - 1.32 * np.sin(2 * sun) - 0.23 * np.sin(2 * moon) + 0.21 * np.sin(2 * node)
    obliquity = 9.20 * np.cos(node) + 0.57 * np.cos(2 * sun) + 0.10 * np.cos(2 * moon) - 0.09 * np.cos(2 * node)
    return longitude / 3600.0, obliquity / 3600.0


def mean_obliquity_deg(t: FloatArray) -> FloatArray:
    """Obliquity of the ecliptic of date in degrees ([3]_ equation 39)."""
    return OBLIQUITY_J2000_DEG - t * (46.836769 + t * (0.0001831 - t * 0.00200340)) / 3600.0


def sidereal_true_deg(mjd: ArrayLike, longitude_deg: ArrayLike) -> FloatArray:
    """Local apparent sidereal time in degrees (mean sidereal time plus the equation of the equinoxes)."""
    t = centuries_tt(mjd)
    nutation, _ = nutation_deg(t)
    result: FloatArray = (
        gmst_deg(mjd) + nutation * np.cos(np.radians(mean_obliquity_deg(t))) + np.asarray(longitude_deg)
    )
    return result


def precession_in_longitude_deg(t: FloatArray) -> FloatArray:
    """General precession in ecliptic longitude since J2000.0 in degrees ([3]_ equation 39)."""
    return t * (5028.796195 + t * 1.1054348) / 3600.0


def ecliptic_to_icrs(longitude_deg: FloatArray, latitude_deg: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Right ascension and declination in degrees of ecliptic positions of equinox J2000.0."""
    x, y, z = unit_vector(longitude_deg, latitude_deg)
    obliquity = np.radians(OBLIQUITY_J2000_DEG)
    y_equatorial = y * np.cos(obliquity) - z * np.sin(obliquity)
    z_equatorial = y * np.sin(obliquity) + z * np.cos(obliquity)
    return angles(x, y_equatorial, z_equatorial)


def _rotation(axis: int, angle: FloatArray) -> FloatArray:
    """Return matrices (..., 3, 3) that turn the axes by an angle in radians about axis 0, 1 or 2."""
    matrix = np.zeros((*np.shape(angle), 3, 3))
    first, second = (axis + 1) % 3, (axis + 2) % 3
    matrix[..., axis, axis] = 1.0
    matrix[..., first, first] = matrix[..., second, second] = np.cos(angle)
    matrix[..., first, second] = np.sin(angle)
    matrix[..., second, first] = -np.sin(angle)
    return matrix


def icrs_to_date(t: FloatArray) -> FloatArray:
    """Matrices (..., 3, 3) from ICRS to the true equator and equinox of date: precession [3]_, nutation [1]_."""
    zeta = (2.650545 + t * (2306.083227 + t * (0.2988499 + t * 0.01801828))) * ARCSEC
    z = (-2.650545 + t * (2306.077181 + t * (1.0927348 + t * 0.01826837))) * ARCSEC
    theta = t * (2004.191903 - t * (0.4294934 + t * 0.04182264)) * ARCSEC
    precession = _rotation(2, -z) @ _rotation(1, theta) @ _rotation(2, -zeta)
    in_longitude, in_obliquity = (np.radians(angle) for angle in nutation_deg(t))
    obliquity = np.radians(mean_obliquity_deg(t))
    nutation = _rotation(0, -obliquity - in_obliquity) @ _rotation(2, -in_longitude) @ _rotation(0, obliquity)
    result: FloatArray = nutation @ precession
    return result


def local_axes(
    mjd: ArrayLike, latitude_deg: ArrayLike, longitude_deg: ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Unit vectors (..., 3) to zenith, north and east of a site, in ICRS axes.

    Turning the site's three axes into the catalogue's frame, once per time, leaves dot products for the positions:
    that is what makes a million altitudes cheap.
    """
    mjd = np.asarray(mjd, dtype=np.float64)
    to_date = icrs_to_date(centuries_tt(mjd))
    sidereal = np.radians(sidereal_true_deg(mjd, longitude_deg))
    latitude = np.radians(np.asarray(latitude_deg, dtype=np.float64))
    cos_s, sin_s, cos_l, sin_l = np.broadcast_arrays(
        np.cos(sidereal), np.sin(sidereal), np.cos(latitude), np.sin(latitude)
    )
    zenith = np.stack([cos_l * cos_s, cos_l * sin_s, sin_l], axis=-1)
    north = np.stack([-sin_l * cos_s, -sin_l * sin_s, cos_l], axis=-1)
    east = np.stack([-sin_s, cos_s, np.zeros_like(cos_s)], axis=-1)
    zenith, north, east = (np.einsum("...ji,...j->...i", to_date, axis) for axis in (zenith, north, east))
    return zenith, north, east
