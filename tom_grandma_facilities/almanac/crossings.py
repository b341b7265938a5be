"""When a height that changes with time stays below a limit, for many heights at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tom_grandma_facilities.almanac.earth import FloatArray

Window = tuple[float, float]
Height = Callable[[FloatArray, NDArray[Any]], FloatArray]
"""Heights at times; the second array, which broadcasts against the times, says which row each time is asked for."""

SAMPLE_DAYS = 10.0 / 1440.0
BISECTIONS = 14  # ten minutes halved fourteen times: 0.04 s


def windows_below(
    height: Height, limit: FloatArray, start: float, end: float, step_days: float = SAMPLE_DAYS
) -> list[list[Window]]:
    """Intervals in which each row's height stays below its limit.

    Parameters
    ----------
    height
        Smooth, with at most one extreme in a step.
    limit
        Shape (n,): one per row.
    start, end
        The span, MJD.
    step_days
        Sampling before the crossings are bisected.

    Returns
    -------
    list of list of (start, end)
        Per row, MJD, in order, clipped to the span; edges within `step_days` / 2**14.

    Raises
    ------
    ValueError
        When the span is empty or runs backwards.
    """
    if not end > start:
        raise ValueError(f"The span must end after it starts: {start} to {end}.")
    samples = int(np.ceil((end - start) / step_days)) + 1
    grid = np.linspace(start, end, max(samples, 3))
    rows = np.arange(len(limit))[:, np.newaxis]
    times = _with_extremes(grid, height(grid, rows))
    below = height(times, rows) < limit[:, np.newaxis]
    row, sample = np.nonzero(below[:, 1:] != below[:, :-1])
    crossings = _bisect(height, limit[row], row, times[row, sample], times[row, sample + 1], below[row, sample])
    return [_intervals(start, end, bool(below[index, 0]), crossings[row == index]) for index in range(len(limit))]


def _with_extremes(grid: FloatArray, heights: FloatArray) -> FloatArray:
    """Sample times (row, sample) with each local extreme of the height put in place of its nearest sample.

    Between two neighbours the height is then monotonic, so that a polar night of a few minutes is not stepped over.
    """
    times = np.broadcast_to(grid, heights.shape).copy()
    before, middle, after = heights[:, :-2], heights[:, 1:-1], heights[:, 2:]
    bend = before - 2.0 * middle + after
    row, sample = np.nonzero(((middle - before) * (after - middle) <= 0.0) & (bend != 0.0))
    offset = 0.5 * (before - after)[row, sample] / bend[row, sample]
    times[row, sample + 1] += np.clip(offset, -0.99, 0.99) * (grid[1] - grid[0])
    return times


def _bisect(
    height: Height,
    limit: FloatArray,
    row: NDArray[Any],
    low: FloatArray,
    high: FloatArray,
    below_at_low: NDArray[np.bool_],
) -> FloatArray:
    """Times at which heights cross their limits between `low` and `high`, all crossings at once."""
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        same_side = (height(middle, row) < limit) == below_at_low
        low = np.where(same_side, middle, low)
        high = np.where(same_side, high, middle)
    return 0.5 * (low + high)


def _intervals(start: float, end: float, below_at_start: bool, crossings: FloatArray) -> list[Window]:
    """Pair crossings into intervals, beginning with the state at the start."""
    edges = [float(crossing) for crossing in crossings]
    if below_at_start:
        edges.insert(0, start)
    if len(edges) % 2:
        edges.append(end)
    return list(zip(edges[::2], edges[1::2], strict=True))
