"""What was observed of an event, and whether a source would have been seen: pages, files and API."""

import io
from datetime import timedelta

import pytest
from astropy.io import fits
from django.contrib.auth.models import Permission
from rest_framework.test import APIClient

from tests.factories import ingest_alert, make_event, make_group, make_user
from tom_gcn.executed import depth_of, executed_of
from tom_gcn.models import Event, ObservationPlan, PlannedPointing, TelescopePlan
from tom_grandma_facilities.actions import record_observations
from tom_grandma_facilities.executed import read_rows
from tom_grandma_facilities.models import ExecutedObservation

pytestmark = pytest.mark.django_db


@pytest.fixture
def observer(member):
    member.user_permissions.add(Permission.objects.get(codename="add_executedobservation"))
    return type(member).objects.get(pk=member.pk)


@pytest.fixture
def event(observer):
    return ingest_alert()


def localization_of(event):
    return event.localizations.select_related("skymap").get(is_current=True)


def observe(event, by, *, shift=0.0, hours=2.0, telescope="TAROT-TCA", name="a", **cells):
    skymap = localization_of(event).skymap
    row = {
        "observation_id": name,
        "RA": (skymap.peak_ra_deg + shift) % 360,
        "Dec": skymap.peak_dec_deg,
        "obstime": (event.t0 + timedelta(hours=hours)).isoformat(),
        "filter": "r",
        "exposure_time": 60,
    }
    recorded = record_observations(read_rows([row | cells]).rows, by=by, telescope=telescope)
    assert recorded.counts["created"] == 1, recorded.answers
    return ExecutedObservation.objects.get(telescope=telescope, observation_id=name)


def test_only_what_was_done_after_the_event_and_in_its_map_counts(event, observer):
    observe(event, observer, limmag=18.4)
    observe(event, observer, name="before", hours=-3)
    observe(event, observer, name="late", hours=24 * 8)
    observe(event, observer, name="elsewhere", RA=10, Dec=-80 if localization_of(event).skymap.peak_dec_deg > 0 else 80)
    found = executed_of(event, localization_of(event), observer)
    assert found.coverage.total.count == 1
    assert [(line.telescope, line.filter, line.deepest_mag) for line in found.coverage.by_filter] == [
        ("TAROT-TCA", "r", 18.4)
    ]
    footprint = found.coverage.total.probability
    assert footprint == pytest.approx(1 - found.coverage.left_probability)
    assert 0 < footprint < 0.5
    assert executed_of(event, localization_of(event), observer, days=0).coverage.total.count == 2


def test_what_others_told_is_not_counted_for_those_who_may_not_see_it(event, observer):
    observe(event, observer)
    other = make_user("visitor", make_group("Others"))
    event.groups.add(make_group("Others"))
    assert executed_of(event, localization_of(event), other).coverage.total is None


def test_the_page_and_its_part(event, observer, browse):
    client = browse(observer)
    empty = client.get(f"/events/{event.name}/observed/").content.decode()
    assert "Nothing that was told covers this map" in empty
    observe(event, observer, limmag=18.4)
    observe(event, observer, name="b", telescope="OAJ-T80", shift=1.0)
    part = client.get(f"/events/{event.name}/observed/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert "2 exposures of 2 telescopes" in part
    assert "18.4" in part
    assert "<svg" in part
    assert f"/events/{event.name}/observed/" in client.get(f"/events/{event.name}/").content.decode()
    assert client.get(f"/events/{event.name}/observed/?days=4").status_code == 404
    assert "No sky map" in client.get(f"/events/{make_event('GRB1', make_group()).name}/observed/").content.decode()


def test_the_observed_sky_as_a_moc(event, observer, browse):
    observe(event, observer)
    answer = browse(observer).get(f"/events/{event.name}/observed.moc.fits")
    table = fits.open(io.BytesIO(answer.content))[1]
    assert table.header["ORDERING"] == "NUNIQ"
    assert len(table.data) > 100


def test_the_api_tells_the_same(event, observer):
    observe(event, observer, limmag=18.4)
    client = APIClient()
    client.force_authenticate(observer)
    told = client.get(f"/api/events/{event.name}/executed/?moc=true").json()
    assert told["total"]["count"] == 1
    assert told["left_probability"] == pytest.approx(1 - told["total"]["probability"])
    assert told["moc"]
    assert client.get(f"/api/events/{event.name}/executed/?tyop=1").status_code == 400
    assert client.get("/api/events/nothing/executed/").status_code == 404


def test_a_field_of_the_plan_is_enough_to_say_where(event, observer, plan):
    PlannedPointing.objects.filter(telescope_plan__plan=plan).update(field_id="F12")
    made = observe(event, observer, telescope="OAJ-T80", RA=None, Dec=None, field_id="F12")
    skymap = localization_of(event).skymap
    assert (made.ra_deg, made.dec_deg) == pytest.approx((skymap.peak_ra_deg, skymap.peak_dec_deg))
    rows = [{"observation_id": "z", "field_id": "F12", "obstime": "2024-11-03", "filter": "r", "exposure_time": 60}]
    other = make_user("other", make_group("Others"))
    other.user_permissions.add(Permission.objects.get(codename="add_executedobservation"))
    other = type(other).objects.get(pk=other.pk)
    for by, telescope in ((other, "OAJ-T80"), (observer, "CFHT")):
        recorded = record_observations(read_rows(rows).rows, by=by, telescope=telescope)
        assert "has a field F12" in recorded.answers[0].problems[0].reason


# --- efficiency -----------------------------------------------------------------------------------------------------
@pytest.fixture
def plan(event):
    """A plan of one pointing at the peak, by hand."""
    skymap = localization_of(event).skymap
    row = event.plans.order_by("-version").first()
    ObservationPlan.objects.filter(pk=row.pk).update(state="done", window_start=event.t0, n_pointings=1)
    part = TelescopePlan.objects.create(plan=row, telescope="OAJ-T80", n_pointings=1)
    numbers = ("probability", "new_probability", "cumulative_probability", "telescope_cumulative")
    start = event.t0 + timedelta(hours=12)
    PlannedPointing.objects.create(
        telescope_plan=part, order=1, ra_deg=skymap.peak_ra_deg, dec_deg=skymap.peak_dec_deg, start=start,
        end=start + timedelta(minutes=5), filter="r", exposure_s=60, altitude_start_deg=50, altitude_end_deg=50,
        airmass_start=1.2, airmass_end=1.2, moon_separation_deg=90, footprint=[], **dict.fromkeys(numbers, 0.1),
    )  # fmt: skip
    return ObservationPlan.objects.get(pk=row.pk)


def test_depths_grow_with_the_root_of_the_time():
    assert depth_of("OAJ-T80", 600.0) == pytest.approx(depth_of("OAJ-T80", 60.0) + 1.25)
    assert depth_of("nothing", 60.0) is None


def test_a_plan_tells_what_it_would_see(event, observer, plan, browse):
    client = browse(observer)
    page = client.get(f"/events/{event.name}/efficiency/?plan={plan.version}&magnitude=-20").content.decode()
    assert "would be seen" in page
    assert "assumed" in page
    assert "<svg" in page
    bright = answer_of(observer, event, "magnitude=-25")
    faint = answer_of(observer, event, "magnitude=-8")
    twice = answer_of(observer, event, "magnitude=-25&times=2")
    assert bright["probability"] > 0.005
    assert bright["probability"] == pytest.approx(bright["covered"], abs=1e-3)
    assert faint["probability"] == 0.0
    assert twice["probability"] == 0.0
    assert bright["curve"][0][1] >= bright["curve"][-1][1]


def answer_of(user, event, query):
    client = APIClient()
    client.force_authenticate(user)
    answer = client.get(f"/api/events/{event.name}/efficiency/?{query}")
    assert answer.status_code == 200, answer.json()
    return answer.json()


def test_what_was_observed_counts_alone_and_with_the_plan(event, observer, plan):
    observe(event, observer, limmag=25.0)
    observe(event, observer, name="b", limmag=25.0, hours=3)
    done = answer_of(observer, event, "what=executed&magnitude=-25&times=2")
    assert (done["n_exposures"], done["n_depths_assumed"]) == (2, 0)
    assert done["probability"] > 0
    both = answer_of(observer, event, "what=both&magnitude=-25&times=3")
    assert both["n_exposures"] == 3
    assert 0 < both["probability"] <= done["probability"]


def test_a_pointing_that_was_executed_counts_once(event, observer, plan):
    observe(event, observer, limmag=25.0)
    pointing = PlannedPointing.objects.filter(telescope_plan__plan=plan)
    for state, both, planned in (
        ("planned", 2, 1), ("sent", 2, 1), ("started", 2, 1), ("done", 1, 1), ("cannot", 1, 0), ("cancelled", 1, 0),
    ):  # fmt: skip
        pointing.update(state=state)
        assert answer_of(observer, event, "what=both&magnitude=-25")["n_exposures"] == both, state
        assert answer_of(observer, event, "what=plan&magnitude=-25")["n_exposures"] == planned, state


def test_a_given_distance_goes_before_that_of_the_map(event, observer, plan):
    near = answer_of(observer, event, "magnitude=-16&distance=1")
    far = answer_of(observer, event, "magnitude=-16&distance=5000&distance_error=100")
    assert near["probability"] > far["probability"]
    assert far["distance_mpc"] == [5000.0, 100.0]


@pytest.mark.parametrize(
    "query", ["times=0", "times=11", "magnitude=5", "law=exponential", "rate=nan", "distance=-1", "distance_error=3",
              "what=nothing", "tyop=1"]
)  # fmt: skip
def test_what_cannot_be_asked_of_the_api(event, observer, plan, query):
    client = APIClient()
    client.force_authenticate(observer)
    assert client.get(f"/api/events/{event.name}/efficiency/?{query}").status_code == 400


def test_without_a_plan_only_what_was_observed_can_be_asked(event, observer, browse):
    Event.objects.get(pk=event.pk).plans.update(state="failed")
    client = browse(observer)
    assert client.get(f"/events/{event.name}/efficiency/").status_code == 200
    assert "no finished plan" in client.get(f"/events/{event.name}/efficiency/?what=plan").content.decode()
    assert client.get(f"/events/{event.name}/efficiency/?plan=99").status_code == 404
    assert client.get(f"/events/{event.name}/efficiency/?plan=x").status_code == 404


def test_a_wide_field_that_reaches_into_the_map_counts_for_plans_though_its_centre_does_not(event, observer):
    from tom_gcn.plan_problem import EXECUTED_LEVEL, executed_for

    skymap = localization_of(event).skymap.data
    wide = observe(event, observer, telescope="FRAM-CTA-N", name="wide")
    ra, dec = skymap.peak()
    ring = [(ra, dec + step / 20 if dec < 0 else dec - step / 20) for step in range(1, 600)]
    levels = skymap.credible_level([place[0] for place in ring], [place[1] for place in ring])
    outside = next(place for place, level in zip(ring, levels.tolist(), strict=True) if level > EXECUTED_LEVEL)
    beside = observe(event, observer, telescope="FRAM-CTA-N", name="beside", RA=outside[0], Dec=outside[1])
    observe(event, observer, telescope="FRAM-CTA-N", name="opposite", RA=(ra + 180) % 360, Dec=-dec)
    until = event.t0 + timedelta(days=1)
    assert {row.pk for row in executed_for(event, skymap, until)} == {wide.pk, beside.pk}


def test_the_sky_is_looked_at_before_the_newest_are_taken(event, observer, monkeypatch):
    from tom_gcn import plan_problem

    near = observe(event, observer)
    observe(event, observer, name="elsewhere", hours=3, RA=10, Dec=-80 if near.dec_deg > 0 else 80)
    monkeypatch.setattr(plan_problem, "MOST_EXECUTED", 1)
    skymap = localization_of(event).skymap.data
    found = plan_problem.executed_for(event, skymap, event.t0 + timedelta(days=1))
    assert [row.pk for row in found] == [near.pk]


def test_plans_of_an_event_of_two_groups_count_only_what_both_may_see(event, observer):
    from tom_gcn.plan_problem import executed_for

    until = event.t0 + timedelta(days=1)
    seen = observe(event, observer)
    skymap = localization_of(event).skymap.data
    others = make_group("Others")
    assert [row.pk for row in executed_for(event, skymap, until)] == [seen.pk]
    event.groups.add(others)
    assert executed_for(event, skymap, until) == []
    seen.upload.groups.add(others)
    assert [row.pk for row in executed_for(event, skymap, until)] == [seen.pk]
    seen.upload.groups.add(make_group("A third"))
    assert [row.pk for row in executed_for(event, skymap, until)] == [seen.pk]
    event.groups.clear()
    assert executed_for(event, skymap, until) == []
