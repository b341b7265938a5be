"""Programs solved by HiGHS [Huangfu, Hall 2018, doi:10.1007/s12532-017-0130-5], which no other module knows.

The objective is scaled: HiGHS takes 1e-7 for zero in duals, and probabilities of classes are of that size; unscaled it
returns "bounds" below plans that exist.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import highspy
import numpy as np
from scipy.sparse import csr_matrix, hstack, identity, vstack

from tom_gcn.planning.geometry import FloatArray, IntArray
from tom_gcn.planning.program import Cut, Program, Roaming, broken_cut, ceiling, promising
from tom_gcn.planning.schedule import Slots

SCALE = 1e6
ROUNDS = 60
"""Rounds of Hall's rows at most; each adds one per telescope."""
CLOSE = 2e-4
"""Part of the bound that fields left out of the program may still account for."""
MOST_PROMISING = 4
"""Fields to begin with, per field that a telescope can take."""
SURE = 0.99
PORTION = 0.1
"""In a dive, shares at least so large are taken at once; of the others this part, the largest, each time."""
UNUSED = 0.02
"""Shares below this are left to the greedy choice afterwards."""
GAP = 1e-4
"""Relative gap at which a search for whole fields ends."""


@dataclass(frozen=True, eq=False)
class Relaxed:
    """Solution of a program in shares of fields.

    Attributes
    ----------
    value : float
        Its objective, in probability.
    share : ndarray, shape (fields,)
    price : ndarray, shape (classes,)
        Dual values of the classes: what one more field on each is worth.
    cuts : tuple of Cut
        Hall's rows that were needed.
    finished : bool
        Whether no row of Hall's is broken and the solver stopped by itself.
    """

    value: float
    share: FloatArray
    price: FloatArray
    cuts: tuple[Cut, ...]
    finished: bool


class Model:
    """A program in HiGHS: columns y (classes), x (fields) and the cells of roaming telescopes, in this order."""

    def __init__(self, program: Program, roaming: Sequence[Roaming] = ()) -> None:
        self.program = program
        self.classes, self.fields = program.inside.shape
        cells = [program.cells[:, one.cells] for one in roaming]
        in_class = np.bincount(program.pixel_class[program.pixel_class >= 0], minlength=self.classes)
        matrix = hstack([identity(self.classes), -program.inside, *(-held for held in cells)]).tocsr()
        width = matrix.shape[1]
        limits = csr_matrix(
            (np.ones(self.fields), (program.telescope, self.classes + np.arange(self.fields))),
            shape=(len(program.limit), width),
        )
        areas, begin = [], self.classes + self.fields
        for held in cells:
            number = held.shape[1]
            pixels = held.T @ in_class
            areas.append(csr_matrix((pixels, (np.zeros(number, int), begin + np.arange(number))), shape=(1, width)))
            begin += number
        rows = vstack([matrix, limits, *areas]).tocsr()
        upper = np.concatenate([np.zeros(self.classes), program.limit, [one.pixels for one in roaming]])
        self.highs: Any = highspy.Highs()  # type: ignore[no-untyped-call]
        self._option("output_flag", False)
        self._option("threads", 1)
        self.highs.passModel(_lp(rows, upper, np.append(program.weight, np.zeros(width - self.classes))))

    def _option(self, name: str, value: bool | int | float | str) -> None:
        self.highs.setOptionValue(name, value)

    def add(self, cut: Cut) -> None:
        """Add one of Hall's rows."""
        index = (self.classes + cut.fields).astype(np.int32)
        self.highs.addRow(-highspy.kHighsInf, float(cut.slots), len(index), index, np.ones(len(index)))

    def relax(self, seconds: float) -> Relaxed:
        """Solve in shares of fields; rows of Hall's are added until none is broken or the time is up."""
        ends, cuts, broken = perf_counter() + seconds, list[Cut](), True
        solved = self._run(seconds)
        for _ in range(ROUNDS):
            share = self.shares()
            found = [broken_cut(self.program, number, share) for number in _telescopes(self.program)] if solved else []
            new = [cut for cut in found if cut is not None]
            broken = bool(new)
            if not new or perf_counter() > ends:
                break
            for cut in new:
                self.add(cut)
            cuts += new
            solved = self._run(ends - perf_counter())
        value = -float(self.highs.getInfo().objective_function_value) / SCALE
        return Relaxed(value, self.shares(), self._prices(), tuple(cuts), solved and not broken)

    def _run(self, seconds: float) -> bool:
        self._option("time_limit", float(self.highs.getRunTime()) + max(seconds, 0.01))
        self.highs.run()
        return bool(self.highs.getModelStatus() == highspy.HighsModelStatus.kOptimal)

    def shares(self) -> FloatArray:
        """Return the present solution's shares of fields."""
        values = np.array(self.highs.getSolution().col_value, dtype=np.float64)
        return values[self.classes : self.classes + self.fields] if len(values) else np.zeros(self.fields)

    def _prices(self) -> FloatArray:
        duals = np.array(self.highs.getSolution().row_dual, dtype=np.float64)[: self.classes]
        return np.clip(-duals / SCALE, 0.0, None) if len(duals) else self.program.weight.copy()

    def dive(self, share: FloatArray, seconds: float) -> IntArray:
        """Round a solution in shares to whole fields that fit: the largest are taken for good, the rest solved again.

        Returns
        -------
        ndarray of int
            The fields taken; more may fit.
        """
        ends = perf_counter() + seconds
        slots = {number: _Fitting(self.program, number) for number in _telescopes(self.program)}
        open_, taken = np.ones(self.fields, dtype=bool), list[int]()
        while True:
            candidates = np.flatnonzero(open_ & (share > UNUSED))
            if not len(candidates):
                return np.array(sorted(taken), dtype=np.int64)
            rank = candidates[np.argsort(-share[candidates], kind="stable")]
            sure = int((share[rank] >= SURE).sum())
            late = perf_counter() > ends
            now = rank if late else rank[: max(sure, 1, int(PORTION * len(rank)))]
            open_[now] = False
            fits = np.array([slots[int(self.program.telescope[one])].add(int(one)) for one in now])
            taken += [int(one) for one in now[fits]]
            if late:
                continue
            columns = (self.classes + now).astype(np.int32)
            self.highs.changeColsBounds(len(now), columns, fits.astype(float), fits.astype(float))
            share = self.relax(ends - perf_counter()).share

    def release(self) -> None:
        """Let every field be taken or not again."""
        columns = np.arange(self.classes, self.classes + self.fields, dtype=np.int32)
        self.highs.changeColsBounds(self.fields, columns, np.zeros(self.fields), np.ones(self.fields))

    def choose(self, start: IntArray, seconds: float, progress: Callable[[], None]) -> IntArray:
        """Search whole fields, beginning with a choice that is known to fit.

        Parameters
        ----------
        start : ndarray of int
            Fields of the choice to begin with.
        seconds : float
        progress : callable
            Called now and then; may raise, which ends the search and is raised here.

        Returns
        -------
        ndarray of int
            The best choice found, ``start`` if none is better.
        """
        whole = np.arange(self.classes, self.classes + self.fields, dtype=np.int32)
        kinds = np.full(self.fields, highspy.HighsVarType.kInteger)
        self.highs.changeColsIntegrality(self.fields, whole, kinds)
        self._option("mip_rel_gap", GAP)
        self._give(start)
        stopped = self._watch(progress)
        self._run(seconds)
        if stopped:
            raise stopped[0]
        return np.flatnonzero(self.shares() > 0.5)

    def _give(self, start: IntArray) -> None:
        """Tell HiGHS a choice of fields that fits."""
        taken = np.zeros(self.fields)
        taken[start] = 1.0
        solution = highspy.HighsSolution()
        solution.col_value = [*np.minimum(self.program.inside @ taken, 1.0), *taken]
        solution.value_valid = True
        self.highs.setSolution(solution)

    def _watch(self, progress: Callable[[], None]) -> list[Exception]:
        """Report while HiGHS searches, and interrupt it when the report raises."""
        stopped = list[Exception]()

        def look(event: highspy.HighsCallbackEvent) -> None:
            try:
                progress()
            except Exception as reason:  # noqa: BLE001 - raised again where the search was begun
                stopped.append(reason)
                event.interrupt()

        self.highs.cbMipInterrupt.subscribe(look)
        return stopped


@dataclass(frozen=True, eq=False)
class Columns:
    """A program solved with part of its fields, those that matter.

    Attributes
    ----------
    fields : ndarray of int
        The fields taken in, ascending.
    program : Program
        The program with these.
    relaxed : Relaxed
        Its solution.
    bound : float
        What no choice among all fields exceeds.
    """

    fields: IntArray
    program: Program
    relaxed: Relaxed
    bound: float


def by_columns(program: Program, roaming: Sequence[Roaming], price: FloatArray, seconds: float) -> Columns:
    """Solve a program, taking in fields only as they turn out to be worth it at the prices found.

    Prices hold for all fields, since classes outside the fields taken in keep their full weight as price; so the bound
    is one for the whole program at every step. Ends when fields left out would add less than `CLOSE`.

    Parameters
    ----------
    program : Program
    roaming : sequence of Roaming
    price : ndarray, shape (classes,)
        Prices of a first choice, to begin with.
    seconds : float
    """
    ends = perf_counter() + seconds
    fields = np.union1d(promising(program, price, MOST_PROMISING), promising(program, program.weight, MOST_PROMISING))
    best = np.inf
    while True:
        smaller = program.only(fields)
        relaxed = Model(smaller, roaming).relax(ends - perf_counter())
        prices = _carried(program, smaller, relaxed.price)
        best = min(best, ceiling(program, prices, roaming))
        new = np.setdiff1d(promising(program, prices, 1), fields)
        if not len(new) or not relaxed.finished or best - relaxed.value < CLOSE * best:
            return Columns(fields, smaller, relaxed, best)
        fields = np.union1d(fields, promising(program, prices, 2))


def _carried(program: Program, smaller: Program, price: FloatArray) -> FloatArray:
    """Prices of all classes from those of a program with fewer fields."""
    share = np.clip(price / np.maximum(smaller.weight, 1e-300), 0.0, 1.0)
    of_class = np.full(len(program.weight), -1)
    held = program.pixel_class >= 0
    of_class[program.pixel_class[held]] = smaller.pixel_class[held]
    return np.asarray(program.weight * np.append(share, 1.0)[of_class])


class _Fitting:
    """Slots of one telescope, asked by the number of a field."""

    def __init__(self, program: Program, telescope: int) -> None:
        fields, self._rows = program.rows(telescope)
        self._first = {int(one): n for n, one in enumerate(fields)}
        self._slots = Slots(self._rows.shape[1], program.limit[telescope])

    def add(self, one: int) -> bool:
        return self._slots.add(self._rows[self._first[one]])


def _telescopes(program: Program) -> list[int]:
    return sorted(set(program.telescope.tolist()))


def _lp(rows: csr_matrix, upper: FloatArray, value: FloatArray) -> highspy.HighsLp:
    model = highspy.HighsLp()
    model.num_row_, model.num_col_ = rows.shape
    model.col_cost_ = -SCALE * value
    model.col_lower_, model.col_upper_ = np.zeros(len(value)), np.ones(len(value))
    model.row_lower_ = np.full(len(upper), -highspy.kHighsInf)
    model.row_upper_ = upper.astype(np.float64)
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_, model.a_matrix_.index_, model.a_matrix_.value_ = rows.indptr, rows.indices, rows.data
    return model
