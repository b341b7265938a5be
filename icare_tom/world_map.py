"""The network on a map of the world with day and night, as SVG: two user units a degree, longitude 0 in the middle."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from itertools import pairwise
from typing import cast

import contourpy
import numpy as np

from tom_grandma_facilities import almanac
from tom_grandma_facilities.tonight import SUNSET_DEG, TelescopeNow

WIDTH, HEIGHT = 720, 360
DARK_DEG = -18.0
_STEP_DEG = 3.0
# What contourpy gives for FillType.OuterOffset: points (n, 2) of each polygon, and where its rings begin in them.
_Filled = tuple[list[np.ndarray], list[np.ndarray]]
_FAR = datetime.max.replace(tzinfo=UTC)


def draw_world(now: datetime, telescopes: Iterable[TelescopeNow], land_url: str, link: str) -> str:
    """Return the SVG; `link` holds `{}` for a telescope's name."""
    # Dark ones last, so that they lie on top where telescopes share a mountain.
    dots = "".join(_dot(telescope, link) for telescope in sorted(telescopes, key=lambda t: -t.sun_altitude_deg))
    return (
        f'<svg class="world" viewBox="0 0 {WIDTH} {HEIGHT}" role="group"'
        f' aria-label="Telescopes of the network, day and night">'
        f'<path class="world-sea" d="M0 0H{WIDTH}V{HEIGHT}H0Z"/>'
        f'<use class="world-land" href="{escape(land_url)}#land" width="{WIDTH}" height="{HEIGHT}"/>'
        f'<path class="world-shade" d="{shade_path(now, SUNSET_DEG)}"/>'
        f'<path class="world-shade" d="{shade_path(now, DARK_DEG)}"/>{dots}</svg>'
    )


def light_of(telescope: TelescopeNow) -> str:
    """The light at a telescope in one word: dark, twilight or day."""
    if telescope.is_dark:
        return "dark"
    return "twilight" if telescope.sun_altitude_deg < SUNSET_DEG else "day"


def shade_path(now: datetime, sun_altitude_deg: float) -> str:
    """SVG path of where the Sun stands below an altitude."""
    longitude = np.arange(-180, 180 + _STEP_DEG, _STEP_DEG)
    latitude = np.arange(-90, 90 + _STEP_DEG, _STEP_DEG)
    altitude = almanac.sun_altitude(almanac.mjd_of(now), latitude[:, None], longitude[None, :])
    generator = contourpy.contour_generator(longitude, latitude, altitude, fill_type=contourpy.FillType.OuterOffset)
    polygons, offsets = cast(_Filled, generator.filled(-91.0, sun_altitude_deg))
    return " ".join(
        _ring(points[first:last])
        for points, cuts in zip(polygons, offsets, strict=True)
        for first, last in pairwise(cuts)
    )


def _ring(points: np.ndarray) -> str:
    return "M" + " ".join(f"{x:.0f},{y:.0f}" for x, y in (_place(lat, lon) for lon, lat in points)) + "Z"


def _place(latitude_deg: float, longitude_deg: float) -> tuple[float, float]:
    """User units of a place; 180 and -180 stay at their own edges."""
    east = longitude_deg if abs(longitude_deg) <= 180 else (longitude_deg + 180) % 360 - 180
    return 2 * (east + 180), 2 * (90 - latitude_deg)


def _dot(now: TelescopeNow, link: str) -> str:
    x, y = _place(now.latitude_deg, now.longitude_deg)
    words = f"{now.telescope.name}: {now.words}"
    return (
        f'<a href="{escape(link.format(now.telescope.name))}" aria-label="{escape(words)}">'
        f'<circle class="dot dot-{light_of(now)}" cx="{x:.1f}" cy="{y:.1f}" r="5">'
        f"<title>{escape(words)}</title></circle></a>"
    )


@dataclass(frozen=True)
class Group:
    """Telescopes in the same light, and the word between a name and the time at which that changes."""

    title: str
    word: str
    members: list[TelescopeNow]


def grouped(telescopes: Sequence[TelescopeNow]) -> list[Group]:
    """Telescopes as an advocate reads them: dark now, longest first; dark next, soonest first; then those without."""
    dark = sorted((t for t in telescopes if t.is_dark), key=lambda t: t.changes_at or _FAR, reverse=True)
    later = sorted((t for t in telescopes if not t.is_dark and t.changes_at), key=lambda t: t.changes_at or _FAR)
    never = [t for t in telescopes if not t.is_dark and not t.changes_at]
    groups = [
        Group("Dark now", "until", dark),
        Group("Dark next", "from", later),
        Group("No darkness within 24 h", "", never),
    ]
    return [group for group in groups if group.members]
