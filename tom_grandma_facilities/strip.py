"""The 24 hours of a telescope as a strip of bands: geometry for the page, so that its template holds none. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tom_grandma_facilities.tonight import Interval, Tonight

WIDTH = 480.0  # units of the drawing: 20 per hour
BAND_TOP, BAND_HEIGHT = 2.0, 22.0
MOON_TOP, MOON_HEIGHT = 27.0, 5.0
TICK_HOURS = 3


@dataclass(frozen=True, slots=True)
class Band:
    """A rectangle: its CSS class, place and size, and what it says when pointed at."""

    css_class: str
    x: float
    y: float
    width: float
    height: float
    title: str


@dataclass(frozen=True, slots=True)
class Tick:
    """An hour mark."""

    x: float
    label: str


@dataclass(frozen=True, slots=True)
class Strip:
    """What the drawing consists of."""

    bands: tuple[Band, ...]
    ticks: tuple[Tick, ...]
    now_x: float | None
    description: str


def make_strip(night: Tonight) -> Strip:
    """Return the drawing of a night."""
    return Strip(
        bands=tuple(_bands(night)),
        ticks=tuple(_ticks(night)),
        now_x=_place(night, night.now) if night.start <= night.now < night.end else None,
        description=describe_night(night),
    )


def describe_night(night: Tonight) -> str:
    """Say in words what the strip shows, for those who cannot see it."""
    dark = _spans(night.night) or "none"
    moon = _spans(night.moon_up) or "never"
    return (
        f"{night.start:%Y-%m-%d %H:%M} to {night.end:%Y-%m-%d %H:%M} UTC. Dark: {dark}. "
        f"Moon, {night.moon_illumination:.0%} illuminated, above the horizon: {moon}. Now {night.now:%H:%M} UTC."
    )


def _spans(intervals: tuple[Interval, ...]) -> str:
    return ", ".join(f"{begin:%H:%M} to {end:%H:%M} UTC" for begin, end in intervals)


def _place(night: Tonight, moment: datetime) -> float:
    fraction = (moment - night.start) / (night.end - night.start)
    return round(min(max(fraction, 0.0), 1.0) * WIDTH, 1)


def _bands(night: Tonight) -> Iterator[Band]:
    """Day fills the strip; twilight lies over it, night over twilight, and the Moon below."""
    yield Band("strip-day", 0.0, BAND_TOP, WIDTH, BAND_HEIGHT, "day")
    layers = (
        ("strip-twilight", night.twilight, BAND_TOP, BAND_HEIGHT, "Sun below the horizon"),
        ("strip-night", night.night, BAND_TOP, BAND_HEIGHT, "dark"),
        ("strip-moon", night.moon_up, MOON_TOP, MOON_HEIGHT, "Moon above the horizon"),
    )
    for css_class, intervals, top, height, words in layers:
        for begin, end in intervals:
            x = _place(night, begin)
            title = f"{words} {begin:%H:%M} to {end:%H:%M} UTC"
            yield Band(css_class, x, top, round(_place(night, end) - x, 1), height, title)


def _ticks(night: Tonight) -> Iterator[Tick]:
    """Mark every third hour of UTC, those at the very ends left out so that no label is cut."""
    hour = night.start.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    while hour < night.end:
        x = _place(night, hour)
        if hour.hour % TICK_HOURS == 0 and 12.0 <= x <= WIDTH - 12.0:
            yield Tick(x, f"{hour:%H}")
        hour += timedelta(hours=1)
