"""Cameras that expose several filters at once: one that is alone, just where another clock would join the others."""

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
ZONES_AROUND = (-2, -1, 0, 1, 2)  # time zones follow borders and summers, not longitudes


def _shifts(longitude_deg: float) -> dict[str, int]:
    shifts = {
        "half a day ahead": US_PER_DAY // 2,
        "half a day behind": -US_PER_DAY // 2,
        "a day ahead": US_PER_DAY,
        "a day behind": -US_PER_DAY,
    }
    if np.isfinite(longitude_deg):
        for zone in ZONES_AROUND:
            if hours := round(longitude_deg / 15.0) + zone:
                shifts[f"in local time (UTC{hours:+d} h)"] = hours * 3600 * US_PER_S
    return shifts


def channels(batch: Batch) -> Iterator[Finding]:
    """Rows alone at their time, while at the time of a wrong clock two or more other filters lack just theirs."""
    (rows,) = np.nonzero(is_time(batch))
    if len(rows) == 0:
        return
    key = combined(batch.target, batch.telescope, batch.camera)[rows]
    order = rows[np.lexsort((batch.m.t_exact_us[rows], key))]
    key = combined(batch.target, batch.telescope, batch.camera)[order]
    bounds = np.flatnonzero(np.diff(key)) + 1
    for group in np.split(order, bounds):
        if len(group) > FEWEST_OTHERS:
            yield from _in_series(batch, group)


def _in_series(batch: Batch, rows: NDArray[np.int64]) -> Iterator[Finding]:
    """Judge the rows of one camera on one target, sorted by time."""
    t = batch.m.t_exact_us[rows]
    gaps = np.diff(t) > TOGETHER_US
    alone = np.concatenate([[True], gaps]) & np.concatenate([gaps, [True]])
    if np.sum(~alone) < FEWEST_OTHERS:
        return
    filters = batch.filter.codes[rows]
    shifts = _shifts(float(batch.context.site_lon_deg[rows[0]]))
    (lonely,) = np.nonzero(alone)
    for name, shift in shifts.items():
        low = np.searchsorted(t, t[lonely] - shift - TOGETHER_US)
        high = np.searchsorted(t, t[lonely] - shift + TOGETHER_US, side="right")
        for index in np.flatnonzero(high - low >= FEWEST_OTHERS).tolist():
            there, own = filters[low[index] : high[index]], filters[lonely[index]]
            if own in there or len(set(there.tolist())) < FEWEST_OTHERS:
                continue
            row = int(rows[lonely[index]])
            moved = (int(t[lonely[index]]) - shift) / US_PER_DAY
            yield Finding(
                row,
                CHANNELS,
                QUARANTINED,
                float(len(there)),
                f"{len(there)} other filters of {batch.m.telescope[row] or 'the telescope'} were exposed at "
                f"MJD {moved:.5f} and this one alone at {t[lonely[index]] / US_PER_DAY:.5f}: "
                f"its clock was probably {name}.",
                {"t_mjd": round(moved, 6)},
            )
