"""One position from one telescope in the coming hours: altitudes, nights, and when it can be observed.

All pairs are computed together. A position is brought to the equator and equinox of date once; its altitude is then
spherical trigonometry with the sidereal time of the site, ``sin a = sin(lat) sin(dec) + cos(lat) cos(dec) cos(h)``
([1]_ of the almanac, chapter 13). Altitudes carry no refraction, as the limits of telescopes do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tom_grandma_facilities import almanac
from tom_grandma_facilities.observability.stations import FloatArray, Stations, stations_of
from tom_grandma_facilities.telescope import Telescope

Interval = tuple[datetime, datetime]
Window = tuple[float, float]

STEP_MINUTES = 10
HOURS = 24.0
MOON_STEP_DAYS = 30.0 / 1440.0
SIDEREAL_DAY = 0.99726956633  # days of UT1 ([4] of the almanac)
SHORTEST_DAYS = 1.0 / 1440.0
"""An opening shorter than a minute holds no exposure and would be an artefact of rounding."""


@dataclass(frozen=True, slots=True)
class Position:
    """A place on the sky, degrees ICRS, and what it is called."""

    name: str
    ra_deg: float
    dec_deg: float


@dataclass(frozen=True, eq=False)
class Sight:
    """One position from one telescope.

    Attributes
    ----------
    start_mjd, end_mjd
        The span, MJD UTC; `mjd` are its samples, ten minutes apart, shape (t,).
    altitude_deg, sun_altitude_deg, moon_altitude_deg, moon_separation_deg, moon_illumination
        At the samples, shape (t,).
    dark, up, observable
        Intervals in MJD: the Sun below the telescope's twilight; the position above the telescope's limit; both, and
        the Moon far enough, and the declination one that the telescope reaches.
    meridian_mjd
        The next upper culmination.
    """

    telescope: Telescope
    position: Position
    min_altitude_deg: float
    moon_limit_deg: float
    twilight_deg: float
    reaches_declination: bool
    mjd: FloatArray
    altitude_deg: FloatArray
    sun_altitude_deg: FloatArray
    moon_altitude_deg: FloatArray
    moon_separation_deg: FloatArray
    moon_illumination: FloatArray
    dark: tuple[Window, ...]
    up: tuple[Window, ...]
    observable: tuple[Window, ...]
    meridian_mjd: float
    meridian_altitude_deg: float

    @property
    def start(self) -> datetime:
        """Begin of the span."""
        return almanac.datetime_of(self.mjd[0])

    @property
    def end(self) -> datetime:
        """End of the span."""
        return almanac.datetime_of(self.mjd[-1])

    @property
    def meridian(self) -> datetime:
        """When it culminates next."""
        return almanac.datetime_of(self.meridian_mjd)

    @property
    def windows(self) -> tuple[Interval, ...]:
        """When it can be observed."""
        return _datetimes(self.observable)

    @property
    def nights(self) -> tuple[Interval, ...]:
        """When it is dark."""
        return _datetimes(self.dark)

    @property
    def up_windows(self) -> tuple[Interval, ...]:
        """When it stands above the telescope's limit, day or night: the edges are its rise and set there."""
        return _datetimes(self.up)

    @property
    def hours(self) -> float:
        """Hours in which it can be observed."""
        return 24.0 * sum(end - begin for begin, end in self.observable)

    @cached_property
    def best_mjd(self) -> float | None:
        """When it stands highest while it can be observed; None when it cannot."""
        if not self.observable:
            return None
        culminations = [self.meridian_mjd, self.meridian_mjd + SIDEREAL_DAY]
        moments = [moment for window in self.observable for moment in (*window, *culminations)]
        inside = [moment for moment in moments if any(begin <= moment <= end for begin, end in self.observable)]
        return max(inside, key=self.altitude_at)

    @property
    def best_at(self) -> datetime | None:
        """When it stands highest while it can be observed."""
        return None if self.best_mjd is None else almanac.datetime_of(self.best_mjd)

    @property
    def best_altitude_deg(self) -> float | None:
        """Its greatest altitude while it can be observed."""
        return None if self.best_mjd is None else self.altitude_at(self.best_mjd)

    @property
    def best_airmass(self) -> float | None:
        """The least airmass while it can be observed."""
        altitude = self.best_altitude_deg
        return None if altitude is None else float(almanac.airmass(altitude))

    @property
    def dark_altitude_deg(self) -> float | None:
        """Its greatest altitude in the dark, whether it can be observed or not; None when it does not get dark."""
        in_dark = self.sun_altitude_deg < self.twilight_deg
        return float(self.altitude_deg[in_dark].max()) if in_dark.any() else None

    @property
    def moon_deg(self) -> float:
        """Distance from the Moon when it stands highest while it can be observed, or at the begin of the span."""
        moment = self.mjd[0] if self.best_mjd is None else self.best_mjd
        return float(np.interp(moment, self.mjd, self.moon_separation_deg))

    @property
    def lit(self) -> float:
        """Illuminated fraction of the Moon's disk in the middle of the span."""
        return float(self.moon_illumination[len(self.moon_illumination) // 2])

    def curve(self, every: int = 1) -> tuple[FloatArray, FloatArray]:
        """Times and altitudes of every n-th sample, with the culminations put between them: near the zenith a drawing
        without them is blunt."""
        culminations = self.meridian_mjd + SIDEREAL_DAY * np.arange(np.ceil(self.mjd[-1] - self.meridian_mjd))
        inside = culminations[(culminations > self.mjd[0]) & (culminations < self.mjd[-1])]
        times = np.concatenate([self.mjd[::every], inside])
        heights = np.concatenate([self.altitude_deg[::every], np.full(inside.shape, self.meridian_altitude_deg)])
        order = np.argsort(times)
        return times[order], heights[order]

    def altitude_at(self, mjd: float) -> float:
        """Altitude at a moment of the span, interpolated; at the culmination the computed one."""
        if abs((mjd - self.meridian_mjd) % SIDEREAL_DAY) < 1e-9:
            return self.meridian_altitude_deg
        return float(np.interp(mjd, self.mjd, self.altitude_deg))


def look_at(
    position: Position, start: datetime, stations: Stations, hours: float = HOURS, step_minutes: float = STEP_MINUTES
) -> list[Sight]:
    """One position from many telescopes.

    Parameters
    ----------
    position
        Degrees ICRS.
    start
        Begin of the span, aware.
    stations
        The telescopes; the answer has their order.
    hours
        Length of the span.
    step_minutes
        Sampling of the curves; the intervals do not depend on it.

    Raises
    ------
    ValueError
        For a naive `start` and for an empty span.
    """
    return _look([position] * len(stations), start, stations, hours, step_minutes)


def look_from(
    telescope: Telescope, positions: Sequence[Position], start: datetime, hours: float = HOURS
) -> list[Sight]:
    """Many positions from one telescope, whose site must be known; as `look_at`, in the order of the positions."""
    return _look(positions, start, stations_of([telescope] * len(positions)), hours, STEP_MINUTES)


def _look(
    positions: Sequence[Position], start: datetime, stations: Stations, hours: float, step_minutes: float
) -> list[Sight]:
    begin = almanac.mjd_of(start)
    end = begin + hours / 24.0
    if not positions:
        return []
    pairs = _Pairs(positions, stations, begin, end)
    mjd = np.linspace(begin, end, max(int(np.ceil(hours * 60.0 / step_minutes)), 2) + 1)
    rows = np.arange(len(positions))[:, np.newaxis]
    altitude = pairs.altitude(mjd, rows)
    sun = almanac.sun_altitude(mjd, stations.latitude_deg[:, np.newaxis], stations.longitude_deg[:, np.newaxis])
    moon_altitude, moon_separation, lit = pairs.moon(mjd)
    dark, up, observable = pairs.windows()
    meridian = pairs.meridian()
    highest = pairs.altitude(meridian, rows[:, 0])
    return [
        Sight(
            telescope=stations.telescopes[row],
            position=positions[row],
            min_altitude_deg=float(stations.min_altitude_deg[row]),
            moon_limit_deg=float(stations.moon_separation_deg[row]),
            twilight_deg=float(stations.twilight_deg[row]),
            reaches_declination=bool(pairs.reached[row]),
            mjd=mjd,
            altitude_deg=altitude[row],
            sun_altitude_deg=sun[row],
            moon_altitude_deg=moon_altitude[row],
            moon_separation_deg=moon_separation[row],
            moon_illumination=lit,
            dark=tuple(dark[row]),
            up=tuple(up[row]),
            observable=tuple(observable[row]),
            meridian_mjd=float(meridian[row]),
            meridian_altitude_deg=float(highest[row]),
        )
        for row in range(len(positions))
    ]


class _Pairs:
    """Positions and the station each is seen from, as columns."""

    def __init__(self, positions: Sequence[Position], stations: Stations, begin: float, end: float) -> None:
        self.stations, self.begin, self.end = stations, begin, end
        self.ra_deg = np.array([position.ra_deg for position in positions])
        self.dec_deg = np.array([position.dec_deg for position in positions])
        apparent_ra, apparent_dec = almanac.apparent_place(self.ra_deg, self.dec_deg, 0.5 * (begin + end))
        self.apparent_ra_deg = apparent_ra
        self.sines = np.sin(np.radians(stations.latitude_deg)) * np.sin(np.radians(apparent_dec))
        self.cosines = np.cos(np.radians(stations.latitude_deg)) * np.cos(np.radians(apparent_dec))
        self.reached: NDArray[np.bool_] = (self.dec_deg >= stations.declination_min_deg) & (
            self.dec_deg <= stations.declination_max_deg
        )

    def altitude(self, mjd: FloatArray, rows: NDArray[Any]) -> FloatArray:
        """Altitude in degrees of the positions of `rows`."""
        turned = almanac.sidereal_true_deg(mjd, self.stations.longitude_deg[rows]) - self.apparent_ra_deg[rows]
        sine = self.sines[rows] + self.cosines[rows] * np.cos(np.radians(turned))
        result: FloatArray = np.degrees(np.arcsin(np.clip(sine, -1.0, 1.0)))
        return result

    def moon(self, mjd: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Altitude of the Moon and distance from it at each pair (n, t), and its illuminated fraction (t,).

        Seen from the ground, computed once per site: telescopes that stand together share it.
        """
        sites = np.stack([self.stations.latitude_deg, self.stations.longitude_deg], axis=-1)
        unique, which = np.unique(sites, axis=0, return_inverse=True)
        latitude, longitude = unique[:, 0, np.newaxis], unique[:, 1, np.newaxis]
        ra, dec, lit, _ = almanac.moon_topocentric(mjd, latitude, longitude)
        altitude, _ = almanac.altitude_azimuth(ra, dec, mjd, latitude, longitude)
        which = which.reshape(-1)
        columns = self.ra_deg[:, np.newaxis], self.dec_deg[:, np.newaxis]
        return altitude[which], almanac.separation_deg(ra[which], dec[which], *columns), lit[0]

    def meridian(self) -> FloatArray:
        """Return the first upper culmination of each pair after the begin, MJD, shape (n,)."""
        sidereal = almanac.sidereal_true_deg(self.begin, self.stations.longitude_deg)
        return self.begin + np.mod(self.apparent_ra_deg - sidereal, 360.0) / 360.0 * SIDEREAL_DAY

    def windows(self) -> tuple[list[list[Window]], list[list[Window]], list[list[Window]]]:
        """Return when it is dark, when the position is up, and when it can be observed, per pair."""
        stations = self.stations
        dark = almanac.network_night_windows(
            self.begin, self.end, stations.latitude_deg, stations.longitude_deg, stations.twilight_deg
        )
        up = almanac.windows_below(
            lambda mjd, rows: -self.altitude(mjd, rows), -stations.min_altitude_deg, self.begin, self.end
        )
        clear = self._clear_of_moon()
        observable = [
            _overlap(_overlap(dark[row], up[row]), clear[row]) if self.reached[row] else [] for row in range(len(up))
        ]
        return dark, up, observable

    def _clear_of_moon(self) -> list[list[Window]]:
        """When the Moon is far enough, by linear interpolation of half hours: it moves by half a degree an hour."""
        mjd = np.linspace(self.begin, self.end, int(np.ceil((self.end - self.begin) / MOON_STEP_DAYS)) + 2)
        _, separation, _ = self.moon(mjd)

        def nearness(moments: FloatArray, rows: NDArray[Any]) -> FloatArray:
            shape = np.broadcast_shapes(moments.shape, rows.shape)
            moments, rows = np.broadcast_to(moments, shape), np.broadcast_to(rows, shape)
            place = (moments - mjd[0]) / (mjd[1] - mjd[0])
            left = np.clip(place.astype(np.int64), 0, len(mjd) - 2)
            part = place - left
            distance: FloatArray = (1.0 - part) * separation[rows, left] + part * separation[rows, left + 1]
            return -distance

        return almanac.windows_below(nearness, -self.stations.moon_separation_deg, self.begin, self.end, MOON_STEP_DAYS)


def _overlap(one: Sequence[Window], other: Sequence[Window]) -> list[Window]:
    """Return what two lists of intervals have in common, without what is shorter than a minute."""
    parts = [(max(a, c), min(b, d)) for a, b in one for c, d in other]
    return sorted((begin, end) for begin, end in parts if end - begin > SHORTEST_DAYS)


def _datetimes(windows: Sequence[Window]) -> tuple[Interval, ...]:
    return tuple((almanac.datetime_of(begin), almanac.datetime_of(end)) for begin, end in windows)
