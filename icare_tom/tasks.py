"""The queue: the only module of the roof that knows django-q2.

A broker that records who has which task, the questions the watchdog asks about the queue, and the bridge through
which TOM Toolkit's own tasks (django_tasks) run in the same workers.
"""

import contextlib
import gc
import logging
import os
import select
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg2
from django.conf import settings
from django.db import InterfaceError, OperationalError, connections, transaction
from django.db.models import F, Min
from django.dispatch import receiver
from django.utils import timezone
from django.utils.module_loading import import_string
from django_q.brokers.orm import ORM
from django_q.cluster import Cluster
from django_q.conf import Conf
from django_q.models import OrmQ, Task
from django_q.signals import post_execute_in_worker, post_spawn, pre_execute
from django_q.signing import BadSignature, SignedPackage
from django_q.tasks import async_task
from django_tasks.backends.database.backend import DatabaseBackend
from django_tasks.backends.database.models import DBTaskResult
from django_tasks.task import ResultStatus

from icare_tom.settings.queue import ALERTS, CLUSTERS, KEPT_FOR_ALERTS, QUEUES, SLOW
from icare_tom.workers.models import TaskClaim

logger = logging.getLogger(__name__)

# A task that has killed its worker this often is not handed out again.
MAX_DEADLY_STARTS = 5
# On which PostgreSQL tells that there is something to do.
CHANNEL = "icare_queue"

_holder = ""


def serve(holder: str) -> None:
    """Run this process's cluster in the name of a watchdog, until it is told to stop."""
    global _holder  # noqa: PLW0603  the cluster's processes are forked from here and inherit it
    _holder = holder
    # What is there now lives as long as the workers: pages the collector does not write to stay shared with them.
    gc.collect()
    gc.freeze()
    Cluster().start()


def pool_size() -> int:
    """Number of tasks this process's cluster runs at once."""
    return int(Conf.WORKERS)


def configured_cluster() -> str:
    """Name of the cluster this process is set up for (``Q_CLUSTER_NAME`` when it started)."""
    return str(Conf.CLUSTER_NAME)


def wake() -> None:
    """Tell the clusters, when the running transaction is committed, that there is something to do."""
    with connections[Conf.ORM].cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])


class Doorbell:
    """Waits for `wake` on this process's connection, which is made anew now and then."""

    def __init__(self) -> None:
        self._heard_on: Any = None

    def listen(self) -> None:
        """Hear what happens from now on."""
        connections[Conf.ORM].ensure_connection()
        raw = connections[Conf.ORM].connection
        if raw is not self._heard_on:
            with connections[Conf.ORM].cursor() as cursor:
                cursor.execute(f"LISTEN {CHANNEL}")
            self._heard_on = raw
        raw.notifies.clear()

    def wait(self, seconds: float) -> None:
        """Return when the bell has rung since `listen`, or after some seconds."""
        raw = connections[Conf.ORM].connection
        if raw is not None and not raw.closed:
            if not raw.notifies:
                select.select([raw], [], [], seconds)
            with contextlib.suppress(psycopg2.OperationalError, psycopg2.InterfaceError):
                raw.poll()
        if raw is None or raw.closed:
            connections[Conf.ORM].close()
            time.sleep(seconds)


class ClaimingBroker(ORM):
    """The ORM broker, which also writes down who took a task: in the transaction that takes it."""

    def __init__(self, list_key: str | None = None) -> None:
        super().__init__(list_key)
        self._bell = Doorbell()

    def enqueue(self, task: str) -> int:
        """Queue a task, in the running transaction if there is one, and wake the workers."""
        pk = int(super().enqueue(task))
        wake()
        return pk

    def dequeue(self) -> list[tuple[int, str]] | None:
        """Take the most urgent due task, or wait a moment for one."""
        try:
            self.get_connection()
            self._bell.listen()
            taken = self._take()
        except (OperationalError, InterfaceError):
            # The library would sleep 10 s and have the process replaced.
            logger.warning("The database is away; the %s queue waits for it", self.list_key)
            connections[Conf.ORM].close()
            taken = []
        if not taken:
            self._bell.wait(Conf.POLL)
            return None
        return taken

    def _take(self) -> list[tuple[int, str]]:
        with transaction.atomic(using=Conf.ORM):
            rows = self._due_rows()
            for row in rows:
                row.lock = self.timeout(row)
                row.save(update_fields=["lock"])
                TaskClaim.objects.update_or_create(
                    queue_row=row,
                    defaults={
                        "cluster": row.key,
                        "holder": _holder,
                        "claimed_at": timezone.now(),
                        "worker_pid": None,
                        "started_at": None,
                        "finished_at": None,
                    },
                )
        return [(row.pk, row.payload) for row in rows]

    def _due_rows(self) -> list[OrmQ]:
        for queue in open_queues(self.list_key, _holder):
            due = OrmQ.objects.using(Conf.ORM).filter(key=queue, lock__lt=timezone.now())
            if rows := list(due.select_for_update(skip_locked=True).order_by("pk")[: Conf.BULK]):
                return rows
        return []

    def set_stat(self, key: str, value: Any, timeout: int) -> None:
        """The library's own status, twice a second into the cache, is not kept: the watchdog's rows tell more."""


@receiver(pre_execute)
def mark_started(task: dict[str, Any], **kwargs: Any) -> None:
    """Count the start before the work begins: a worker that dies of it cannot."""
    TaskClaim.objects.filter(pk=task.get("ack_id")).update(
        worker_pid=os.getpid(), started_at=timezone.now(), starts=F("starts") + 1
    )


@receiver(post_execute_in_worker)
def mark_finished(task: dict[str, Any], **kwargs: Any) -> None:
    """From here on the death of the worker no longer matters to the task."""
    TaskClaim.objects.filter(pk=task.get("ack_id"), worker_pid=os.getpid()).update(finished_at=timezone.now())
    wake()


@receiver(post_spawn)
def warm_up(**kwargs: Any) -> None:
    """Do in a new worker, before its first task, what would make that one slow."""
    for path in settings.ICARE_WARM_UPS:
        try:
            import_string(path)()
        except Exception:
            # A worker that is not warm works too.
            logger.exception("Warming up with %s failed", path)


def open_queues(cluster: str, holder: str) -> tuple[str, ...]:
    """The queues a cluster may take tasks from now: the last worker that is free is for alerts."""
    queues = QUEUES.get(cluster, (cluster,))
    if ALERTS not in queues:
        return queues
    busy = TaskClaim.objects.filter(holder=holder, claimed_at__isnull=False, finished_at=None).exclude(cluster=ALERTS)
    return queues if busy.count() < pool_size() - KEPT_FOR_ALERTS else (ALERTS,)


# -- what the watchdog and the health page ask --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class QueueState:
    """A queue seen from outside."""

    due: int
    oldest_due_s: float
    running: int


def queue_state(cluster: str) -> QueueState:
    """How much waits in a queue, since when, and how much runs."""
    queues = QUEUES.get(cluster, (cluster,))
    due = OrmQ.objects.filter(key__in=queues, lock__lte=timezone.now())
    oldest = due.aggregate(oldest=Min("lock"))["oldest"]
    held = TaskClaim.objects.filter(cluster__in=queues).exclude(holder="")
    running = held.filter(started_at__isnull=False, finished_at=None)
    return QueueState(
        due=due.count(),
        oldest_due_s=(timezone.now() - oldest).total_seconds() if oldest else 0.0,
        running=running.count(),
    )


@dataclass(frozen=True, slots=True)
class Standstill:
    """What a watchdog compares from one look to the next."""

    progress: frozenset[tuple[int, bool]]
    idle_workers: bool
    work_waits: bool
    results_wait: bool

    @property
    def suspicious(self) -> bool:
        """Work waits beside an idle worker, or a result beside an idle monitor: right for a moment, not for long."""
        return self.results_wait or (self.idle_workers and self.work_waits)


def standstill(cluster: str, holder: str) -> Standstill:
    """Look whether the cluster of a watchdog should be doing something it does not do."""
    claims = list(TaskClaim.objects.filter(holder=holder).values_list("pk", "started_at", "finished_at"))
    running = [pk for pk, started, finished in claims if started and not finished]
    finished = [pk for pk, _, finished in claims if finished]
    unstarted = len(claims) > len(running) + len(finished)
    return Standstill(
        progress=frozenset([(pk, False) for pk in running] + [(pk, True) for pk in finished]),
        idle_workers=len(running) < pool_size(),
        work_waits=unstarted or _work_waits(cluster, holder),
        results_wait=bool(finished),
    )


def _work_waits(cluster: str, holder: str) -> bool:
    queues = open_queues(cluster, holder)
    return OrmQ.objects.filter(key__in=queues, lock__lt=timezone.now()).exists()


def running_workers(holder: str) -> list[tuple[int, datetime]]:
    """Process ids of a watchdog's workers that have a task in hand, and since when."""
    claims = TaskClaim.objects.filter(holder=holder, started_at__isnull=False, finished_at=None)
    return [(pid, since) for pid, since in claims.values_list("worker_pid", "started_at") if pid and since]


def release(**whose: Any) -> int:
    """Put tasks back at the head of their queue, of the holder or the worker named by keyword; returns how many.

    A task that was done, but whose result was lost on its way out, is done: it leaves the queue. One that has killed
    its workers too often is taken out as well and kept as a failure with the reason.
    """
    with transaction.atomic():
        claims = list(TaskClaim.objects.select_for_update(skip_locked=True).exclude(holder="").filter(**whose))
        for claim in claims:
            if claim.finished_at is not None:
                OrmQ.objects.filter(pk=claim.pk).delete()
            elif claim.starts >= MAX_DEADLY_STARTS:
                _quarantine(claim)
            else:
                _put_back(claim)
    return len(claims)


def _put_back(claim: TaskClaim) -> None:
    OrmQ.objects.filter(pk=claim.pk).update(lock=timezone.now())
    TaskClaim.objects.filter(pk=claim.pk).update(
        holder="", claimed_at=None, worker_pid=None, started_at=None, finished_at=None
    )
    wake()


def _quarantine(claim: TaskClaim) -> None:
    row = OrmQ.objects.get(pk=claim.pk)
    reason = f"Its worker died {claim.starts} times while running it; not started again."
    try:
        task = SignedPackage.loads(row.payload)
    except (TypeError, BadSignature):
        task = {"id": f"row{row.pk}", "name": f"row {row.pk}", "func": "unreadable", "args": (), "kwargs": {}}
    logger.error("Task %s (%s): %s", task["name"], task["func"], reason)
    Task.objects.update_or_create(
        id=task["id"],
        defaults={
            "name": task["name"],
            "func": str(task["func"]),
            "args": task["args"],
            "kwargs": task["kwargs"],
            "cluster": row.key,
            "started": claim.started_at or timezone.now(),
            "stopped": timezone.now(),
            "success": False,
            "result": reason,
            "attempt_count": claim.starts,
        },
    )
    row.delete()


# -- TOM Toolkit's own tasks --------------------------------------------------------------------------------------


class DjangoQBackend(DatabaseBackend):
    """django_tasks backend: the task's row and its place in our queue are written in one transaction.

    A task that names one of our clusters as its queue goes there, every other one into the slow queue.
    """

    supports_async_task = True
    supports_defer = False

    def enqueue(self, task: Any, args: Any, kwargs: Any) -> Any:
        """Store the task and queue it; a surrounding transaction that rolls back takes both away."""
        self.validate_task(task)
        row = self._task_to_db_task(task, args, kwargs)
        cluster = task.queue_name if task.queue_name in CLUSTERS else SLOW
        with transaction.atomic():
            row.save()
            async_task("icare_tom.tasks.run_django_task", str(row.pk), task_name=task.name[:100], cluster=cluster)
        return row.task_result


def run_django_task(pk: str) -> None:
    """Run a django_tasks task and keep its outcome on its row. One that already ended is left alone."""
    row = DBTaskResult.objects.get(pk=pk)
    if row.status in {ResultStatus.SUCCEEDED, ResultStatus.FAILED}:
        return
    row.claim()
    try:
        value = row.task.call(*row.args_kwargs["args"], **row.args_kwargs["kwargs"])
        row.set_succeeded(value)
    except BaseException as error:
        # The queue's time limit arrives as a BaseException.
        row.set_failed(error)
        raise
