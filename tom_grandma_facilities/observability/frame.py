"""The frame of an altitude chart: time to the right, altitude upwards, hours of UTC below, airmass at the side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape

import numpy as np

from tom_grandma_facilities import almanac
from tom_grandma_facilities.observability.sight import Window
from tom_grandma_facilities.observability.stations import FloatArray

WIDTH, HEIGHT = 720.0, 310.0
LEFT, RIGHT, TOP, BOTTOM = 44.0, 44.0, 14.0, 46.0
ALTITUDES = (0, 30, 60, 90)
AIRMASSES = (1.0, 1.2, 1.5, 2.0, 3.0)
LABEL_HOURS = 3


@dataclass(frozen=True, slots=True)
class Frame:
    """Where times (MJD) and altitudes (degrees) lie in the drawing."""

    start: float
    end: float

    def x(self, mjd: float) -> float:
        """Place of a time, clipped to the frame."""
        part = (mjd - self.start) / (self.end - self.start)
        return LEFT + min(max(part, 0.0), 1.0) * (WIDTH - LEFT - RIGHT)

    def y(self, altitude_deg: float) -> float:
        """Place of an altitude, clipped to 0 to 90."""
        return TOP + (1.0 - min(max(altitude_deg, 0.0), 90.0) / 90.0) * (HEIGHT - TOP - BOTTOM)

    def curve(self, mjd: FloatArray, altitude_deg: FloatArray, windows: Sequence[Window], lowest: float = 0.0) -> str:
        """Path data of a curve within windows, where it stands above `lowest`; its ends are interpolated."""
        pieces = (piece for window in windows for piece in _pieces(mjd, altitude_deg, window, lowest))
        return "".join(self._piece(times, heights) for times, heights in pieces)

    def _piece(self, times: FloatArray, heights: FloatArray) -> str:
        points = (f"{self.x(t):.1f} {self.y(a):.1f}" for t, a in zip(times.tolist(), heights.tolist(), strict=True))
        return "M" + "L".join(points)

    def bands(self, css_class: str, windows: Iterable[Window], words: str) -> str:
        """Upright bands, with what they are when pointed at."""
        bottom = HEIGHT - BOTTOM
        return "".join(
            f'<rect class="{css_class}" x="{self.x(begin):.1f}" y="{TOP}" height="{bottom - TOP}"'
            f' width="{self.x(end) - self.x(begin):.1f}"><title>{escape(words)} {span_words(begin, end)}</title></rect>'
            for begin, end in windows
            if end > self.start and begin < self.end
        )

    def level(self, css_class: str, altitude_deg: float) -> str:
        """A level line."""
        return f'<path class="{css_class}" d="M{LEFT} {self.y(altitude_deg):.1f}H{WIDTH - RIGHT}"/>'

    def axes(self) -> str:
        """Grid, altitudes at the left, airmasses at the right, a tick every hour of UTC."""
        lines = "".join(f"M{LEFT} {self.y(a):.1f}H{WIDTH - RIGHT}" for a in ALTITUDES)
        labels = "".join(_label(LEFT - 5, self.y(a) + 4, "end", f"{a}°") for a in ALTITUDES)
        masses = "".join(_label(WIDTH - RIGHT + 5, self.y(_altitude_of(x)) + 4, "start", f"{x:.1f}") for x in AIRMASSES)
        return f'<path class="sights-grid" d="{lines}"/>{labels}<g class="sights-quiet">{masses}</g>{self._hours()}'

    def _hours(self) -> str:
        bottom = HEIGHT - BOTTOM
        marks = list(_full_hours(self.start, self.end))
        ticks = "".join(f"M{self.x(mjd):.1f} {bottom}v{6 if hour % LABEL_HOURS == 0 else 3}" for mjd, hour in marks)
        labels = "".join(
            _label(self.x(mjd), bottom + 19, "middle", f"{hour:02d}")
            for mjd, hour in marks
            if hour % LABEL_HOURS == 0 and LEFT + 4 < self.x(mjd) < WIDTH - RIGHT - 4
        )
        days = "".join(
            _label(self.x(mjd), bottom + 38, "middle", f"{almanac.datetime_of(mjd):%b %-d}")
            for mjd, hour in marks
            if hour == 0 and LEFT + 20 < self.x(mjd) < WIDTH - RIGHT - 20
        )
        return f'<path class="sights-tick" d="{ticks}"/>{labels}<g class="sights-quiet">{days}</g>'

    def opening(self, words: str, step_minutes: float) -> str:
        """The opening tag; what the read-out needs to know of the frame is in it."""
        start = almanac.datetime_of(self.start)
        return (
            f'<svg class="sights" viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}" role="img" aria-label="{escape(words)}"'
            f' data-start="{start:%Y-%m-%dT%H:%M:%SZ}" data-minutes="{(self.end - self.start) * 1440:.2f}"'
            f' data-step="{step_minutes:g}" data-left="{LEFT:g}" data-right="{WIDTH - RIGHT:g}"'
            f' data-top="{TOP:g}" data-bottom="{HEIGHT - BOTTOM:g}">'
        )


def cursor() -> str:
    """Draw the upright line that follows the pointer."""
    return f'<path class="sights-cursor" d="M0 {TOP}V{HEIGHT - BOTTOM}" visibility="hidden"/>'


def tenths(values: FloatArray) -> str:
    """Return numbers as whole tenths with blanks between, for the read-out."""
    return " ".join(str(value) for value in np.rint(10.0 * values).astype(int).tolist())


def span_words(begin: float, end: float) -> str:
    """Say "18:20 to 04:10 UTC"."""
    return f"{almanac.datetime_of(begin):%H:%M} to {almanac.datetime_of(end):%H:%M} UTC"


def _pieces(
    mjd: FloatArray, altitude_deg: FloatArray, window: Window, lowest: float
) -> Iterable[tuple[FloatArray, FloatArray]]:
    begin, end = max(window[0], mjd[0]), min(window[1], mjd[-1])
    if end <= begin:
        return
    inside = mjd[(mjd > begin) & (mjd < end)]
    times = np.concatenate([[begin], inside, [end]])
    heights = np.interp(times, mjd, altitude_deg)
    above = heights >= lowest
    if above.all():
        yield times, heights
        return
    edges = np.flatnonzero(above[1:] != above[:-1])
    part = (lowest - heights[edges]) / (heights[edges + 1] - heights[edges])
    crossings = times[edges] + part * (times[edges + 1] - times[edges])
    bounds = [*([times[0]] if above[0] else []), *crossings.tolist(), *([times[-1]] if above[-1] else [])]
    for first, last in zip(bounds[::2], bounds[1::2], strict=True):
        between = times[(times > first) & (times < last)]
        times_of_piece = np.concatenate([[first], between, [last]])
        yield times_of_piece, np.interp(times_of_piece, mjd, altitude_deg)


def _full_hours(start: float, end: float) -> Iterable[tuple[float, int]]:
    moment = almanac.datetime_of(start).replace(minute=0, second=0, microsecond=0)
    last: datetime = almanac.datetime_of(end)
    while moment <= last:
        mjd = almanac.mjd_of(moment)
        if mjd >= start:
            yield mjd, moment.hour
        moment += timedelta(hours=1)


def _label(x: float, y: float, anchor: str, text: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text}</text>'


def _altitude_of(airmass: float) -> float:
    """Altitude at which the atmosphere is this thick, from the formula the tables use."""
    altitudes = np.linspace(5.0, 90.0, 851)
    return float(np.interp(-airmass, -almanac.airmass(altitudes), altitudes))
