"""The magnitude that exposures reach, and the exposures that reach a magnitude.

A stack of exposures whose noise is that of the sky reaches a signal to noise ratio that grows with the root of its
total time ``t`` (Howell 2006, Handbook of CCD Astronomy, section 4.4), so that from a known depth ``m0`` in ``t0``::

    m = m0 + 1.25 log10(t / t0)

Readout noise of many short exposures, the Moon, airmass and other filters are not in it: it is a guide, and the pages
say so.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from astropy import units as u

from tom_grandma_facilities.telescope import Telescope

MAGS_PER_DECADE = 1.25
LONGEST_S = 3600.0
"""Nobody is asked by default for more than an hour on one target."""
COMFORT_MAG = 0.3
"""Prefilled exposures reach this much deeper than the expected magnitude."""


@dataclass(frozen=True, slots=True)
class Exposures:
    """A number of equal exposures in one filter; `exposure_s` is one of them, in seconds."""

    filter: str
    exposure_s: float
    count: int

    @property
    def total_s(self) -> float:
        """Time on the sky, s."""
        return self.exposure_s * self.count

    def __str__(self) -> str:
        return f"{self.count}×{self.exposure_s:g} s {self.filter}".strip()


def nominal(telescope: Telescope) -> tuple[float, float] | None:
    """Return the magnitude [AB] and the exposure [s] plans count with; None when either is unknown."""
    magnitude, exposure = telescope.limiting_magnitude.value, telescope.default_exposure.value
    if magnitude is None or exposure is None:
        return None
    return float(magnitude), float(exposure.to_value(u.s))


def depth_of(telescope: Telescope, total_s: float) -> float | None:
    """Return the magnitude [AB] that a total time [s] reaches; None when the telescope's depth is unknown."""
    known = nominal(telescope)
    if known is None or total_s <= 0:
        return None
    magnitude, seconds = known
    return magnitude + MAGS_PER_DECADE * math.log10(total_s / seconds)


def deepest(telescope: Telescope, exposures: Iterable[Exposures]) -> float | None:
    """Return the depth of the filter with the longest total time; None when unknown."""
    by_filter: dict[str, float] = {}
    for one in exposures:
        by_filter[one.filter] = by_filter.get(one.filter, 0.0) + one.total_s
    return depth_of(telescope, max(by_filter.values(), default=0.0))


def seconds_for(telescope: Telescope, magnitude: float) -> float | None:
    """Return the total time [s] that reaches a magnitude [AB]; None when the telescope's depth is unknown."""
    known = nominal(telescope)
    if known is None:
        return None
    depth, seconds = known
    return float(seconds * 10.0 ** min((magnitude - depth) / MAGS_PER_DECADE, 12.0))


def exposures_for(telescope: Telescope, filter_name: str, magnitude: float | None = None) -> Exposures:
    """Return what to ask for: the telescope's own exposure as often as a magnitude needs, an hour at most.

    Without a magnitude, or without a known depth, it is one exposure; 60 s where the telescope's is unknown.
    """
    exposure = telescope.default_exposure.value
    exposure_s = 60.0 if exposure is None else float(exposure.to_value(u.s))
    needed = None if magnitude is None else seconds_for(telescope, magnitude + COMFORT_MAG)
    if needed is None:
        return Exposures(filter_name, exposure_s, 1)
    count = math.ceil(min(needed, LONGEST_S) / exposure_s - 1e-6)
    return Exposures(filter_name, exposure_s, max(1, count))
