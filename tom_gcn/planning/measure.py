"""Probabilities of a finished plan from true footprints on the map's own tiles, whatever engine made the plan.

All footprints become order-29 ranges. Cut at every boundary, the sky falls into pieces that lie wholly inside or
outside each footprint; a piece belongs to the first pointing that holds it, so that new probabilities add up to the
probability of the union exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache

import numpy as np

from tom_gcn.coverage import Footprint
from tom_gcn.planning.geometry import FloatArray, IntArray, angles_deg, tangent_axes, unit_vectors
from tom_gcn.planning.pixels import Worth
from tom_gcn.planning.result import Pointing
from tom_gcn.planning.telescopes import PlanTelescope
from tom_gcn.planning.timing import Draft
from tom_gcn.skymaps import hpx29
from tom_gcn.skymaps.ranges import CELL_DEG2, expand
from tom_grandma_facilities.almanac import separation_deg

NOTHING: IntArray = np.empty((0, 2), dtype=np.int64)
RECTANGLE_VERTICES = 4


class Footprints:
    """Footprints of pointings cut into disjoint pieces of sky.

    Parameters
    ----------
    worth : Worth
        The map and the galaxies.
    ranges : sequence of ndarray, each shape (m, 2)
        Merged order-29 ranges of each pointing.
    executed : ndarray, shape (k, 2), optional
        Merged ranges of what was observed already: it adds nothing to what a pointing is newly worth.
    telescopes : sequence of int, optional
        The telescope of each pointing, where it is weighed what each can see; -1 for one that sees everything.
    """

    def __init__(
        self,
        worth: Worth,
        ranges: Sequence[IntArray],
        executed: IntArray = NOTHING,
        telescopes: Sequence[int] = (),
    ) -> None:
        edges = np.unique(np.concatenate([executed.ravel(), *(pairs.ravel() for pairs in ranges)]))
        if worth.sight is not None and len(edges):
            tiles = worth.sight.lower
            edges = np.union1d(edges, tiles[(tiles > edges[0]) & (tiles < edges[-1])])
        self.pieces = [expand(np.searchsorted(edges, pairs).astype(np.int64)) for pairs in ranges]
        between = np.column_stack([edges[:-1], edges[1:]])
        self._mass = worth.skymap.probability_of_each(between)
        self._deg2 = (between[:, 1] - between[:, 0]) * CELL_DEG2
        self._is_new = np.ones(len(between), dtype=bool)
        self._is_new[expand(np.searchsorted(edges, executed).astype(np.int64))] = False
        self.executed_probability = min(float(self._mass[~self._is_new].sum()), 1.0)
        cells = hpx29(*angles_deg(worth.points)) if len(worth.points) else np.empty(0, dtype=np.int64)
        self._piece_of_galaxy = np.searchsorted(edges, cells, side="right").astype(np.int64) - 1
        held = (self._piece_of_galaxy >= 0) & (self._piece_of_galaxy < len(between))
        self._hosts = np.zeros(len(between))
        np.add.at(self._hosts, self._piece_of_galaxy[held], worth.shares[held])
        self._value = worth.of_map * self._mass + self._hosts
        self._starts, self._sight, self._telescopes = between[:, 0], worth.sight, telescopes

    def __len__(self) -> int:
        return len(self.pieces)

    def probabilities(self) -> FloatArray:
        """Return the probability of every footprint by itself."""
        return np.minimum([self._mass[pieces].sum() for pieces in self.pieces], 1.0)

    def new_probabilities(self, order: Sequence[int]) -> FloatArray:
        """Return what each pointing adds to those before it in ``order``; zero for pointings not in ``order``."""
        return self._added(order, self._mass)

    def new_values(self, order: Sequence[int]) -> FloatArray:
        """Return the same of what is optimised: map and galaxies together, and what telescopes can see of it."""
        if self._sight is None:
            return self._added(order, self._value)
        seen, new = np.where(self._is_new, 0.0, 1.0), np.zeros(len(self.pieces))
        for number in order:
            pieces, telescope = self.pieces[number], self._telescopes[number]
            sees = 1.0 if telescope < 0 else self._sight.of(telescope, self._starts[pieces])
            better = np.maximum(seen[pieces], sees)
            new[number] = float((self._value[pieces] * (better - seen[pieces])).sum())
            seen[pieces] = better
        return new

    def galaxy_shares(self) -> float:
        """Return the weight of all galaxies that are newly covered, times the completeness."""
        return float(self._added(range(len(self)), self._hosts).sum())

    def galaxies_in(self, number: int) -> IntArray:
        """Return which galaxies lie in one footprint."""
        return np.flatnonzero(np.isin(self._piece_of_galaxy, self.pieces[number]))

    def _added(self, order: Sequence[int], amount: FloatArray) -> FloatArray:
        owner = np.full(len(amount), -1, dtype=np.int64)
        for number in reversed(order):
            owner[self.pieces[number]] = number
        held = (owner >= 0) & self._is_new
        return np.bincount(owner[held], weights=amount[held], minlength=len(self.pieces)).astype(np.float64)

    def area_deg2(self) -> float:
        """Return the area of the union."""
        held = np.zeros(len(self._mass), dtype=bool)
        for pieces in self.pieces:
            held[pieces] = True
        return float(self._deg2[held].sum())

    def worth_keeping(self, order: Sequence[int], least: float, spared: AbstractSet[int] = frozenset()) -> list[int]:
        """Drop the pointings that are newly worth less than ``least`` after those before them; return the rest.

        What a field added when it was chosen may have been taken meanwhile by fields that are observed earlier. The
        least useful one goes first, because what it leaves may make others useful again. Those in ``spared`` stay.
        """
        kept = list(order)
        while True:
            new = self.new_values(kept)
            worst = min((n for n in reversed(kept) if n not in spared), key=lambda n: new[n], default=None)
            if worst is None or new[worst] >= least:
                return kept
            kept.remove(worst)


def name_of(draft: Draft, telescopes: Sequence[PlanTelescope]) -> str:
    """Return the name of a draft's telescope."""
    return draft.original.telescope if draft.original else telescopes[draft.telescope].name


def outline(draft: Draft, telescopes: Sequence[PlanTelescope]) -> Footprint:
    """Return the outline of a draft on the sky: its telescope's camera, or as it was drawn in an earlier plan."""
    if draft.telescope < 0:
        assert draft.original is not None
        return outline_of(draft.original)
    camera = telescopes[draft.telescope]
    return Footprint(camera.shape, camera.width_deg, camera.height_deg, draft.ra_deg, draft.dec_deg)


def outline_of(pointing: Pointing) -> Footprint:
    """Return the outline whose vertices a pointing carries: four for a rectangle, more for a circle."""
    corner = pointing.footprint[0]
    if len(pointing.footprint) > RECTANGLE_VERTICES:
        side = 2.0 * float(separation_deg(pointing.ra_deg, pointing.dec_deg, *corner))
        return Footprint("circle", side, side, pointing.ra_deg, pointing.dec_deg)
    centre, vertex = unit_vectors(pointing.ra_deg, pointing.dec_deg), unit_vectors(*corner)
    east, north = tangent_axes(np.array(pointing.ra_deg), np.array(pointing.dec_deg))
    width, height = (2.0 * np.degrees(np.arctan2(abs(vertex @ axis), vertex @ centre)) for axis in (east, north))
    return Footprint("rectangle", float(width), float(height), pointing.ra_deg, pointing.dec_deg)


@lru_cache(maxsize=1024)
def drawn(outline: Footprint) -> IntArray:
    """Return the order-29 ranges of an outline; attempts and the final measure draw the same ones."""
    return outline.ranges()


def footprints_of(
    worth: Worth, drafts: Sequence[Draft], telescopes: Sequence[PlanTelescope], executed: IntArray = NOTHING
) -> Footprints:
    """Measure the true footprints of drafts."""
    ranges = [drawn(outline(draft, telescopes)) for draft in drafts]
    return Footprints(worth, ranges, executed, [draft.telescope for draft in drafts])
