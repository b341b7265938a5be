"""Probabilities of a finished plan from true footprints on the map's own tiles, whatever engine made the plan.

All footprints become order-29 ranges. Cut at every boundary, the sky falls into pieces that lie wholly inside or
outside each footprint; a piece belongs to the first pointing that holds it, so that new probabilities add up to the
probability of the union exactly.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tom_gcn.coverage import footprint_ranges
from tom_gcn.planning.geometry import FloatArray, IntArray
from tom_gcn.planning.telescopes import PlanTelescope
from tom_gcn.planning.timing import Draft
from tom_gcn.skymaps import SkyMap
from tom_gcn.skymaps.ranges import CELL_DEG2, expand


class Footprints:
    """Footprints of pointings cut into disjoint pieces of sky.

    Parameters
    ----------
    skymap : SkyMap
    ranges : sequence of ndarray, each shape (m, 2)
        Merged order-29 ranges of each pointing.
    """

    def __init__(self, skymap: SkyMap, ranges: Sequence[IntArray]) -> None:
        edges = np.unique(np.concatenate([np.empty(0, np.int64), *(pairs.ravel() for pairs in ranges)]))
        self.pieces = [expand(np.searchsorted(edges, pairs).astype(np.int64)) for pairs in ranges]
        between = np.column_stack([edges[:-1], edges[1:]])
        self._mass = skymap.probability_of_each(between)
        self._deg2 = (between[:, 1] - between[:, 0]) * CELL_DEG2

    def __len__(self) -> int:
        return len(self.pieces)

    def probabilities(self) -> FloatArray:
        """Return the probability of every footprint by itself."""
        return np.array([self._mass[pieces].sum() for pieces in self.pieces])

    def new_probabilities(self, order: Sequence[int]) -> FloatArray:
        """Return what each pointing adds to those before it in ``order``; zero for pointings not in ``order``."""
        owner = np.full(len(self._mass), -1, dtype=np.int64)
        for number in reversed(order):
            owner[self.pieces[number]] = number
        held = owner >= 0
        return np.bincount(owner[held], weights=self._mass[held], minlength=len(self.pieces)).astype(np.float64)

    def area_deg2(self) -> float:
        """Return the area of the union."""
        held = np.zeros(len(self._mass), dtype=bool)
        for pieces in self.pieces:
            held[pieces] = True
        return float(self._deg2[held].sum())

    def worth_keeping(self, order: Sequence[int], min_new_probability: float) -> list[int]:
        """Drop the pointings that add less than a probability to those before them; return the rest, in order.

        What a field added when it was chosen may have been taken meanwhile by fields that are observed earlier. The
        least useful one goes first, because what it leaves may make others useful again.
        """
        kept = list(order)
        while kept:
            new = self.new_probabilities(kept)[kept]
            worst = len(kept) - 1 - int(np.argmin(new[::-1]))
            if new[worst] >= min_new_probability:
                break
            del kept[worst]
        return kept


def footprints_of(skymap: SkyMap, drafts: Sequence[Draft], telescopes: Sequence[PlanTelescope]) -> Footprints:
    """Measure the true footprints of drafts."""
    ranges = []
    for draft in drafts:
        camera = telescopes[draft.telescope]
        ranges.append(footprint_ranges(camera.shape, camera.width_deg, camera.height_deg, draft.ra_deg, draft.dec_deg))
    return Footprints(skymap, ranges)
