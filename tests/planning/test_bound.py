"""Bounds: never below any choice that fits, exact where the truth can be counted out."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from tom_gcn.planning import Done, PlanOptions, PlanTelescope, Problem, solve
from tom_gcn.planning.bound import EXACT, QUICK, bound
from tom_gcn.planning.highs import Model
from tom_gcn.planning.program import Program, best_basis, broken_cut, ceiling, most_of, program_of
from tom_gcn.planning.schedule import Candidates, Slots
from tom_gcn.skymaps import SkyMap

START = datetime(2026, 3, 18, 19, 30, 7, tzinfo=UTC)
Make = Callable[..., PlanTelescope]
Blob = Callable[..., SkyMap]


def random_candidates(rng: np.random.Generator, pixels: int, fields: int, slots: int) -> Candidates:
    held = [np.sort(rng.choice(pixels, rng.integers(1, pixels), replace=False)) for _ in range(fields)]
    feasible = rng.random((fields, slots)) < 0.5
    feasible[np.arange(fields), rng.integers(0, slots, fields)] = True
    return Candidates(
        np.zeros(fields),
        np.zeros(fields),
        [str(n) for n in range(fields)],
        feasible,
        np.ones(fields),
        np.concatenate([[0], np.cumsum([len(one) for one in held])]),
        np.concatenate(held),
    )


def random_program(seed: int) -> Program:
    rng = np.random.default_rng(seed)
    candidates = [random_candidates(rng, 12, 5, 3), None, random_candidates(rng, 12, 4, 4)]
    return program_of(candidates, [2, 0, 3], rng.random(12))


def fits(program: Program, fields: tuple[int, ...]) -> bool:
    """Whether some fields can all be taken, by an assignment that has nothing to do with the planner's."""
    for number, slots in enumerate(program.feasible):
        mine = [one for one in fields if program.telescope[one] == number]
        if len(mine) > program.limit[number]:
            return False
        if mine and slots is not None:
            rows = slots[program.candidate[mine]]
            if len(mine) > rows.shape[1]:
                return False
            row, column = linear_sum_assignment(~rows)
            if not rows[row, column].all():
                return False
    return True


def best_choice(program: Program) -> float:
    numbers = range(program.n_fields)
    choices = (c for size in range(6) for c in combinations(numbers, size))
    return max(program.covered(np.array(c, dtype=int)) for c in choices if fits(program, c))


@pytest.mark.parametrize("seed", range(6))
def test_the_program_is_never_below_the_best_choice_and_its_prices_prove_it(seed: int) -> None:
    program = random_program(seed)
    best = best_choice(program)
    relaxed = Model(program).relax(30.0)
    assert relaxed.finished
    assert best <= relaxed.value + 1e-6
    assert ceiling(program, relaxed.price) == pytest.approx(relaxed.value, abs=1e-6)


@pytest.mark.parametrize("seed", range(6))
def test_whole_fields_from_the_search_are_the_best_choice(seed: int) -> None:
    program = random_program(seed)
    model = Model(program)
    relaxed = model.relax(30.0)
    rounded = model.dive(relaxed.share, 30.0)
    assert fits(program, tuple(rounded))
    fresh = Model(program)
    for cut in relaxed.cuts:
        fresh.add(cut)
    found = fresh.choose(rounded, 30.0, lambda: None)
    assert program.covered(found) >= max(best_choice(program), program.covered(rounded)) - 1e-4


@given(seed=st.integers(0, 200), shares=st.lists(st.floats(0.0, 1.0), min_size=64, max_size=64))
@settings(max_examples=30, deadline=None)
def test_any_prices_give_a_bound(seed: int, shares: list[float]) -> None:
    program = random_program(seed)
    price = np.array(shares)[: len(program.weight)] * program.weight
    assert ceiling(program, price) >= best_choice(program) - 1e-12


def test_classes_hold_all_weight_inside_fields() -> None:
    rng = np.random.default_rng(3)
    candidates = random_candidates(rng, 30, 6, 4)
    weight = rng.random(40)
    program = program_of([candidates], [4], weight)
    for index in range(6):
        assert program.covered(np.array([index])) == pytest.approx(weight[candidates.pixels(index)].sum())
    smaller = program.only(np.array([1, 4]))
    assert smaller.covered(np.array([0, 1])) == pytest.approx(program.covered(np.array([1, 4])))
    assert smaller.weight.sum() == pytest.approx(program.covered(np.array([1, 4])))


def test_a_cut_is_found_where_too_much_wants_the_same_slots() -> None:
    program = random_program(0)
    rows = np.zeros((5, 3), dtype=bool)
    rows[:3, 0], rows[3:] = True, True
    program = replace(program, feasible=(rows, *program.feasible[1:]))
    share = np.zeros(program.n_fields)
    share[:3] = 0.5
    cut = broken_cut(program, 0, share)
    assert cut is not None
    assert cut.fields.tolist() == [0, 1, 2]
    assert cut.slots == 1
    share[2] = 0.0
    assert broken_cut(program, 0, share) is None


@pytest.mark.parametrize("seed", range(4))
def test_the_best_basis_is_that_of_an_assignment(seed: int) -> None:
    program = random_program(seed)
    program = replace(program, limit=(3, 0, 4))
    value = np.random.default_rng(seed).random(program.n_fields)
    for number in (0, 2):
        fields, rows = program.rows(number)
        gain = np.where(rows, value[fields][:, None], 0.0)
        row, column = linear_sum_assignment(-gain)
        assert best_basis(program, number, value) == pytest.approx(gain[row, column].sum())


def test_the_most_of_some_values_counts_the_last_in_part() -> None:
    values = np.array([0.1, 0.4, 0.2, 0.3])
    assert most_of(values, 0.0) == 0.0
    assert most_of(values, 1.5) == pytest.approx(0.55)
    assert most_of(values, 3.0) == pytest.approx(0.9)
    assert most_of(values, 9.0) == pytest.approx(1.0)


def problem_of(make_blob: Blob, make_telescope: Make, **options: float) -> Problem:
    telescopes = (
        make_telescope("WIDE", width_deg=4.0, height_deg=4.0, exposure_s=300.0),
        make_telescope("FINE", width_deg=1.5, height_deg=1.5, longitude_deg=15.0, exposure_s=300.0),
        make_telescope("NARROW", width_deg=0.4, height_deg=0.4, narrow=True, exposure_s=300.0),
    )
    return Problem(make_blob(150.0, 20.0, 8.0, order=6), telescopes, START, options=PlanOptions(**options))


@pytest.mark.parametrize("most", [1, 6, None])
def test_a_bound_is_close_above_the_plan(make_blob: Blob, make_telescope: Make, most: int | None) -> None:
    problem = problem_of(make_blob, make_telescope, max_pointings=most)
    plan = solve(problem)
    found = bound(problem, plan)
    assert found.how in {EXACT, QUICK}
    assert found.exact_windows
    assert plan.covered_probability <= found.value <= 1.0
    assert found.gap == pytest.approx(1.0 - plan.covered_probability / found.value)
    assert found.gap < 0.06


def test_without_time_a_certificate_is_given(make_blob: Blob, make_telescope: Make) -> None:
    problem = problem_of(make_blob, make_telescope, max_pointings=6)
    plan = solve(problem)
    quick, exact = bound(problem, plan, time_limit_s=0.0), bound(problem, plan)
    assert quick.how == QUICK
    assert quick.value >= exact.value - 1e-9


def test_what_is_executed_cannot_be_covered_again(make_blob: Blob, make_telescope: Make) -> None:
    problem = problem_of(make_blob, make_telescope, max_pointings=6)
    done = Done("OTHER", 150.0, 20.0, "square", 12.0, 12.0, START, START)
    after = replace(problem, done=(done,))
    first, second = bound(problem, solve(problem)), bound(after, solve(after))
    plan = solve(after)
    assert second.value < first.value
    assert second.value + plan.executed_probability <= 1.0 + 1e-9


def test_a_plan_of_nothing_has_the_bound_zero(make_blob: Blob, make_telescope: Make) -> None:
    telescope = make_telescope("SOUTH", latitude_deg=-60.0, min_altitude_deg=60.0)
    problem = Problem(make_blob(150.0, 80.0, 2.0, order=6), (telescope,), START)
    found = bound(problem, solve(problem))
    assert (found.value, found.gap) == (0.0, 0.0)


def test_slots_of_the_schedule_agree_with_the_tests_own_fit() -> None:
    rng = np.random.default_rng(11)
    for _ in range(20):
        rows = rng.random((4, 3)) < 0.5
        slots = Slots(3, 3)
        added = tuple(n for n in range(4) if slots.add(rows[n]))
        program = replace(random_program(0), feasible=(np.vstack([rows, rows[:1]]), None, None), limit=(3, 0, 0))
        assert fits(program, added)
