"""Plans by engines of others in the background: a hang, a crash or nonsense is shown as such and holds nobody up."""

import io
import threading
import time

import pytest
from django.core.management import call_command
from django.db import connection
from rest_framework.test import APIClient

from tests.engines_of_tests import ENGINES_OF_TESTS
from tests.factories import make_user
from tests.waiting import wait_until
from tom_gcn.actions import cancel_plan, make_plan, request_plan
from tom_gcn.models import Event, ObservationPlan
from tom_gcn.planning.engines import ENGINES
from tom_gcn.planning.wish import PlanWish


@pytest.fixture(autouse=True)
def _engines(monkeypatch, settings):
    for name, engine in ENGINES_OF_TESTS.items():
        monkeypatch.setitem(ENGINES, name, engine)
    settings.ICARE_ENGINE_TIME_LIMIT_S = 60
    settings.ICARE_ENGINE_MEMORY_MB = 600


@pytest.fixture
def event():
    call_command("ingest", drill=True, stdout=io.StringIO())
    ObservationPlan.objects.all().delete()
    return Event.objects.get()


def ask(event, engine):
    return request_plan(event, by=None, wish=PlanWish(telescopes=("TAROT-TRE", "FRAM-Auger"), engine=engine))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("engine", "code", "words"),
    [
        ("sleeps", "engine-timed-out", "was not done within 3 s"),
        ("dies", "engine-crashed", "the sky fell on the scheduler"),
        ("is_killed", "engine-crashed", "SIGSEGV"),
        ("is_greedy", "engine-crashed", "of memory"),
        ("observes_by_day", "engine-nonsense", "the Sun is at"),
        ("returns_nothing", "engine-nonsense", "in place of a plan"),
    ],
)
def test_an_engine_that_fails_is_shown_as_such_and_the_next_plan_is_made(event, settings, engine, code, words):
    settings.ICARE_ENGINE_TIME_LIMIT_S = 3 if engine == "sleeps" else 60
    failed = make_plan(ask(event, engine).pk)
    assert (failed.state, failed.reason_code) == ("failed", code)
    assert words in failed.reason
    assert not failed.telescope_plans.exists()
    assert not failed.is_of_record
    api = APIClient()
    api.force_authenticate(make_user("root", superuser=True))
    told = api.get(f"/api/plans/{failed.pk}/").json()
    assert (told["state"], told["reason_code"]) == ("failed", code)
    assert words in told["reason"]
    sound = make_plan(ask(event, "network").pk)
    assert sound.state == "done"
    assert sound.is_of_record


@pytest.mark.django_db
def test_a_sound_plan_of_another_engine_stands_beside_ours(event):
    ours, theirs = make_plan(ask(event, "network").pk), make_plan(ask(event, "works").pk)
    assert theirs.state == "done"
    assert theirs.covered_probability == pytest.approx(ours.covered_probability)
    ours.refresh_from_db()
    assert ours.is_of_record, "a plan of another engine does not take the place of ours"


@pytest.mark.django_db(transaction=True)
def test_a_running_plan_of_a_hanging_engine_can_be_cancelled_and_holds_nobody_up(event):
    hanging = ask(event, "sleeps")

    def work():
        make_plan(hanging.pk)
        connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    try:
        wait_until(lambda: ObservationPlan.objects.get(pk=hanging.pk).progress > 0.0, "the engine does not begin")
        assert make_plan(ask(event, "network").pk).state == "done"
        assert ObservationPlan.objects.get(pk=hanging.pk).state == "running"
        began = time.monotonic()
        cancel_plan(hanging, by=None, why="enough")
    finally:
        worker.join(timeout=30)
    assert time.monotonic() - began < 25, "it would have slept for a minute"
    assert ObservationPlan.objects.get(pk=hanging.pk).state == "cancelled"
