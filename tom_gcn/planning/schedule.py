"""Choose fields for all telescopes at once: lazy greedy on marginal gains with exact slot matching.

The probability of a union of footprints is a monotone submodular function of the chosen (telescope, field) pairs, and
the sets of pairs that fit into the slots of all telescopes are the independent sets of a transversal matroid. Greedy
then gets at least half of the optimum (Fisher, Nemhauser and Wolsey 1978, doi:10.1007/BFb0121195), in practice nearly
all of it. Gains only ever shrink, so that a candidate is counted again only when it comes to the top (Minoux 1978,
doi:10.1007/BFb0006528).
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from tom_gcn.planning.geometry import BoolArray, FloatArray, IntArray

RowsOf = Callable[[BoolArray], list[BoolArray]]
"""From the slots in which a field is allowed to those of each of its visits."""


class Slots:
    """Which chosen fields can still be given a slot each: a bipartite matching that only grows."""

    def __init__(self, count: int, limit: int, rows_of: RowsOf = lambda row: [row]) -> None:
        self.limit = limit
        self._rows_of = rows_of
        self.rows: list[BoolArray] = []
        self._owner = np.full(count, -1, dtype=np.int64)
        self._open = np.ones(count, dtype=bool)

    def add_visits(self, row: BoolArray) -> int:
        """Match all visits of one more field, as many of them as there is room for; return their number."""
        visits = 0
        for visit in self._rows_of(row):
            if not self.add(visit):
                break
            visits += 1
        return visits

    def add(self, row: BoolArray) -> bool:
        """Match one more field, moving others to other slots where needed.

        Parameters
        ----------
        row : ndarray of bool, shape (s,)
            The slots in which the field is feasible.

        Returns
        -------
        bool
            False when no rearrangement makes room; the field can then never be added.
        """
        if len(self.rows) >= self.limit or not np.any(row & self._open):
            return False
        free = np.flatnonzero(row & (self._owner < 0))
        if len(free) or self._augment(row):
            if len(free):
                self._owner[free[0]] = len(self.rows)
            self.rows.append(row)
            return True
        return False

    def _augment(self, row: BoolArray) -> bool:
        """Find an alternating path from a field to a free slot, breadth first, and shift the fields along it."""
        came_from = np.full(len(row), -1, dtype=np.int64)
        seen = row.copy()
        queue = deque(np.flatnonzero(row).tolist())
        while queue:
            slot = queue.popleft()
            reached = self.rows[self._owner[slot]] & ~seen
            came_from[reached] = slot
            free = np.flatnonzero(reached & (self._owner < 0))
            if len(free):
                self._shift(int(free[0]), came_from)
                return True
            seen |= reached
            queue.extend(np.flatnonzero(reached).tolist())
        # Hall's condition is tight on what was seen: these slots belong to the present fields for good.
        self._open &= ~seen
        return False

    def _shift(self, slot: int, came_from: IntArray) -> None:
        while came_from[slot] >= 0:
            self._owner[slot] = self._owner[came_from[slot]]
            slot = int(came_from[slot])
        self._owner[slot] = len(self.rows)


def above(weight: FloatArray, floor: FloatArray | None) -> FloatArray:
    """Return what lies above a floor; all of it without one."""
    return weight if floor is None else np.maximum(weight - floor, 0.0)


@dataclass(eq=False)
class Candidates:
    """Fields one telescope could take, with the pixels in each.

    Attributes
    ----------
    ra_deg, dec_deg : ndarray, shape (n,)
    names : list of str
    feasible : ndarray of bool, shape (n, s)
    preference : ndarray, shape (n,)
        Factor on the gain, at most 1, by which earlier and better placed fields win.
    indptr, indices : ndarray of int
        Pixels of field i are ``indices[indptr[i]:indptr[i + 1]]``.
    floor : ndarray, shape (pixels,), or None
        Weight that the telescope leaves in each pixel it covers; None: nothing.
    """

    ra_deg: FloatArray
    dec_deg: FloatArray
    names: list[str]
    feasible: BoolArray
    preference: FloatArray
    indptr: IntArray
    indices: IntArray
    floor: FloatArray | None = None

    def pixels(self, index: int) -> IntArray:
        """Pixels inside one field."""
        return self.indices[self.indptr[index] : self.indptr[index + 1]]

    def gains(self, weight: FloatArray) -> FloatArray:
        """Return the weight that every field would take, shape (n,)."""
        running = np.concatenate([[0.0], np.cumsum(above(weight, self.floor)[self.indices])])
        result: FloatArray = running[self.indptr[1:]] - running[self.indptr[:-1]]
        return result

    def gain(self, index: int, weight: FloatArray) -> float:
        """Return the weight that one field would take."""
        pixels = self.pixels(index)
        return float(above(weight[pixels], None if self.floor is None else self.floor[pixels]).sum())

    def take(self, index: int, weight: FloatArray) -> None:
        """Take from the weight what one field covers."""
        pixels = self.pixels(index)
        weight[pixels] = 0.0 if self.floor is None else np.minimum(weight[pixels], self.floor[pixels])


@dataclass
class Chosen:
    """Fields chosen for one telescope, in the order of their gain, with the number of their visits."""

    ra_deg: list[float] = field(default_factory=list)
    dec_deg: list[float] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    gain: list[float] = field(default_factory=list)
    visits: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.names)

    def append(self, candidates: Candidates, index: int, gain: float, visits: int = 1) -> None:
        """Take over one candidate."""
        self.ra_deg.append(float(candidates.ra_deg[index]))
        self.dec_deg.append(float(candidates.dec_deg[index]))
        self.names.append(candidates.names[index])
        self.gain.append(gain)
        self.visits.append(visits)


def choose(
    candidates: Sequence[Candidates | None],
    slots: Sequence[Slots],
    chosen: Sequence[Chosen],
    weight: FloatArray,
    min_gain: float,
) -> None:
    """Add fields to ``chosen``, best marginal gain first, until nothing is worth it or nothing fits.

    Parameters
    ----------
    candidates : sequence, one per telescope
        None where a telescope does not take part in this round.
    slots, chosen : sequence, one per telescope
        Changed in place.
    weight : ndarray, shape (n,)
        Free probability per pixel; a chosen field takes it, down to its telescope's floor.
    min_gain : float
        Smallest probability worth a pointing.
    """
    heap = _initial_heap(candidates, weight, min_gain)
    while heap:
        negative, telescope, index = heapq.heappop(heap)
        taken = candidates[telescope]
        assert taken is not None
        gain = taken.gain(index, weight)
        value = gain * float(taken.preference[index])
        if gain < min_gain:
            continue
        if value < -negative * (1.0 - 1e-12) and heap and (-value, telescope, index) > heap[0]:
            heapq.heappush(heap, (-value, telescope, index))
        elif visits := slots[telescope].add_visits(taken.feasible[index]):
            chosen[telescope].append(taken, index, gain, visits)
            taken.take(index, weight)


def _initial_heap(
    candidates: Sequence[Candidates | None], weight: FloatArray, min_gain: float
) -> list[tuple[float, int, int]]:
    heap: list[tuple[float, int, int]] = []
    for telescope, fields in enumerate(candidates):
        if fields is None:
            continue
        gains = fields.gains(weight)
        worth = np.flatnonzero(gains >= min_gain)
        value = -gains[worth] * fields.preference[worth]
        heap.extend((float(v), telescope, int(i)) for v, i in zip(value, worth, strict=True))
    heapq.heapify(heap)
    return heap
