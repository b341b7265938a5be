"""What looks at the plans of engines finds every kind of nonsense, and nothing in a sound plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tom_gcn.planning import plan_telescope
from tom_gcn.planning.options import PlanOptions
from tom_gcn.planning.plan import solve
from tom_gcn.planning.problem import Problem
from tom_gcn.planning.result import NetworkPlan, Pointing
from tom_gcn.planning.verify import faults_of, in_words
from tom_gcn.skymaps import read_skymap
from tom_grandma_facilities.registry import get_telescope

MAP = Path(__file__).parents[1] / "data" / "skymaps" / "reproject_bayestar.fits.gz"
NAMES = ("TAROT-TCA", "TAROT-TRE", "FRAM-Auger")
Change = Callable[[Pointing], Pointing]


@pytest.fixture(scope="module")
def problem() -> Problem:
    telescopes = tuple(plan_telescope(get_telescope(name)) for name in NAMES)
    return Problem(read_skymap(MAP.read_bytes()), telescopes, datetime(2022, 7, 22, 9, 57, tzinfo=UTC))


@pytest.fixture(scope="module")
def plan(problem: Problem) -> NetworkPlan:
    return solve(problem)


def with_first(plan: NetworkPlan, change: Change) -> NetworkPlan:
    first, *rest = plan.pointings
    return replace(plan, pointings=(change(first), *rest))


def shifted(hours: float) -> Change:
    return lambda one: replace(one, start=one.start + timedelta(hours=hours), end=one.end + timedelta(hours=hours))


def test_a_sound_plan_has_no_fault(problem: Problem, plan: NetworkPlan) -> None:
    assert plan.pointings
    assert faults_of(problem, plan) == ()


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("not-finite", lambda one: replace(one, ra_deg=float("nan"))),
        ("not-finite", lambda one: replace(one, probability=float("inf"))),
        ("bad-probability", lambda one: replace(one, probability=1.2)),
        ("bad-probability", lambda one: replace(one, new_probability=-0.1)),
        ("bad-position", lambda one: replace(one, dec_deg=97.0)),
        ("bad-position", lambda one: replace(one, ra_deg=400.0)),
        ("unknown-telescope", lambda one: replace(one, telescope="Hubble")),
        ("bad-times", lambda one: replace(one, end=one.start)),
        ("bad-times", lambda one: replace(one, end=one.start + timedelta(seconds=1))),
        ("outside-span", shifted(24.0)),
        ("outside-span", shifted(-24.0)),
        ("not-dark", shifted(11.0)),
        ("too-low", lambda one: replace(one, dec_deg=-one.dec_deg, ra_deg=(one.ra_deg + 180.0) % 360.0)),
    ],
)  # fmt: skip
def test_nonsense_in_one_pointing_is_found(problem: Problem, plan: NetworkPlan, code: str, change: Change) -> None:
    assert code in {fault.code for fault in faults_of(problem, with_first(plan, change))}


def test_two_at_one_time_are_found(problem: Problem, plan: NetworkPlan) -> None:
    one, other, *_ = plan.of(plan.pointings[0].telescope)
    moved = replace(other, start=one.start, end=one.start + (other.end - other.start))
    wrong = replace(plan, pointings=tuple(moved if pointing == other else pointing for pointing in plan.pointings))
    assert "overlap" in {fault.code for fault in faults_of(problem, wrong)}


def test_the_moon_is_looked_at_by_its_phase(problem: Problem, plan: NetworkPlan) -> None:
    pointing = min(plan.pointings, key=lambda one: one.moon_separation_deg)
    wide = tuple(replace(one, moon_separation_deg=pointing.moon_separation_deg + 5.0) for one in problem.telescopes)
    strict = replace(problem, telescopes=wide, options=PlanOptions(moon="fixed"))
    assert "near-moon" in {fault.code for fault in faults_of(strict, plan)}
    assert "near-moon" not in {fault.code for fault in faults_of(replace(strict, options=PlanOptions()), plan)}


@pytest.mark.parametrize(
    ("code", "options"),
    [
        ("too-low", PlanOptions(airmass_max=1.01)),
        ("too-far-from-meridian", PlanOptions(hour_angle_max_h=0.2)),
        ("near-plane", PlanOptions(galactic_latitude_min_deg=85.0)),
        ("too-many", PlanOptions(max_pointings=1)),
    ],
)
def test_limits_of_the_plan_are_looked_at(problem: Problem, plan: NetworkPlan, code: str, options: PlanOptions) -> None:
    assert code in {fault.code for fault in faults_of(replace(problem, options=options), plan)}


def test_declination_limits_are_looked_at(problem: Problem, plan: NetworkPlan) -> None:
    narrow = tuple(replace(one, dec_max_deg=-80.0) for one in problem.telescopes)
    assert "outside-declination" in {fault.code for fault in faults_of(replace(problem, telescopes=narrow), plan)}


def test_a_telescope_that_is_passed_over_in_silence_is_found(problem: Problem, plan: NetworkPlan) -> None:
    silent = replace(plan, telescopes=plan.telescopes[1:])
    assert "missing-telescope" in {fault.code for fault in faults_of(problem, silent)}


def test_claims_that_do_not_add_up_are_found(problem: Problem, plan: NetworkPlan) -> None:
    boast = replace(plan, covered_probability=0.999)
    assert {fault.code for fault in faults_of(problem, boast)} == {"bad-probability"}


def test_something_else_than_a_plan_is_found(problem: Problem) -> None:
    assert [fault.code for fault in faults_of(problem, "a plan")] == ["no-plan"]


def test_many_faults_of_a_kind_are_counted(problem: Problem, plan: NetworkPlan) -> None:
    late = replace(plan, pointings=tuple(map(shifted(12.0), plan.pointings)))
    words = in_words(faults_of(problem, late))
    assert "more like this" in words
    assert len(words) < 3000
