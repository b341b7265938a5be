"""What was asked, in words: for lists, pages and those who were asked."""

from __future__ import annotations

from dataclasses import dataclass

from astropy.coordinates import Angle

from tom_grandma_facilities.asking import Exposures
from tom_grandma_facilities.models import FollowUpRequest

CONSTRAINTS = {
    "min_altitude_deg": ("Altitude", "at least {:g}°"),
    "airmass_max": ("Airmass", "at most {:g}"),
    "moon_separation_min_deg": ("Moon", "at least {:g}° away"),
}


@dataclass(frozen=True)
class RequestLine:
    """A request as a row of the list."""

    request: FollowUpRequest
    may_change: bool = False

    @property
    def wish(self) -> str:
        """What it asks for, in a few words."""
        return ", ".join(exposure_words(self.request)) or "its part of a plan"

    @property
    def mood(self) -> str:
        """How it stands, for the style sheet."""
        return "silent" if self.request.is_silent and self.request.reminded_at else self.request.state


@dataclass(frozen=True)
class PlaceWords:
    """A position in degrees and as astronomers write it."""

    ra_deg: float
    dec_deg: float

    @property
    def ra_words(self) -> str:
        """Hours, minutes and seconds."""
        return str(Angle(self.ra_deg, "deg").to_string("hourangle", sep=":", precision=2, pad=True))

    @property
    def dec_words(self) -> str:
        """Degrees, minutes and seconds."""
        return str(Angle(self.dec_deg, "deg").to_string("deg", sep=":", precision=1, pad=True, alwayssign=True))


def exposure_words(row: FollowUpRequest) -> list[str]:
    """The exposures of a target: "3×120 s sdssr"."""
    return [str(Exposures(one["filter"], one["exposure_s"], one["count"])) for one in row.exposures]


def constraint_words(row: FollowUpRequest) -> list[tuple[str, str]]:
    """The constraints, each with its name."""
    given = {name: value for name, value in row.constraints.items() if name in CONSTRAINTS}
    return [(CONSTRAINTS[name][0], CONSTRAINTS[name][1].format(value)) for name, value in given.items()]


def place_of_request(row: FollowUpRequest) -> PlaceWords | None:
    """The position of its target; None for pointings and for targets that are gone."""
    target = row.target
    if target is None or target.ra is None or target.dec is None:
        return None
    return PlaceWords(float(target.ra), float(target.dec))
