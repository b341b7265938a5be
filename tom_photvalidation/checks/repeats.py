"""The same measurement twice: word for word, rounded, or reduced again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tom_photvalidation.checks.base import NOTE, QUARANTINED, WARNING, Batch, Check, Codes, Finding, combined
from tom_photvalidation.measurements import LIMIT, US_PER_S, Floats, Integers, Measurements, concatenate

DUPLICATE = Check("duplicate", 13, NOTE, "The same row again: it is kept once")
ROUNDED_TWIN = Check("rounded-twin", 14, QUARANTINED, "The same measurement, rounded")
REDUCED_AGAIN = Check("reduced-again", 15, WARNING, "Another magnitude of the same exposure")

# What a time may be rounded to, microseconds: 10^-2 to 10^-5 days, a minute, a second.
GRAINS_US: tuple[int, ...] = (864_000_000, 86_400_000, 60_000_000, 8_640_000, 1_000_000, 864_000)
FINE_US = 86_400  # 10^-6 days: finer times are not told apart
TINY_MAG = 1e-6
ROUNDED_POSITION_DEG = 1e-5
MOST_DECIMALS = 4
MOST_PAIRS = 2_000_000  # a bound on memory; only a file of one time over and over reaches it


def time_grain(t_us: Integers) -> Integers:
    """What a time is rounded to, microseconds: the coarsest of `GRAINS_US` it is a multiple of, else `FINE_US`."""
    grain = np.full(len(t_us), FINE_US, dtype=np.int64)
    for size in reversed(GRAINS_US):
        # a day's decimals seen through a double are up to a microsecond off
        rest = np.mod(t_us + 2, size)
        grain[rest <= 4] = size
    return grain


def value_grain(value: Floats) -> Floats:
    """What a number is rounded to: 0.1 ... 10^-4, by its decimals (17 may have been 17.0: a number does not tell)."""
    grain = np.full(len(value), 10.0**-MOST_DECIMALS)
    for decimals in range(MOST_DECIMALS - 1, 0, -1):
        scaled = value * 10.0**decimals
        with np.errstate(invalid="ignore"):
            grain[np.abs(scaled - np.rint(scaled)) < 1e-6 * 10.0**decimals] = 10.0**-decimals
    return grain


@dataclass(frozen=True, eq=False)
class _Series:
    """All rows, stored ones after those of the batch, sorted by what was measured with what, then by time."""

    m: Measurements
    n_new: int
    order: NDArray[np.int64]
    key: Integers  # sorted
    t_us: Integers  # sorted
    value: Floats  # sorted: magnitude, or limit where there is no magnitude
    error: Floats  # sorted

    def name(self, index: int) -> str:
        """Say which row that is."""
        row = int(self.order[index])
        return f"line {self.m.line[row]}" if row < self.n_new else "a stored point"


def _series(batch: Batch) -> _Series:
    neighbours = batch.context.neighbours
    m = batch.m if neighbours is None else concatenate([batch.m, neighbours])
    key = combined(*_codes(batch, m)) * 2 + (m.kind == LIMIT)
    value = np.where(np.isfinite(m.mag), m.mag, m.limiting_mag)
    # one number for key and time: sorting by it costs a third of sorting by both
    _, key = np.unique(key, return_inverse=True)
    tick = np.floor_divide(m.t_exact_us - m.t_exact_us.min(), FINE_US)
    order = np.argsort(key * (int(tick.max()) + 1) + tick, kind="stable")
    return _Series(m, len(batch), order, key[order], m.t_exact_us[order], value[order], m.magerr[order])


def _codes(batch: Batch, m: Measurements) -> tuple[Codes, ...]:
    if m is batch.m:
        return batch.target, batch.telescope, batch.camera, batch.filter
    return tuple(Codes(column) for column in (m.target, m.telescope, m.instrument, m.filter))


def repeats(batch: Batch) -> Iterator[Finding]:
    """Rows that repeat another one exactly, rounded, or with another magnitude."""
    if len(batch) == 0:
        return
    series = _series(batch)
    t_grain = time_grain(series.t_us)
    pairs = _pairs(series, t_grain)
    twice: set[int] = set()
    for finding in (*_exact(series, *pairs), *_rounded(series, t_grain, *pairs)):
        twice.add(finding.row)
        yield finding
    yield from _again(series, twice)


def _same(a: Floats, b: Floats) -> NDArray[np.bool_]:
    with np.errstate(invalid="ignore"):
        return np.asarray((np.abs(a - b) < TINY_MAG) | (np.isnan(a) & np.isnan(b)))


def _exact(series: _Series, first: NDArray[np.int64], second: NDArray[np.int64]) -> Iterator[Finding]:
    same = (series.t_us[first] == series.t_us[second]) & _same(series.value[first], series.value[second])
    same &= _same(series.error[first], series.error[second])
    seen: set[int] = set()
    for index in np.flatnonzero(same).tolist():
        earlier, later = int(first[index]), int(second[index])
        row = int(series.order[later])
        if row >= series.n_new or row in seen or _submitted_later(series, earlier, later):
            continue
        seen.add(row)
        sentence = f"The same measurement as {series.name(earlier)}: it is kept once."
        yield Finding(row, DUPLICATE, NOTE, 1.0, sentence, other=int(series.order[earlier]))


def _rounded(
    series: _Series, t_grain: Integers, coarse: NDArray[np.int64], fine: NDArray[np.int64]
) -> Iterator[Finding]:
    if len(coarse) == 0:
        return
    v_grain, e_grain = value_grain(series.value), value_grain(series.error)
    late = np.abs(series.t_us[coarse] - series.t_us[fine])
    coarser_time = t_grain[coarse] > t_grain[fine]
    coarser_value = v_grain[coarse] > v_grain[fine]
    with np.errstate(invalid="ignore"):
        twin = (t_grain[coarse] >= t_grain[fine]) & (v_grain[coarse] >= v_grain[fine]) & (coarser_time | coarser_value)
        twin &= late <= np.where(coarser_time, t_grain[coarse] // 2 + 3, US_PER_S // 2)
        twin &= np.abs(series.value[coarse] - series.value[fine]) <= v_grain[coarse] / 2 + TINY_MAG
        twin &= _may_be_one(series, coarse, fine)
        error_off = np.abs(series.error[coarse] - series.error[fine])
        twin &= ~(error_off > np.maximum(e_grain[coarse], e_grain[fine]) / 2 + TINY_MAG)
    seen: set[int] = set()
    for index in np.flatnonzero(twin).tolist():
        a, b = int(coarse[index]), int(fine[index])
        row, other = (a, b) if series.order[a] < series.n_new else (b, a)
        if series.order[row] >= series.n_new or row in seen:
            continue
        seen.add(row)
        apart = float(late[index]) / US_PER_S
        sentence = (
            f"{series.value[row]:g} at MJD {series.m.t_mjd[series.order[row]]:.10g} is {series.name(other)} "
            f"({series.value[other]:g}, {apart:.1f} s apart) rounded: one of the two is a repetition."
            if row == a
            else f"{series.name(other).capitalize()} ({series.value[other]:g}) is this measurement rounded."
        )
        there = int(series.order[other])
        yield Finding(int(series.order[row]), ROUNDED_TWIN, QUARANTINED, apart, sentence, other=there)


def _may_be_one(series: _Series, first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether two rows can be copies of one: what they say beside agrees as far as it was typed."""
    a, b = series.order[first], series.order[second]
    m = series.m
    limit = np.abs(m.limiting_mag[a] - m.limiting_mag[b])
    decimals = np.maximum(value_grain(m.limiting_mag[a]), value_grain(m.limiting_mag[b]))
    apart = np.hypot((m.ra_deg[a] - m.ra_deg[b]) * np.cos(np.radians(m.dec_deg[a])), m.dec_deg[a] - m.dec_deg[b])
    # positions typed to five decimals or fewer may be roundings of each other
    return np.asarray(~(limit > decimals / 2 + TINY_MAG) & ~(apart > ROUNDED_POSITION_DEG))


def _pairs(series: _Series, t_grain: Integers) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return pairs of indices of the same key whose times are within half a grain of the first one's."""
    # all keys on one axis, in units that keep a batch of any length and any wrong times below 2**63
    tick = np.floor_divide(series.t_us - series.t_us.min(), FINE_US)
    reach = np.maximum(t_grain // 2, US_PER_S // 2) // FINE_US + 1
    length = int(tick.max()) + 2 * int(reach.max()) + 1
    axis = np.concatenate([[0], np.cumsum(np.diff(series.key) != 0)]) * length + tick
    low = np.searchsorted(axis, axis - reach, side="left")
    high = np.searchsorted(axis, axis + reach, side="right")
    (some,) = np.nonzero(high - low > 1)
    counts = (high - low)[some]
    keep = np.cumsum(counts) <= MOST_PAIRS
    some, counts = some[keep], counts[keep]
    if len(some) == 0:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    first = np.repeat(some, counts)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    second = np.repeat(low[some], counts) + within
    other = first != second
    return first[other], second[other]


def _again(series: _Series, twice: set[int]) -> Iterator[Finding]:
    before, after = slice(None, -1), slice(1, None)
    again = (series.key[before] == series.key[after]) & (series.t_us[after] - series.t_us[before] <= US_PER_S)
    for index in np.flatnonzero(again).tolist():
        later = index if _submitted_later(series, index, index + 1) else index + 1
        other = index + 1 if later == index else index
        row = int(series.order[later])
        if row >= series.n_new or row in twice or int(series.order[other]) in twice:
            continue
        difference = series.value[later] - series.value[other]
        if not np.isfinite(difference):
            continue
        sentence = (
            f"{series.name(other).capitalize()} has {series.value[other]:g} for the same telescope, filter and time: "
            f"{abs(difference):.3f} mag {'brighter' if difference > 0 else 'fainter'}."
        )
        there = int(series.order[other])
        yield Finding(row, REDUCED_AGAIN, WARNING, float(abs(difference)), sentence, other=there)


def _submitted_later(series: _Series, index: int, other: int) -> bool:
    """Whether the first of two rows of the series came later; stored points came before all of the batch."""
    a, b = int(series.order[index]), int(series.order[other])
    return (a < series.n_new, a) > (b < series.n_new, b)
