"""The matrix of an event shows what was asked for targets in its map, not only parts of its plans."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import ingest_alert, make_group, make_target, make_user
from tests.tom_grandma_facilities.asking import channel, stub_ways
from tom_gcn.asked import requests_of_event
from tom_gcn.models import Localization
from tom_grandma_facilities.actions import ask
from tom_grandma_facilities.models import FollowUpRequest
from tom_grandma_facilities.transports import registry

pytestmark = pytest.mark.django_db


@pytest.fixture
def event(db, monkeypatch):
    monkeypatch.setattr(registry, "TRANSPORTS", stub_ways())
    event = ingest_alert()
    type(event).objects.filter(pk=event.pk).update(t0=timezone.now() - timedelta(hours=3))
    channel("KAO", "by-list")
    return type(event).objects.get(pk=event.pk)


@pytest.fixture
def peak(event):
    return Localization.objects.get(event=event, is_current=True).skymap.data.peak()


def wanted(by, target):
    now = timezone.now()
    exposures = [{"filter": "sdssr", "exposure_s": 60, "count": 1}]
    window = {"window_start": now, "window_end": now + timedelta(hours=20)}
    return ask("KAO", by=by, target=target, exposures=exposures, **window)


def test_targets_in_the_map_and_in_its_days(event, peak, client):
    advocate = make_user("advocate", make_group())
    inside = wanted(advocate, make_target("Inside", group=make_group(), ra=peak[0], dec=peak[1]))
    wanted(advocate, make_target("Outside", group=make_group(), ra=(peak[0] + 180) % 360, dec=-peak[1]))
    earlier = wanted(advocate, make_target("Earlier", group=make_group(), ra=peak[0], dec=peak[1] + 0.01))
    FollowUpRequest.objects.filter(pk=earlier.pk).update(created_at=event.t0 - timedelta(days=1))
    assert list(requests_of_event(event, advocate)) == [inside]
    client.force_login(advocate)
    page = client.get(f"/events/{event.name}/requests/").content.decode()
    assert "Inside" in page and "Outside" not in page


def test_hidden_targets_stay_hidden(event, peak):
    team = make_group("Team")
    wanted(make_user("insider", team), make_target("Secret", group=team, ra=peak[0], dec=peak[1]))
    assert not requests_of_event(event, make_user("advocate", make_group())).exists()
    assert requests_of_event(event, make_user("insider2", team)).count() == 1
