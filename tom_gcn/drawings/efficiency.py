"""Probability to see a source against its absolute magnitude, as SVG; bright sources stand on the left."""

from collections.abc import Sequence
from html import escape

from tom_gcn.wording import in_a_sentence, probability

WIDTH, HEIGHT = 640.0, 180.0
LEFT, RIGHT, TOP, BOTTOM = 40.0, 12.0, 8.0, 24.0
LABEL_EVERY = 2


def efficiency_curve(points: Sequence[tuple[float, float]], marked: float) -> str:
    """Return the SVG of (absolute magnitude, probability) in ascending magnitude, `marked` as a line upright."""
    low, high = points[0][0], points[-1][0]
    path = "M" + " ".join(f"{_x(mag, low, high):.1f},{_y(value):.1f}" for mag, value in points)
    at = min(points, key=lambda point: abs(point[0] - marked))
    percent = in_a_sentence(probability(at[1]))
    words = f"A source of absolute magnitude {marked:g} is seen with a probability of about {percent}."
    line = f"M{_x(marked, low, high):.1f} {TOP}V{HEIGHT - BOTTOM}" if low <= marked <= high else ""
    return (
        f'<svg class="curve" viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}" role="img" aria-label="{escape(words)}">'
        f"<title>{escape(words)}</title>{_axes(low, high)}"
        f'<path class="curve-bound" d="{line}" stroke="#b34700" stroke-width="1.5" stroke-dasharray="3 3"/>'
        f'<path class="curve-line" d="{path}" fill="none" stroke="#0072b2" stroke-width="2"/></svg>'
    )


def _axes(low: float, high: float) -> str:
    grid = "".join(f"M{LEFT} {_y(value):.1f}H{WIDTH - RIGHT}" for value in (0.0, 0.5, 1.0))
    levels = "".join(
        f'<text x="{LEFT - 5}" y="{_y(value) + 4:.1f}" text-anchor="end">{100 * value:.0f}%</text>'
        for value in (0.0, 0.5, 1.0)
    )
    marks = [mag for mag in range(int(low), int(high) + 1) if mag % LABEL_EVERY == 0]
    labels = "".join(
        f'<text x="{_x(mag, low, high):.1f}" y="{HEIGHT - 7}" text-anchor="middle">{mag}</text>' for mag in marks
    )
    return (
        f'<path class="curve-grid" d="{grid}" stroke="#d5dbe1"/>'
        f'<g class="curve-label" font-size="11" font-family="sans-serif" fill="#55606c">{levels}{labels}</g>'
    )


def _x(mag: float, low: float, high: float) -> float:
    return LEFT + (mag - low) / (high - low) * (WIDTH - LEFT - RIGHT)


def _y(value: float) -> float:
    return TOP + (1 - value) * (HEIGHT - TOP - BOTTOM)
