"""When a telescope can take which field: nights, slots, altitude, Moon, declination.

With z(t) the unit vector to a site's zenith and m(t) the one to the Moon, both in ICRS axes, a field f is up when
``f . z(t) >= sin(limit)`` and away from the Moon when ``f . m(t) <= cos(limit)``: all fields against all slots are two
matrix products. Altitudes carry no refraction, which only makes the limits safer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from math import ceil

import numpy as np

from tom_gcn.planning.geometry import BoolArray, FloatArray, angles_deg, unit_vectors
from tom_gcn.planning.telescopes import PlanTelescope
from tom_grandma_facilities.almanac import altitude_azimuth, moon_topocentric, night_windows

Nights = tuple[tuple[float, float], ...]

SECOND = 1.0 / 86400.0
SAMPLED_SLOTS = 72
"""Enough to meet every field that is up for more than a few minutes."""
ALTITUDE_MARGIN_DEG = 0.2
MOON_MARGIN_DEG = 0.5
TWILIGHT_MARGIN_S = 60.0
"""The closed formulas differ from astropy by less than these; what is planned stays inside the limits in both."""
CAREFUL_DEG = 0.5
CAREFUL_S = 120.0
"""What is added to the margins when astropy refused a pointing all the same."""

ALTITUDE_STEP_S = 1800.0
"""Between two looks this far apart an altitude dips by at most 0.12 deg, at lower culmination; the margin covers it."""
MOON_DEG_PER_HOUR = 0.65
"""Fastest motion of the Moon as seen from the ground."""


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
    start_mjd : ndarray, shape (s,)
        Starts of the slots; each slot holds one whole pointing and the gap to the next.
    extra_margin_deg : float
        Added to the margins in altitude and for the Moon.
    """

    telescope: PlanTelescope
    span: tuple[float, float]
    nights: Nights
    start_mjd: FloatArray
    zenith: tuple[FloatArray, ...]
    moon: FloatArray
    moon_illumination: float
    extra_margin_deg: float = 0.0

    @property
    def slots(self) -> int:
        """Number of slots."""
        return len(self.start_mjd)

    def feasible(self, vectors: FloatArray) -> BoolArray:
        """Tell for fields (n, 3) and all slots whether the whole pointing keeps every limit, shape (n, s)."""
        result = self.up(vectors) & self.clear_of_moon(vectors)
        result[~self.in_declination(vectors)] = False
        return result

    def up(self, vectors: FloatArray) -> BoolArray:
        """Tell whether fields are above the altitude limit from start to end of the pointing, shape (n, s)."""
        limit = np.sin(np.radians(self.telescope.min_altitude_deg + ALTITUDE_MARGIN_DEG + self.extra_margin_deg))
        fields = vectors.astype(np.float32)
        result: BoolArray = np.ones((len(vectors), self.slots), dtype=bool)
        for zenith in self.zenith:
            result &= fields @ zenith.T.astype(np.float32) >= limit
        return result

    def clear_of_moon(self, vectors: FloatArray) -> BoolArray:
        """Tell whether fields keep the distance from the Moon, shape (n, s)."""
        moved = MOON_DEG_PER_HOUR * self.telescope.duration_s / 7200.0
        wanted = self.telescope.moon_separation_deg + MOON_MARGIN_DEG + self.extra_margin_deg + moved
        limit = np.cos(np.radians(min(wanted, 180.0)))
        result: BoolArray = vectors.astype(np.float32) @ self.moon.T.astype(np.float32) <= limit
        return result

    def in_declination(self, vectors: FloatArray) -> BoolArray:
        """Tell whether fields lie inside the declination limits, shape (n,)."""
        _, dec = angles_deg(vectors)
        result: BoolArray = (dec >= self.telescope.dec_min_deg) & (dec <= self.telescope.dec_max_deg)
        return result

    @cached_property
    def sampled(self) -> Sky:
        """The same sky at a few dozen slots spread evenly over the nights."""
        evenly = np.linspace(0, max(self.slots - 1, 0), min(SAMPLED_SLOTS, self.slots)).astype(int)
        # what rises before dawn or sets after dusk is up at the very edge of a night only
        edges = [np.searchsorted(self.start_mjd, night) - (0, 1) for night in self.nights]
        some = np.unique(np.clip(np.concatenate([evenly, *edges]), 0, max(self.slots - 1, 0)))[: self.slots]
        zenith = tuple(moment[some] for moment in self.zenith)
        return replace(self, start_mjd=self.start_mjd[some], zenith=zenith, moon=self.moon[some])

    def ever_visible(self, vectors: FloatArray) -> BoolArray:
        """Tell whether fields are feasible in any of the sampled slots, shape (n,)."""
        result: BoolArray = self.sampled.feasible(vectors).any(axis=1)
        return result

    def allowed_at(self, vector: FloatArray, start_mjd: float) -> bool:
        """Tell whether one field keeps every limit when its pointing starts at a time between the slots."""
        end = start_mjd + self.telescope.duration_s * SECOND
        if not any(low <= start_mjd and end <= high for low, high in self.nights):
            return False
        moment = _sky_at(self.telescope, self.span, self.nights, np.array([start_mjd]))
        return bool(replace(moment, extra_margin_deg=self.extra_margin_deg).feasible(vector[None, :])[0, 0])

    def with_slew(self, neighbour_deg: float) -> Sky:
        """Return the same sky with slots long enough for a slew of some degrees."""
        longer = sky_of(self.telescope, self.span, self.nights, neighbour_deg)
        return replace(longer, extra_margin_deg=self.extra_margin_deg)

    def careful(self) -> Sky:
        """Return the same sky with wider margins everywhere."""
        margin = CAREFUL_S * SECOND
        nights = tuple((low + margin, high - margin) for low, high in self.nights if high - low > 2.0 * margin)
        return replace(sky_of(self.telescope, self.span, nights), extra_margin_deg=CAREFUL_DEG)


def _slot_starts(night: tuple[float, float], step_s: float, duration_s: float) -> FloatArray:
    """Starts of slots that fit into a night, on whole seconds."""
    first = ceil(round(night[0] / SECOND, 3))
    last = night[1] / SECOND - duration_s
    step = ceil(step_s)
    return np.arange(first, last, step, dtype=float) * SECOND if last > first else np.empty(0)


def _sky_at(telescope: PlanTelescope, span: tuple[float, float], nights: Nights, starts: FloatArray) -> Sky:
    site = (telescope.latitude_deg, telescope.longitude_deg)
    duration = telescope.duration_s * SECOND
    moments = np.linspace(0.0, duration, 2 + int(telescope.duration_s / ALTITUDE_STEP_S))
    zenith = tuple(zenith_vectors(starts + moment, *site) for moment in moments)
    ra, dec, illumination, _ = moon_topocentric(starts + duration / 2.0, *site)
    brightness = float(np.max(illumination)) if len(starts) else 0.0
    return Sky(telescope, span, nights, starts, zenith, unit_vectors(ra, dec), brightness)


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


def sky_of(
    telescope: PlanTelescope, span: tuple[float, float], nights: Nights, neighbour_deg: float | None = None
) -> Sky:
    """Return the telescope's sky with slots long enough for a slew of ``neighbour_deg`` (default: the next field)."""
    distance = max(telescope.width_deg, telescope.height_deg) if neighbour_deg is None else neighbour_deg
    step = telescope.duration_s + telescope.gap_s(distance)
    starts = [_slot_starts(night, step, telescope.duration_s) for night in nights]
    return _sky_at(telescope, span, nights, np.concatenate([np.empty(0), *starts]))
