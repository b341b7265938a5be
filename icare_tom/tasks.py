"""The queue: the only module of the roof that knows django-q2.

A broker that records who has which task, the questions the watchdog asks about the queue, and the bridge through
which TOM Toolkit's own tasks (django_tasks) run in the same workers.
"""

import logging
import os
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import InterfaceError, OperationalError, connections, transaction
from django.db.models import F, Min
from django.dispatch import receiver
from django.utils import timezone
from django_q.brokers.orm import ORM
from django_q.cluster import Cluster
from django_q.conf import Conf
from django_q.models import OrmQ, Task
from django_q.signals import post_execute_in_worker, pre_execute
from django_q.signing import BadSignature, SignedPackage
from django_q.tasks import async_task
from django_tasks.backends.database.backend import DatabaseBackend
from django_tasks.backends.database.models import DBTaskResult
from django_tasks.task import ResultStatus

from icare_tom.settings.queue import CLUSTERS, SLOW
from icare_tom.workers.models import TaskClaim

logger = logging.getLogger(__name__)

# A task that has killed its worker this often is not handed out again.
MAX_DEADLY_STARTS = 5

_holder = ""


def serve(holder: str) -> None:
    """Run this process's cluster in the name of a watchdog, until it is told to stop."""
    global _holder  # noqa: PLW0603  the cluster's processes are forked from here and inherit it
    _holder = holder
    Cluster().start()


def pool_size() -> int:
    """Number of tasks this process's cluster runs at once."""
    return int(Conf.WORKERS)


def configured_cluster() -> str:
    """Name of the cluster this process is set up for (``Q_CLUSTER_NAME`` when it started)."""
    return str(Conf.CLUSTER_NAME)


class ClaimingBroker(ORM):
    """The ORM broker, which also writes down who took a task: in the transaction that takes it."""

    def dequeue(self) -> list[tuple[int, str]] | None:
        """Take the oldest due task, or wait a moment."""
        try:
            self.get_connection()
            taken = self._take()
        except (OperationalError, InterfaceError):
            # The library would sleep 10 s and have the process replaced.
            logger.warning("The database is away; the %s queue waits for it", self.list_key)
            connections[Conf.ORM].close()
            taken = []
        if not taken:
            time.sleep(Conf.POLL)
            return None
        return taken

    def _take(self) -> list[tuple[int, str]]:
        with transaction.atomic(using=Conf.ORM):
            due = OrmQ.objects.using(Conf.ORM).filter(key=self.list_key, lock__lt=timezone.now())
            rows = list(due.select_for_update(skip_locked=True).order_by("pk")[: Conf.BULK])
            for row in rows:
                row.lock = self.timeout(row)
                row.save(update_fields=["lock"])
                TaskClaim.objects.update_or_create(
                    queue_row=row,
                    defaults={
                        "cluster": self.list_key,
                        "holder": _holder,
                        "claimed_at": timezone.now(),
                        "worker_pid": None,
                        "started_at": None,
                        "finished_at": None,
                    },
                )
        return [(row.pk, row.payload) for row in rows]

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


# -- what the watchdog and the health page ask --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class QueueState:
    """A queue seen from outside."""

    due: int
    oldest_due_s: float
    running: int


def queue_state(cluster: str) -> QueueState:
    """How much waits in a queue, since when, and how much runs."""
    due = OrmQ.objects.filter(key=cluster, lock__lte=timezone.now())
    oldest = due.aggregate(oldest=Min("lock"))["oldest"]
    running = TaskClaim.objects.filter(cluster=cluster, started_at__isnull=False, finished_at=None).exclude(holder="")
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
        work_waits=unstarted or OrmQ.objects.filter(key=cluster, lock__lt=timezone.now()).exists(),
        results_wait=bool(finished),
    )


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
