"""What pages say of reports on earlier plans, of plans that were superseded, and of events that were retracted."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse
from django.utils import timezone

from tests.factories import ingest_alert
from tom_gcn.actions.pointings import refuse, report_pointings
from tom_gcn.actions.replanning import stop_plans
from tom_gcn.choices import EventState, PlanState
from tom_gcn.models import Event, ObservationPlan, PlannedPointing, Refusal, TelescopePlan
from tom_grandma_facilities.executed.sky import cells
from tom_grandma_facilities.models import ExecutedObservation, ObservationUpload

pytestmark = pytest.mark.django_db
NUMBERS = (
    "ra_deg", "dec_deg", "exposure_s", "altitude_start_deg", "altitude_end_deg", "airmass_start", "airmass_end",
    "moon_separation_deg", "probability", "new_probability", "cumulative_probability", "telescope_cumulative",
)  # fmt: skip


@pytest.fixture
def event(grandma):
    event = ingest_alert()
    event.plans.all().delete()
    return event


@pytest.fixture
def planner(member):
    member.user_permissions.add(Permission.objects.get(codename="request_plan"))
    return User.objects.get(pk=member.pk)


def planned(event, version, *telescopes, record=False):
    """A finished plan with two pointings of each telescope."""
    now = timezone.now()
    plan = ObservationPlan.objects.create(
        event=event, localization=event.localizations.get(), version=version, window_start=now, queued_at=now,
        finished_at=now, state=PlanState.DONE, n_pointings=2 * len(telescopes), covered_probability=0.81,
        area_deg2=1, seconds=1, is_of_record=record, first_start=now,
    )  # fmt: skip
    for name in telescopes:
        part = TelescopePlan.objects.create(plan=plan, telescope=name, n_pointings=2, first_start=now)
        for order in (1, 2):
            PlannedPointing.objects.create(
                telescope_plan=part, order=order, start=now, end=now + timedelta(minutes=5),
                footprint=[[0, 0], [1, 0], [1, 1], [0, 1]], **dict.fromkeys(NUMBERS, 0.5),
            )  # fmt: skip
    return plan


def text_of(answer):
    assert answer.status_code == 200, answer.status_code
    return re.sub(r"\s+", " ", answer.content.decode())


def live(page):
    return re.search(r'id="plan-live".*?</table>', page)[0]


def address(event, name, *arguments):
    return reverse(f"events:{name}", args=[event.name, *arguments])


# --- reports on earlier plans -------------------------------------------------------------------------------------


def test_a_report_on_an_earlier_plan_stands_in_the_table(event, browse, member):
    first = planned(event, 1, "CFHT", "TAROT-TCA")
    planned(event, 2, "CFHT", record=True)
    report_pointings(first, "CFHT", [1], "done", by=None)
    report_pointings(first, "TAROT-TCA", [1, 2], "sent", by=None)
    page = text_of(browse(member).get(event.get_absolute_url()))
    table = re.sub(r"<[^>]+>", "", live(page))
    assert "1 done in plan 1" in table
    assert "2 sent in plan 1" in table
    assert "Nothing reported yet by CFHT" not in page


def test_what_was_carried_over_stands_in_the_table_once(event, browse, member):
    first, second = planned(event, 1, "CFHT"), planned(event, 2, "CFHT", record=True)
    origins, copies = (
        list(PlannedPointing.objects.filter(telescope_plan__plan=plan).order_by("order")) for plan in (first, second)
    )
    PlannedPointing.objects.filter(pk=copies[0].pk).update(carried_from=origins[0])
    report_pointings(first, "CFHT", [1], "done", by=None)
    page = text_of(browse(member).get(event.get_absolute_url()))
    assert "in plan 1" not in live(page)
    assert 'data-label="done">1<' in live(page)


def test_the_observed_panel_tells_what_was_reported_but_not_uploaded(event, browse, member, grandma):
    plan = planned(event, 1, "CFHT", record=True)
    report_pointings(plan, "CFHT", [1, 2], "done", by=None)
    PlannedPointing.objects.filter(telescope_plan__plan=plan, order=2).update(ra_deg=40)
    client, place = browse(member), reverse("coverage:executed", args=[event.name])
    assert "2 pointings were reported as done without an uploaded observation" in text_of(client.get(place))
    upload = ObservationUpload.objects.create(source="night.csv", uploaded_by=member)
    upload.groups.add(grandma)
    ExecutedObservation.objects.create(
        telescope="CFHT", observation_id="1", ra_deg=40, dec_deg=0.5, start=timezone.now(), exposure_s=60.0,
        shape="square", width_deg=1.0, height_deg=1.0, hpx29=cells(40, 0.5), size_class=-1, upload=upload, digest="x",
    )  # fmt: skip
    assert "1 pointing was reported as done without an uploaded observation" in text_of(client.get(place))
    body = client.get(f"/api/events/{event.name}/executed/").json()
    assert body["reported_without_observation"] == 1


# --- retracted ----------------------------------------------------------------------------------------------------


@pytest.fixture
def retracted(event):
    planned(event, 1, "CFHT", record=True)
    Event.objects.filter(pk=event.pk).update(state=EventState.RETRACTED)
    stop_plans(event)
    return Event.objects.get(pk=event.pk)


def test_nothing_of_a_retracted_event_looks_planned(retracted, browse, member):
    client = browse(member)
    page = text_of(client.get(retracted.get_absolute_url()))
    facts = re.search(r'<dl class="facts">.*?</dl>', page)[0]
    assert "81%" not in facts
    assert "cancelled" in facts
    assert "plan of record</span>" not in page
    assert "this plan cancelled" in page
    table = live(page)
    assert 'data-label="cancelled">2<' in table
    assert 'data-label="last report"></td>' in table
    row = re.search(rf'<a href="{retracted.get_absolute_url()}">.*?</tr>', text_of(client.get("/events/?tests=on")))[0]
    assert "81%" not in row
    assert "cancelled" in row
    assert "retracted" in text_of(client.get(address(retracted, "pointings", 1, "CFHT")))


# --- a telescope's own page ---------------------------------------------------------------------------------------


def test_the_page_of_a_superseded_plan_leads_to_the_one_of_record(event, browse, member):
    planned(event, 1, "CFHT", "TAROT-TCA")
    planned(event, 2, "CFHT", record=True)
    client = browse(member)
    page = text_of(client.get(address(event, "pointings", 1, "CFHT")))
    assert "plan 2</a> is of record" in page
    assert address(event, "pointings", 2, "CFHT") in page
    assert "has nothing for TAROT-TCA" in text_of(client.get(address(event, "pointings", 1, "TAROT-TCA")))
    assert "superseded" not in text_of(client.get(address(event, "pointings", 2, "CFHT")))


def test_a_refusal_is_taken_back_on_the_telescopes_own_page(event, browse, planner, member):
    planned(event, 1, "CFHT", record=True)
    refusal = refuse(event, "CFHT", "weather", by=None)
    client, own = browse(planner), address(event, "pointings", 1, "CFHT")
    withdraw = address(event, "withdraw-refusal", refusal.pk)
    assert withdraw in text_of(client.get(own))
    answer = client.post(withdraw, {"plan": "1"})
    assert answer["Location"] == own
    assert Refusal.objects.get().withdrawn_at
    assert withdraw not in text_of(client.get(own))
