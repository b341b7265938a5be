"""Cameras that expose several filters at once: one alone where another clock would join the others."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from tom_photvalidation.checks.base import QUARANTINED, Batch, Check, Finding, combined
from tom_photvalidation.checks.times import is_time
from tom_photvalidation.measurements import US_PER_DAY, US_PER_S

CHANNELS = Check("channels", 20, QUARANTINED, "The other filters of the exposure are at another time")

TOGETHER_US = 2 * US_PER_S
FEWEST_OTHERS = 2
MOST_ALONE = 0.25  # share of a camera's rows
ZONES_AROUND = (-2, -1, 0, 1, 2)  # time zones follow borders and summers, not longitudes


HOUR_US = 3_600 * US_PER_S


def channels(batch: Batch) -> Iterator[Finding]:
    """Rows alone at their time, while at the time of a wrong clock two or more other filters lack just theirs."""
    (rows,) = np.nonzero(is_time(batch))
    if len(rows) <= FEWEST_OTHERS:
        return
    camera = combined(batch.target, batch.telescope, batch.camera)[rows]
    order = np.lexsort((batch.m.t_exact_us[rows], camera))
    rows, camera, t = rows[order], camera[order], batch.m.t_exact_us[rows[order]]
    lonely = _lonely(camera, t)
    if len(lonely) == 0:
        return
    # all cameras on one axis; times within the century of `is_time` and whole seconds leave room for 10^9 cameras
    length = int(t.max() - t.min()) // US_PER_S + 10 * 86_400
    axis = np.concatenate([[0], np.cumsum(np.diff(camera) != 0)]) * length + (t - t.min()) // US_PER_S
    for shift_us, names in _shifts(batch, rows[lonely]):
        meant = axis[lonely] - shift_us // US_PER_S
        low = np.searchsorted(axis, meant - TOGETHER_US // US_PER_S - 1)
        high = np.searchsorted(axis, meant + TOGETHER_US // US_PER_S + 1, side="right")
        for index in np.flatnonzero((high - low >= FEWEST_OTHERS) & (shift_us != 0)).tolist():
            there = rows[low[index] : high[index]]
            yield from _judged(batch, int(rows[lonely[index]]), there, int(shift_us[index]), names[index])


def _lonely(camera: NDArray[np.int64], t: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return positions of rows alone at their time, of cameras that otherwise expose filters together."""
    gap = (np.diff(camera) != 0) | (np.diff(t) > TOGETHER_US)
    alone = np.concatenate([[True], gap]) & np.concatenate([gap, [True]])
    # a camera many of whose rows are alone does not expose its filters together
    _, number = np.unique(camera, return_inverse=True)
    share = np.bincount(number, alone) / np.bincount(number)
    return np.flatnonzero(alone & (share[number] < MOST_ALONE))


def _shifts(batch: Batch, rows: NDArray[np.int64]) -> Iterator[tuple[NDArray[np.int64], list[str]]]:
    """Yield ways the clocks of rows may be wrong: microseconds ahead (0: not this way), and how to say it."""
    for name, days in (
        ("half a day ahead", 0.5),
        ("half a day behind", -0.5),
        ("a day ahead", 1),
        ("a day behind", -1),
    ):
        yield np.full(len(rows), int(days * US_PER_DAY)), [name] * len(rows)
    longitude = batch.context.site_lon_deg[rows]
    zone = np.rint(np.nan_to_num(longitude) / 15.0).astype(np.int64)
    for more in ZONES_AROUND:
        hours = np.where(np.isfinite(longitude), zone + more, 0)
        yield hours * HOUR_US, [f"in local time (UTC{ahead:+d} h)" for ahead in hours.tolist()]


def _judged(batch: Batch, row: int, there: NDArray[np.int64], shift_us: int, name: str) -> Iterator[Finding]:
    """Judge one row by the rows at the time it may mean."""
    t = batch.m.t_exact_us
    there = there[np.abs(t[there] - (t[row] - shift_us)) <= TOGETHER_US]
    filters = set(batch.filter.codes[there].tolist())
    if len(filters) < FEWEST_OTHERS or int(batch.filter.codes[row]) in filters:
        return
    moved = (int(t[row]) - shift_us) / US_PER_DAY
    sentence = (
        f"{len(filters)} other filters of {batch.m.telescope[row] or 'the telescope'} were exposed at MJD {moved:.5f} "
        f"and this one alone at {t[row] / US_PER_DAY:.5f}: its clock was probably {name}."
    )
    yield Finding(row, CHANNELS, QUARANTINED, float(len(filters)), sentence, {"t_mjd": round(moved, 6)})
