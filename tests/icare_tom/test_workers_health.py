"""What ``/healthz`` says about database, workers and queues."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django_q.tasks import async_task

from icare_tom.settings.queue import CLUSTERS
from icare_tom.workers.models import WorkerHeartbeat

pytestmark = pytest.mark.django_db


def beat(cluster: str, age_s: float = 1.0) -> None:
    now = timezone.now()
    holder = f"secret-host:4711:{cluster}"
    WorkerHeartbeat.objects.create(
        holder=holder,
        cluster=cluster,
        host="secret-host",
        pid=4711,
        pool_size=2,
        started_at=now,
        beat_at=now - timedelta(seconds=age_s),
    )


def test_without_workers_it_is_not_well_and_says_which_are_missing(client: Client) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["status"] == "no worker for: fast, slow"
    assert answer.json()["database"]["ok"] is True
    assert answer.json()["workers"]["fast"]["heartbeat_age_s"] is None


def test_with_a_living_worker_for_every_queue_it_is_well(client: Client) -> None:
    for cluster in CLUSTERS:
        beat(cluster)
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"
    assert 0.5 < answer.json()["workers"]["slow"]["heartbeat_age_s"] < 10
    assert "ingest command" in answer.json()["listeners"]["note"]
    assert "no-cache" in answer["Cache-Control"]


def test_a_silent_worker_is_no_worker(client: Client) -> None:
    beat("fast")
    beat("slow", age_s=100.0)
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["status"] == "no worker for: slow"


def test_it_counts_what_waits_and_gives_no_private_facts_away(client: Client) -> None:
    beat("fast")
    async_task("tom_gcn.tasks.run_plan", 987654, task_name="private-name")
    text = client.get("/healthz").content.decode()
    assert '"due": 1' in text
    for private in ("secret-host", "4711", "private-name", "run_plan", "987654"):
        assert private not in text


def test_state_is_never_changed_by_it(client: Client) -> None:
    assert client.post("/healthz").status_code == 405
