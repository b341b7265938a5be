"""Filters of a camera against its other exposures: one twice where another is missing, one alone among others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tom_photvalidation.bandpasses import BANDS
from tom_photvalidation.checks.base import QUARANTINED, Batch, Check, Codes, Finding, Mask, combined
from tom_photvalidation.checks.times import EARLIEST_MJD, LATEST_MJD, is_time
from tom_photvalidation.measurements import LIMIT, US_PER_S, Floats, Integers, Measurements, concatenate

FILTER_TWICE = Check("filter-twice", 31, QUARANTINED, "One filter twice in an exposure that lacks another", version=2)
FILTER_RUN = Check("filter-run", 32, QUARANTINED, "One filter alone in an even run of another", version=2)

TOGETHER_US = 2 * US_PER_S
# A camera that has a filter twice in more of its exposures does so by design: frames reduced apart, or two reductions.
MOST_TWICE = 0.1
LEAST_USED = 0.25  # share of a camera's exposures that have a filter which could be missing
NEAR_FILTERS = 1.4  # wavelengths within this factor: most mistakes are between neighbours
FEWEST_COLOURS = 3  # other exposures of the target from which a colour is known
ROWS_AROUND = 200  # rows before and after that tell the colours of the target
# Runs: what was measured with these on published rows (1 true row of 16,600, a tenth of wrong filters) is in the docs.
BESIDE, NONE_WITHIN = 2, 8  # rows before and after that are all of one other filter; that have none of the row's own
EVEN = 3.0  # the longest step over the shortest
LONGEST_STEP_US = 3600 * US_PER_S  # rows further apart are no run: a filter can be changed for one of them
FITS_SIGMAS, FITS_MAG = 3.0, 0.1
USUAL_ERROR_MAG = 0.2


def _wavelength(names: Sequence[str]) -> Floats:
    return np.array([BANDS[name].wavelength_nm if name in BANDS else np.nan for name in names])


def _are_near(one: str, other: str) -> bool:
    """Tell whether two filters are neighbours in wavelength, which are mistaken for each other."""
    wavelengths = _wavelength([one, other])
    return bool(abs(np.log(wavelengths[0] / wavelengths[1])) < np.log(NEAR_FILTERS))


# --- twice ------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, eq=False)
class _Exposures:
    """Detections sorted by camera and target, then time; `number` tells which were exposed together."""

    batch: Batch
    rows: NDArray[np.int64]
    series: Integers  # camera and target
    camera: Integers
    number: Integers

    def magnitudes(self, index: int) -> tuple[dict[int, float], list[dict[int, float]]]:
        """Return AB magnitudes by filter of the exposure of a row, and of those before and after it."""
        found: dict[int, dict[int, float]] = {}
        for near in range(max(index - ROWS_AROUND, 0), min(index + ROWS_AROUND, len(self.rows))):
            if self.series[near] == self.series[index]:
                row = self.rows[near]
                one = found.setdefault(int(self.number[near]), {})
                one[int(self.batch.filter.codes[row])] = float(self.batch.mag_ab[row])
        return found.pop(int(self.number[index])), list(found.values())


def filter_twice(batch: Batch) -> Iterator[Finding]:
    """One filter twice at one time, where another is missing that the camera exposes together with the others."""
    (rows,) = np.nonzero(is_time(batch) & batch.is_detection & np.isfinite(batch.mag_ab))
    if len(rows) < 3:
        return
    series = combined(batch.target, batch.telescope, batch.camera)[rows]
    order = np.lexsort((batch.m.mag[rows], batch.m.t_exact_us[rows], series))
    rows, series, t = rows[order], series[order], batch.m.t_exact_us[rows[order]]
    number = np.cumsum(np.concatenate([[0], (np.diff(series) != 0) | (np.diff(t) > TOGETHER_US)]))
    exposures = _Exposures(batch, rows, series, combined(batch.telescope, batch.camera)[rows], number)
    first, second = _pairs(exposures)
    if len(first) == 0:
        return
    used = _used_together(exposures, np.unique(exposures.camera[first]))
    for one, other in zip(first.tolist(), second.tolist(), strict=True):
        yield from _twice(exposures, used[int(exposures.camera[one])], (one, other))


def _pairs(exposures: _Exposures) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return positions of the two rows of each filter that an exposure has twice, of cameras that seldom do so."""
    batch, rows, number = exposures.batch, exposures.rows, exposures.number
    band = batch.filter.codes[rows]
    pair = np.lexsort((band, number))
    same = (np.diff(number[pair]) == 0) & (np.diff(band[pair]) == 0)
    same &= np.diff(batch.m.mag[rows[pair]]) != 0  # copies are the business of others
    first, second = pair[:-1][same], pair[1:][same]
    _, camera = np.unique(exposures.camera, return_inverse=True)
    started = np.concatenate([[True], np.diff(number) != 0])
    together = np.bincount(number)[number] > 1
    n_exposures = np.bincount(camera[started & together], minlength=int(camera.max()) + 1)
    n_twice = np.bincount(camera[first], minlength=len(n_exposures))
    usual = (n_twice > 1) & (n_twice > MOST_TWICE * n_exposures)
    rare = ~usual[camera[first]]
    return first[rare], second[rare]


def _used_together(exposures: _Exposures, cameras: NDArray[np.int64]) -> Mapping[int, frozenset[int]]:
    """Return the filters that cameras have in many of their exposures of several filters."""
    band = exposures.batch.filter.codes[exposures.rows]
    together = np.bincount(exposures.number)[exposures.number] > 1
    found = {}
    for camera in cameras.tolist():
        mine = together & (exposures.camera == camera)
        n = len(np.unique(exposures.number[mine]))
        counts = Counter(
            name for name, _ in set(zip(band[mine].tolist(), exposures.number[mine].tolist(), strict=True))
        )
        found[camera] = frozenset(name for name, count in counts.items() if count >= LEAST_USED * n)
    return found


def _twice(exposures: _Exposures, used: frozenset[int], two: tuple[int, int]) -> Iterator[Finding]:
    """Judge two rows of one filter: which of them is which of the missing filters, by the colours of the target."""
    batch, m = exposures.batch, exposures.batch.m
    rows = [int(exposures.rows[index]) for index in two]
    mine, around = exposures.magnitudes(two[0])
    own = int(batch.filter.codes[rows[0]])
    others = {name: mag for name, mag in mine.items() if name != own}
    missing = {name for name in used - set(mine) if _are_near(batch.filter.names[own], batch.filter.names[name])}
    expected = _expected(batch, others, around, {own} | missing)
    ways = _ways([float(batch.mag_ab[row]) for row in rows], expected, own)
    errors = [float(m.magerr[row]) if np.isfinite(m.magerr[row]) else USUAL_ERROR_MAG for row in rows]
    error = float(np.hypot(errors[0], errors[1]))
    for misfit, wrong, meant in ways:
        if misfit > ways[0][0] + error:
            continue
        row, other, names = rows[wrong], rows[1 - wrong], batch.filter.names
        by = "by its colour this row is" if len(ways) == 1 or ways[1][0] > ways[0][0] + error else "one of the two is"
        sentence = (
            f"{m.telescope[row] or 'The telescope'} has {_label(names[own])} twice at MJD {m.t_mjd[row]:.5f}, "
            f"{m.mag[row]:g} and {m.mag[other]:g}, and lacks {_label(names[meant])}, which it exposes together with "
            f"the others: {by} {_label(names[meant])}."
        )
        score = abs(float(batch.mag_ab[row]) - expected[own])
        yield Finding(row, FILTER_TWICE, QUARANTINED, score, sentence, {"filter": names[meant]}, other=other)


def _ways(mags: list[float], expected: Mapping[int, float], own: int) -> list[tuple[float, int, int]]:
    """Return how well each of the two rows would be one of the missing filters: misfit, which row, its best filter.

    The best comes first; rows that fit better as they stand are left out.
    """
    if own not in expected:
        return []
    ways = []
    for wrong in (0, 1):
        left = abs(mags[1 - wrong] - expected[own])
        own_off = abs(mags[wrong] - expected[own])
        missing = [(abs(mags[wrong] - mag), name) for name, mag in expected.items() if name != own]
        if missing and min(missing)[0] <= own_off:
            ways.append((min(missing)[0] + left, wrong, min(missing)[1]))
    return sorted(ways)


def _expected(
    batch: Batch, others: Mapping[int, float], around: list[dict[int, float]], wanted: set[int]
) -> dict[int, float]:
    """Return AB magnitudes of filters in an exposure: by colours in other exposures, else by a power-law spectrum."""
    found = {}
    for name in wanted:
        colours = []
        for one in around:
            both = one.keys() & others.keys()
            if name in one and both:
                colours.append(one[name] - float(np.mean([one[other] - others[other] for other in both])))
        if len(colours) >= FEWEST_COLOURS:
            found[name] = float(np.median(colours))
    if len(found) == len(wanted):
        return found
    return _by_spectrum(batch, others, wanted)


def _by_spectrum(batch: Batch, others: Mapping[int, float], wanted: set[int]) -> dict[int, float]:
    """Draw a power law through the other filters of the exposure; nothing for fewer than three of them."""
    x = np.log10(_wavelength([batch.filter.names[name] for name in others]))
    if len(x) < 3 or not np.isfinite(x).all():
        return {}
    slope, level = np.polyfit(x, list(others.values()), 1)
    at = {name: float(np.log10(_wavelength([batch.filter.names[name]])[0])) for name in wanted}
    return {name: level + slope * value for name, value in at.items() if np.isfinite(value)}


# --- runs -------------------------------------------------------------------------------------------------------------
def filter_run(batch: Batch) -> Iterator[Finding]:
    """Rows alone in their filter, in the very place of a row of another one: the same before and after, in even steps.

    Who images in several filters has each of them more than once, and breaks the steps.
    """
    m = batch.m if batch.context.neighbours is None else concatenate([batch.m, batch.context.neighbours])
    (rows,) = np.nonzero((m.kind != LIMIT) & np.isfinite(m.mag) & (m.t_mjd >= EARLIEST_MJD) & (m.t_mjd < LATEST_MJD))
    if len(rows) <= 2 * BESIDE:
        return
    series, band = _series(batch, m)
    order = np.lexsort((m.t_exact_us[rows], series[rows]))
    rows = rows[order]
    for index in np.flatnonzero(_alone(series[rows], band.codes[rows], m.t_exact_us[rows])).tolist():
        if rows[index] < len(batch):
            yield from _in_a_run(m, rows[index - BESIDE : index + BESIDE + 1])


def _series(batch: Batch, m: Measurements) -> tuple[Integers, Codes]:
    if m is batch.m:
        return combined(batch.target, batch.telescope, batch.camera), batch.filter
    return combined(Codes(m.target), Codes(m.telescope), Codes(m.instrument)), Codes(m.filter)


def _alone(series: Integers, band: Integers, t_us: Integers) -> Mask:
    """Rows between two rows of one other filter on either side, in even steps, far from any row of their own."""
    n = len(series)
    alone = np.zeros(n, dtype=bool)
    alone[BESIDE : n - BESIDE] = True
    other = np.roll(band, 1)
    for step in range(1, NONE_WITHIN + 1):
        for shift in (step, -step):
            there = np.roll(series, shift) == series
            near = np.roll(band, shift)
            alone &= ~(there & (near == band))
            if step <= BESIDE:
                alone &= there & (near == other)
    (found,) = np.nonzero(alone)
    if len(found):
        steps = np.diff(t_us)
        around = np.stack([steps[found + step] for step in range(-BESIDE, BESIDE)])
        shortest, longest = around.min(axis=0), around.max(axis=0)
        alone[found] = (shortest > TOGETHER_US) & (longest <= np.minimum(EVEN * shortest, LONGEST_STEP_US))
    return alone


def _in_a_run(m: Measurements, rows: NDArray[np.int64]) -> Iterator[Finding]:
    """Judge the middle one of five rows: it must have the brightness of the others, in a filter near theirs."""
    row, others = int(rows[BESIDE]), np.delete(rows, BESIDE)
    own, meant = str(m.filter[row]), str(m.filter[others[0]])
    if len(set(m.magsys[rows].tolist())) > 1 or not _are_near(own, meant):
        return
    slope, level = np.polyfit(m.t_mjd[others] - m.t_mjd[row], m.mag[others], 1)
    scatter = np.std(m.mag[others] - level - slope * (m.t_mjd[others] - m.t_mjd[row]))
    spread = np.hypot(np.nan_to_num(m.magerr[row]), max(float(scatter), float(np.nan_to_num(m.magerr[others]).mean())))
    off = abs(float(m.mag[row] - level))
    if not off <= FITS_SIGMAS * spread + FITS_MAG:
        return
    minutes = float(np.median(np.diff(m.t_mjd[rows]))) * 1440.0
    sentence = (
        f"{m.telescope[row] or 'The telescope'} measured in {_label(meant)} before and after, every {minutes:.2g} min, "
        f"and never in {_label(own)} near MJD {m.t_mjd[row]:.5f}: this row stands in the place of one in "
        f"{_label(meant)}, and has its brightness ({m.mag[row]:g}, {level:.2f} expected)."
    )
    yield Finding(row, FILTER_RUN, QUARANTINED, float(minutes), sentence, {"filter": meant})


def _label(name: str) -> str:
    return BANDS[name].label if name in BANDS else name
