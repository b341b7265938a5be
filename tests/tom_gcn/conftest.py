"""What tests of events and plans, and of the listener, begin with. Modules that need others bring their own."""

import time

import pytest
from django.contrib.auth.models import Permission, User

from tests.factories import ingest_alert, make_user
from tests.tools.broker import Broker, stream_settings
from tests.tools.listening import Listening
from tom_gcn.models import ObservationPlan


@pytest.fixture
def event(grandma):
    """A real alert without the plan it asked for."""
    event = ingest_alert()
    ObservationPlan.objects.all().delete()
    return event


@pytest.fixture
def planner(member):
    member.user_permissions.add(Permission.objects.get(codename="request_plan"))
    return User.objects.get(pk=member.pk)


@pytest.fixture
def reader(grandma):
    """Sees the event, and may not plan."""
    return make_user("reader", grandma, role="view")


class Clock:
    """The clock by which engines have an end; it goes on by itself, and jumps when told."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead_s

    def jump(self, seconds: float) -> None:
        self.ahead_s += seconds


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr("tom_gcn.planning.isolated.time", clock)
    return clock


@pytest.fixture
def broker(settings):
    broker = Broker()
    settings.ICARE_STREAMS = stream_settings(broker.address)
    settings.ICARE_LISTENER_LONGEST_PAUSE_S = 0.5
    settings.ICARE_LISTENER_BEAT_EVERY_S = 0.1
    settings.ICARE_LISTENER_TOPICS_EVERY_S = 0.5
    yield broker
    broker.stop()


@pytest.fixture
def listening(broker):
    listening = Listening()
    yield listening
    listening.stop()
