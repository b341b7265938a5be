"""What must hold for every plan."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest

from tests.planning.soundness import assert_sound
from tom_gcn.planning import CannotPlan, PlanOptions, PlanTelescope, plan_network, visibility
from tom_gcn.planning.visibility import dark_nights, sky_of
from tom_gcn.skymaps import SkyMap
from tom_grandma_facilities.almanac import altitude_azimuth, separation_deg

START = datetime(2026, 3, 18, 19, 30, 7, tzinfo=UTC)
Make = Callable[..., PlanTelescope]
Blob = Callable[..., SkyMap]


def test_small_localization_is_followed_by_everyone_twice(make_blob: Blob, make_telescope: Make) -> None:
    skymap = make_blob(150.0, 20.0, 0.15, order=10)
    telescopes = [make_telescope("A"), make_telescope("B", width_deg=1.5, height_deg=1.5, longitude_deg=-40.0)]
    plan = plan_network(skymap, telescopes, START)
    assert sorted((p.telescope, p.field_id, p.epoch) for p in plan.pointings) == [
        (name, "centre", epoch) for name in "AB" for epoch in (1, 2)
    ]
    for p in plan.pointings:
        assert separation_deg(p.ra_deg, p.dec_deg, 150.0, 20.0) < 0.05
    for name in "AB":
        first, second = plan.of(name)
        assert second.start - first.end >= timedelta(hours=PlanOptions().revisit_gap_h)
    assert_sound(skymap, plan, telescopes, START)


def test_narrow_telescope_points_at_the_best_places_only(make_blob: Blob, make_telescope: Make) -> None:
    skymap = make_blob(150.0, 20.0, 3.0)
    narrow = make_telescope("N", width_deg=0.3, height_deg=0.3, narrow=True)
    plan = plan_network(skymap, [narrow], START)
    assert_sound(skymap, plan, [narrow], START)
    assert 1 <= len(plan.pointings) <= 20
    away = [float(separation_deg(p.ra_deg, p.dec_deg, 150.0, 20.0)) for p in plan.pointings]
    assert max(away) < 3.0


def test_fields_are_taken_soon_after_they_are_well_up_and_in_one_go(make_blob: Blob, make_telescope: Make) -> None:
    skymap, low = make_blob(195.0, 20.0, 2.0), make_telescope("A", min_altitude_deg=12.0)
    plan = plan_network(skymap, [low], START)
    assert len(plan.pointings) > 5
    assert max(p.airmass_start for p in plan.pointings) < 2.0 / 0.98
    assert max(p.altitude_start_deg for p in plan.pointings) < 40.0
    for before, after in pairwise(plan.pointings):
        assert (after.start - before.end).total_seconds() < 2.0 * low.gap_s(low.width_deg)


def test_a_region_that_sets_is_taken_at_once(make_blob: Blob, make_telescope: Make) -> None:
    skymap, low = make_blob(50.0, 20.0, 2.0), make_telescope("A", min_altitude_deg=12.0)
    plan = plan_network(skymap, [low], START)
    assert plan.pointings[0].altitude_start_deg > plan.pointings[0].altitude_end_deg
    night = plan.telescopes[0].nights[0][0]
    assert (plan.pointings[-1].end - night).total_seconds() < 90.0 * len(plan.pointings)
    best = max(plan.pointings, key=lambda p: p.probability)
    assert best in plan.pointings[:3]


@pytest.mark.parametrize("late", [timedelta(microseconds=300), timedelta(seconds=7, microseconds=999_999)])
def test_nothing_starts_before_the_start_even_in_the_middle_of_a_night(
    make_blob: Blob, make_telescope: Make, late: timedelta
) -> None:
    start = datetime(2026, 3, 18, 23, 0, tzinfo=UTC) + late
    skymap = make_blob(150.0, 20.0, 1.0)
    plan = plan_network(skymap, [make_telescope("A")], start)
    first = min(p.start for p in plan.pointings)
    assert start <= first < start + timedelta(seconds=1)
    assert plan.start == start


def test_a_refused_pointing_gets_another_time(
    make_blob: Blob, make_telescope: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a margin of the wrong sign astropy refuses pointings; they come back where all limits hold."""
    skymap, rising = make_blob(195.0, 20.0, 2.0), make_telescope("A", min_altitude_deg=45.0)
    wanted = {p.field_id for p in plan_network(skymap, [rising], START).pointings}
    monkeypatch.setattr(visibility, "ALTITUDE_MARGIN_DEG", -0.4)
    plan = plan_network(skymap, [rising], START)
    assert {p.field_id for p in plan.pointings} == wanted
    assert min(min(p.altitude_start_deg, p.altitude_end_deg) for p in plan.pointings) > 45.0


def test_long_slews_are_waited_for(make_blob: Blob, make_telescope: Make) -> None:
    left, right = make_blob(120.0, 20.0, 3.0), make_blob(200.0, 20.0, 3.0)
    assert not set(left.uniq) & set(right.uniq)
    uniq = np.concatenate([left.uniq, right.uniq])
    density = np.concatenate([left.probdensity, right.probdensity]) / 2.0
    skymap = SkyMap(np.sort(uniq), density[np.argsort(uniq)])
    slow = make_telescope("S", slew_deg_per_s=0.05, exposure_s=120.0)
    plan = plan_network(skymap, [slow], START)
    assert_sound(skymap, plan, [slow], START)
    assert len(plan.pointings) == 20


REASONS = [
    ({"latitude_deg": 80.0, "longitude_deg": 0.0}, datetime(2026, 6, 20, tzinfo=UTC), "No night in the window"),
    ({"dec_min_deg": -90.0, "dec_max_deg": -40.0}, START, "outside its declination limits (-90 to -40 deg)"),
    ({"latitude_deg": -60.0}, START, "never above 30 deg while it is dark"),
    ({"moon_separation_deg": 180.0}, START, "Moon at "),
    ({"exposure_s": 3000.0, "n_exposures": 12, "readout_s": 0.0}, START, "too short for one pointing of 600.0 min"),
    ({"max_pointings": 0}, START, "maximum number of pointings is 0"),
    ({"width_deg": 0.01, "height_deg": 0.01, "narrow": True}, START, "no field it can take holds 0.01 %"),
]


@pytest.mark.parametrize(("settings_", "start", "sentence"), REASONS)
def test_every_telescope_without_a_plan_says_why(
    make_blob: Blob, make_telescope: Make, settings_: dict[str, float], start: datetime, sentence: str
) -> None:
    options = PlanOptions(moon="fixed", min_new_probability=1e-4, min_share_of_best=2e-3)
    plan = plan_network(make_blob(150.0, 20.0, 4.0), [make_telescope("A", **settings_)], start, options=options)
    assert not plan.pointings
    assert sentence in plan.telescopes[0].reason
    assert plan.telescopes[0].reason.endswith(".")


def test_excluded_telescopes_and_empty_networks(make_blob: Blob) -> None:
    plan = plan_network(make_blob(10.0, 10.0, 4.0), [], START, excluded={"X": "Closed by weather."})
    assert [(result.name, result.reason) for result in plan.telescopes] == [("X", "Closed by weather.")]
    assert (plan.covered_probability, plan.area_deg2, plan.curve) == (0.0, 0.0, ())


def test_short_span_and_progress(make_blob: Blob, make_telescope: Make) -> None:
    told: list[float] = []
    start = datetime(2026, 3, 18, 23, 0, tzinfo=UTC)
    skymap, telescope = make_blob(150.0, 20.0, 4.0), make_telescope("A")
    plan = plan_network(
        skymap, [telescope], start, hours=10 / 60, progress=lambda fraction, text: told.append(fraction)
    )
    assert_sound(skymap, plan, [telescope], start)
    assert len(plan.pointings) == 8  # 60 s of exposure and 10 s of read-out each
    assert told == sorted(told)
    assert told[-1] == 1.0


@pytest.mark.parametrize("hours", [0.0, -1.0, 1000.0])
def test_impossible_spans_are_refused(make_blob: Blob, hours: float) -> None:
    with pytest.raises(ValueError, match="hours"):
        plan_network(make_blob(0.0, 0.0, 5.0), [], START, hours=hours)


def test_bad_input_is_refused(make_blob: Blob, make_telescope: Make) -> None:
    skymap = make_blob(0.0, 0.0, 5.0)
    with pytest.raises(ValueError, match="time zone"):
        plan_network(skymap, [], START.replace(tzinfo=None))
    with pytest.raises(ValueError, match="same name"):
        plan_network(skymap, [make_telescope("A"), make_telescope("A")], START)
    with pytest.raises(CannotPlan, match="exposure_s of A is -1"):
        make_telescope("A", exposure_s=-1.0)
    with pytest.raises(ValueError, match="min_new_probability"):
        PlanOptions(min_new_probability=0.0)


def test_zenith_vectors_give_the_almanacs_altitudes(make_telescope: Make) -> None:
    telescope = make_telescope("A", min_altitude_deg=20.0, moon_separation_deg=0.0)
    span = (61000.0, 61001.0)
    sky = sky_of(telescope, span, dark_nights(telescope, *span))
    ra, dec = np.meshgrid(np.arange(0.0, 360.0, 15.0), np.arange(-85.0, 90.0, 10.0))
    from tom_gcn.planning.geometry import unit_vectors

    feasible = sky.feasible(unit_vectors(ra.ravel(), dec.ravel()))
    altitude, _ = altitude_azimuth(
        ra.ravel()[:, None], dec.ravel()[:, None], sky.start_mjd, telescope.latitude_deg, telescope.longitude_deg
    )
    assert altitude[feasible].min() > 20.18
    assert feasible[altitude > 21.0].mean() > 0.98


def test_crumbs_of_a_small_map_are_not_asked_for():
    options = PlanOptions(min_new_probability=1e-4, min_share_of_best=2e-3)
    assert options.for_best(0.8).min_new_probability == pytest.approx(1.6e-3)
    assert options.for_best(0.01).min_new_probability == 1e-4
    with pytest.raises(ValueError, match="min_share_of_best"):
        PlanOptions(min_share_of_best=1.0)
