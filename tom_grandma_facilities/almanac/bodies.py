"""Where the Sun and the Moon are.

References are numbered in the docstring of the package.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from tom_grandma_facilities.almanac.earth import (
    FloatArray,
    angles,
    centuries_tt,
    ecliptic_to_icrs,
    local_axes,
    precession_in_longitude_deg,
    unit_vector,
)

ASTRONOMICAL_UNIT_KM = 149_597_870.7
EARTH_RADIUS_KM = 6378.137  # WGS 84
EARTH_FLATTENING = 1.0 / 298.257223563  # WGS 84

# [1] tables 47.A and 47.B, the largest terms: multiples of D, M, M', F; then sine of longitude and cosine of distance.
_MOON_LONGITUDE_DISTANCE = np.array(
    [
        # D   M  M'  F   1e-6 deg     1e-3 km
        (0, 0, 1, 0, 6288774, -20905355),
        (2, 0, -1, 0, 1274027, -3699111),
        (2, 0, 0, 0, 658314, -2955968),
        (0, 0, 2, 0, 213618, -569925),
        (0, 1, 0, 0, -185116, 48888),
        (0, 0, 0, 2, -114332, -3149),
        (2, 0, -2, 0, 58793, 246158),
        (2, -1, -1, 0, 57066, -152138),
        (2, 0, 1, 0, 53322, -170733),
        (2, -1, 0, 0, 45758, -204586),
        (0, 1, -1, 0, -40923, -129620),
        (1, 0, 0, 0, -34720, 108743),
        (0, 1, 1, 0, -30383, 104755),
        (2, 0, 0, -2, 15327, 10321),
        (0, 0, 1, 2, -12528, 0),
        (0, 0, 1, -2, 10980, 79661),
        (4, 0, -1, 0, 10675, -34782),
        (0, 0, 3, 0, 10034, -23210),
        (4, 0, -2, 0, 8548, -21636),
        (2, 1, -1, 0, -7888, 24208),
        (2, 1, 0, 0, -6766, 30824),
        (1, 0, -1, 0, -5163, -8379),
        (1, 1, 0, 0, 4987, -16675),
        (2, -1, 1, 0, 4036, -12831),
    ],
    dtype=np.float64,
)
_MOON_LATITUDE = np.array(
    [
        # D   M  M'  F   1e-6 deg
        (0, 0, 0, 1, 5128122),
        (0, 0, 1, 1, 280602),
        (0, 0, 1, -1, 277693),
        (2, 0, 0, -1, 173237),
        (2, 0, -1, 1, 55413),
        (2, 0, -1, -1, 46271),
        (2, 0, 0, 1, 32573),
        (0, 0, 2, 1, 17198),
        (2, 0, 1, -1, 9266),
        (0, 0, 2, -1, 8822),
        (2, -1, 0, -1, 8216),
        (2, 0, -2, -1, 4324),
        (2, 0, 1, 1, 4200),
    ],
    dtype=np.float64,
)


def sun_geometric(t: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Geometric longitude of the Sun in degrees, mean equinox of date, and its distance in au.

    [1]_ chapter 25 with the planetary and lunar perturbations of [2]_ chapter 18, which bring it from 0.01 degrees to
    about ten arcseconds.
    """
    mean_longitude = 280.46646 + t * (36000.76983 + t * 0.0003032)
    anomaly_deg = 357.52911 + t * (35999.05029 - t * 0.0001537)
    anomaly = np.radians(anomaly_deg)
    eccentricity = 0.016708634 - t * (0.000042037 + t * 0.0000001267)
    centre = (
        (1.914602 - t * (0.004817 + t * 0.000014)) * np.sin(anomaly)
        + (0.019993 - t * 0.000101) * np.sin(2 * anomaly)
        + 0.000289 * np.sin(3 * anomaly)
    )
    t1900 = t + 1.0
    perturbation = (
        0.00134 * np.cos(np.radians(153.23 + 22518.7541 * t1900))
        + 0.00154 * np.cos(np.radians(216.57 + 45037.5082 * t1900))
        + 0.00200 * np.cos(np.radians(312.69 + 32964.3577 * t1900))
        + 0.00179 * np.sin(np.radians(350.74 + 445267.1142 * t1900))
        + 0.00178 * np.sin(np.radians(231.19 + 20.20 * t1900))
    )
    true_anomaly = np.radians(anomaly_deg + centre)
    distance_au = 1.000001018 * (1 - eccentricity**2) / (1 + eccentricity * np.cos(true_anomaly))
    return mean_longitude + centre + perturbation, distance_au


def sun_position(mjd: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Geometric right ascension and declination of the Sun in degrees ICRS, without aberration.

    Parameters
    ----------
    mjd
        Times, MJD UTC, any shape.

    Returns
    -------
    ra_deg, dec_deg
        Of the shape of `mjd`, within 0.02 degrees.
    """
    t = centuries_tt(mjd)
    longitude, _ = sun_geometric(t)
    return ecliptic_to_icrs(longitude - precession_in_longitude_deg(t), 0.0)


def _moon_ecliptic(t: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Geocentric longitude and latitude of the Moon in degrees, mean equinox of date, and distance in km [1]_."""
    mean_longitude = 218.3164477 + t * (481267.88123421 - t * 0.0015786)
    elongation = np.radians(297.8501921 + t * (445267.1114034 - t * 0.0018819))
    sun_anomaly = np.radians(357.5291092 + t * (35999.0502909 - t * 0.0001536))
    moon_anomaly = np.radians(134.9633964 + t * (477198.8675055 + t * 0.0087414))
    node_distance = np.radians(93.2720950 + t * (483202.0175233 - t * 0.0036539))
    eccentricity = 1.0 - t * (0.002516 + t * 0.0000074)
    fundamental = np.stack([elongation, sun_anomaly, moon_anomaly, node_distance], axis=-1)

    def series(table: FloatArray) -> tuple[FloatArray, FloatArray]:
        weight = eccentricity[..., np.newaxis] ** np.abs(table[:, 1])
        return fundamental @ table[:, :4].T, weight

    argument, weight = series(_MOON_LONGITUDE_DISTANCE)
    longitude = mean_longitude + (weight * np.sin(argument)) @ _MOON_LONGITUDE_DISTANCE[:, 4] * 1e-6
    distance_km = 385000.56 + (weight * np.cos(argument)) @ _MOON_LONGITUDE_DISTANCE[:, 5] * 1e-3
    argument, weight = series(_MOON_LATITUDE)
    latitude = (weight * np.sin(argument)) @ _MOON_LATITUDE[:, 4] * 1e-6
    return longitude, latitude, distance_km


def moon_position(mjd: ArrayLike) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Geocentric position, illuminated fraction and distance of the Moon ([1]_ chapters 47 and 48).

    Parameters
    ----------
    mjd
        Times, MJD UTC, any shape.

    Returns
    -------
    ra_deg, dec_deg
        Degrees ICRS.
    illumination
        Illuminated fraction of the disk, 0 (new) to 1 (full).
    distance_km
        Between the centres of Earth and Moon.
    """
    t = centuries_tt(mjd)
    longitude, latitude, distance_km = _moon_ecliptic(t)
    sun_longitude, sun_distance_au = sun_geometric(t)
    cos_elongation = np.cos(np.radians(latitude)) * np.cos(np.radians(longitude - sun_longitude))
    sun_km = sun_distance_au * ASTRONOMICAL_UNIT_KM
    phase_angle = np.arctan2(sun_km * np.sqrt(1.0 - cos_elongation**2), distance_km - sun_km * cos_elongation)
    ra_deg, dec_deg = ecliptic_to_icrs(longitude - precession_in_longitude_deg(t), latitude)
    return ra_deg, dec_deg, (1.0 + np.cos(phase_angle)) / 2.0, distance_km


def moon_topocentric(
    mjd: ArrayLike, latitude_deg: ArrayLike, longitude_deg: ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return the Moon as `moon_position` does, as seen from a place on the ground (parallax up to one degree).

    Parameters
    ----------
    mjd, latitude_deg, longitude_deg
        Times (MJD UTC) and geodetic coordinates, broadcasting.

    Returns
    -------
    ra_deg, dec_deg, illumination, distance_km
        As `moon_position`, with the distance from the observer; within 0.3 degrees.
    """
    ra_deg, dec_deg, illumination, distance_km = moon_position(mjd)
    zenith, north, _ = local_axes(mjd, latitude_deg, longitude_deg)
    up_km, north_km = _geocentric_offset_km(latitude_deg)
    moon = np.stack(unit_vector(ra_deg, dec_deg), axis=-1) * distance_km[..., np.newaxis]
    seen = moon - up_km[..., np.newaxis] * zenith - north_km[..., np.newaxis] * north
    x, y, z = seen[..., 0], seen[..., 1], seen[..., 2]
    ra_seen, dec_seen = angles(x, y, z)
    return ra_seen, dec_seen, np.broadcast_to(illumination, ra_seen.shape), np.sqrt(x * x + y * y + z * z)


def _geocentric_offset_km(latitude_deg: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Place of a sea-level observer from the Earth's centre, along the geodetic vertical and along north ([1]_ 11)."""
    latitude = np.radians(np.asarray(latitude_deg, dtype=np.float64))
    squared = EARTH_FLATTENING * (2.0 - EARTH_FLATTENING)
    normal_km = EARTH_RADIUS_KM / np.sqrt(1.0 - squared * np.sin(latitude) ** 2)
    up_km = normal_km * (1.0 - squared * np.sin(latitude) ** 2)
    return up_km, -normal_km * squared * np.sin(latitude) * np.cos(latitude)
