"""What a telescope is: frozen values with units, each with the place it was read.

A number that nobody has published stays unknown (``Fact.value is None``) and the telescope says in a sentence why it
cannot be planned. Nothing here knows Django; values live in ``tom_grandma_facilities.telescopes``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar

from astropy import units as u

T = TypeVar("T")

NAME_PATTERN = re.compile(r"[A-Za-z0-9.-]+")
PROJECT_DEFAULT = "project default"
NOT_FOUND = "not found in grandma_data, gwemopt 0.4.2 or the GRANDMA cookbook"


@dataclass(frozen=True, slots=True)
class Fact(Generic[T]):
    """One number or word and where it comes from.

    Attributes
    ----------
    value
        None when unknown.
    source
        The file, table or paper the value was read in; for an unknown value, where it was looked for.
    note
        Why the value is doubted, or which other value was rejected and why.
    """

    value: T | None
    source: str
    note: str = ""

    @property
    def known(self) -> bool:
        """Whether any source gave a value that is believed."""
        return self.value is not None


UNKNOWN: Fact[Any] = Fact(None, NOT_FOUND)


class Shape(StrEnum):
    """Outline of a camera's field on the sky."""

    SQUARE = "square"
    RECTANGLE = "rectangle"
    CIRCLE = "circle"
    UNKNOWN = "unknown"


SET_HERE = "set here by operators"


class UsageClass(StrEnum):
    """How often a telescope may be asked, in the words of the GRANDMA cookbook."""

    VF = "VF"
    F = "F"
    O = "O"  # noqa: E741  the cookbook's own letter
    R = "R"
    VR = "VR"
    NOP = "NOP"
    UNKNOWN = "unknown"

    @property
    def label(self) -> str:
        """The class in words."""
        return _USAGE_LABELS[self]


_USAGE_LABELS = {
    UsageClass.VF: "very frequent",
    UsageClass.F: "frequent",
    UsageClass.O: "occasional",
    UsageClass.R: "rare",
    UsageClass.VR: "very rare",
    UsageClass.NOP: "not operational",
    UsageClass.UNKNOWN: "unknown",
}


class Mode(StrEnum):
    """What a telescope does with a large localization."""

    TILING = "tiling"
    GALAXY = "galaxy targeting"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Site:
    """Where a telescope stands: geodetic latitude, longitude positive to the east, height above the sea."""

    latitude: Fact[u.Quantity]
    longitude: Fact[u.Quantity]
    elevation: Fact[u.Quantity]

    @property
    def known(self) -> bool:
        """Whether both coordinates are known."""
        return self.latitude.known and self.longitude.known

    @property
    def latitude_deg(self) -> float:
        """Latitude in degrees. Raises ValueError when unknown."""
        return _number(self.latitude, u.deg)

    @property
    def longitude_deg(self) -> float:
        """Longitude in degrees, positive to the east. Raises ValueError when unknown."""
        return _number(self.longitude, u.deg)


@dataclass(frozen=True, slots=True)
class Camera:
    """A detector on a telescope: its field on the sky and how long it takes around an exposure.

    ``width`` is the diameter of a circular field; ``height`` equals it for squares and circles. ``filters`` are the
    names of grandma_data (``sdssg``, ``bessellr``, ``ps1::open`` for no filter). ``overhead`` is added per exposure,
    ``filter_change`` per change of filter.
    """

    name: str
    kind: str
    shape: Shape = Shape.UNKNOWN
    width: Fact[u.Quantity] = UNKNOWN
    height: Fact[u.Quantity] = UNKNOWN
    filters: Fact[tuple[str, ...]] = UNKNOWN
    readout: Fact[u.Quantity] = UNKNOWN
    overhead: Fact[u.Quantity] = UNKNOWN
    filter_change: Fact[u.Quantity] = UNKNOWN

    @property
    def has_field(self) -> bool:
        """Whether the field of view is known."""
        return self.width.known and self.height.known


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a telescope may point and when.

    ``moon_separation`` is the smallest angle to the Moon; the declination limits are None when there are none that we
    know; ``twilight`` is the altitude of the Sun below which it is dark enough.
    """

    min_altitude: Fact[u.Quantity]
    moon_separation: Fact[u.Quantity]
    declination_min: Fact[u.Quantity]
    declination_max: Fact[u.Quantity]
    twilight: Fact[u.Quantity]


@dataclass(frozen=True, slots=True)
class Telescope:
    """One telescope of the network, declared once, with the source of every number.

    Attributes
    ----------
    name
        Unique, letters, digits, dots and hyphens only, since it becomes a part of addresses and file names.
    full_name
        As the telescope's own team or the source writes it.
    limiting_magnitude
        AB magnitude reached in ``default_exposure`` with ``default_filter``, for planning.
    cookbook_limit
        What the GRANDMA cookbook says about depth, as text.
    membership
        True when grandma_data lists it; unknown (never False) when that could not be checked.
    status
        What the cookbook says about its state, as text.
    survey
        It observes by a programme of its own that GRANDMA cannot change (ATLAS, ZTF).
    status_in_doubt
        The cookbook lists it under "Telescopes with Unknown Status".
    """

    name: str
    full_name: str
    site: Site
    aperture: Fact[u.Quantity]
    cameras: tuple[Camera, ...]
    limits: Limits
    slew_rate: Fact[u.Quantity]
    default_exposure: Fact[u.Quantity]
    default_filter: Fact[str]
    limiting_magnitude: Fact[float]
    cookbook_limit: Fact[str]
    mode: Fact[Mode]
    usage: Fact[UsageClass]
    trigger: Fact[str]
    robotic: Fact[bool]
    membership: Fact[bool]
    status: Fact[str]
    aliases: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    retired: bool = False
    out_of_service: bool = False
    space: bool = False
    placeholder: bool = False
    survey: bool = False
    status_in_doubt: bool = False

    def __post_init__(self) -> None:
        if not NAME_PATTERN.fullmatch(self.name):
            raise ValueError(f"A telescope's name holds letters, digits, dots and hyphens only: {self.name!r}.")

    @property
    def planning_camera(self) -> Camera | None:
        """The camera that plans use: the first whose field of view is known."""
        return next((camera for camera in self.cameras if camera.has_field), None)

    @property
    def filters(self) -> tuple[str, ...]:
        """Filters of all cameras, each once, in their order."""
        return tuple(dict.fromkeys(name for camera in self.cameras for name in camera.filters.value or ()))

    def why_not_plannable(self) -> str:
        """One sentence that says why no plan can be made, or an empty string when one can."""
        if self.space:
            return "It is a space telescope; only ground-based telescopes are planned here."
        if self.placeholder:
            return "It is a placeholder in the source, not a telescope."
        if self.retired:
            return f"It is retired ({self.status.value})."
        if self.out_of_service:
            return f"It is out of service ({self.status.value})."
        if self.usage.value is UsageClass.NOP:
            who = "Operators of this site say" if self.usage.source == SET_HERE else "The cookbook says"
            return f"{who} that it is not operational for GRANDMA."
        return self._why_unknown()

    def _why_unknown(self) -> str:
        if not self.site.known:
            return "Its site is not known from any public source."
        if self.planning_camera is None:
            rejected = next((camera.width.note for camera in self.cameras if camera.width.note), "")
            return "No field of view is known from any public source." + (f" {rejected}." if rejected else "")
        return ""

    def why_not_in_network(self) -> str:
        """One sentence that says why a network plan leaves it out unless it is chosen, or an empty string.

        A plan is a request to people. By default it asks the telescopes that can be planned, that grandma_data lists,
        that do not follow a survey programme of their own, and whose state the cookbook does not doubt. All others
        that can be planned may be chosen by name.
        """
        if reason := self.why_not_plannable():
            return reason
        if self.survey:
            return "It is a survey with its own programme; GRANDMA does not schedule it."
        if not self.membership.value:
            return "Its membership in GRANDMA was not checked."
        if self.status_in_doubt:
            return f"The cookbook lists it under unknown status: {self.status.value}."
        return ""

    @property
    def in_network(self) -> bool:
        """Whether a network plan asks this telescope without being told to (see `why_not_in_network`)."""
        return not self.why_not_in_network()


def _number(fact: Fact[u.Quantity], unit: u.UnitBase) -> float:
    """Return the plain number of a known fact in a unit."""
    if fact.value is None:
        raise ValueError(f"This value is unknown ({fact.source}).")
    return float(fact.value.to_value(unit))
