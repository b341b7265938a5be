"""The choice of fields as a linear program, for bounds and for plans better than the greedy one.

With x_i the share of field i that is taken and y_c the share of class c that is covered::

    maximise    sum_c w_c y_c
    subject to  y_c <= sum of x_i over the fields that hold class c
                sum of x_i over the fields of telescope t <= its number of pointings
                sum of x_i over the fields of t that fit into no slot outside T <= |T|      for every set T of slots
                0 <= x, y <= 1

A class is the set of all pixels that lie in exactly the same fields; some 10,000 of them stand for 100,000 pixels. The
third line is Hall's condition: with it the x of a telescope are the independent sets of its transversal matroid and
their mixtures, so that every field's own visibility is in the program exactly. There are too many sets T to write
down; those that a solution breaks are found as minimum cuts between fields and slots and added until none is broken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_matrix, hstack
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from tom_gcn.planning.geometry import BoolArray, FloatArray, IntArray
from tom_gcn.planning.schedule import Candidates, Slots

FLOW_UNITS = 1_000_000
"""Shares of fields become whole numbers of so many units for the flow."""
BROKEN = 1e-4
"""Fields too many in a set of slots from which on the set becomes a row of the program."""


@dataclass(frozen=True, eq=False)
class Roaming:
    """A telescope that points freely: only the area it can cover counts, not how its fields lie.

    Attributes
    ----------
    visible : ndarray of bool, shape (pixels,)
        Pixels it ever sees.
    pixels : float
        Number of pixels that all its pointings together can cover.
    cells : ndarray of int
        Cells, by number, that are offered to it in the program.
    """

    visible: BoolArray
    pixels: float
    cells: IntArray


@dataclass(frozen=True, eq=False)
class Program:
    """Fields, classes of pixels and slots of all telescopes.

    Attributes
    ----------
    weight : ndarray, shape (classes,)
        Probability in each class.
    inside : csr_matrix, shape (classes, fields)
        1 where a class lies in a field.
    telescope, candidate : ndarray of int, shape (fields,)
        The telescope's number and the field's among its candidates.
    feasible : tuple, one per telescope
        Slots in which each of its candidates can be taken, shape (candidates, slots); None without candidates.
    limit : tuple of int
        Number of pointings per telescope.
    pixel_weight : ndarray, shape (pixels,)
    pixel_class : ndarray of int, shape (pixels,)
        -1 for pixels in no field and no cell.
    cells : csr_matrix, shape (classes, cells)
        1 where a class lies in a cell offered to roaming telescopes.
    """

    weight: FloatArray
    inside: csr_matrix
    telescope: IntArray
    candidate: IntArray
    feasible: tuple[BoolArray | None, ...]
    limit: tuple[int, ...]
    pixel_weight: FloatArray
    pixel_class: IntArray
    cells: csr_matrix

    @property
    def n_fields(self) -> int:
        """Number of fields of all telescopes."""
        return len(self.telescope)

    def fields_of(self, telescope: int) -> IntArray:
        """Return the fields of a telescope, in the order of its candidates."""
        return np.flatnonzero(self.telescope == telescope)

    def number(self, telescope: int, candidate: int) -> int:
        """Return the field that is some candidate of a telescope."""
        return int(self.fields_of(telescope)[candidate])

    def covered(self, taken: IntArray) -> float:
        """Return the weight inside at least one of some fields."""
        shares = np.zeros(self.n_fields)
        shares[taken] = 1.0
        return float(self.weight[self.inside @ shares > 0.0].sum())

    def only(self, fields: IntArray) -> Program:
        """Return the program with some fields only (ascending), its classes merged anew."""
        both = hstack([self.inside[:, fields], self.cells]).tocsr()
        pairs = both.tocoo()
        group, first = _classes(pairs.row.astype(np.int64), pairs.col.astype(np.int64), both.shape)
        touched = np.diff(both.indptr)[first] > 0
        renumbered = np.where(touched, np.cumsum(touched) - 1, -1)[group]
        held = renumbered >= 0
        weight = np.bincount(renumbered[held], weights=self.weight[held], minlength=int(touched.sum()))
        kept = both[first[touched]]
        return replace(
            self,
            weight=weight.astype(np.float64),
            inside=kept[:, : len(fields)],
            telescope=self.telescope[fields],
            candidate=self.candidate[fields],
            pixel_class=np.append(renumbered, -1)[self.pixel_class],
            cells=kept[:, len(fields) :],
        )

    def rows(self, telescope: int) -> tuple[IntArray, BoolArray]:
        """Return a telescope's fields and the slots of each, shape (fields, slots)."""
        fields, slots = self.fields_of(telescope), self.feasible[telescope]
        assert slots is not None
        return fields, slots[self.candidate[fields]]


def program_of(
    candidates: Sequence[Candidates | None], limits: Sequence[int], weight: FloatArray, cell: IntArray | None = None
) -> Program:
    """Build the program of some telescopes' candidates.

    Parameters
    ----------
    candidates : sequence, one per telescope
        None where a telescope has none.
    limits : sequence of int, one per telescope
    weight : ndarray, shape (pixels,)
        What is to be covered.
    cell : ndarray of int, shape (pixels,), optional
        The cell of each pixel, for roaming telescopes; -1 for pixels in none.
    """
    numbers = [0 if one is None else len(one.names) for one in candidates]
    fields, pixels = _pairs(candidates, numbers)
    n_fields, in_cell = sum(numbers), np.empty(0, np.int64)
    if cell is not None:
        in_cell = np.flatnonzero(cell >= 0)
        fields, pixels = np.append(fields, n_fields + cell[in_cell]), np.append(pixels, in_cell)
    shape = (len(weight), n_fields + (0 if cell is None else int(cell.max(initial=-1)) + 1))
    of_pixel, representative = _classes(pixels, fields, shape)
    inside = csr_matrix((np.ones(len(fields)), (pixels, fields)), shape=shape)[representative]
    # the class of pixels in no field, if there is one, goes
    touched = np.diff(inside.indptr) > 0
    pixel_class = np.where(touched, np.cumsum(touched) - 1, -1)[of_pixel]
    held = pixel_class >= 0
    total = np.bincount(pixel_class[held], weights=weight[held], minlength=int(touched.sum()))
    inside = inside[touched]
    return Program(
        weight=total.astype(np.float64),
        inside=inside[:, :n_fields],
        telescope=np.repeat(np.arange(len(numbers)), numbers),
        candidate=np.concatenate([np.empty(0, np.int64), *(np.arange(number) for number in numbers)]),
        feasible=tuple(None if one is None else one.feasible for one in candidates),
        limit=tuple(int(limit) for limit in limits),
        pixel_weight=weight,
        pixel_class=pixel_class,
        cells=inside[:, n_fields:],
    )


def _pairs(candidates: Sequence[Candidates | None], numbers: Sequence[int]) -> tuple[IntArray, IntArray]:
    """Fields, counted through all telescopes, and pixels that lie in them."""
    first = np.concatenate([[0], np.cumsum(numbers)]).astype(np.int64)
    fields, pixels = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for begin, one in zip(first, candidates, strict=False):
        if one is not None:
            fields.append(begin + np.repeat(np.arange(len(one.names)), np.diff(one.indptr)))
            pixels.append(one.indices)
    return np.concatenate(fields), np.concatenate(pixels)


def _classes(row: IntArray, column: IntArray, shape: tuple[int, int]) -> tuple[IntArray, IntArray]:
    """Group rows with the same columns: the group of each row, and one row of each group.

    Rows are told apart by the sum of a random 63-bit number per column, the same numbers every time. That any two of
    100,000 different rows have the same sum has a probability of 1e-9.
    """
    numbers = np.random.default_rng(20190425).integers(1, 2**63, shape[1], dtype=np.uint64)
    order = np.argsort(row, kind="stable")
    running = np.concatenate([[np.uint64(0)], np.cumsum(numbers[column[order]], dtype=np.uint64)])
    ends = np.searchsorted(row[order], np.arange(shape[0] + 1))
    sums = running[ends[1:]] - running[ends[:-1]]
    _, first, group = np.unique(sums, return_index=True, return_inverse=True)
    return group.astype(np.int64), first.astype(np.int64)


@dataclass(frozen=True, eq=False)
class Cut:
    """A set of slots of one telescope, and the fields that fit nowhere else."""

    fields: IntArray
    slots: int


def broken_cut(program: Program, telescope: int, share: FloatArray) -> Cut | None:
    """Find a set of slots into which a solution puts more than fits; None when there is none.

    Fields with the same slots are one node. The nodes and slots on the source's side of a minimum cut break Hall's
    condition most.
    """
    fields, rows = program.rows(telescope)
    used = share[fields] > 1e-9
    if not used.any():
        return None
    kinds, kind = np.unique(rows[used], axis=0, return_inverse=True)
    demand = np.floor(np.bincount(kind.ravel(), weights=share[fields[used]]) * FLOW_UNITS).astype(np.int64)
    reached = _source_side(kinds, demand)
    if reached is None:
        return None
    members = fields[~(rows & ~reached).any(axis=1)]
    slots = int(reached.sum())
    return Cut(members, slots) if share[members].sum() > slots + BROKEN else None


def _source_side(kinds: BoolArray, demand: IntArray) -> BoolArray | None:
    """Slots on the source's side of a minimum cut, shape (slots,); None when all demand can be met."""
    n_kinds, n_slots = kinds.shape
    source, sink = n_kinds + n_slots, n_kinds + n_slots + 1
    kind, slot = np.nonzero(kinds)
    tail = np.concatenate([np.full(n_kinds, source), kind, n_kinds + np.arange(n_slots)])
    head = np.concatenate([np.arange(n_kinds), n_kinds + slot, np.full(n_slots, sink)])
    room = np.concatenate([demand, np.full(len(kind), demand.sum() + 1), np.full(n_slots, FLOW_UNITS)])
    graph = csr_matrix((room.astype(np.int32), (tail, head)), shape=(sink + 1, sink + 1))
    flow = maximum_flow(graph, source, sink)
    if flow.flow_value >= demand.sum():
        return None
    left = graph - flow.flow
    left.data = np.maximum(left.data, 0)
    left.eliminate_zeros()
    nodes, _ = breadth_first_order(left, source, return_predecessors=True)
    reached = np.zeros(n_slots, dtype=bool)
    reached[[node - n_kinds for node in nodes if n_kinds <= node < source]] = True
    return reached


def best_basis(program: Program, telescope: int, value: FloatArray) -> float:
    """Return the most value of fields of one telescope that fit together; exact, by the matroid's greedy algorithm."""
    fields, rows = program.rows(telescope)
    worth = value[fields]
    slots, total = Slots(rows.shape[1], program.limit[telescope]), 0.0
    for number in np.argsort(-worth, kind="stable"):
        if worth[number] <= 0.0 or len(slots.rows) >= slots.limit:
            break
        if slots.add(rows[number]):
            total += float(worth[number])
    return total


def ceiling(program: Program, price: FloatArray, roaming: Sequence[Roaming] = ()) -> float:
    """Return what no choice of fields can exceed, from prices of the classes.

    By Lagrangian duality, for any prices 0 <= u_c <= w_c: a choice covers at most ``sum_c (w_c - u_c)`` plus, for every
    telescope, the most of the prices inside fields that fit together. At the dual solution of the program this is the
    program's own optimum, but it holds for any prices, however roughly the program was solved.

    Parameters
    ----------
    program : Program
    price : ndarray, shape (classes,)
    roaming : sequence of Roaming
        Telescopes that may put their area anywhere.
    """
    share = np.clip(price / np.maximum(program.weight, 1e-300), 0.0, 1.0)
    paid = share * program.weight
    total = float((program.weight - paid).sum())
    value = np.asarray(program.inside.T @ paid)
    total += sum(best_basis(program, number, value) for number in range(len(program.limit)) if _has(program, number))
    if roaming:
        # outside all fields a pixel's price is all it holds: nobody but roaming telescopes looks there
        per_pixel = program.pixel_weight * np.append(share, 1.0)[program.pixel_class]
        total += sum(most_of(np.where(one.visible, per_pixel, 0.0), one.pixels) for one in roaming)
    return total


def promising(program: Program, price: FloatArray, number: int) -> IntArray:
    """Return the fields of every telescope that hold most of some prices: as many as it can take, times ``number``."""
    value = np.asarray(program.inside.T @ price)
    found = [np.empty(0, np.int64)]
    for telescope, limit in enumerate(program.limit):
        fields = program.fields_of(telescope)
        found.append(fields[np.argsort(-value[fields], kind="stable")[: number * limit]])
    return np.unique(np.concatenate(found))


def _has(program: Program, telescope: int) -> bool:
    return program.feasible[telescope] is not None and program.limit[telescope] > 0


def most_of(values: FloatArray, number: float) -> float:
    """Return the sum of the largest values, as many as ``number`` says, the last one in part."""
    whole = int(number)
    if whole >= len(values):
        return float(values.sum())
    largest = np.partition(values, len(values) - whole - 1)[len(values) - whole - 1 :]
    rest = float(largest.min())
    return float(largest.sum()) - rest * (1.0 - (number - whole))
