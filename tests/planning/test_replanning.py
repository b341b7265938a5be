"""Plans after plans: what was executed, what is kept, and when a standing plan stays."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.planning.soundness import assert_sound, footprint
from tom_gcn.coverage import union_probability
from tom_gcn.planning import (
    Done,
    NetworkPlan,
    PlanOptions,
    PlanTelescope,
    Pointing,
    Problem,
    describe,
    plan_network,
    solve,
)
from tom_gcn.planning.measure import outline_of
from tom_gcn.skymaps import SkyMap
from tom_grandma_facilities.almanac import separation_deg

START = datetime(2026, 3, 18, 21, 0, 7, tzinfo=UTC)
Make = Callable[..., PlanTelescope]
Blob = Callable[..., SkyMap]


def executed(pointing: Pointing, camera: PlanTelescope) -> Done:
    return Done(
        pointing.telescope,
        pointing.ra_deg,
        pointing.dec_deg,
        camera.shape,
        camera.width_deg,
        camera.height_deg,
        pointing.start,
        pointing.end,
    )


@pytest.fixture
def network(make_telescope: Make) -> tuple[PlanTelescope, ...]:
    return (
        make_telescope("A"),
        make_telescope("B", width_deg=1.5, height_deg=1.5, longitude_deg=-30.0),
        make_telescope("C", shape="circle", width_deg=2.5, height_deg=2.5, longitude_deg=-10.0),
    )


@pytest.fixture
def skymap(make_blob: Blob) -> SkyMap:
    return make_blob(150.0, 20.0, 4.0)


@pytest.fixture
def first(skymap: SkyMap, network: tuple[PlanTelescope, ...]) -> NetworkPlan:
    return plan_network(skymap, network, START, options=PlanOptions(max_pointings=6))


def test_executed_fields_are_free_of_probability_and_never_planned_again(
    skymap: SkyMap, network: tuple[PlanTelescope, ...], first: NetworkPlan
) -> None:
    done = tuple(executed(p, network[0]) for p in first.of("A")[:4])
    plan = solve(Problem(skymap, network, START, options=PlanOptions(max_pointings=6), done=done))
    places = {(one.telescope, one.ra_deg, one.dec_deg) for one in done}
    assert not places & {(p.telescope, p.ra_deg, p.dec_deg) for p in plan.pointings}
    outlines = [one.footprint() for one in done]
    planned = [
        footprint(next(t for t in network if t.name == p.telescope), p.ra_deg, p.dec_deg) for p in plan.pointings
    ]
    assert plan.executed_probability == pytest.approx(union_probability(skymap, outlines), abs=1e-9)
    assert plan.executed_probability + plan.covered_probability == pytest.approx(
        union_probability(skymap, outlines + planned), abs=1e-9
    )
    assert plan.executed_probability + plan.covered_probability > first.covered_probability


def test_everything_executed_leaves_nothing_and_says_so(make_blob: Blob, make_telescope: Make) -> None:
    skymap, wide = make_blob(150.0, 20.0, 0.8), make_telescope("Wide", width_deg=20.0, height_deg=20.0)
    small = make_telescope("Small", width_deg=1.0, height_deg=1.0)
    done = (Done("Wide", 150.0, 20.0, "square", 20.0, 20.0, START, START + timedelta(minutes=1)),)
    plan = solve(Problem(skymap, (wide, small), START, done=done))
    assert not plan.pointings
    reasons = {result.name: result.reason for result in plan.telescopes}
    assert reasons["Wide"] == "Nothing left to do: it has observed the localization already."
    assert reasons["Small"] == "Nothing left to add: already covered by Wide."
    assert plan.executed_probability == pytest.approx(1.0, abs=1e-6)


def test_kept_pointings_stay_and_block_time_sky_and_number(
    skymap: SkyMap, network: tuple[PlanTelescope, ...], first: NetworkPlan
) -> None:
    kept = first.of("A")[1:4]
    plan = solve(Problem(skymap, network, START, options=PlanOptions(max_pointings=6), kept=kept))
    assert_sound(skymap, plan, list(network), START)
    still = [p for p in plan.pointings if p.kept]
    assert [(p.field_id, p.start, p.end) for p in still] == [(p.field_id, p.start, p.end) for p in kept]
    assert len(plan.of("A")) <= 6
    assert plan.covered_probability == pytest.approx(first.covered_probability, abs=0.02)


def test_a_telescope_that_left_keeps_what_it_has_begun(
    skymap: SkyMap, network: tuple[PlanTelescope, ...], first: NetworkPlan
) -> None:
    kept = first.of("C")[:2]
    closed = {"C": "Closed by weather."}
    plan = solve(Problem(skymap, network[:2], START, excluded=closed, kept=kept))
    assert [p.field_id for p in plan.of("C")] == [p.field_id for p in kept]
    outlines = [outline_of(p) for p in plan.pointings]
    assert plan.covered_probability == pytest.approx(union_probability(skymap, outlines), abs=1e-6)
    result = next(one for one in plan.telescopes if one.name == "C")
    assert (result.reason, result.n_pointings) == ("", 2)


def test_the_same_problem_again_changes_nothing(
    skymap: SkyMap, network: tuple[PlanTelescope, ...], first: NetworkPlan
) -> None:
    options = PlanOptions(max_pointings=6)
    plan = solve(Problem(skymap, network, START, options=options, previous=first.pointings))
    assert plan.pointings == first.pointings
    difference = describe(first.pointings, plan)
    assert difference.is_nothing
    assert difference.summary == f"Nothing changes: {len(first.pointings)} unchanged."
    assert set(difference.sentences.values()) == {"All 6 fields unchanged."}
    assert any(note.startswith("The standing fields stay") for note in plan.notes)


def test_a_small_shift_of_the_map_keeps_the_standing_fields(
    make_blob: Blob, network: tuple[PlanTelescope, ...], first: NetworkPlan
) -> None:
    shifted, options = make_blob(150.05, 20.0, 4.05), PlanOptions(max_pointings=6, stability=0.05)
    plan = solve(Problem(shifted, network, START, options=options, previous=first.pointings))
    fresh = solve(Problem(shifted, network, START, options=options))
    difference = describe(first.pointings, plan)
    assert difference.unchanged > 0.7 * len(first.pointings)
    assert plan.covered_probability > fresh.covered_probability - 0.05
    assert_sound(shifted, plan, list(network), START)


def test_a_map_elsewhere_makes_everything_new(
    make_blob: Blob, network: tuple[PlanTelescope, ...], first: NetworkPlan
) -> None:
    elsewhere = make_blob(120.0, 40.0, 4.0)
    plan = solve(Problem(elsewhere, network, START, options=PlanOptions(max_pointings=6), previous=first.pointings))
    difference = describe(first.pointings, plan)
    assert (difference.unchanged, difference.dropped) == (0, len(first.pointings))
    assert difference.sentences["A"] == "6 fields new; 6 earlier fields dropped."
    assert difference.summary.endswith("Changed for A, B, C.")


def test_standing_fields_make_room_for_more_when_one_telescope_closes(
    skymap: SkyMap, network: tuple[PlanTelescope, ...], first: NetworkPlan
) -> None:
    options = PlanOptions(max_pointings=9, stability=0.2)
    plan = solve(
        Problem(skymap, network[:2], START, options=options, excluded={"C": "Closed."}, previous=first.pointings)
    )
    difference = describe(first.pointings, plan)
    assert difference.sentences["A"] == "Fields 1-6 unchanged, 7-9 new."
    assert difference.sentences["C"] == "No field left; 6 earlier fields dropped."


def test_what_was_observed_is_not_called_dropped(first: NetworkPlan, network: tuple[PlanTelescope, ...]) -> None:
    mine = first.of("A")
    rest = tuple(p for p in first.pointings if p not in mine[:2])
    later = replace(mine[2], start=mine[2].start + timedelta(hours=1), order=1)
    plan = replace(first, pointings=tuple(later if p == mine[2] else p for p in rest))
    difference = describe(first.pointings, plan, [executed(p, network[0]) for p in mine[:2]])
    assert difference.executed == 2
    assert difference.sentences["A"] == "Fields 4-6 unchanged, 1 at another time; 2 fields observed."
    assert not difference.is_nothing


@pytest.mark.parametrize("shape", ["circle", "square", "rectangle"])
def test_outlines_are_read_back_from_pointings(make_blob: Blob, make_telescope: Make, shape: str) -> None:
    sides = {"width_deg": 2.0, "height_deg": 1.0 if shape == "rectangle" else 2.0}
    camera = make_telescope("A", shape=shape, **sides)
    plan = plan_network(make_blob(150.0, 60.0, 3.0), [camera], START)
    for p in plan.pointings[:3]:
        found, true = outline_of(p), footprint(camera, p.ra_deg, p.dec_deg)
        assert (found.width_deg, found.height_deg) == pytest.approx((sides["width_deg"], sides["height_deg"]), abs=1e-6)
        assert found.area_deg2 == pytest.approx(true.area_deg2, rel=1e-6)
        assert float(separation_deg(found.ra_deg, found.dec_deg, true.ra_deg, true.dec_deg)) == 0.0
