"""The calendar file of a plan of the whole network, in which some telescopes have no known site."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from tests.factories import ingest_alert
from tom_gcn.choices import PlanState
from tom_gcn.models import ObservationPlan, PlannedPointing, TelescopePlan
from tom_grandma_facilities.registry import TELESCOPES

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan(grandma):
    event = ingest_alert()
    event.plans.all().delete()
    now = timezone.now()
    return ObservationPlan.objects.create(
        event=event, localization=event.localizations.get(), version=1, window_start=now, queued_at=now,
        finished_at=now, state=PlanState.DONE, n_pointings=1, covered_probability=0.1, area_deg2=1,
    )  # fmt: skip


def with_pointing(plan, telescope):
    part = TelescopePlan.objects.create(plan=plan, telescope=telescope, n_pointings=1, first_start=plan.window_start)
    numbers = (
        "ra_deg", "dec_deg", "exposure_s", "altitude_start_deg", "altitude_end_deg", "airmass_start", "airmass_end",
        "moon_separation_deg", "probability", "new_probability", "cumulative_probability", "telescope_cumulative",
    )  # fmt: skip
    PlannedPointing.objects.create(
        telescope_plan=part, order=1, start=plan.window_start, end=plan.window_start + timedelta(minutes=5),
        footprint=[[0, 0], [1, 0], [1, 1], [0, 1]], **dict.fromkeys(numbers, 0.5),
    )  # fmt: skip


def entries(client, plan):
    address = reverse("events:plan-download", args=[plan.event.name, plan.version, "ics"])
    answer = client.get(address)
    assert answer.status_code == 200
    return list(Calendar.from_ical(answer.content).walk("VEVENT"))


def test_telescopes_of_unknown_site_do_not_break_it(plan, browse, member):
    unknown = [name for name, telescope in TELESCOPES.items() if not telescope.site.known]
    assert unknown
    for name in unknown:
        TelescopePlan.objects.create(plan=plan, telescope=name, reason="Nothing is known of its site.")
    with_pointing(plan, "CFHT")
    (entry,) = entries(browse(member), plan)
    assert entry["GEO"].latitude == pytest.approx(TELESCOPES["CFHT"].site.latitude_deg, abs=1e-3)


def test_a_telescope_of_unknown_site_has_an_entry_without_a_place(plan, browse, member):
    unknown = next(name for name, telescope in TELESCOPES.items() if not telescope.site.known)
    with_pointing(plan, unknown)
    (entry,) = entries(browse(member), plan)
    assert "GEO" not in entry
    assert unknown in entry["SUMMARY"]
