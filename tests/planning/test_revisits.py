"""Several visits of a field, apart in time and through several filters."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.planning.soundness import assert_sound
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
from tom_gcn.planning.visits import Rhythm
from tom_gcn.skymaps import SkyMap

START = datetime(2026, 3, 18, 21, 0, 7, tzinfo=UTC)
Make = Callable[..., PlanTelescope]
Blob = Callable[..., SkyMap]


def visits(plan: NetworkPlan, telescope: str) -> dict[str, list[tuple[int, datetime, datetime, str]]]:
    """Epoch, start, end and filter of every visit, by field, in time order."""
    found: dict[str, list[tuple[int, datetime, datetime, str]]] = {}
    for p in plan.of(telescope):
        found.setdefault(p.field_id, []).append((p.epoch, p.start, p.end, p.filter))
    return found


@pytest.mark.parametrize(("epochs", "gap_h"), [(2, 1.0), (3, 0.5), (2, 3.0)])
def test_every_field_is_visited_again_after_the_gap(
    make_blob: Blob, make_telescope: Make, epochs: int, gap_h: float
) -> None:
    skymap, telescope = make_blob(160.0, 20.0, 4.0), make_telescope("A")
    options = PlanOptions(epochs=epochs, revisit_gap_h=gap_h, max_pointings=12)
    plan = plan_network(skymap, [telescope], START, options=options)
    assert_sound(skymap, plan, [telescope], START)
    assert len(plan.pointings) == 12
    fields = visits(plan, "A")
    assert len(fields) == 12 // epochs
    for times in fields.values():
        assert [epoch for epoch, *_ in times] == list(range(1, epochs + 1))
        for (_, _, end, _), (_, start, _, _) in pairwise(times):
            assert start - end >= timedelta(hours=gap_h)
    assert all(p.new_probability == pytest.approx(0.0, abs=1e-12) for p in plan.pointings if p.epoch > 1)


def test_filters_change_between_visits_and_take_their_time(make_blob: Blob, make_telescope: Make) -> None:
    skymap = make_blob(160.0, 20.0, 4.0)
    wheel = make_telescope("A", filters=("sdssg", "sdssr"), filter="sdssr", filter_change_s=300.0)
    fixed = make_telescope("B", filter="clear", filters=("clear",), longitude_deg=-30.0)
    options = PlanOptions(epochs=2, revisit_gap_h=0.5, epoch_filters=("g", "r"), max_pointings=20)
    plan = plan_network(skymap, [wheel, fixed], START, options=options)
    assert {tuple(one[3] for one in times) for times in visits(plan, "A").values()} == {("sdssg", "sdssr")}
    assert {p.filter for p in plan.of("B")} == {"clear"}
    changes = [pair for pair in pairwise(plan.of("A")) if pair[0].filter != pair[1].filter]
    assert len(changes) == 1
    for before, after in changes:
        assert (after.start - before.end).total_seconds() >= 300.0 + wheel.readout_s - 0.002


def test_a_field_that_sets_gets_the_visits_that_fit(make_blob: Blob, make_telescope: Make) -> None:
    """The region sets within about an hour, too soon for a second visit after four; it is covered all the same."""
    skymap, telescope = make_blob(65.0, 20.0, 2.0), make_telescope("A")
    options = PlanOptions(epochs=2, revisit_gap_h=4.0, max_pointings=10)
    plan = plan_network(skymap, [telescope], START, hours=12.0, options=options)
    assert plan.pointings
    assert {p.epoch for p in plan.pointings} == {1}


@settings(max_examples=200, deadline=None)
@given(arrays(bool, 12), st.integers(1, 4), st.integers(0, 4))
def test_rows_of_visits_are_those_from_which_all_others_fit(allowed: np.ndarray, count: int, gap: int) -> None:
    rows = Rhythm(count, float(gap), ("",) * count).rows(allowed, np.arange(12.0), 1.0)
    assert 1 <= len(rows) <= count
    if not allowed.any():
        return
    for visit, row in enumerate(rows):
        for slot in np.flatnonzero(row):
            chain = [float(slot)]
            for _ in range(visit):
                earlier = [s for s in np.flatnonzero(allowed) if s + 1 + gap <= chain[0]]
                chain.insert(0, max(earlier))
            for _ in range(len(rows) - visit - 1):
                later = [s for s in np.flatnonzero(allowed) if s >= chain[-1] + 1 + gap]
                chain.append(min(later))
            assert len(chain) == len(rows)
    assert all(row.any() for row in rows)


def reported(pointing: Pointing, camera: PlanTelescope, late: timedelta = timedelta()) -> Done:
    place = (pointing.telescope, pointing.ra_deg, pointing.dec_deg, camera.shape, camera.width_deg, camera.height_deg)
    return Done(*place, pointing.start + late, pointing.end + late)


def test_a_report_of_the_first_visit_leaves_the_second(make_blob: Blob, make_telescope: Make) -> None:
    """Small localizations get two visits of one centre; the one that was told of is over, the other still due."""
    skymap, telescope = make_blob(150.0, 20.0, 0.15, order=10), make_telescope("A")
    first = plan_network(skymap, [telescope], START)
    one, two = first.of("A")
    assert (one.epoch, two.epoch) == (1, 2)
    assert two.probability == one.probability > 0.9
    assert two.new_probability == 0.0
    # the report and the uploaded exposure of one visit
    done = (reported(one, telescope), reported(one, telescope, timedelta(seconds=20)))
    later = one.end + timedelta(minutes=5)
    again = solve(Problem(skymap, (telescope,), later, done=done, previous=(two,)))
    assert [(p.epoch, p.start, p.field_id) for p in again.pointings] == [(2, two.start, "centre")]
    told = describe((one, two), again, done)
    assert told.sentences["A"] == "1 field unchanged; 1 field observed."
    assert (told.unchanged, told.executed, told.dropped, told.is_nothing) == (1, 1, 0, True)
    both = (*done, reported(two, telescope))
    over = solve(Problem(skymap, (telescope,), two.end + timedelta(minutes=5), done=both))
    assert not over.pointings
    assert describe((one, two), over, both).sentences["A"] == "No field left; 2 fields observed."


def test_a_second_visit_that_was_given_up_is_dropped_not_observed(make_blob: Blob, make_telescope: Make) -> None:
    skymap, telescope = make_blob(150.0, 20.0, 0.15, order=10), make_telescope("A")
    first = plan_network(skymap, [telescope], START)
    done = (reported(first.of("A")[0], telescope),)
    left = solve(Problem(skymap, (telescope,), first.pointings[0].end + timedelta(minutes=5), done=done))
    told = describe(first.pointings, left, done)
    assert told.sentences["A"] == "No field left; 1 earlier field dropped; 1 field observed."


def test_second_visits_of_a_grid_stay_when_their_first_ones_were_observed(
    make_blob: Blob, make_telescope: Make
) -> None:
    skymap, telescope = make_blob(160.0, 20.0, 4.0), make_telescope("A")
    options = PlanOptions(epochs=2, max_pointings=8)
    first = plan_network(skymap, [telescope], START, options=options)
    seen = [p for p in first.pointings if p.epoch == 1][:2]
    done = tuple(reported(p, telescope) for p in seen)
    now = max(p.end for p in seen)
    standing = tuple(p for p in first.pointings if p.start >= now)
    again = solve(Problem(skymap, (telescope,), now, options=options, done=done, previous=standing))
    second = {(p.field_id, p.start) for p in again.pointings if p.epoch == 2}
    wanted = {(p.field_id, p.start) for p in standing if p.epoch == 2 and p.field_id in {s.field_id for s in seen}}
    assert len(wanted) == 2
    assert wanted <= second
