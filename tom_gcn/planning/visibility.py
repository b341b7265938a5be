"""When a telescope can take which field: nights, slots, altitude, hour angle, Moon, declination, Galactic latitude.

With z(t) the unit vector to a site's zenith and m(t) the one to the Moon, both in ICRS axes, a field f is up when
``f . z(t) >= sin(limit)`` and away from the Moon when ``f . m(t) <= cos(limit)``: all fields against all slots are two
matrix products. Altitudes carry no refraction, which only makes the limits safer. With p the pole of date and z' the
part of z at right angles to it, the hour angle h follows from ``f . z' = cos(h) |z'| sqrt(1 - (f . p)^2)``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from math import ceil

import numpy as np

from tom_gcn.planning.geometry import BoolArray, FloatArray, angles_deg, cosines, unit_vectors
from tom_gcn.planning.limits import moon_limit_deg
from tom_gcn.planning.telescopes import PlanTelescope
from tom_grandma_facilities.almanac import altitude_azimuth, moon_topocentric, night_windows

Nights = tuple[tuple[float, float], ...]

SECOND = 1.0 / 86400.0
ROUNDING = 1e-3 * SECOND
"""Times in a plan are written to the millisecond."""
SAMPLED_SLOTS = 72
"""Enough to meet every field that is up for more than a few minutes."""
ALTITUDE_MARGIN_DEG = 0.2
MOON_MARGIN_DEG = 0.5
HOUR_ANGLE_MARGIN_DEG = 0.2
TWILIGHT_MARGIN_S = 60.0
"""The closed formulas differ from astropy by less than these; what is planned stays inside the limits in both."""
CAREFUL_DEG = 0.5
CAREFUL_S = 120.0
"""What is added to the margins when astropy refused a pointing all the same."""

ALTITUDE_STEP_S = 1800.0
"""Between two looks this far apart an altitude dips by at most 0.12 deg, at lower culmination; the margin covers it."""
MOON_DEG_PER_HOUR = 0.65
"""Fastest motion of the Moon as seen from the ground."""
GALACTIC_POLE = unit_vectors(192.85948, 27.12825)
"""North pole of the Galaxy in ICRS axes (Hipparcos Catalogue, ESA SP-1200, vol. 1, section 1.5.3)."""


def zenith_vectors(mjd: FloatArray, latitude_deg: float, longitude_deg: float) -> FloatArray:
    """Return unit vectors, shape (n, 3), to a site's zenith in ICRS axes.

    The sine of the altitude is a linear function of the direction, so its value for the three axes is the vector.
    Aberration, 20 arcsec, is the error.
    """
    altitude, _ = altitude_azimuth(
        np.array([0.0, 90.0, 0.0]), np.array([0.0, 0.0, 90.0]), mjd[:, None], latitude_deg, longitude_deg
    )
    axes: FloatArray = np.sin(np.radians(altitude))
    return np.asarray(axes / np.linalg.norm(axes, axis=1, keepdims=True))


@dataclass(frozen=True, eq=False)
class Sky:
    """A telescope's sky over the plan's time span.

    Attributes
    ----------
    span : tuple of float
        Start and end of the plan, MJD UTC.
    nights : tuple of (start, end)
        Dark intervals, MJD UTC, shortened by a margin at twilight.
    free : tuple of (start, end)
        The same without what is taken already.
    start_mjd : ndarray, shape (s,)
        Starts of the slots; each slot holds one whole pointing and the gap to the next.
    illumination : ndarray, shape (s,)
        Lit fraction of the Moon.
    extra_margin_deg : float
        Added to the margins in altitude and for the Moon.
    """

    telescope: PlanTelescope
    span: tuple[float, float]
    nights: Nights
    free: Nights
    start_mjd: FloatArray
    zenith: tuple[FloatArray, ...]
    moon: FloatArray
    illumination: FloatArray
    extra_margin_deg: float = 0.0

    @property
    def slots(self) -> int:
        """Number of slots."""
        return len(self.start_mjd)

    def feasible(self, vectors: FloatArray) -> BoolArray:
        """Tell for fields (n, 3) and all slots whether the whole pointing keeps every limit, shape (n, s)."""
        result = self.up(vectors) & self.clear_of_moon(vectors)
        result[~self.in_reach(vectors)] = False
        return result

    def up(self, vectors: FloatArray) -> BoolArray:
        """Tell whether fields keep altitude and hour angle from start to end of the pointing, shape (n, s)."""
        result = self.high(vectors)
        if self.telescope.hour_angle_max_h < 12.0:
            result &= self._near_meridian(vectors)
        return result

    def high(self, vectors: FloatArray) -> BoolArray:
        """Tell whether fields are above the altitude limit from start to end of the pointing, shape (n, s)."""
        limit = np.sin(np.radians(self.telescope.min_altitude_deg + ALTITUDE_MARGIN_DEG + self.extra_margin_deg))
        result: BoolArray = np.ones((len(vectors), self.slots), dtype=bool)
        for zenith in self.zenith:
            result &= cosines(vectors, zenith) >= limit
        return result

    def _near_meridian(self, vectors: FloatArray) -> BoolArray:
        """Tell whether fields keep the hour angle from start to end of the pointing, shape (n, s)."""
        widest = 15.0 * self.telescope.hour_angle_max_h - HOUR_ANGLE_MARGIN_DEG - self.extra_margin_deg
        pole = zenith_vectors(np.array([self.span[0]]), 90.0, 0.0)[0]
        from_pole = np.sqrt(np.maximum(1.0 - (vectors @ pole) ** 2, 0.0))[:, None]
        result: BoolArray = np.ones((len(vectors), self.slots), dtype=bool)
        for zenith in self.zenith:
            south = zenith - (zenith @ pole)[:, None] * pole
            south /= np.maximum(np.linalg.norm(south, axis=1, keepdims=True), 1e-9)
            result &= vectors @ south.T >= np.cos(np.radians(widest)) * from_pole
        return result

    @cached_property
    def moon_limit_deg(self) -> FloatArray:
        """Least distance from the Moon in each slot, shape (s,)."""
        declared = self.telescope.moon_separation_deg
        if not self.telescope.moon_by_phase:
            return np.full(self.slots, declared)
        return moon_limit_deg(declared, self.illumination)

    def clear_of_moon(self, vectors: FloatArray) -> BoolArray:
        """Tell whether fields keep the distance from the Moon, shape (n, s)."""
        moved = MOON_DEG_PER_HOUR * self.telescope.duration_s / 7200.0
        wanted = self.moon_limit_deg + MOON_MARGIN_DEG + self.extra_margin_deg + moved
        limit = np.cos(np.radians(np.minimum(wanted, 180.0))).astype(np.float32)
        result: BoolArray = cosines(vectors, self.moon) <= limit
        return result

    def in_reach(self, vectors: FloatArray) -> BoolArray:
        """Tell whether fields lie inside the declination limits and off the Galactic plane, shape (n,)."""
        return self.in_declination(vectors) & self.off_the_plane(vectors)

    def in_declination(self, vectors: FloatArray) -> BoolArray:
        """Tell whether fields lie inside the declination limits, shape (n,)."""
        _, dec = angles_deg(vectors)
        result: BoolArray = (dec >= self.telescope.dec_min_deg) & (dec <= self.telescope.dec_max_deg)
        return result

    def off_the_plane(self, vectors: FloatArray) -> BoolArray:
        """Tell whether fields are far enough from the Galactic plane, shape (n,)."""
        least = np.sin(np.radians(self.telescope.galactic_latitude_min_deg))
        return np.asarray(np.abs(vectors @ GALACTIC_POLE) >= least)

    @cached_property
    def sampled(self) -> Sky:
        """The same sky at a few dozen slots spread evenly over the nights."""
        evenly = np.linspace(0, max(self.slots - 1, 0), min(SAMPLED_SLOTS, self.slots)).astype(int)
        # what rises before dawn or sets after dusk is up at the very edge of a night only
        edges = [np.searchsorted(self.start_mjd, night) - (0, 1) for night in self.free]
        some = np.unique(np.clip(np.concatenate([evenly, *edges]), 0, max(self.slots - 1, 0)))[: self.slots]
        zenith = tuple(moment[some] for moment in self.zenith)
        return replace(
            self,
            start_mjd=self.start_mjd[some],
            zenith=zenith,
            moon=self.moon[some],
            illumination=self.illumination[some],
        )

    def ever_visible(self, vectors: FloatArray) -> BoolArray:
        """Tell whether fields are feasible in any of the sampled slots, shape (n,)."""
        result: BoolArray = self.sampled.feasible(vectors).any(axis=1)
        return result

    def allowed_at(self, vector: FloatArray, start_mjd: float) -> bool:
        """Tell whether one field keeps every limit when its pointing starts at a time between the slots."""
        end = start_mjd + self.telescope.duration_s * SECOND
        if not any(low - ROUNDING <= start_mjd and end <= high + ROUNDING for low, high in self.free):
            return False
        moment = _sky_at(self, self.free, np.array([start_mjd]))
        return bool(replace(moment, extra_margin_deg=self.extra_margin_deg).feasible(vector[None, :])[0, 0])

    def with_slew(self, neighbour_deg: float) -> Sky:
        """Return the same sky with slots long enough for a slew of some degrees."""
        return _sky_at(self, self.free, _starts(self.telescope, self.free, neighbour_deg))

    def careful(self) -> Sky:
        """Return the same sky with wider margins everywhere."""
        margin = CAREFUL_S * SECOND
        free = tuple((low + margin, high - margin) for low, high in self.free if high - low > 2.0 * margin)
        return replace(_sky_at(self, free, _starts(self.telescope, free)), extra_margin_deg=CAREFUL_DEG)

    def without(self, taken: Nights) -> Sky:
        """Return the same sky without some intervals, in which the telescope does something else."""
        free = self.free
        for begin, end in taken:
            free = tuple(part for low, high in free for part in ((low, min(high, begin)), (max(low, end), high)))
            free = tuple((low, high) for low, high in free if high > low)
        return self if free == self.free else _sky_at(self, free, _starts(self.telescope, free))


def _slot_starts(night: tuple[float, float], step_s: float, duration_s: float) -> FloatArray:
    """Starts of slots that fit into a night, on whole seconds."""
    first = ceil(round(night[0] / SECOND, 3))
    last = night[1] / SECOND - duration_s
    step = ceil(step_s)
    return np.arange(first, last, step, dtype=float) * SECOND if last > first else np.empty(0)


def _starts(telescope: PlanTelescope, free: Nights, neighbour_deg: float | None = None) -> FloatArray:
    """Starts of all slots, long enough for a slew of ``neighbour_deg`` (default: to the next field)."""
    distance = max(telescope.width_deg, telescope.height_deg) if neighbour_deg is None else neighbour_deg
    step = telescope.duration_s + telescope.gap_s(distance)
    return np.concatenate([np.empty(0), *(_slot_starts(part, step, telescope.duration_s) for part in free)])


def _sky_at(sky: Sky, free: Nights, starts: FloatArray) -> Sky:
    """Return a sky with other slots."""
    telescope = sky.telescope
    site = (telescope.latitude_deg, telescope.longitude_deg)
    duration = telescope.duration_s * SECOND
    moments = np.linspace(0.0, duration, 2 + int(telescope.duration_s / ALTITUDE_STEP_S))
    zenith = tuple(zenith_vectors(starts + moment, *site) for moment in moments)
    ra, dec, illumination, _ = moon_topocentric(starts + duration / 2.0, *site)
    return Sky(
        telescope,
        sky.span,
        sky.nights,
        free,
        starts,
        zenith,
        unit_vectors(ra, dec),
        np.asarray(illumination),
        sky.extra_margin_deg,
    )


def dark_nights(telescope: PlanTelescope, start_mjd: float, end_mjd: float) -> Nights:
    """Return the telescope's dark intervals inside a span, MJD UTC, with the margin at twilight taken off.

    Where the telescope opens later than the span begins, only what is left of them then.
    """
    windows = night_windows(start_mjd, end_mjd, telescope.latitude_deg, telescope.longitude_deg, telescope.twilight_deg)
    margin = TWILIGHT_MARGIN_S * SECOND
    nights = (
        (low + margin if low > start_mjd else low, high - margin if high < end_mjd else high) for low, high in windows
    )
    opens = start_mjd if telescope.opens_mjd is None else telescope.opens_mjd
    return tuple((max(float(low), opens), float(high)) for low, high in nights if high > max(low, opens))


def sky_of(telescope: PlanTelescope, span: tuple[float, float], nights: Nights) -> Sky:
    """Return the telescope's sky, cut into slots long enough for a slew to the next field."""
    none = np.empty((0, 3))
    empty = Sky(telescope, span, nights, nights, np.empty(0), (), none, np.empty(0))
    return _sky_at(empty, nights, _starts(telescope, nights))
