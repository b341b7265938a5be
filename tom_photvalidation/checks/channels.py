"""Cameras that expose several filters at once: one alone where another clock would join the others, one twice."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from tom_photvalidation.checks.base import QUARANTINED, Batch, Check, Finding, combined
from tom_photvalidation.checks.times import is_time
from tom_photvalidation.measurements import US_PER_DAY, US_PER_S

FILTER_TWICE = Check("filter-twice", 31, QUARANTINED, "One filter twice in an exposure that lacks another")
CHANNELS = Check("channels", 20, QUARANTINED, "The other filters of the exposure are at another time")

TOGETHER_US = 2 * US_PER_S
FEWEST_OTHERS = 2
FEWEST_COMPLETE = 3  # exposures with all filters, from which a missing one is known
ROWS_AROUND = 200  # rows before and after that tell what a camera exposes together
MOST_TWICE = 0.1  # share of a camera's rows
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


def filter_twice(batch: Batch) -> Iterator[Finding]:
    """One filter twice at one time, where a filter is missing that the camera exposes together with the others."""
    (rows,) = np.nonzero(is_time(batch) & batch.is_detection)
    if len(rows) <= FEWEST_OTHERS:
        return
    camera = combined(batch.target, batch.telescope, batch.camera)[rows]
    order = np.lexsort((batch.m.mag[rows], batch.m.t_exact_us[rows], camera))
    rows, camera, t = rows[order], camera[order], batch.m.t_exact_us[rows[order]]
    exposure = np.cumsum(np.concatenate([[0], (np.diff(camera) != 0) | (np.diff(t) > TOGETHER_US)]))
    band = batch.filter.codes[rows]
    pair = np.lexsort((band, exposure))
    again = (np.diff(exposure[pair]) == 0) & (np.diff(band[pair]) == 0) & (np.diff(batch.m.mag[rows[pair]]) != 0)
    first, second = pair[:-1][again], pair[1:][again]
    _, number = np.unique(camera, return_inverse=True)
    # where it is usual, it is no mistake: single filters in quick succession
    usual = np.bincount(number[first], minlength=len(number)) > MOST_TWICE * np.bincount(number, minlength=len(number))
    rare = ~usual[number[first]]
    for two in zip(first[rare].tolist(), second[rare].tolist(), strict=True):
        yield from _twice(batch, rows, camera, exposure, two)


def _exposures(
    batch: Batch, rows: NDArray[np.int64], camera: NDArray[np.int64], exposure: NDArray[np.int64], index: int
) -> tuple[dict[int, float], list[dict[int, float]]]:
    """Return the AB magnitudes by filter of one exposure, and of those of its camera before and after it."""
    found: dict[int, dict[int, float]] = {}
    for near in range(max(index - ROWS_AROUND, 0), min(index + ROWS_AROUND, len(rows))):
        if camera[near] == camera[index]:
            row = rows[near]
            found.setdefault(int(exposure[near]), {})[int(batch.filter.codes[row])] = float(batch.mag_ab[row])
    return found.pop(int(exposure[index])), list(found.values())


def _twice(
    batch: Batch, rows: NDArray[np.int64], camera: NDArray[np.int64], exposure: NDArray[np.int64], two: tuple[int, int]
) -> Iterator[Finding]:
    """Judge two rows of one filter in one exposure: the one whose colour is the missing filter's is in that."""
    mine, around = _exposures(batch, rows, camera, exposure, two[0])
    own = int(batch.filter.codes[rows[two[0]]])
    complete = [one for one in around if own in one and len(one) > len(mine)]
    if len(complete) < FEWEST_COMPLETE:
        return
    always = set.intersection(*(set(one) for one in complete))
    missing, others = always - set(mine), always & set(mine) - {own}
    if not missing or not others:
        return

    def colour(one: dict[int, float], mag: float) -> float:
        return mag - float(np.mean([one[name] for name in others]))

    usual = {name: float(np.median([colour(one, one[name]) for one in complete])) for name in {own, *missing}}
    here = [colour(mine, float(batch.mag_ab[rows[index]])) for index in two]
    wrong = int(abs(here[1] - usual[own]) > abs(here[0] - usual[own]))
    meant = min(missing, key=lambda name: abs(here[wrong] - usual[name]))
    if abs(here[wrong] - usual[meant]) > abs(here[wrong] - usual[own]):
        return
    row, other = int(rows[two[wrong]]), int(rows[two[1 - wrong]])
    names = batch.filter.names
    sentence = (
        f"{batch.m.telescope[row] or 'The telescope'} has {names[own]} twice at MJD {batch.m.t_mjd[row]:.5f}, "
        f"{batch.m.mag[row]:g} and {batch.m.mag[other]:g}, and lacks {names[meant]}, which {len(complete)} of its "
        f"other exposures have: by its colour this row is {names[meant]}."
    )
    score = abs(here[wrong] - usual[own])
    yield Finding(row, FILTER_TWICE, QUARANTINED, score, sentence, {"filter": names[meant]}, other=other)
