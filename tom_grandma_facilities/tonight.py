"""Where a telescope stands between day and night now, in numbers and in words. Pure; no Django."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from astropy import units as u

from tom_grandma_facilities import almanac
from tom_grandma_facilities.registry import TELESCOPES
from tom_grandma_facilities.telescope import Telescope

Interval = tuple[datetime, datetime]

SUNSET_DEG = -0.833  # upper limb on the horizon with 34 arcmin of refraction
STRIP_HOURS = 24.0
AHEAD_DAYS = 1.0
MOON_SAMPLES = 289  # every five minutes of a day


@dataclass(frozen=True, slots=True)
class TelescopeNow:
    """One telescope at one moment, for lists and the map.

    ``changes_at`` is when it gets dark or light next, None when it does neither within 24 hours.
    """

    telescope: Telescope
    latitude_deg: float
    longitude_deg: float
    sun_altitude_deg: float
    moon_altitude_deg: float
    is_dark: bool
    changes_at: datetime | None
    words: str


@dataclass(frozen=True, slots=True)
class Tonight:
    """The day and night of one telescope around one moment.

    ``start`` to ``end`` are the 24 hours of the strip, from local noon to local noon, of the night that is not over
    yet (so ``now`` may lie before ``start``); ``night``, ``twilight`` and
    ``moon_up`` are intervals in it (twilight includes the night: it is the time with the Sun below the horizon).
    ``twilight_deg`` is the altitude of the Sun below which this telescope calls it dark.
    """

    telescope: Telescope
    now: datetime
    start: datetime
    end: datetime
    twilight_deg: float
    night: tuple[Interval, ...]
    twilight: tuple[Interval, ...]
    moon_up: tuple[Interval, ...]
    moon_illumination: float
    moon_altitude_deg: float
    sun_altitude_deg: float
    is_dark: bool
    changes_at: datetime | None
    words: str

    @property
    def dark_hours(self) -> float:
        """Hours of darkness in the strip."""
        return sum((end - begin).total_seconds() for begin, end in self.night) / 3600.0


def twilight_deg(telescope: Telescope) -> float:
    """Altitude of the Sun in degrees below which it is dark for this telescope."""
    value = telescope.limits.twilight.value
    if value is None:
        raise ValueError(f"{telescope.name} declares no twilight.")
    return float(value.to_value(u.deg))


def network_now(now: datetime, telescopes: Iterable[Telescope] | None = None) -> list[TelescopeNow]:
    """Every telescope whose site is known, at one moment; all of the registry unless `telescopes` is given.

    Parameters
    ----------
    now
        An aware datetime.

    Returns
    -------
    list of TelescopeNow
        In the order given; telescopes without a site are left out.
    """
    located = [telescope for telescope in (telescopes or TELESCOPES.values()) if telescope.site.known]
    if not located:
        return []
    mjd = almanac.mjd_of(now)
    latitude = np.array([telescope.site.latitude_deg for telescope in located])
    longitude = np.array([telescope.site.longitude_deg for telescope in located])
    limit = np.array([twilight_deg(telescope) for telescope in located])
    windows = almanac.network_night_windows(mjd, mjd + AHEAD_DAYS, latitude, longitude, limit)
    sun = almanac.sun_altitude(mjd, latitude, longitude)
    moon_ra, moon_dec, _, _ = almanac.moon_topocentric(mjd, latitude, longitude)
    moon, _ = almanac.altitude_azimuth(moon_ra, moon_dec, mjd, latitude, longitude)
    return [
        _at_moment(telescope, now, float(sun[i]), float(moon[i]), windows[i], float(limit[i]))
        for i, telescope in enumerate(located)
    ]


def _at_moment(
    telescope: Telescope,
    now: datetime,
    sun_altitude_deg: float,
    moon_altitude_deg: float,
    windows: Sequence[tuple[float, float]],
    limit_deg: float,
) -> TelescopeNow:
    is_dark = sun_altitude_deg < limit_deg
    changes_at = _next_change(now, is_dark, windows)
    return TelescopeNow(
        telescope=telescope,
        latitude_deg=telescope.site.latitude_deg,
        longitude_deg=telescope.site.longitude_deg,
        sun_altitude_deg=sun_altitude_deg,
        moon_altitude_deg=moon_altitude_deg,
        is_dark=is_dark,
        changes_at=changes_at,
        words=darkness_in_words(now, is_dark, changes_at),
    )


def _next_change(now: datetime, is_dark: bool, windows: Sequence[tuple[float, float]]) -> datetime | None:
    """Return when the first window ends (dark now) or begins (light now), None when that is not within the span."""
    if not windows:
        return None
    edge = almanac.datetime_of(windows[0][1] if is_dark else windows[0][0])
    return edge if edge < now + timedelta(days=AHEAD_DAYS, seconds=-1) else None


def darkness_in_words(now: datetime, is_dark: bool, changes_at: datetime | None) -> str:
    """Say when it is dark: "dark now until 05:12 UTC", "dark from 18:20 UTC, in 2 h"."""
    if changes_at is None:
        return "dark for the next 24 h" if is_dark else "no darkness in the next 24 h"
    if is_dark:
        return f"dark now until {changes_at:%H:%M} UTC"
    return f"dark from {changes_at:%H:%M} UTC, in {_duration_in_words(changes_at - now)}"


def _duration_in_words(duration: timedelta) -> str:
    """Say how long, in minutes below an hour and a half and in whole hours above."""
    minutes = round(duration.total_seconds() / 60.0)
    return f"{minutes} min" if minutes < 90 else f"{round(minutes / 60)} h"


def tonight(telescope: Telescope, now: datetime) -> Tonight:
    """Darkness, twilight and Moon of one telescope in the 24 hours around a moment.

    Raises
    ------
    ValueError
        When the telescope's site is unknown, or `now` has no time zone.
    """
    latitude, longitude = telescope.site.latitude_deg, telescope.site.longitude_deg
    (moment,) = network_now(now, [telescope])
    limit = twilight_deg(telescope)
    start = _first_noon(almanac.mjd_of(now), latitude, longitude, limit)
    end = start + STRIP_HOURS / 24.0
    _, _, illumination, _ = almanac.moon_position(0.5 * (start + end))
    return Tonight(
        telescope=telescope,
        now=now,
        start=almanac.datetime_of(start),
        end=almanac.datetime_of(end),
        twilight_deg=limit,
        night=_as_datetimes(almanac.night_windows(start, end, latitude, longitude, limit)),
        twilight=_as_datetimes(almanac.night_windows(start, end, latitude, longitude, SUNSET_DEG)),
        moon_up=_as_datetimes(_moon_windows(start, end, latitude, longitude)),
        moon_illumination=float(illumination),
        moon_altitude_deg=moment.moon_altitude_deg,
        sun_altitude_deg=moment.sun_altitude_deg,
        is_dark=moment.is_dark,
        changes_at=moment.changes_at,
        words=moment.words,
    )


def _first_noon(mjd: float, latitude_deg: float, longitude_deg: float, limit_deg: float) -> float:
    """Local mean noon that begins the strip: the last one, or the coming one when this night is already over."""
    noon_of_day = 0.5 - longitude_deg / 360.0
    noon = float(np.floor(mjd - noon_of_day) + noon_of_day)
    night = almanac.night_windows(noon, noon + 1.0, latitude_deg, longitude_deg, limit_deg)
    return noon + 1.0 if night and night[-1][1] <= mjd else noon


def _moon_windows(start: float, end: float, latitude_deg: float, longitude_deg: float) -> list[tuple[float, float]]:
    """Intervals with the Moon's centre above the horizon, by linear interpolation: to about ten seconds."""
    times = np.linspace(start, end, MOON_SAMPLES)
    ra, dec, _, _ = almanac.moon_topocentric(times, latitude_deg, longitude_deg)
    altitude, _ = almanac.altitude_azimuth(ra, dec, times, latitude_deg, longitude_deg)
    (index,) = np.nonzero((altitude[1:] > 0) != (altitude[:-1] > 0))
    fraction = altitude[index] / (altitude[index] - altitude[index + 1])
    edges = [float(edge) for edge in times[index] + fraction * (times[1] - times[0])]
    if altitude[0] > 0:
        edges.insert(0, start)
    if len(edges) % 2:
        edges.append(end)
    return list(zip(edges[::2], edges[1::2], strict=True))


def _as_datetimes(windows: Sequence[tuple[float, float]]) -> tuple[Interval, ...]:
    return tuple((almanac.datetime_of(begin), almanac.datetime_of(end)) for begin, end in windows)
