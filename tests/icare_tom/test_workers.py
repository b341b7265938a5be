"""Real workers, killed in every way there is: no task is lost, and each has its effect once."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from django.contrib.auth.models import Group
from django.db import transaction
from django_q.models import Failure, OrmQ, Success
from django_q.tasks import async_task
from django_tasks import ResultStatus
from django_tasks.backends.database.models import DBTaskResult

from icare_tom import tasks
from icare_tom.settings.queue import SLOW
from icare_tom.tasks import MAX_DEADLY_STARTS
from icare_tom.workers.models import TaskClaim, WorkerHeartbeat
from tests.waiting import wait_until
from tests.workers_at_work.running import AT_WORK, Workers, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.alone]


@pytest.fixture(autouse=True)
def _jobs_can_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(AT_WORK))


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[Workers]:
    running = Workers(tmp_path / "worker.log")
    yield running
    running.stop()


def queue_is_empty() -> bool:
    return not OrmQ.objects.exists()


def queue_effects(prefix: str, number: int, seconds: float) -> set[str]:
    names = {f"{prefix} {n}" for n in range(number)}
    for name in sorted(names):
        async_task("jobs.effect", name, seconds)
    return names


def effects() -> set[str]:
    return set(Group.objects.values_list("name", flat=True))


def test_whatever_process_is_killed_every_task_has_its_effect_once(workers: Workers) -> None:
    """One journey over all victims: starting a cluster for each would take minutes."""
    expected = queue_effects("warm", 2, 0.0)
    wait_for(queue_is_empty, "the first tasks are not done")
    for victim in ("worker", "pusher", "monitor", "sentinel", "main", "watchdog"):
        expected |= queue_effects(victim, 5, 0.25)
        wait_for(lambda: TaskClaim.objects.filter(started_at__isnull=False).exists(), "no task is begun")
        workers.process(victim).kill()
        wait_for(queue_is_empty, f"tasks wait for ever after the {victim} was killed")
    # Nobody works: each idle worker waits with the queue's lock in hand, or for it.
    for _ in range(tasks.pool_size()):
        workers.process("worker").kill()
    expected |= queue_effects("idle", 2, 0.0)
    wait_for(queue_is_empty, "tasks wait for ever after idle workers were killed")
    assert effects() == expected
    assert not Failure.objects.exists(), "a second start of a finished task would fail on its row"
    assert any("SIGKILL" in line for line in workers.said)


def test_children_do_not_outlive_a_killed_watchdog(workers: Workers) -> None:
    queue_effects("first", 1, 0.0)
    wait_for(queue_is_empty, "the first task is not done")
    watchdog = workers.process("watchdog")
    family = watchdog.children(recursive=True)
    assert len(family) >= 4
    watchdog.kill()
    _, alive = psutil.wait_procs(family, timeout=5)
    assert [process for process in alive if process.status() != psutil.STATUS_ZOMBIE] == []


@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_a_process_tied_to_its_parent_dies_with_it(platform: str) -> None:
    """On macOS, where the kernel does not help, a thread looks; the thread works everywhere."""
    tied = f"""
import os, sys, time

sys.platform = "{platform}"
from icare_tom.workers.parent import descendants_die_with_us
descendants_die_with_us()
pid = os.fork()
if pid:
    print(pid, flush=True)
time.sleep(60)
"""
    parent = subprocess.Popen([sys.executable, "-c", tied], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    time.sleep(0.2)
    assert child.is_running()
    parent.kill()
    parent.wait()
    wait_until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, "an orphan lives on")


def test_a_task_that_kills_its_workers_is_taken_out_with_the_reason(workers: Workers) -> None:
    async_task("jobs.deadly", task_name="deadly")
    expected = queue_effects("beside", 2, 0.1)
    wait_for(queue_is_empty, "the deadly task is handed out for ever")
    assert effects() == expected
    failure = Failure.objects.get(name="deadly")
    assert f"died {MAX_DEADLY_STARTS} times" in failure.result


def test_toms_own_tasks_run_in_our_workers(workers: Workers) -> None:
    from jobs import of_tom, of_tom_that_fails

    good, bad = of_tom.enqueue(21), of_tom_that_fails.enqueue()
    wait_for(queue_is_empty, "TOM's tasks are not run")
    good.refresh()
    bad.refresh()
    assert (good.status, good.return_value) == (ResultStatus.SUCCEEDED, 42)
    assert (bad.status, bad.exception_class) == (ResultStatus.FAILED, ValueError)
    assert "no such star" in bad.traceback
    wait_for(lambda: Success.objects.count() + Failure.objects.count() == 2, "no result is kept")


def test_a_toms_task_that_names_no_queue_goes_to_the_slow_one() -> None:
    from tom_dataproducts.tasks import atlas_query

    atlas_query.enqueue(59000, 59001, 1, "photometry")
    assert [row.key for row in OrmQ.objects.all()] == [SLOW]
    tasks_row = DBTaskResult.objects.get()
    with pytest.raises(Exception, match="does not exist"):
        tasks.run_django_task(str(tasks_row.pk))
    tasks_row.refresh_from_db()
    assert tasks_row.status == ResultStatus.FAILED
    tasks.run_django_task(str(tasks_row.pk))


def test_a_task_of_a_transaction_that_fails_is_never_queued() -> None:
    from jobs import of_tom

    with pytest.raises(RuntimeError), transaction.atomic():
        async_task("jobs.effect", "never")
        of_tom.enqueue(1)
        raise RuntimeError
    assert queue_is_empty()
    assert not DBTaskResult.objects.exists()


def test_a_taken_task_is_nobody_elses_until_it_is_given_back() -> None:
    async_task("jobs.effect", "once")
    one, other = tasks.ClaimingBroker("fast"), tasks.ClaimingBroker("fast")
    taken = one.dequeue()
    assert taken is not None
    assert other.dequeue() is None
    TaskClaim.objects.update(holder="gone")
    assert tasks.release(holder="gone") == 1
    again = other.dequeue()
    assert again is not None
    assert [row for row, _ in again] == [row for row, _ in taken]


def test_a_finished_task_whose_result_was_lost_is_not_run_again() -> None:
    async_task("jobs.effect", "once")
    ((row, _),) = tasks.ClaimingBroker("fast").dequeue() or []
    tasks.mark_started({"ack_id": row})
    TaskClaim.objects.update(holder="gone")
    tasks.mark_finished({"ack_id": row})
    tasks.release(holder="gone")
    assert queue_is_empty()


def test_signals_that_end_a_supervisor_leave_nothing_running(tmp_path: Path) -> None:
    workers = Workers(tmp_path / "worker.log")
    queue_effects("long", 2, 30.0)
    wait_for(lambda: TaskClaim.objects.filter(started_at__isnull=False).exists(), "no task is begun")
    family = psutil.Process(workers.program.process.pid).children(recursive=True)
    began = time.monotonic()
    workers.stop()
    assert time.monotonic() - began < 10
    assert [process for process in family if process.is_running() and process.status() != psutil.STATUS_ZOMBIE] == []
    assert not WorkerHeartbeat.objects.exists(), "a watchdog that stops takes its heartbeat along"
    assert set(TaskClaim.objects.values_list("holder", flat=True)) == {""}, "what was begun is given back"
