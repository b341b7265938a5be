"""Altitudes against time as SVG: a position from all telescopes, from one with its twilight and Moon, and the targets
of a night from one telescope. Drawn from numbers and escaped words only; colours come from the style sheet.

Each curve carries its altitudes (tenths of a degree) and distances from the Moon as data, which the read-out of the
page interpolates: `static/tom_grandma_facilities/js/sights.js`.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from tom_grandma_facilities import almanac
from tom_grandma_facilities.observability.frame import LEFT, RIGHT, TOP, WIDTH, Frame, cursor, span_words, tenths
from tom_grandma_facilities.observability.ranking import State, state_of
from tom_grandma_facilities.observability.sight import STEP_MINUTES, Sight, Window
from tom_grandma_facilities.tonight import SUNSET_DEG

N_COLOURS = 8
N_DASHES = 3
EVERY = 2  # samples of the curves of many telescopes: twenty minutes
MOON_EVERY = 12  # two hours
_STATE_CLASSES = {State.NOW: "sight-now", State.SOON: "sight-soon", State.TONIGHT: "sight-tonight"}


def network_chart(sights: Sequence[Sight]) -> str:
    """Draw the parts of the curves in which each telescope can observe the position; the others have none.

    All sights share one span. Returns an empty string for none.
    """
    seen = [sight for sight in sights if sight.observable]
    if not sights:
        return ""
    frame = _frame(sights[0])
    words = _network_words(sights, seen)
    # The telescopes that can observe first lie on top.
    curves = "".join(_network_curve(frame, sight) for sight in reversed(seen))
    return f"{frame.opening(words, EVERY * STEP_MINUTES)}{frame.axes()}{curves}{cursor()}</svg>"


def sight_chart(sight: Sight) -> str:
    """Draw one telescope's 24 hours: day, twilight and night, its limit, the Moon, the curve, bold where observable."""
    frame = _frame(sight)
    whole = [(frame.start, frame.end)]
    meridian = f"M{frame.x(sight.meridian_mjd):.1f} {frame.y(sight.meridian_altitude_deg):.1f}v-6"
    parts = (
        _sky(frame, sight),
        frame.axes(),
        frame.level("sights-limit", sight.min_altitude_deg),
        f'<path class="sights-moon" d="{frame.curve(sight.mjd, sight.moon_altitude_deg, whole)}"/>',
        f'<path class="sight-whole" d="{frame.curve(*sight.curve(), whole)}"/>',
        f'<path class="sights-meridian" d="{meridian}"/>',
        f'<g class="sight sight-now" {_data(sight, 1)}>{_seen(frame, sight)}</g>',
        cursor(),
    )
    return f"{frame.opening(_sight_words(sight), STEP_MINUTES)}{''.join(parts)}</svg>"


def night_chart(sights: Sequence[Sight]) -> str:
    """Draw the curves of many targets from one telescope, each with its number and colour, over twilight and Moon.

    Returns an empty string for no targets.
    """
    if not sights:
        return ""
    first, frame = sights[0], _frame(sights[0])
    words = (
        f"Altitudes of {len(sights)} targets at {first.telescope.name}, {first.start:%Y-%m-%d %H:%M} to"
        f" {first.end:%Y-%m-%d %H:%M} UTC."
    )
    whole = [(frame.start, frame.end)]
    moon = f'<path class="sights-moon" d="{frame.curve(first.mjd, first.moon_altitude_deg, whole)}"/>'
    curves = "".join(_target_curve(frame, sight, place) for place, sight in enumerate(sights))
    limit = frame.level("sights-limit", first.min_altitude_deg)
    return (
        f"{frame.opening(words, STEP_MINUTES)}{_sky(frame, first)}{frame.axes()}{limit}{moon}{curves}{cursor()}</svg>"
    )


def _frame(sight: Sight) -> Frame:
    return Frame(float(sight.mjd[0]), float(sight.mjd[-1]))


def _sky(frame: Frame, sight: Sight) -> str:
    """Day is the ground; twilight lies over it, night over twilight."""
    sun_down = _below(sight, SUNSET_DEG)
    return (
        frame.bands("sights-day", [(frame.start, frame.end)], "day")
        + frame.bands("sights-twilight", sun_down, "Sun below the horizon")
        + frame.bands("sights-night", sight.dark, "dark")
    )


def _below(sight: Sight, sun_deg: float) -> list[Window]:
    site = sight.telescope.site
    start, end = float(sight.mjd[0]), float(sight.mjd[-1])
    return almanac.night_windows(start, end, site.latitude_deg, site.longitude_deg, sun_deg)


def _network_curve(frame: Frame, sight: Sight) -> str:
    """One telescope's curve, drawn and read only while it can observe: the minutes are in ``data-seen``."""
    look = _STATE_CLASSES[state_of(sight)]
    minutes = (round((edge - frame.start) * 1440.0) for window in sight.observable for edge in window)
    seen = " ".join(map(str, minutes))
    data = f'{_data(sight, EVERY)} data-seen="{seen}"'
    return f'<g class="sight {look}" {data}>{_seen(frame, sight, every=EVERY)}</g>'


def _target_curve(frame: Frame, sight: Sight, place: int) -> str:
    name = sight.position.name
    look = f"sight-colour-{place % N_COLOURS} sight-dash-{place // N_COLOURS % N_DASHES}"
    whole = frame.curve(*sight.curve(), [(frame.start, frame.end)])
    moment = float(sight.mjd[np.argmax(sight.altitude_deg)]) if sight.best_mjd is None else sight.best_mjd
    number = ""
    if sight.altitude_at(moment) > 0:
        x = min(max(frame.x(moment), LEFT + 8.0), WIDTH - RIGHT - 8.0)
        y = max(frame.y(sight.altitude_at(moment)) - 4.0, TOP)
        number = f'<text class="sight-number" x="{x:.1f}" y="{y:.1f}" text-anchor="middle">{place + 1}</text>'
    return (
        f'<g class="sight {look}" {_data(sight, 1, name)}><path class="sight-whole" d="{whole}"/>'
        f"{_seen(frame, sight, name)}{number}</g>"
    )


def _seen(frame: Frame, sight: Sight, name: str = "", every: int = 1) -> str:
    path = frame.curve(*sight.curve(every), sight.observable)
    spans = ", ".join(span_words(begin, end) for begin, end in sight.observable)
    title = escape(f"{name or sight.telescope.name}: {spans}")
    return f'<path class="sight-seen" d="{path}"><title>{title}</title></path>' if path else ""


def _data(sight: Sight, every: int, name: str = "") -> str:
    """Attributes for the read-out."""
    return (
        f'data-name="{escape(name or sight.telescope.name)}" data-altitudes="{tenths(sight.altitude_deg[::every])}"'
        f' data-moon="{tenths(sight.moon_separation_deg[::MOON_EVERY])}" data-meridian="{sight.meridian:%H:%M}"'
    )


def _network_words(sights: Sequence[Sight], seen: Sequence[Sight]) -> str:
    now = sum(state_of(sight) is State.NOW for sight in seen)
    soon = sum(state_of(sight) is State.SOON for sight in seen)
    return (
        f"Altitudes from {sights[0].start:%Y-%m-%d %H:%M} UTC over 24 hours: {len(seen)} of {len(sights)} telescopes"
        f" can observe it, {now} now and {soon} within two hours."
    )


def _sight_words(sight: Sight) -> str:
    spans = ", ".join(span_words(begin, end) for begin, end in sight.observable)
    can = f"observable {spans}" if spans else "not observable"
    return (
        f"Altitude at {sight.telescope.name} from {sight.start:%Y-%m-%d %H:%M} UTC over 24 hours: {can}; meridian"
        f" {sight.meridian:%H:%M} UTC at {sight.meridian_altitude_deg:.0f} degrees."
    )
