"""A plan that asks every telescope ("all") is the network's: nothing says it is for some only."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.factories import ingest_alert
from tom_gcn.actions.plans import put_on_record
from tom_gcn.choices import PlanState
from tom_gcn.event_page import EventPlans
from tom_gcn.models import Event, ObservationPlan

pytestmark = pytest.mark.django_db


@pytest.fixture
def event(grandma):
    event = ingest_alert()
    event.plans.all().delete()
    return event


def done(event, version, telescopes, covered=0.5):
    now = timezone.now()
    return ObservationPlan.objects.create(
        event=event, localization=event.localizations.get(), version=version, window_start=now, queued_at=now,
        finished_at=now, state=PlanState.DONE, telescopes=telescopes, n_pointings=3, covered_probability=covered,
        area_deg2=1, seconds=1,
    )  # fmt: skip


def text_of(answer):
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def test_it_is_not_for_all_only(event, browse, member):
    done(event, 1, [])
    put_on_record(done(event, 2, ["all"]))
    page = text_of(browse(member).get(event.get_absolute_url()))
    assert "plan of record" in page
    assert "all only" not in page
    assert "network's plan is" not in page


def test_it_is_the_newest_plan_of_the_network(event):
    done(event, 1, [])
    plan = done(event, 2, ["all"])
    named = done(event, 3, ["CFHT"])
    assert EventPlans([named, plan, event.plans.get(version=1)]).network == plan
    assert Event.objects.with_row().get(pk=event.pk).latest_plans == [plan]
    assert named.named_telescopes == ["CFHT"]


def test_one_number_has_one_rounding_on_page_and_in_text(event, browse, member):
    plan = done(event, 1, [], covered=0.99972)
    client = browse(member)
    page = text_of(client.get(event.get_absolute_url()))
    assert "&gt;99.9%" in page
    assert "100.0%" not in page
    assert "100%" not in page.partition('id="plan"')[2].partition("plan-numbers")[0]
    text = client.get(reverse("events:plan-download", args=[event.name, plan.version, "txt"]))
    assert "# network: >99.9 % of the probability" in text.content.decode()
