"""Reports of pointings on the page, refusals, and the galaxies that are planned or observed."""

import csv
import io
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import make_event
from tests.tom_gcn.plan_pages import FEW, address, busiest, text_of, told
from tom_gcn.actions import make_plan, request_plan
from tom_gcn.actions.pointings import refuse, report_pointings
from tom_gcn.choices import PointingState
from tom_gcn.galaxy_states import GalaxyState, follow_up_of
from tom_gcn.models import Galaxy, GalaxyCatalogue

pytestmark = pytest.mark.django_db


@pytest.fixture
def planned(event):
    make_plan(request_plan(event, by=None, telescopes=FEW, hours=48).pk)
    return event


# --- reports ------------------------------------------------------------------------------------------------------


def test_pointings_are_reported_and_taken_back(browse, planner, planned):
    plan = planned.plans.get()
    part = busiest(plan)
    place = address(planned, "report", version=1, telescope=part.telescope)
    client = browse(planner)
    answer = client.post(place, {"orders": ["1", "2"], "state": "started", "note": "clouds <near>"}, follow=True)
    assert f"{part.telescope}: 2 pointings under way." in text_of(answer)
    assert "clouds &lt;near&gt;" in text_of(answer)
    rows = part.pointings.filter(order__in=[1, 2])
    assert set(rows.values_list("state", "reported_by")) == {("started", planner.pk)}
    client.post(place, {"orders": ["1"], "state": "done"})
    assert part.pointings.get(order=1).state == "done"
    client.post(place, {"orders": ["1", "2"], "state": "planned"})
    assert set(rows.values_list("state", flat=True)) == {"planned"}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"state": "done"}, "No pointing was chosen"),
        ({"state": "eaten", "orders": ["1"]}, "A pointing is"),
        ({"state": "done", "orders": ["99999"]}, "no pointing 99999"),
        ({"state": "done", "orders": ["x", "-1", "1" * 40]}, "No pointing was chosen"),
    ],
)
def test_senseless_reports_are_refused(browse, planner, planned, data, says):
    part = busiest(planned.plans.get())
    place = address(planned, "report", version=1, telescope=part.telescope)
    assert says in told(browse(planner).post(place, data))
    assert not part.pointings.exclude(state="planned").exists()


def test_a_telescope_that_cannot_is_told_and_taken_back(browse, planner, planned):
    part = busiest(planned.plans.get())
    place = address(planned, "refuse", version=1, telescope=part.telescope)
    client = browse(planner)
    assert (
        "2020" in told(client.post(place, {"reason_code": "weather", "until": "2020-01-01"}))
        or planned.refusals.count() == 0
    )
    assert "not a time" in told(client.post(place, {"reason_code": "weather", "until": "dawn"}))
    assert "Say why" in told(client.post(place, {"reason_code": "laziness"}))
    until = f"{timezone.now() + timedelta(hours=5):%Y-%m-%d %H:%M}"
    client.post(place, {"reason_code": "weather", "reason": "rain", "until": until})
    refusal = planned.refusals.get()
    page = text_of(client.get(planned.get_absolute_url()))
    assert f"{part.telescope} cannot:</strong> weather, rain, until" in page
    client.post(address(planned, "withdraw-refusal", pk=refusal.pk))
    assert "cannot:</strong>" not in text_of(client.get(planned.get_absolute_url()))


def test_refusals_of_another_event_are_not_reached(browse, planner, planned, grandma):
    other = make_event("S1", grandma)
    refusal = refuse(planned, "CFHT", "weather", by=None)
    assert browse(planner).post(address(other, "withdraw-refusal", pk=refusal.pk)).status_code == 404


def test_strangers_find_no_page_of_plans(browse, stranger, other_member, planned):
    where = {"version": 1, "telescope": FEW[0]}
    gets = [("new-plan", {}), ("plan-live", {}), ("compare-plans", {})]
    posts = [("cancel-plan", {"version": 1}), ("keep-plan", {"version": 1}), ("report", where), ("refuse", where)]
    for user in (stranger, other_member):
        for name, arguments in gets:
            assert browse(user).get(address(planned, name, **arguments)).status_code == 404, name
        for name, arguments in posts:
            assert browse(user).post(address(planned, name, **arguments)).status_code == 404, name


# --- galaxies -----------------------------------------------------------------------------------------------------


@pytest.fixture
def galaxies(planned):
    """One galaxy in the first field of the plan, one far from all of them."""
    catalogue = GalaxyCatalogue.objects.create(
        name="sample", is_sample=True, n_galaxies=2, file_name="x", reference="r", completeness="c"
    )
    pointing = busiest(planned.plans.get()).pointings.first()
    peak = planned.localizations.get().skymap
    places = [
        ("inside", pointing.ra_deg, pointing.dec_deg),
        ("away", (peak.peak_ra_deg + 180) % 360, -peak.peak_dec_deg),
    ]
    return [
        Galaxy.objects.create(catalogue=catalogue, name=name, ra_deg=ra, dec_deg=dec, distance_mpc=40, hpx29=0)
        for name, ra, dec in places
    ]


def test_galaxies_are_planned_observed_or_free(planned, galaxies, member):
    assert [row.state for row in follow_up_of(galaxies, planned, member)] == [GalaxyState.PLANNED, GalaxyState.FREE]
    plan = planned.plans.get()
    part = busiest(plan)
    report_pointings(plan, part.telescope, None, PointingState.DONE, by=None)
    inside, away = follow_up_of(galaxies, planned, member)
    assert (inside.state, away.state) == (GalaxyState.OBSERVED, GalaxyState.FREE)
    assert part.telescope in inside.telescopes
    assert inside.first == part.pointings.order_by("start").filter(state="done").first().start or inside.first


def test_a_galaxy_named_by_a_pointing_is_planned(planned, galaxies, member):
    pointing = busiest(planned.plans.get()).pointings.first()
    pointing.galaxies = ["away"]
    pointing.save()
    assert follow_up_of(galaxies, planned, member)[1].state == GalaxyState.PLANNED


def test_the_list_of_galaxies_marks_them_and_its_file_does_too(browse, member, planned):
    from django.core.management import call_command

    call_command("load_galaxies", "sample", stdout=io.StringIO())
    type(planned).objects.filter(pk=planned.pk).update(is_test=True)
    text = text_of(browse(member).get(f"/events/{planned.name}/galaxies/"))
    assert "Of those listed:" in text
    assert "still free</span>" in text or "planned</span>" in text
    rows = list(
        csv.DictReader(io.StringIO(browse(member).get(f"/events/{planned.name}/galaxies.csv").getvalue().decode()))
    )
    assert {row["follow_up"] for row in rows} <= {"planned", "observed", "free"}
    assert all(bool(row["telescopes"]) == (row["follow_up"] != "free") for row in rows)


def test_without_a_catalogue_the_page_says_how_to_load_one(browse, member, planned):
    assert "manage.py load_galaxies" in text_of(browse(member).get(f"/events/{planned.name}/galaxies/"))
