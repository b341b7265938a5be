"""Sun, Moon, sidereal time, altitude and darkness in closed form, vectorised over times, sites and positions.

A network plan asks for millions of altitudes; `astropy.coordinates` needs a second for what this module answers in
milliseconds, and may try to download Earth-rotation tables while it does so. Astropy is the independent check in the
tests, never a dependency here.

Conventions
-----------
Times are Modified Julian Dates in UTC (float or array). Right ascension and declination are degrees ICRS unless a
docstring says otherwise, longitudes are positive to the east, altitudes carry no refraction, azimuths run from north
through east. All arguments broadcast against each other. UT1 is taken as UTC (their difference stays below 0.9 s, or
0.23 arcmin of hour angle; it has been below 0.1 s since 2022).

Accuracy against astropy 7.2 over 2000-2040, as measured in ``tests/unit/facilities/test_almanac.py``: altitude and
azimuth of fixed positions 0.35 arcmin above 10 degrees, Sun 0.02 degrees (in fact a dozen arcseconds), topocentric Moon
0.3 degrees (in fact 0.04), edges of nights 10 s.

References
----------
.. [1] Meeus, J., *Astronomical Algorithms*, 2nd edition, Willmann-Bell 1998: chapters 12, 22, 25, 40, 47, 48.
.. [2] Meeus, J., *Astronomical Formulae for Calculators*, 4th edition, Willmann-Bell 1988: chapter 18.
.. [3] Capitaine, N., Wallace, P. T. and Chapront, J. 2003, A&A 412, 567, doi:10.1051/0004-6361:20031539.
.. [4] Kaplan, G. H., USNO Circular 179, 2005: Earth rotation angle and sidereal time.
.. [5] Kasten, F. and Young, A. T. 1989, Applied Optics 28, 4735, doi:10.1364/AO.28.004735.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

MJD_J2000 = 51544.5
DAYS_PER_CENTURY = 36525.0
TT_MINUS_UTC_S = 69.184  # since 2017 (IERS Bulletin C); a second more or less moves the Moon by half an arcsecond
ARCSEC = np.pi / 180.0 / 3600.0
ABERRATION_CONSTANT_ARCSEC = 20.49552  # [1] chapter 23
SOLAR_PARALLAX_DEG = 8.794 / 3600.0  # [1] chapter 40
ASTRONOMICAL_UNIT_KM = 149_597_870.7
EARTH_RADIUS_KM = 6378.137  # WGS 84
EARTH_FLATTENING = 1.0 / 298.257223563  # WGS 84
OBLIQUITY_J2000_DEG = 84381.406 / 3600.0  # [3]
NIGHT_SAMPLE_DAYS = 10.0 / 1440.0
BISECTIONS = 14  # ten minutes halved fourteen times: 0.04 s

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


def _centuries_tt(mjd: ArrayLike) -> FloatArray:
    """Julian centuries of Terrestrial Time since J2000.0."""
    return (np.asarray(mjd, dtype=np.float64) + TT_MINUS_UTC_S / 86400.0 - MJD_J2000) / DAYS_PER_CENTURY


def _unit_vector(longitude_deg: ArrayLike, latitude_deg: ArrayLike) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Cartesian components of directions given by a longitude-like and a latitude-like angle in degrees."""
    longitude, latitude = np.radians(longitude_deg), np.radians(latitude_deg)
    cos_latitude = np.cos(latitude)
    return cos_latitude * np.cos(longitude), cos_latitude * np.sin(longitude), np.sin(latitude)


def gmst_deg(mjd: ArrayLike) -> FloatArray:
    """Greenwich mean sidereal time in degrees, 0 to 360 (IAU 2006, [3]_ equations 42 and 43, [4]_ section 2.6.2)."""
    days = np.asarray(mjd, dtype=np.float64) - MJD_J2000
    # the whole days are taken out before the multiplication: 1e-9 degrees are kept over centuries
    rotation = 0.7790572732640 + 0.00273781191135448 * days + np.mod(days, 1.0)
    t = _centuries_tt(mjd)
    accumulated_arcsec = 0.014506 + t * (4612.156534 + t * (1.3915817 - t * 0.00000044))
    return np.mod(360.0 * rotation + accumulated_arcsec / 3600.0, 360.0)


def local_sidereal_deg(mjd: ArrayLike, longitude_deg: ArrayLike) -> FloatArray:
    """Local mean sidereal time in degrees, 0 to 360, at a longitude positive to the east."""
    return np.mod(gmst_deg(mjd) + np.asarray(longitude_deg, dtype=np.float64), 360.0)


def _nutation_deg(t: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Nutation in longitude and obliquity in degrees, to 0.5 arcsec ([1]_ chapter 22)."""
    node = np.radians(125.04452 - 1934.136261 * t)
    sun = np.radians(280.4665 + 36000.7698 * t)
    moon = np.radians(218.3165 + 481267.8813 * t)
    longitude = -17.20 * np.sin(node) - 1.32 * np.sin(2 * sun) - 0.23 * np.sin(2 * moon) + 0.21 * np.sin(2 * node)
    obliquity = 9.20 * np.cos(node) + 0.57 * np.cos(2 * sun) + 0.10 * np.cos(2 * moon) - 0.09 * np.cos(2 * node)
    return longitude / 3600.0, obliquity / 3600.0


def _mean_obliquity_deg(t: FloatArray) -> FloatArray:
    """Obliquity of the ecliptic of date in degrees ([3]_ equation 39)."""
    return OBLIQUITY_J2000_DEG - t * (46.836769 + t * (0.0001831 - t * 0.00200340)) / 3600.0


def _sidereal_true_deg(mjd: ArrayLike, longitude_deg: ArrayLike) -> FloatArray:
    """Local apparent sidereal time in degrees (mean sidereal time plus the equation of the equinoxes)."""
    t = _centuries_tt(mjd)
    nutation, _ = _nutation_deg(t)
    return gmst_deg(mjd) + nutation * np.cos(np.radians(_mean_obliquity_deg(t))) + np.asarray(longitude_deg)


def _sun_geometric(t: FloatArray) -> tuple[FloatArray, FloatArray]:
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


def _precession_in_longitude_deg(t: FloatArray) -> FloatArray:
    """General precession in ecliptic longitude since J2000.0 in degrees ([3]_ equation 39)."""
    return t * (5028.796195 + t * 1.1054348) / 3600.0


def _ecliptic_to_icrs(longitude_deg: FloatArray, latitude_deg: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Right ascension and declination in degrees of ecliptic positions of equinox J2000.0."""
    x, y, z = _unit_vector(longitude_deg, latitude_deg)
    obliquity = np.radians(OBLIQUITY_J2000_DEG)
    y_equatorial = y * np.cos(obliquity) - z * np.sin(obliquity)
    z_equatorial = y * np.sin(obliquity) + z * np.cos(obliquity)
    return _angles(x, y_equatorial, z_equatorial)


def _angles(x: FloatArray, y: FloatArray, z: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Longitude in 0 to 360 degrees and latitude of a direction."""
    return np.mod(np.degrees(np.arctan2(y, x)), 360.0), np.degrees(np.arctan2(z, np.hypot(x, y)))


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
    t = _centuries_tt(mjd)
    longitude, _ = _sun_geometric(t)
    return _ecliptic_to_icrs(longitude - _precession_in_longitude_deg(t), 0.0)


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
    t = _centuries_tt(mjd)
    longitude, latitude, distance_km = _moon_ecliptic(t)
    sun_longitude, sun_distance_au = _sun_geometric(t)
    cos_elongation = np.cos(np.radians(latitude)) * np.cos(np.radians(longitude - sun_longitude))
    sun_km = sun_distance_au * ASTRONOMICAL_UNIT_KM
    phase_angle = np.arctan2(sun_km * np.sqrt(1.0 - cos_elongation**2), distance_km - sun_km * cos_elongation)
    ra_deg, dec_deg = _ecliptic_to_icrs(longitude - _precession_in_longitude_deg(t), latitude)
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
    zenith, north, _ = _local_axes(mjd, latitude_deg, longitude_deg)
    up_km, north_km = _geocentric_offset_km(latitude_deg)
    moon = np.stack(_unit_vector(ra_deg, dec_deg), axis=-1) * distance_km[..., np.newaxis]
    seen = moon - up_km[..., np.newaxis] * zenith - north_km[..., np.newaxis] * north
    x, y, z = seen[..., 0], seen[..., 1], seen[..., 2]
    ra_seen, dec_seen = _angles(x, y, z)
    return ra_seen, dec_seen, np.broadcast_to(illumination, ra_seen.shape), np.sqrt(x * x + y * y + z * z)


def _geocentric_offset_km(latitude_deg: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Place of a sea-level observer from the Earth's centre, along the geodetic vertical and along north ([1]_ 11)."""
    latitude = np.radians(np.asarray(latitude_deg, dtype=np.float64))
    squared = EARTH_FLATTENING * (2.0 - EARTH_FLATTENING)
    normal_km = EARTH_RADIUS_KM / np.sqrt(1.0 - squared * np.sin(latitude) ** 2)
    up_km = normal_km * (1.0 - squared * np.sin(latitude) ** 2)
    return up_km, -normal_km * squared * np.sin(latitude) * np.cos(latitude)


def _rotation(axis: int, angle: FloatArray) -> FloatArray:
    """Return matrices (..., 3, 3) that turn the axes by an angle in radians about axis 0, 1 or 2."""
    matrix = np.zeros((*np.shape(angle), 3, 3))
    first, second = (axis + 1) % 3, (axis + 2) % 3
    matrix[..., axis, axis] = 1.0
    matrix[..., first, first] = matrix[..., second, second] = np.cos(angle)
    matrix[..., first, second] = np.sin(angle)
    matrix[..., second, first] = -np.sin(angle)
    return matrix


def _icrs_to_date(t: FloatArray) -> FloatArray:
    """Matrices (..., 3, 3) from ICRS to the true equator and equinox of date: precession [3]_, nutation [1]_."""
    zeta = (2.650545 + t * (2306.083227 + t * (0.2988499 + t * 0.01801828))) * ARCSEC
    z = (-2.650545 + t * (2306.077181 + t * (1.0927348 + t * 0.01826837))) * ARCSEC
    theta = t * (2004.191903 - t * (0.4294934 + t * 0.04182264)) * ARCSEC
    precession = _rotation(2, -z) @ _rotation(1, theta) @ _rotation(2, -zeta)
    in_longitude, in_obliquity = (np.radians(angle) for angle in _nutation_deg(t))
    obliquity = np.radians(_mean_obliquity_deg(t))
    nutation = _rotation(0, -obliquity - in_obliquity) @ _rotation(2, -in_longitude) @ _rotation(0, obliquity)
    result: FloatArray = nutation @ precession
    return result


def _local_axes(
    mjd: ArrayLike, latitude_deg: ArrayLike, longitude_deg: ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Unit vectors (..., 3) to zenith, north and east of a site, in ICRS axes.

    Turning the site's three axes into the catalogue's frame, once per time, leaves dot products for the positions:
    that is what makes a million altitudes cheap.
    """
    mjd = np.asarray(mjd, dtype=np.float64)
    to_date = _icrs_to_date(_centuries_tt(mjd))
    sidereal = np.radians(_sidereal_true_deg(mjd, longitude_deg))
    latitude = np.radians(np.asarray(latitude_deg, dtype=np.float64))
    cos_s, sin_s, cos_l, sin_l = np.broadcast_arrays(
        np.cos(sidereal), np.sin(sidereal), np.cos(latitude), np.sin(latitude)
    )
    zenith = np.stack([cos_l * cos_s, cos_l * sin_s, sin_l], axis=-1)
    north = np.stack([-sin_l * cos_s, -sin_l * sin_s, cos_l], axis=-1)
    east = np.stack([-sin_s, cos_s, np.zeros_like(cos_s)], axis=-1)
    zenith, north, east = (np.einsum("...ji,...j->...i", to_date, axis) for axis in (zenith, north, east))
    return zenith, north, east


def _aberration(t: FloatArray) -> FloatArray:
    """Earth's velocity over the speed of light as vectors (..., 3) in ICRS axes, circular orbit ([1]_ chapter 23)."""
    sun_longitude, _ = _sun_geometric(t)
    # the Earth moves towards a point 90 degrees behind the Sun
    ra, dec = _ecliptic_to_icrs(sun_longitude - _precession_in_longitude_deg(t) - 90.0, 0.0)
    return np.stack(_unit_vector(ra, dec), axis=-1) * ABERRATION_CONSTANT_ARCSEC * ARCSEC


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


def _horizontal_components(
    ra_deg: ArrayLike, dec_deg: ArrayLike, mjd: ArrayLike, latitude_deg: ArrayLike, longitude_deg: ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Components of the aberrated direction (length 1 + 1e-4) towards zenith, north and east."""
    x, y, z = _unit_vector(ra_deg, dec_deg)
    velocity = _aberration(_centuries_tt(mjd))

    def component(axis: FloatArray) -> FloatArray:
        shift = np.sum(velocity * axis, axis=-1)
        along: FloatArray = x * axis[..., 0] + y * axis[..., 1] + z * axis[..., 2] + shift
        return along

    up, north, east = (component(axis) for axis in _local_axes(mjd, latitude_deg, longitude_deg))
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
    return np.degrees(np.arctan2(across, sin1 * sin2 + cos1 * cos2 * np.cos(difference)))


def sun_altitude(mjd: ArrayLike, latitude_deg: ArrayLike, longitude_deg: ArrayLike) -> FloatArray:
    """Topocentric altitude of the Sun's centre in degrees, without refraction.

    Works in the equator and equinox of date, which needs no precession: several times cheaper than
    `altitude_azimuth`.
    """
    t = _centuries_tt(mjd)
    geometric, distance_au = _sun_geometric(t)
    in_longitude, in_obliquity = _nutation_deg(t)
    longitude = np.radians(geometric + in_longitude - ABERRATION_CONSTANT_ARCSEC / 3600.0 / distance_au)
    obliquity = np.radians(_mean_obliquity_deg(t) + in_obliquity)
    sin_dec = np.sin(obliquity) * np.sin(longitude)
    ra = np.arctan2(np.cos(obliquity) * np.sin(longitude), np.cos(longitude))
    hour_angle = np.radians(_sidereal_true_deg(mjd, longitude_deg)) - ra
    latitude = np.radians(latitude_deg)
    cos_dec = np.sqrt(1.0 - sin_dec**2)
    sin_altitude = np.sin(latitude) * sin_dec + np.cos(latitude) * cos_dec * np.cos(hour_angle)
    altitude = np.degrees(np.arcsin(np.clip(sin_altitude, -1.0, 1.0)))
    return altitude - SOLAR_PARALLAX_DEG * np.cos(np.radians(altitude))


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
    if not end_mjd > start_mjd:
        raise ValueError(f"The span must end after it starts: {start_mjd} to {end_mjd}.")
    latitude, longitude, limit = np.broadcast_arrays(
        np.atleast_1d(latitude_deg), np.atleast_1d(longitude_deg), np.atleast_1d(sun_altitude_deg)
    )
    samples = int(np.ceil((end_mjd - start_mjd) / NIGHT_SAMPLE_DAYS)) + 1
    grid = np.linspace(start_mjd, end_mjd, max(samples, 3))
    times = _with_extremes(grid, sun_altitude(grid, latitude[:, np.newaxis], longitude[:, np.newaxis]))
    columns = (latitude[:, np.newaxis], longitude[:, np.newaxis])
    dark = sun_altitude(times, *columns) < limit[:, np.newaxis]
    site, sample = np.nonzero(dark[:, 1:] != dark[:, :-1])
    crossings = _bisect(
        times[site, sample], times[site, sample + 1], dark[site, sample], latitude[site], longitude[site], limit[site]
    )
    return [
        _intervals(start_mjd, end_mjd, bool(dark[index, 0]), crossings[site == index]) for index in range(len(latitude))
    ]


def _with_extremes(grid: FloatArray, altitude: FloatArray) -> FloatArray:
    """Sample times (site, sample) with each local extreme of the Sun's altitude put in place of its nearest sample.

    Between two neighbours the altitude is then monotonic, so that a polar night of a few minutes is not stepped over.
    """
    times = np.broadcast_to(grid, altitude.shape).copy()
    before, middle, after = altitude[:, :-2], altitude[:, 1:-1], altitude[:, 2:]
    bend = before - 2.0 * middle + after
    site, sample = np.nonzero(((middle - before) * (after - middle) <= 0.0) & (bend != 0.0))
    offset = 0.5 * (before - after)[site, sample] / bend[site, sample]
    times[site, sample + 1] += np.clip(offset, -0.99, 0.99) * (grid[1] - grid[0])
    return times


def _bisect(
    low: FloatArray,
    high: FloatArray,
    dark_at_low: NDArray[np.bool_],
    latitude: FloatArray,
    longitude: FloatArray,
    limit: FloatArray,
) -> FloatArray:
    """Times at which the Sun crosses its limit between `low` and `high`, all crossings at once."""
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        same_side = (sun_altitude(middle, latitude, longitude) < limit) == dark_at_low
        low = np.where(same_side, middle, low)
        high = np.where(same_side, high, middle)
    return 0.5 * (low + high)


def _intervals(start: float, end: float, dark_at_start: bool, crossings: FloatArray) -> list[tuple[float, float]]:
    """Pair crossings into dark intervals, beginning with the state at the start."""
    edges = [float(crossing) for crossing in crossings]
    if dark_at_start:
        edges.insert(0, start)
    if len(edges) % 2:
        edges.append(end)
    return list(zip(edges[::2], edges[1::2], strict=True))
