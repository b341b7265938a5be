"""A telescope's facts as rows for people and programs: what it is called, the number with its unit, the source.

The page and the API show the same rows, so that neither can leave out where a number comes from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from astropy import units as u

from tom_grandma_facilities.telescope import Camera, Fact, Telescope, UsageClass

UNIT_WORDS = {
    u.deg: ("deg", "deg"),
    u.m: ("m", "m"),
    u.s: ("s", "s"),
    u.deg / u.s: ("deg/s", "deg_per_s"),
}


@dataclass(frozen=True, slots=True)
class DescribedFact:
    """One row: ``key`` for programs, ``label`` and ``text`` for people."""

    group: str
    key: str
    label: str
    value: Any
    unit: str
    text: str
    source: str
    note: str

    @property
    def known(self) -> bool:
        """Whether there is a value."""
        return self.value is not None


def describe(group: str, key: str, label: str, fact: Fact[Any]) -> DescribedFact:
    """Return the row of one fact; ``key`` gains the unit, as numbers that leave a quantity do."""
    value, unit, suffix = _plain(fact.value)
    text = "unknown" if value is None else _text(fact.value, value, unit)
    return DescribedFact(group, key + suffix, label, value, unit, text, fact.source, fact.note)


def _plain(value: Any) -> tuple[Any, str, str]:
    """Return a fact's value as JSON can hold it, its unit, and the suffix of its key."""
    if isinstance(value, u.Quantity):
        word, suffix = UNIT_WORDS[value.unit]
        return float(value.value), word, f"_{suffix}"
    if isinstance(value, Enum):
        return (None if value.value == "unknown" else value.value), "", ""
    if isinstance(value, tuple):
        return list(value), "", ""
    return value, "", ""


def _text(raw: Any, value: Any, unit: str) -> str:
    if isinstance(raw, UsageClass):
        return f"{raw.label} ({raw.value})"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(value)
    if isinstance(value, float):
        return f"{value:.10g} {unit}".strip()
    return str(value)


def telescope_facts(telescope: Telescope) -> list[DescribedFact]:
    """Return every fact of a telescope, its cameras included, in the order of the page."""
    return [*_site(telescope), *_optics(telescope), *_cameras(telescope), *_limits(telescope), *_use(telescope)]


def _site(telescope: Telescope) -> Iterator[DescribedFact]:
    site = telescope.site
    yield describe("Site", "latitude", "Latitude", site.latitude)
    yield describe("Site", "longitude", "Longitude (east positive)", site.longitude)
    yield describe("Site", "elevation", "Elevation", site.elevation)


def _optics(telescope: Telescope) -> Iterator[DescribedFact]:
    yield describe("Telescope", "aperture", "Aperture", telescope.aperture)
    yield describe("Telescope", "slew_rate", "Slew rate", telescope.slew_rate)
    yield describe("Telescope", "robotic", "Robotic", telescope.robotic)


def _cameras(telescope: Telescope) -> Iterator[DescribedFact]:
    for camera in telescope.cameras:
        yield from camera_facts(camera)


def camera_facts(camera: Camera) -> Iterator[DescribedFact]:
    """Return the facts of one camera."""
    group = f"Camera {camera.name}" if camera.name != "not named" else "Camera (its name is not known)"
    yield describe(group, "field_width", f"Field of view, {field_word(camera)}", camera.width)
    if camera.height != camera.width:
        yield describe(group, "field_height", "Field of view, height", camera.height)
    yield describe(group, "filters", "Filters", camera.filters)
    yield describe(group, "readout", "Readout", camera.readout)
    yield describe(group, "overhead", "Overhead per exposure", camera.overhead)
    yield describe(group, "filter_change", "Change of filter", camera.filter_change)


def field_word(camera: Camera) -> str:
    """Say what the width of a field is: a side, a diameter, a width."""
    return {"square": "side of the square", "circle": "diameter", "rectangle": "width"}.get(camera.shape.value, "size")


def _limits(telescope: Telescope) -> Iterator[DescribedFact]:
    limits = telescope.limits
    yield describe("Limits", "min_altitude", "Lowest altitude", limits.min_altitude)
    yield describe("Limits", "moon_separation", "Smallest distance from the Moon", limits.moon_separation)
    yield describe("Limits", "declination_min", "Southernmost declination", limits.declination_min)
    yield describe("Limits", "declination_max", "Northernmost declination", limits.declination_max)
    yield describe("Limits", "twilight", "Altitude of the Sun below which it is dark", limits.twilight)


def _use(telescope: Telescope) -> Iterator[DescribedFact]:
    yield describe("Use", "default_exposure", "Exposure in plans", telescope.default_exposure)
    yield describe("Use", "default_filter", "Filter in plans", telescope.default_filter)
    yield describe("Use", "limiting_magnitude", "Limiting magnitude in plans [mag]", telescope.limiting_magnitude)
    yield describe("Use", "cookbook_limit", "Depth in the cookbook's words", telescope.cookbook_limit)
    yield describe("Use", "mode", "Mode", telescope.mode)
    yield describe("Use", "usage", "Usage class", telescope.usage)
    yield describe("Use", "trigger", "Trigger", telescope.trigger)
    yield describe("Use", "membership", "Member of GRANDMA", telescope.membership)
    yield describe("Use", "status", "Status in the cookbook's words", telescope.status)
