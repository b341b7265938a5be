"""An event whose summary is missing, for instance after rows were brought in by hand: shown everywhere, and mended."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client

from tests.factories import ingest_alert, make_event
from tom_gcn.models import Event, EventSummary
from tom_gcn.tasks import recover

pytestmark = pytest.mark.django_db

# Filters that ask for nothing the summary holds, and orders: the event stays in the list.
STAYS = [
    "", "kind=gw", "q=bare", "sort=area", "sort=-area", "sort=far", "sort=-far", "sort=distance", "sort=-distance",
    "sort=-covered", "sort=from", "sort=name", "where=kind+%3D+gw",
]  # fmt: skip
# Filters that ask for a figure: an event without it does not meet them, whether it has a summary or not.
ASKS = [
    "mission=LVK", "tag=area%3C100", "area=500", "distance=100", "cone=150+-20+5", "where=FAR+%3C+1%2Fyr",
    "where=HasNS+%3E%3D+0.5", "where=class+%3D+BNS",
]  # fmt: skip


@pytest.fixture
def bare(grandma) -> Event:
    event = make_event("S261120bare", grandma)
    EventSummary.objects.filter(event=event).delete()
    assert not EventSummary.objects.filter(event=event).exists()
    return event


@pytest.fixture
def browser(member) -> Client:
    client = Client()
    client.force_login(member)
    return client


@pytest.mark.parametrize("query", STAYS)
def test_it_stays_in_the_list(bare, browser, query):
    answer = browser.get(f"/events/?tests=on&{query}")
    assert answer.status_code == 200
    assert bare.name in answer.content.decode()


@pytest.mark.parametrize("query", ASKS)
def test_filters_by_figures_pass_it_over(bare, browser, query):
    answer = browser.get(f"/events/?tests=on&{query}")
    assert answer.status_code == 200
    assert f"/events/{bare.name}/" not in answer.content.decode()


@pytest.mark.parametrize(
    "path", ["/events/{}/", "/events/{}/candidates/", "/events/{}/galaxies/", "/api/events/{}/", "/", "/api/events/"]
)
def test_its_pages_answer(bare, browser, path):
    answer = browser.get(path.format(bare.name))
    assert answer.status_code == 200


def test_the_watchdog_makes_the_summary(bare):
    event = ingest_alert()
    before = EventSummary.objects.filter(event=event).values().get()
    EventSummary.objects.filter(event=event).delete()
    recover()
    after = EventSummary.objects.filter(event=event).values().get()
    before.pop("updated_at")
    after.pop("updated_at")
    assert after == before
    assert EventSummary.objects.filter(event=bare).exists()
    assert recover() == 0


def test_the_command_that_reads_again_can_be_asked_for_nothing():
    story = StringIO()
    call_command("reread", stdout=story)
    assert "0 messages were read again" in story.getvalue()
