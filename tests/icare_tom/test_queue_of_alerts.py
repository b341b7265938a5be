"""Alerts do not wait: not behind plans, and not for somebody to look whether there is anything to do."""

import threading
import time

import pytest
from django.conf import settings
from django.db import connection, transaction
from django_q.models import OrmQ
from django_q.tasks import async_task

from icare_tom import tasks
from icare_tom.settings.queue import ALERTS, FAST, KEPT_FOR_ALERTS
from icare_tom.workers.models import TaskClaim
from tests.waiting import PATIENCE_S
from tom_gcn.actions import receive_message
from tom_gcn.tasks import warm_up

pytestmark = pytest.mark.django_db(transaction=True)


def names(taken: list[tuple[int, str]] | None) -> list[int]:
    return [pk for pk, _ in taken or []]


def test_messages_go_into_the_queue_of_alerts() -> None:
    receive_message(b"{}", source="test", read_later=True)
    assert OrmQ.objects.get().key == ALERTS == settings.ICARE_ALERT_QUEUE


def test_an_alert_is_taken_before_what_waited_longer() -> None:
    async_task("jobs.effect", "a plan")
    async_task("jobs.effect", "an alert", cluster=ALERTS)
    alert = OrmQ.objects.get(key=ALERTS)
    broker = tasks.ClaimingBroker(FAST)
    assert names(broker.dequeue()) == [alert.pk]
    assert names(broker.dequeue()) == [OrmQ.objects.get(key=FAST).pk]


def test_the_last_free_worker_is_for_alerts() -> None:
    broker, room = tasks.ClaimingBroker(FAST), tasks.pool_size() - KEPT_FOR_ALERTS
    for n in range(room + 2):
        async_task("jobs.effect", f"plan {n}")
    for _ in range(room):
        ((task, _),) = broker.dequeue() or []
        tasks.mark_started({"ack_id": task})
    assert broker.dequeue() is None, "the last worker must stay free"
    assert not tasks.standstill(FAST, "").work_waits, "what may not be begun does not make the cluster stand still"
    async_task("jobs.effect", "an alert", cluster=ALERTS)
    assert tasks.standstill(FAST, "").work_waits
    assert names(broker.dequeue()) == [OrmQ.objects.get(key=ALERTS).pk]
    done = TaskClaim.objects.filter(cluster=FAST).first()
    tasks.mark_finished({"ack_id": done.pk})
    assert broker.dequeue(), "when one is done the next is begun"


def test_alerts_count_in_what_the_health_page_says_of_fast() -> None:
    async_task("jobs.effect", "an alert", cluster=ALERTS)
    assert tasks.queue_state(FAST).due == 1


def wait_for_bell(seconds: float) -> tuple[threading.Thread, list[float], threading.Event]:
    """A thread on a connection of its own that waits for the bell, and how long it waited."""
    waited: list[float] = []
    listens = threading.Event()

    def wait() -> None:
        bell = tasks.Doorbell()
        bell.listen()
        listens.set()
        began = time.monotonic()
        bell.wait(seconds)
        waited.append(time.monotonic() - began)
        connection.close()

    thread = threading.Thread(target=wait)
    thread.start()
    return thread, waited, listens


def test_queueing_wakes_the_workers_at_commit() -> None:
    thread, waited, listens = wait_for_bell(20)
    assert listens.wait(PATIENCE_S)
    with transaction.atomic():
        async_task("jobs.effect", "an alert", cluster=ALERTS)
        time.sleep(0.5)
        assert waited == [], "before the commit there is nothing to take"
    thread.join(PATIENCE_S)
    assert 0.4 < waited[0] < 10


def test_without_a_bell_the_workers_look_by_themselves() -> None:
    thread, waited, _ = wait_for_bell(0.3)
    thread.join(PATIENCE_S)
    assert 0.25 < waited[0] < 10


def test_a_bell_that_rang_before_the_wait_is_heard() -> None:
    bell = tasks.Doorbell()
    bell.listen()
    tasks.wake()
    began = time.monotonic()
    bell.wait(20)
    assert time.monotonic() - began < 10


def test_a_connection_that_is_lost_is_made_anew_and_listened_on() -> None:
    broker = tasks.ClaimingBroker(FAST)
    assert broker.dequeue() is None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    other.close()
    broker.dequeue()
    assert broker.dequeue() is None
    async_task("jobs.effect", "an alert", cluster=ALERTS)
    assert broker.dequeue()


def test_warming_up_stores_nothing() -> None:
    warm_up()
    assert not OrmQ.objects.exists()
    assert settings.ICARE_WARM_UPS == ["tom_gcn.tasks.warm_up"]


def test_a_warm_up_that_fails_does_not_keep_the_worker_from_working(monkeypatch, caplog) -> None:
    monkeypatch.setattr(settings, "ICARE_WARM_UPS", ["tom_gcn.tasks.not_there"])
    tasks.warm_up()
    assert "not_there" in caplog.text
