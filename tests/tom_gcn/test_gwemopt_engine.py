"""gwemopt as an engine on real maps, in its own process: a plan like any other, measured by our coverage."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tom_gcn.coverage import Footprint, union_probability
from tom_gcn.planning import plan_telescope
from tom_gcn.planning.engines import ENGINES
from tom_gcn.planning.isolated import EngineCrashed, run_engine
from tom_gcn.planning.plan import solve
from tom_gcn.planning.problem import Done, GalaxyTargets, Problem
from tom_gcn.planning.result import NetworkPlan
from tom_gcn.planning.verify import faults_of
from tom_gcn.skymaps import read_skymap
from tom_grandma_facilities.almanac import separation_deg
from tom_grandma_facilities.registry import get_telescope

MAPS = Path(__file__).parents[1] / "data" / "skymaps"
GWEMOPT = ENGINES["gwemopt"]


@lru_cache(maxsize=2)
def problem_of(file: str, *names: str) -> Problem:
    skymap = read_skymap((MAPS / file).read_bytes())
    telescopes = tuple(plan_telescope(get_telescope(name)) for name in names)
    return Problem(skymap, telescopes, datetime(2022, 7, 22, 9, 57, tzinfo=UTC))


def multi_order() -> Problem:
    return problem_of("MS220722v_bayestar.multiorder.fits", "TAROT-TRE", "TAROT-TCH", "OAJ-T80")


def flat() -> Problem:
    return problem_of("reproject_bayestar.fits.gz", "TAROT-TCA", "FRAM-Auger", "TAROT-TRE")


def shapes_of(plan: NetworkPlan, problem: Problem) -> list[Footprint]:
    cameras = {one.name: (one.shape, one.width_deg, one.height_deg) for one in problem.telescopes}
    return [Footprint(*cameras[p.telescope], p.ra_deg, p.dec_deg) for p in plan.pointings]


@pytest.mark.parametrize("make", [multi_order, flat])
def test_gwemopt_plans_two_bundled_maps_soundly_and_below_ours(make) -> None:
    problem = make()
    theirs = run_engine(GWEMOPT, problem, {}, time_limit_s=280)
    ours = solve(problem)
    assert theirs.engine == "gwemopt"
    assert faults_of(problem, theirs) == ()
    assert {(p.telescope, p.filter) for p in theirs.pointings} <= {(p.telescope, p.filter) for p in ours.pointings}
    assert theirs.covered_probability == pytest.approx(
        union_probability(problem.skymap, shapes_of(theirs, problem)), abs=1e-9
    )
    assert 0.1 < theirs.covered_probability < ours.covered_probability
    # its own sum counts what several look at as often as they do
    assert theirs.own_sum is not None
    assert theirs.own_sum > theirs.covered_probability - 0.01
    for name in {p.telescope for p in theirs.pointings}:
        mine = theirs.of(name)
        assert len(mine) <= 20
        assert all(after.start > before.end for before, after in pairwise(mine))


def one_telescope(**changes) -> Problem:
    return replace(problem_of("reproject_bayestar.fits.gz", "TAROT-TRE"), **changes)


# The first is the default, with which the maps above are planned.
@pytest.mark.parametrize("schedule", list(GWEMOPT.options[0].choices)[1:])
def test_every_schedule_that_is_offered_works(schedule: str) -> None:
    problem = one_telescope(hours=12.0)
    plan = run_engine(GWEMOPT, problem, {"schedule": schedule}, time_limit_s=280)
    assert faults_of(problem, plan) == ()
    assert plan.pointings


def galaxies_about(problem: Problem) -> GalaxyTargets:
    """Two galaxies near the densest place, of which the one that weighs more lies farther away, and one nowhere."""
    ra, dec = problem.skymap.peak()
    weight = np.array([0.2, 0.5, 0.3])
    return GalaxyTargets(
        ("near", "heavy", "elsewhere"),
        np.array([ra, ra, ra + 180.0]),
        np.array([dec, dec + 5.0, -dec]),
        weight,
        0.6,
        "own",
    )


def test_galaxies_are_pointed_at_by_their_weight() -> None:
    problem = one_telescope()
    problem = replace(problem, galaxies=galaxies_about(problem))
    plan = run_engine(GWEMOPT, problem, {"targets": "galaxy"}, time_limit_s=280)
    assert faults_of(problem, plan) == ()
    names = [pointing.field_id for pointing in plan.pointings]
    assert {"near", "heavy"} <= set(names)
    assert plan.own_sum == pytest.approx(sum({"near": 0.2, "heavy": 0.5, "elsewhere": 0.3}[name] for name in names))
    heavy = next(pointing for pointing in plan.pointings if pointing.field_id == "heavy")
    assert (
        separation_deg(heavy.ra_deg, heavy.dec_deg, galaxies_about(problem).ra_deg[1], problem.skymap.peak()[1] + 5)
        < 0.1
    )


def test_galaxies_without_a_catalogue_are_refused_in_a_sentence() -> None:
    with pytest.raises(EngineCrashed, match="no galaxies of a loaded catalogue"):
        run_engine(GWEMOPT, one_telescope(), {"targets": "galaxy"}, time_limit_s=280)


def test_what_was_executed_is_not_planned_again_and_what_is_kept_stays() -> None:
    problem = one_telescope()
    first = run_engine(GWEMOPT, problem, {}, time_limit_s=280)
    camera = problem.telescopes[0]
    seen, sent = first.pointings[:5], first.pointings[5:8]
    done = tuple(
        Done(p.telescope, p.ra_deg, p.dec_deg, camera.shape, camera.width_deg, camera.height_deg, p.start, p.end)
        for p in seen
    )
    again = replace(problem, done=done, kept=sent)
    second = run_engine(GWEMOPT, again, {}, time_limit_s=280)
    assert faults_of(again, second) == ()
    fresh = [p for p in second.pointings if not p.kept]
    assert [p.field_id for p in second.pointings if p.kept] == [p.field_id for p in sent]
    assert not {p.field_id for p in fresh} & {p.field_id for p in (*seen, *sent)}
    assert len(second.pointings) <= 20
