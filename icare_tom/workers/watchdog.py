"""The watchdog: runs one django-q2 cluster, restarts it when it dies or stands still, gives back what its dead held.

Why it is needed: an idle worker waits *inside* the cluster's task queue with that queue's lock in hand. ``kill -9``
it there and no other worker ever gets a task again, while every process of the cluster looks alive. And the library
never learns of a task whose worker died: it would be handed out again only after the retry time, half an hour or
more.
"""

import contextlib
import logging
import multiprocessing
import os
import signal
import socket
import threading
import time
from datetime import datetime, timedelta
from types import FrameType

import psutil
from django.db import InterfaceError, OperationalError, connection, connections
from django.db.models.functions import Now

from icare_tom import tasks
from icare_tom.settings.queue import FAST
from icare_tom.workers.models import TaskClaim, WorkerHeartbeat
from icare_tom.workers.parent import descendants_die_with_us, die_with_parent
from icare_tom.workers.sweeps import run_sweeps

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 0.5
SWEEP_EVERY_S = 5.0
# Long enough for a worker to be forked and to connect on a busy machine, short enough to finish a plan within a
# minute.
PATIENCE_S = 8.0
LONGEST_PATIENCE_S = 64.0
SILENT_AFTER_S = 20.0
STOP_WITHIN_S = 3.0
CLOCK_TOLERANCE_S = 5.0


class Watchdog:
    """Watches the cluster this process is configured for. Call ``run`` in the main thread."""

    def __init__(self) -> None:
        self.cluster = tasks.configured_cluster()
        self.host = socket.gethostname()
        self.holder = f"{self.host}:{os.getpid()}:{time.time_ns():x}"
        self._stop = threading.Event()
        self._process: multiprocessing.process.BaseProcess | None = None
        self._starts = 0
        self._patience_s = PATIENCE_S
        self._still_since: float | None = None
        self._progress: frozenset[tuple[int, bool]] = frozenset()
        self._next_sweep = 0.0

    def run(self) -> None:
        """Keep the cluster working until SIGTERM or SIGINT; then stop it and give back what it held."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask_to_stop)
        while not self._stop.is_set():
            try:
                self._look()
            except (OperationalError, InterfaceError) as error:
                logger.warning("The database is away (%s); looking again", str(error).strip().splitlines()[:1])
                connection.close()
            self._stop.wait(LOOK_EVERY_S)
        self._shut_down()

    def _ask_to_stop(self, number: int, frame: FrameType | None) -> None:
        self._stop.set()

    def _look(self) -> None:
        connections["default"].close_if_unusable_or_obsolete()
        self._beat()
        self._give_back_what_the_dead_hold()
        if self._process is None or not self._process.is_alive():
            self._start_cluster()
        elif self._stands_still():
            logger.error("The %s cluster stands still with work waiting; starting it again", self.cluster)
            self._patience_s = min(2 * self._patience_s, LONGEST_PATIENCE_S)
            self._start_cluster()
        if self.cluster == FAST and time.monotonic() >= self._next_sweep:
            self._next_sweep = time.monotonic() + SWEEP_EVERY_S
            run_sweeps()

    def _beat(self) -> None:
        WorkerHeartbeat.objects.update_or_create(
            holder=self.holder,
            defaults={
                "cluster": self.cluster,
                "host": self.host,
                "pid": os.getpid(),
                "pool_size": tasks.pool_size(),
                "restarts": max(0, self._starts - 1),
                "beat_at": Now(),
            },
        )

    # -- the cluster --------------------------------------------------------------------------------------------------

    def _start_cluster(self) -> None:
        self._kill_cluster()
        released = tasks.release(holder=self.holder)
        if self._starts:
            logger.warning("Starting the %s cluster again; %d task(s) given back", self.cluster, released)
        self._starts += 1
        self._still_since = None
        # A forked child must not inherit a connection: both would write into one socket.
        connections.close_all()
        context = multiprocessing.get_context("fork")
        self._process = context.Process(target=_serve, args=(self.holder, os.getpid()), name=f"{self.cluster}-cluster")
        self._process.start()

    def _kill_cluster(self) -> None:
        if self._process is None or self._process.pid is None:
            return
        # The group outlives its leader: pusher or workers may be left when the cluster's main process is dead.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.join(STOP_WITHIN_S)

    def _stands_still(self) -> bool:
        state = tasks.standstill(self.cluster, self.holder)
        now = time.monotonic()
        if state.progress != self._progress:
            self._patience_s = PATIENCE_S
        if not state.suspicious or state.progress != self._progress or self._still_since is None:
            self._still_since = now
        self._progress = state.progress
        return now - self._still_since > self._patience_s

    # -- the dead -----------------------------------------------------------------------------------------------------

    def _give_back_what_the_dead_hold(self) -> None:
        for pid, since in tasks.running_workers(self.holder):
            if not _lives(pid, since):
                logger.warning("Worker %d of the %s cluster died at work; its task is given back", pid, self.cluster)
                tasks.release(holder=self.holder, worker_pid=pid, finished_at=None)
        for beat in self._dead_watchdogs():
            logger.warning("The watchdog %s died; its tasks are given back", beat.holder)
            tasks.release(holder=beat.holder)
            beat.delete()
        holders = WorkerHeartbeat.objects.values("holder")
        for holder in TaskClaim.objects.exclude(holder="").exclude(holder__in=holders).values_list("holder", flat=True):
            tasks.release(holder=holder)

    def _dead_watchdogs(self) -> list[WorkerHeartbeat]:
        others = WorkerHeartbeat.objects.filter(cluster=self.cluster).exclude(holder=self.holder)
        silent = others.filter(beat_at__lt=Now() - timedelta(seconds=SILENT_AFTER_S))
        gone = [beat for beat in others.filter(host=self.host) if not _lives(beat.pid, beat.started_at)]
        return [*silent, *(beat for beat in gone if beat not in silent)]

    # -- the end ------------------------------------------------------------------------------------------------------

    def _shut_down(self) -> None:
        process = self._process
        if process is not None and process.is_alive():
            process.terminate()
            process.join(STOP_WITHIN_S)
        self._kill_cluster()
        try:
            tasks.release(holder=self.holder)
            WorkerHeartbeat.objects.filter(holder=self.holder).delete()
        except (OperationalError, InterfaceError):
            logger.warning("The database is away; the next watchdog gives back what this one held")


def _serve(holder: str, watchdog_pid: int) -> None:
    os.setsid()
    die_with_parent(watchdog_pid)
    descendants_die_with_us()
    tasks.serve(holder)


def _lives(pid: int, since: datetime) -> bool:
    """Whether the process that had this number at a given time still lives (numbers are given away again)."""
    try:
        process = psutil.Process(pid)
        born_later = process.create_time() > since.timestamp() + CLOCK_TOLERANCE_S
        return process.status() != psutil.STATUS_ZOMBIE and not born_later
    except psutil.NoSuchProcess:
        return False
