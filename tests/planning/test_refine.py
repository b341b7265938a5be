"""Refined plans: never worse than the plan they begin with, and held to the same promises."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from tests.planning.soundness import assert_sound
from tom_gcn.planning import PlanCancelled, PlanOptions, PlanTelescope, Problem, solve
from tom_gcn.planning.bound import bound
from tom_gcn.planning.refine import refine
from tom_gcn.skymaps import SkyMap

START = datetime(2026, 3, 18, 19, 30, 7, tzinfo=UTC)
Make = Callable[..., PlanTelescope]
Blob = Callable[..., SkyMap]


@pytest.fixture
def problem(make_blob: Blob, make_telescope: Make) -> Problem:
    """Two cameras on the same sky with few fields each: greedy gives the wide one what the other could add to."""
    telescopes = (
        make_telescope("WIDE", width_deg=4.0, height_deg=4.0, exposure_s=300.0),
        make_telescope("FINE", width_deg=2.6, height_deg=2.6, longitude_deg=5.0, exposure_s=300.0),
        make_telescope("NARROW", width_deg=0.4, height_deg=0.4, narrow=True, exposure_s=300.0),
    )
    return Problem(make_blob(150.0, 20.0, 5.0, order=6), telescopes, START, options=PlanOptions(max_pointings=6))


def test_a_refined_plan_is_sound_better_and_below_the_bound(problem: Problem) -> None:
    plan = solve(problem)
    better = refine(problem, plan, seconds=30.0)
    assert_sound(problem.skymap, better, list(problem.telescopes), START)
    assert better.covered_probability > plan.covered_probability
    assert better.greedy_probability == plan.covered_probability
    assert better.covered_probability <= bound(problem, better).value
    assert better.covered_probability >= 0.98 * bound(problem, plan).value
    assert all(result.n_pointings <= 6 for result in better.telescopes)


def test_what_cannot_be_made_better_comes_back_as_it_was(make_blob: Blob, make_telescope: Make) -> None:
    problem = Problem(
        make_blob(150.0, 20.0, 1.0, order=7), (make_telescope("T", width_deg=8.0, height_deg=8.0),), START
    )
    plan = solve(problem)
    assert refine(problem, plan, seconds=10.0) == replace(plan, greedy_probability=plan.covered_probability)


def test_kept_pointings_stay(problem: Problem) -> None:
    first = solve(problem)
    kept = tuple(replace(pointing, kept=True) for pointing in first.of("WIDE")[:2])
    after = replace(problem, kept=kept)
    better = refine(after, solve(after), seconds=20.0)
    stayed = [pointing for pointing in better.of("WIDE") if pointing.kept]
    assert [(one.field_id, one.start) for one in stayed] == [(one.field_id, one.start) for one in kept]


def test_a_standing_plan_is_not_reshuffled_for_little(problem: Problem) -> None:
    standing = replace(problem, previous=solve(problem).pointings, options=replace(problem.options, stability=0.5))
    plan = solve(standing)
    assert refine(standing, plan, seconds=10.0).pointings == plan.pointings


def test_refinement_can_be_cancelled(problem: Problem) -> None:
    calls = np.zeros(1, dtype=int)

    def cancel(fraction: float, text: str) -> None:
        calls[0] += 1
        if calls[0] > 2:
            raise PlanCancelled

    with pytest.raises(PlanCancelled):
        refine(problem, solve(problem), seconds=30.0, progress=cancel)
    assert calls[0] == 3


def test_revisits_are_left_as_they_are(problem: Problem) -> None:
    twice = replace(problem, options=replace(problem.options, epochs=2))
    plan = solve(twice)
    assert refine(twice, plan, seconds=10.0).pointings == plan.pointings
