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
from tom_gcn.planning import NetworkPlan, PlanOptions, PlanTelescope, plan_network
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
