"""Could the site see the target then, and is what was measured where the target is?"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from tom_grandma_facilities import almanac
from tom_photvalidation.checks.base import QUARANTINED, WARNING, Batch, Check, Finding, Mask
from tom_photvalidation.checks.times import is_time
from tom_photvalidation.measurements import US_PER_S, Floats

SUN_UP = Check("sun-up", 4, QUARANTINED, "The Sun was too high at the site")
TARGET_LOW = Check("target-low", 5, QUARANTINED, "The target was too low at the site")
POSITION = Check("position", 24, QUARANTINED, "The measured position is not the target's")

SUN_HARD_DEG, SUN_SOFT_DEG = -4.0, -12.0
TARGET_HARD_DEG, TARGET_SOFT_DEG = 5.0, 15.0
COARSE_ERROR_DEG = 1.0  # of `coarse_altitudes`, away from the poles; measured 0.5
COARSE_SUN_ERROR_DEG = 0.3  # measured 0.1

OFFSET_SOFT_ARCSEC, OFFSET_HARD_ARCSEC = 1.5, 3.0
USUAL_SEEING_ARCSEC = 2.0
MEASURED_SIGMAS = 3.0
J2000_MJD = 51_544.5

Words = Callable[[Batch, int, float], str]


def coarse_altitudes(
    ra_deg: Floats, dec_deg: Floats, mjd: Floats, latitude_deg: Floats, longitude_deg: Floats
) -> tuple[Floats, Floats]:
    """Altitudes of targets and of the Sun in degrees, good enough to tell which rows need the almanac.

    Low-precision formulae of the Astronomical Almanac (section C, "Low precision formulas for the Sun's coordinates",
    and D, mean sidereal time), with the yearly precession of the equator; five times cheaper than the almanac.
    """
    days = mjd - J2000_MJD
    years = (days / 365.25).astype(np.float32)
    ra, dec, latitude = _radians(ra_deg), _radians(dec_deg), _radians(latitude_deg)
    sin_ra = np.sin(ra)
    dec = dec + np.float32(np.radians(20.04 / 3600.0)) * years * np.cos(ra)
    ra = ra + np.radians((3.075 + 1.336 * sin_ra * np.tan(np.clip(dec, -1.4, 1.4))) * (15.0 / 3600.0) * years)
    anomaly = _radians(357.528 + 0.9856003 * days)
    longitude = _radians(280.460 + 0.9856474 * days) + np.radians(1.915 * np.sin(anomaly))
    sin_longitude = np.sin(longitude)
    sun_ra = np.arctan2(0.91748 * sin_longitude, np.cos(longitude))
    sun_sin_dec = 0.39777 * sin_longitude
    sidereal = _radians(280.46062 + 360.98564737 * days + longitude_deg)
    sin_latitude, cos_latitude = np.sin(latitude), np.cos(latitude)
    target = sin_latitude * np.sin(dec) + cos_latitude * np.cos(dec) * np.cos(sidereal - ra)
    sun = sin_latitude * sun_sin_dec + cos_latitude * np.sqrt(1.0 - sun_sin_dec**2) * np.cos(sidereal - sun_ra)
    return np.degrees(np.arcsin(np.clip(target, -1, 1))), np.degrees(np.arcsin(np.clip(sun, -1, 1)))


def _radians(degrees: Floats) -> NDArray[np.float32]:
    """Return an angle of any size as radians in single precision, whose trigonometry costs a third."""
    return np.asarray(np.radians(np.mod(degrees + 180.0, 360.0) - 180.0, dtype=np.float64).astype(np.float32))


def altitudes(batch: Batch, rows: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Altitudes (rows, 3) in degrees of target and Sun at the start, the given time and the end of the exposure."""
    context = batch.context
    t_us = np.stack([batch.m.start_us[rows], batch.m.t_exact_us[rows], batch.m.end_us[rows]], axis=1)
    mjd = t_us / (86_400.0 * US_PER_S)
    short = np.all(t_us == t_us[:, :1], axis=1).all()
    mjd = mjd[:, :1] if short else mjd
    latitude, longitude = context.site_lat_deg[rows, None], context.site_lon_deg[rows, None]
    target, _ = almanac.altitude_azimuth(
        context.target_ra_deg[rows, None], context.target_dec_deg[rows, None], mjd, latitude, longitude
    )
    return target, almanac.sun_altitude(mjd, latitude, longitude)


def _from_the_ground(batch: Batch) -> Mask:
    return np.asarray(
        np.isfinite(batch.context.site_lat_deg)
        & np.isfinite(batch.context.site_lon_deg)
        & np.isfinite(batch.context.target_ra_deg)
        & np.isfinite(batch.context.target_dec_deg)
        & is_time(batch)
        & batch.is_optical
    )


def observable(batch: Batch) -> Iterator[Finding]:
    """The Sun and the horizon: hard where no instant of the exposure could be, soft where one of them is doubtful."""
    (ground,) = np.nonzero(_from_the_ground(batch))
    context = batch.context
    target, sun = coarse_altitudes(
        context.target_ra_deg[ground],
        context.target_dec_deg[ground],
        batch.m.t_mjd[ground],
        context.site_lat_deg[ground],
        context.site_lon_deg[ground],
    )
    # the Earth turns 15 degrees an hour
    moved = np.nan_to_num(batch.m.exposure_s[ground]) / 240.0
    near_pole = np.abs(context.target_dec_deg[ground]) > 80.0
    doubtful = (target < TARGET_SOFT_DEG + COARSE_ERROR_DEG + moved) | near_pole
    doubtful |= sun > SUN_SOFT_DEG - COARSE_SUN_ERROR_DEG - moved
    rows = ground[doubtful]
    if len(rows) == 0:
        return
    target_deg, sun_deg = altitudes(batch, rows)
    yield from _judged(batch, SUN_UP, rows, sun_deg, SUN_HARD_DEG, SUN_SOFT_DEG, _sun_in_words)
    yield from _judged(batch, TARGET_LOW, rows, -target_deg, -TARGET_HARD_DEG, -TARGET_SOFT_DEG, _low_in_words)


def _judged(
    batch: Batch, check: Check, rows: NDArray[np.int64], value: Floats, hard: float, soft: float, words: Words
) -> Iterator[Finding]:
    """Make findings of what should stay below limits: all instants over the hard one, or any over the soft one."""
    best, worst = value.min(axis=1), value.max(axis=1)
    for index in np.flatnonzero(worst > soft).tolist():
        is_hard = best[index] > hard
        shown = float(best[index] if is_hard else worst[index])
        row = int(rows[index])
        yield Finding(row, check, QUARANTINED if is_hard else WARNING, shown - soft, words(batch, row, shown))


def _sun_in_words(batch: Batch, row: int, degrees: float) -> str:
    place = f"{_place(batch, row)} at MJD {batch.m.t_mjd[row]:.5f}"
    if degrees > 0:
        return f"The Sun was {degrees:.1f}° above the horizon of {place}."
    return f"The Sun was only {-degrees:.1f}° below the horizon of {place}."


def _low_in_words(batch: Batch, row: int, minus_degrees: float) -> str:
    side = "above" if minus_degrees < 0 else "below"
    word = "only " if minus_degrees < 0 else ""
    return (
        f"The target was {word}{abs(minus_degrees):.1f}° {side} the horizon of {_place(batch, row)} "
        f"at MJD {batch.m.t_mjd[row]:.5f}."
    )


def _place(batch: Batch, row: int) -> str:
    latitude, longitude = batch.context.site_lat_deg[row], batch.context.site_lon_deg[row]
    north = "N" if latitude >= 0 else "S"
    east = "E" if longitude >= 0 else "W"
    name = batch.m.telescope[row] or "its site"
    return f"{name} ({abs(latitude):.2f}° {north}, {abs(longitude):.2f}° {east})"


def position(batch: Batch) -> Iterator[Finding]:
    """Measured positions away from the target's: doubtful beyond 1.5 arcsec, wrong beyond 3 arcsec and the seeing."""
    m, context = batch.m, batch.context
    (rows,) = np.nonzero(np.isfinite(m.ra_deg) & np.isfinite(m.dec_deg) & np.isfinite(context.target_ra_deg))
    if len(rows) == 0:
        return
    ra_diff = np.mod(m.ra_deg[rows] - context.target_ra_deg[rows] + 180.0, 360.0) - 180.0
    dec_diff = m.dec_deg[rows] - context.target_dec_deg[rows]
    middle = np.radians((m.dec_deg[rows] + context.target_dec_deg[rows]) / 2.0)
    # the plane will do for a few arcseconds; for degrees only "far" matters
    arcsec = np.hypot(ra_diff * np.cos(middle), dec_diff) * 3600.0
    seeing = np.where(np.isfinite(m.fwhm_arcsec[rows]), m.fwhm_arcsec[rows], USUAL_SEEING_ARCSEC)
    hard = np.maximum(
        OFFSET_HARD_ARCSEC,
        MEASURED_SIGMAS * np.nan_to_num(m.position_err_arcsec[rows]) + np.minimum(seeing, 10.0) / 2.0,
    )
    for index in np.flatnonzero(arcsec > OFFSET_SOFT_ARCSEC).tolist():
        far = bool(arcsec[index] > hard[index])
        size = f"{arcsec[index]:.1f}″" if arcsec[index] < 3600 else f"{arcsec[index] / 3600:.2f}°"
        sentence = f"The measured position is {size} from the target"
        sentence += f"; {hard[index]:.1f}″ are allowed." if far else "."
        yield Finding(int(rows[index]), POSITION, QUARANTINED if far else WARNING, float(arcsec[index]), sentence)
