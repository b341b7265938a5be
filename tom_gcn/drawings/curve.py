"""Probability the network reaches against time if its plan is carried out, as SVG."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from html import escape

from tom_gcn.drawings.night_bar import hour_marks
from tom_gcn.wording import fine_probability, in_a_sentence, probability

Step = tuple[datetime, float]
WIDTH, HEIGHT = 640.0, 180.0
LEFT, RIGHT, TOP, BOTTOM = 40.0, 12.0, 8.0, 24.0
MOST_DAYS = 10


def probability_curve(
    curve: Sequence[Step],
    start: datetime,
    end: datetime,
    *,
    bound: float | None = None,
    others: Sequence[Sequence[Step]] = (),
    what: str = "Planned",
) -> str:
    """Return the SVG of a rising staircase from 0 at `start`; the axis ends at the next 10 % above the highest.

    `bound` is drawn as a dashed line: no plan can cover more. `others` are the curves of other plans, dashed.
    `what` says whose probability it is.
    """
    highest = max((value for steps in (curve, *others) for _, value in steps), default=0.0)
    top = _axis_top(max(highest, bound or 0.0))
    steps = _steps(curve, start, end, top)
    words = _words(curve, what)
    if bound is not None:
        words += f" No plan can cover more than {in_a_sentence(fine_probability(bound))}."
    return (
        f'<svg class="curve" viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}" role="img" aria-label="{escape(words)}">'
        f"<title>{escape(words)}</title>{_value_axis(top)}{_time_axis(start, end)}"
        f'<path class="curve-fill" d="{steps}V{_y(0, top):.1f}H{LEFT}Z" fill="#0072b2" fill-opacity="0.15"/>'
        f"{''.join(_other(steps, start, end, top) for steps in others)}{_bound(bound, top)}"
        f'<path class="curve-line" d="{steps}" fill="none" stroke="#0072b2" stroke-width="2"/></svg>'
    )


def _other(curve: Sequence[Step], start: datetime, end: datetime, top: float) -> str:
    data = _steps(curve, start, end, top)
    return (
        f'<path class="curve-other" d="{data}" fill="none" stroke="#d55e00" stroke-width="2" stroke-dasharray="6 3"/>'
    )


def _bound(bound: float | None, top: float) -> str:
    if bound is None:
        return ""
    data = f"M{LEFT} {_y(bound, top):.1f}H{WIDTH - RIGHT}"
    return f'<path class="curve-bound" d="{data}" stroke="#b34700" stroke-width="1.5" stroke-dasharray="3 3"/>'


def _axis_top(highest: float) -> float:
    return min(1.0, max(0.1, -(-highest // 0.1) * 0.1))


def _steps(curve: Sequence[Step], start: datetime, end: datetime, top: float) -> str:
    data = f"M{LEFT} {_y(0, top):.1f}"
    for moment, value in curve:
        data += f"H{_x(moment, start, end):.1f}V{_y(value, top):.1f}"
    return f"{data}H{WIDTH - RIGHT}"


def _value_axis(top: float) -> str:
    values = [top * step / 2 for step in range(3)]
    lines = "".join(f"M{LEFT} {_y(value, top):.1f}H{WIDTH - RIGHT}" for value in values)
    labels = "".join(
        f'<text x="{LEFT - 5}" y="{_y(value, top) + 4:.1f}" text-anchor="end">{100 * value:.0f}%</text>'
        for value in values
    )
    return f'<path class="curve-grid" d="{lines}" stroke="#d5dbe1"/>{_text_group(labels)}'


def _time_axis(start: datetime, end: datetime) -> str:
    width = WIDTH - LEFT - RIGHT
    marks = _marks(start, end)
    ticks = "".join(f"M{LEFT + part * width:.1f} {HEIGHT - BOTTOM}v4" for part, _ in marks)
    labels = "".join(
        f'<text x="{LEFT + part * width:.1f}" y="{HEIGHT - 7}" text-anchor="middle">{label}</text>'
        for part, label in marks
    )
    return f'<path class="curve-grid" d="{ticks}" stroke="#7b8794"/>{_text_group(labels)}'


def _marks(start: datetime, end: datetime) -> list[tuple[float, str]]:
    """Every third hour of a day or two, the days of a longer time; more would write over each other."""
    if end - start <= timedelta(hours=36):
        return [(part, f"{hour}h") for part, hour in hour_marks(start, end, 3)]
    midnights = [(part, start + part * (end - start)) for part, _ in hour_marks(start, end, 24)]
    every = -(-len(midnights) // MOST_DAYS)
    return [(part, f"{moment + timedelta(minutes=1):%b %-d}") for part, moment in midnights[::every]]


def _text_group(labels: str) -> str:
    return f'<g class="curve-label" font-size="11" font-family="sans-serif" fill="#55606c">{labels}</g>'


def _x(moment: datetime, start: datetime, end: datetime) -> float:
    part = (moment - start) / (end - start)
    return LEFT + min(max(part, 0.0), 1.0) * (WIDTH - LEFT - RIGHT)


def _y(value: float, top: float) -> float:
    return TOP + (1 - value / top) * (HEIGHT - TOP - BOTTOM)


def _words(curve: Sequence[Step], what: str) -> str:
    if not curve:
        return f"Nothing is {what.lower()}."
    moment, value = curve[-1]
    return f"{what} probability against time: {in_a_sentence(probability(value))} by {moment:%Y-%m-%d %H:%M} UTC."
