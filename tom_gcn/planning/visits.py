"""Several visits of one field: how many, how far apart, through which filters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tom_gcn.planning.geometry import BoolArray, FloatArray
from tom_gcn.planning.limits import filter_like
from tom_gcn.planning.options import PlanOptions
from tom_gcn.planning.telescopes import PlanTelescope

SMALL_VISITS = 2
"""Visits of a field centred on a small localization at least: one image alone does not tell what is new there."""
HOUR = 1.0 / 24.0


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often a telescope takes each of its fields.

    Attributes
    ----------
    visits : int
    gap_days : float
        From the end of a visit to the start of the next, at least.
    filters : tuple of str
        The filter of each visit, one per visit.
    """

    visits: int
    gap_days: float
    filters: tuple[str, ...]

    def rows(self, allowed: BoolArray, start_mjd: FloatArray, duration_days: float) -> list[BoolArray]:
        """Return the slots in which each visit of a field may begin, as many visits as fit one after the other.

        Parameters
        ----------
        allowed : ndarray of bool, shape (s,)
            Slots in which the field may be taken at all.
        start_mjd : ndarray, shape (s,)
        duration_days : float
            Length of one visit.
        """
        if self.visits == 1:
            return [allowed]
        times, apart = start_mjd[allowed], duration_days + self.gap_days
        earliest = _spaced(times, apart, self.visits)
        latest = [-moment for moment in _spaced(-times[::-1], apart, len(earliest))][::-1]
        pairs = zip(earliest, latest, strict=True)
        return [allowed & (start_mjd >= low) & (start_mjd <= high) for low, high in pairs] or [allowed]


def _spaced(times: FloatArray, apart: float, most: int) -> list[float]:
    """The first of rising times, the first that lies far enough after it, and so on."""
    found: list[float] = []
    index = 0
    while index < len(times) and len(found) < most:
        found.append(float(times[index]))
        index = int(np.searchsorted(times, found[-1] + apart))
    return found


def rhythm_of(telescope: PlanTelescope, options: PlanOptions, centred: bool) -> Rhythm:
    """Return how often a telescope takes each field: more often where it is centred on a small localization."""
    visits = max(options.epochs, SMALL_VISITS) if centred else options.epochs
    asked = options.epoch_filters or (telescope.filter,)
    filters = tuple(filter_like(telescope, asked[visit % len(asked)]) for visit in range(visits))
    return Rhythm(visits, options.revisit_gap_h * HOUR, filters)
