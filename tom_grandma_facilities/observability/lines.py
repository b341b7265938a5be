"""What tables, the API and files say of a sight: its figures without its curves, small enough to keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tom_grandma_facilities import almanac
from tom_grandma_facilities.observability.ranking import State, rank, state_of, why_not
from tom_grandma_facilities.observability.sight import Interval, Sight
from tom_grandma_facilities.registry import TELESCOPES
from tom_grandma_facilities.telescope import Telescope, UsageClass


@dataclass(frozen=True, slots=True)
class Line:
    """One telescope and one position. ``best_*`` are of the moment it stands highest while it can be observed.

    ``moon_deg`` is the distance from the Moon at that moment, or at the begin when there is none.
    """

    telescope_name: str
    position_name: str
    ra_deg: float
    dec_deg: float
    state: State
    reason: str
    windows: tuple[Interval, ...]
    hours: float
    altitude_now_deg: float
    airmass_now: float | None
    best_at: datetime | None
    best_altitude_deg: float | None
    best_airmass: float | None
    meridian: datetime
    meridian_altitude_deg: float
    moon_deg: float
    moon_lit: float

    @property
    def telescope(self) -> Telescope:
        """The telescope of the registry."""
        return TELESCOPES[self.telescope_name]

    @property
    def usage(self) -> UsageClass:
        """How often it may be asked."""
        return self.telescope.usage.value or UsageClass.UNKNOWN

    @property
    def depth_mag(self) -> float | None:
        """Limiting magnitude [AB] that is planned with; None when nobody has published one."""
        return self.telescope.limiting_magnitude.value

    @property
    def depth_words(self) -> str:
        """Exposure and filter of that depth, as far as they are known: "60 s sdssr"."""
        telescope = self.telescope
        if telescope.limiting_magnitude.value is None:
            return ""
        exposure, band = telescope.default_exposure.value, telescope.default_filter.value
        return " ".join(filter(None, ("" if exposure is None else f"{exposure.value:g} s", band)))


def line_of(sight: Sight) -> Line:
    """Return the figures of a sight."""
    altitude = float(sight.altitude_deg[0])
    return Line(
        telescope_name=sight.telescope.name,
        position_name=sight.position.name,
        ra_deg=sight.position.ra_deg,
        dec_deg=sight.position.dec_deg,
        state=state_of(sight),
        reason=why_not(sight),
        windows=sight.windows,
        hours=sight.hours,
        altitude_now_deg=altitude,
        airmass_now=float(almanac.airmass(altitude)) if altitude > 0 else None,
        best_at=sight.best_at,
        best_altitude_deg=sight.best_altitude_deg,
        best_airmass=sight.best_airmass,
        meridian=sight.meridian,
        meridian_altitude_deg=sight.meridian_altitude_deg,
        moon_deg=sight.moon_deg,
        moon_lit=sight.lit,
    )


def ranked_lines(sights: Sequence[Sight]) -> tuple[Line, ...]:
    """Return the figures of sights in the order in which one asks."""
    return tuple(line_of(sight) for sight in rank(sights))
