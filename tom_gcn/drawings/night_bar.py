"""One telescope's part of the planned window as a strip: night, Moon above the horizon, planned exposures."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape

Interval = tuple[datetime, datetime]
HEIGHT = 20
MINUTES_JOINED = 20.0  # exposures nearer than this are drawn as one block; slews are not seen at this scale


@dataclass(frozen=True, slots=True)
class Night:
    """What is drawn for one telescope; all times aware UTC."""

    start: datetime
    end: datetime
    nights: Sequence[Interval] = ()
    moon_up: Sequence[Interval] = ()
    planned: Sequence[Interval] = ()


def night_bar(night: Night) -> str:
    """Return the SVG strip; its title says the same in words."""
    minutes = _minutes(night.start, night.end)
    blocks = joined(night.planned, timedelta(minutes=MINUTES_JOINED))
    words = _words(night, blocks)
    parts = (
        _rects("bar-night", night.nights, night, 0, HEIGHT, "#c3cad2"),
        _rects("bar-moon", night.moon_up, night, HEIGHT - 4, 4, "#7b8794"),
        _rects("bar-planned", blocks, night, 3, HEIGHT - 9, "#0072b2"),
    )
    return (
        f'<svg class="night-bar" viewBox="0 0 {minutes:.0f} {HEIGHT}" preserveAspectRatio="none" role="img"'
        f' aria-label="{escape(words)}"><title>{escape(words)}</title>'
        f'<path class="bar-ground" d="M0 0H{minutes:.0f}V{HEIGHT}H0Z" fill="#e8ecf0"/>{"".join(parts)}</svg>'
    )


def joined(intervals: Iterable[Interval], gap: timedelta) -> list[Interval]:
    """Merge intervals that overlap or lie nearer to each other than `gap`."""
    merged: list[Interval] = []
    for start, end in sorted(intervals):
        if merged and start - merged[-1][1] <= gap:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def hour_marks(start: datetime, end: datetime, every: int = 6) -> list[tuple[float, str]]:
    """Where whole multiples of `every` hours UTC fall, as fractions of the window, and the hour to write there."""
    mark = start.replace(minute=0, second=0, microsecond=0)
    marks = []
    while mark <= end:
        if mark >= start and mark.hour % every == 0:
            marks.append(((mark - start) / (end - start), f"{mark.hour:02d}"))
        mark += timedelta(hours=1)
    return marks


def _rects(name: str, intervals: Iterable[Interval], night: Night, y: int, height: int, fill: str) -> str:
    data = "".join(
        f"M{_minutes(night.start, max(start, night.start)):.0f} {y}"
        f"H{_minutes(night.start, min(end, night.end)):.0f}V{y + height}"
        f"H{_minutes(night.start, max(start, night.start)):.0f}Z"
        for start, end in intervals
        if end > night.start and start < night.end
    )
    return f'<path class="{name}" d="{data}" fill="{fill}"/>' if data else ""


def _words(night: Night, blocks: Sequence[Interval]) -> str:
    sentences = [
        ("Night", night.nights, "No night"),
        ("Moon up", night.moon_up, "Moon down"),
        ("Observing", blocks, "Nothing planned"),
    ]
    parts = [f"{name} {_spans(intervals)}" if intervals else otherwise for name, intervals, otherwise in sentences]
    return f"{'; '.join(parts)} UTC"


def _spans(intervals: Sequence[Interval]) -> str:
    return ", ".join(f"{start:%H:%M} to {end:%H:%M}" for start, end in intervals)


def _minutes(start: datetime, moment: datetime) -> float:
    return (moment - start).total_seconds() / 60
