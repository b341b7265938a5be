"""What every plan promises, on random networks, maps, options and histories."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.planning.soundness import assert_sound
from tom_gcn.planning import (
    Done,
    NetworkPlan,
    PlanOptions,
    PlanTelescope,
    Pointing,
    Problem,
    plan_network,
    solve,
)
from tom_gcn.planning.verify import faults_of
from tom_gcn.skymaps import SkyMap

START = datetime(2026, 3, 18, 19, 30, 7, tzinfo=UTC)
GREEDY_TOLERANCE = 0.02
"""What one more telescope may take from the covered probability: greedy turns another way, and times fall otherwise."""
Make = Callable[..., PlanTelescope]
Blob = Callable[..., SkyMap]

places = st.tuples(st.floats(0.0, 360.0), st.floats(-60.0, 75.0))
cameras = st.fixed_dictionaries(
    {
        "width_deg": st.floats(0.3, 7.0),
        "latitude_deg": st.floats(-50.0, 60.0),
        "longitude_deg": st.floats(-180.0, 180.0),
        "shape": st.sampled_from(["square", "circle"]),
        "exposure_s": st.sampled_from([30.0, 300.0, 900.0]),
        "n_exposures": st.integers(1, 3),
        "slew_deg_per_s": st.sampled_from([0.3, 3.0]),
        "min_altitude_deg": st.floats(5.0, 45.0),
    }
)
options = st.builds(
    PlanOptions,
    max_pointings=st.sampled_from([1, 5, 12]),
    epochs=st.integers(1, 3),
    revisit_gap_h=st.sampled_from([0.2, 2.0]),
    epoch_filters=st.sampled_from([(), ("g", "r")]),
    airmass_max=st.sampled_from([None, 1.7]),
    hour_angle_max_h=st.sampled_from([None, 3.0]),
    galactic_latitude_min_deg=st.sampled_from([0.0, 15.0]),
    moon=st.sampled_from(["phase", "fixed"]),
)
few = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)


def network(make_telescope: Make, drawn: list[dict[str, object]]) -> tuple[PlanTelescope, ...]:
    filters = {"filters": ("sdssg", "sdssr"), "filter": "sdssr", "filter_change_s": 60.0}
    return tuple(
        make_telescope(
            f"T{n}",
            **{**one, "height_deg": one["width_deg"], "narrow": one["width_deg"] < 1.0, "moon_separation_deg": 35.0},
            **filters,
        )
        for n, one in enumerate(drawn)
    )


def executed(pointing: Pointing, cameras: dict[str, PlanTelescope]) -> Done:
    camera = cameras[pointing.telescope]
    size = (camera.shape, camera.width_deg, camera.height_deg)
    return Done(pointing.telescope, pointing.ra_deg, pointing.dec_deg, *size, pointing.start, pointing.end)


def fields(plan: NetworkPlan) -> set[tuple[str, float, float]]:
    return {(p.telescope, p.ra_deg, p.dec_deg) for p in plan.pointings}


@few
@given(place=places, sigma=st.floats(0.1, 10.0), drawn=st.lists(cameras, min_size=1, max_size=3), chosen=options)
def test_every_limit_holds_by_astropy_and_nothing_counts_twice(
    make_blob: Blob,
    make_telescope: Make,
    place: tuple[float, float],
    sigma: float,
    drawn: list[dict[str, object]],
    chosen: PlanOptions,
) -> None:
    skymap = make_blob(*place, sigma, order=5 if sigma > 1.0 else 9)
    telescopes = network(make_telescope, drawn)
    problem = Problem(skymap, telescopes, START, options=chosen)
    plan = solve(problem)
    assert_sound(skymap, plan, list(telescopes), START)
    assert faults_of(problem, plan) == ()
    assert solve(problem).pointings == plan.pointings


@few
@given(place=places, sigma=st.floats(1.0, 8.0), drawn=st.lists(cameras, min_size=2, max_size=3))
def test_another_telescope_never_costs_more_than_the_tolerance(
    make_blob: Blob,
    make_telescope: Make,
    place: tuple[float, float],
    sigma: float,
    drawn: list[dict[str, object]],
) -> None:
    skymap = make_blob(*place, sigma, order=5)
    telescopes = network(make_telescope, drawn)
    chosen = PlanOptions(max_pointings=8)
    without = plan_network(skymap, telescopes[:-1], START, options=chosen)
    together = plan_network(skymap, telescopes, START, options=chosen)
    assert together.covered_probability >= without.covered_probability - GREEDY_TOLERANCE


@few
@given(
    place=places,
    sigma=st.floats(1.0, 8.0),
    drawn=st.lists(cameras, min_size=1, max_size=3),
    share=st.floats(0.0, 1.0),
)
def test_executed_fields_are_never_planned_again(
    make_blob: Blob,
    make_telescope: Make,
    place: tuple[float, float],
    sigma: float,
    drawn: list[dict[str, object]],
    share: float,
) -> None:
    skymap = make_blob(*place, sigma, order=5)
    telescopes = network(make_telescope, drawn)
    chosen = PlanOptions(max_pointings=8, moon="fixed")
    first = plan_network(skymap, telescopes, START, options=chosen)
    count = round(share * len(first.pointings))
    done = tuple(executed(p, {one.name: one for one in telescopes}) for p in first.pointings[:count])
    problem = Problem(skymap, telescopes, START, options=chosen, done=done, previous=first.pointings[count:])
    plan = solve(problem)
    assert not fields(plan) & {(one.telescope, one.ra_deg, one.dec_deg) for one in done}
    assert faults_of(problem, plan) == ()
    total = plan.executed_probability + plan.covered_probability
    assert total <= 1.0 + 1e-9
    assert total >= first.covered_probability - chosen.stability - GREEDY_TOLERANCE


@few
@given(place=places, drawn=st.lists(cameras, min_size=1, max_size=3), count=st.integers(0, 6))
def test_kept_pointings_stay_whatever_changes(
    make_blob: Blob, make_telescope: Make, place: tuple[float, float], drawn: list[dict[str, object]], count: int
) -> None:
    telescopes = network(make_telescope, drawn)
    chosen = PlanOptions(max_pointings=8)
    first = plan_network(make_blob(*place, 3.0, order=5), telescopes, START, options=chosen)
    kept = first.pointings[:count]
    changed = tuple(replace(one, exposure_s=one.exposure_s + 10.0) for one in telescopes[1:])
    elsewhere = make_blob(place[0] + 4.0, place[1], 4.0, order=5)
    problem = Problem(elsewhere, changed, START, options=chosen, excluded={"T0": "Closed."}, kept=kept)
    plan = solve(problem)
    assert {(p.telescope, p.ra_deg, p.start, p.end) for p in plan.pointings if p.kept} == {
        (p.telescope, p.ra_deg, p.start, p.end) for p in kept
    }
    assert faults_of(problem, plan) == ()
    assert sum(p.new_probability for p in plan.pointings) == pytest.approx(plan.covered_probability, abs=1e-9)
