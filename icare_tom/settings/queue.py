"""Background work: django-q2 on the database, two clusters of workers.

``fast``: reading alerts, plans, notifications. ``slow``: imports, fetches, figures. A task that names no cluster is
fast. The cluster ``fast`` serves two queues: ``alerts``, the messages to be read, before ``fast``, everything else; one
of its workers is kept free for alerts, so that none waits until a plan is made.
"""

import os
from typing import Any

FAST, SLOW = "fast", "slow"
CLUSTERS = (FAST, SLOW)
ALERTS = "alerts"
# The queues a cluster serves, the most urgent first.
QUEUES = {FAST: (ALERTS, FAST), SLOW: (SLOW,)}

_CPUS = os.cpu_count() or 1
# Beside the one kept for alerts at least two everywhere: one long plan must not hold up the next.
KEPT_FOR_ALERTS = 1
_WORKERS = {FAST: max(2, min(4, _CPUS - 1)) + KEPT_FOR_ALERTS, SLOW: 1}
_TIMEOUT_S = {FAST: 600, SLOW: 3600}


def retry_s(cluster: str) -> int:
    """Seconds after which an unacknowledged task is handed out again.

    Longer than the longest time a live cluster may take to come to it, with one task waiting per worker, so that a
    task which is merely waiting is never started twice. Lost tasks do not wait for it: the watchdog hands them out
    again.
    """
    workers = queue_limit = _WORKERS[cluster]
    return int(_TIMEOUT_S[cluster] * (queue_limit / workers + 2)) + 60


def _cluster(name: str) -> dict[str, Any]:
    return {
        "workers": _WORKERS[name],
        "queue_limit": _WORKERS[name],
        "timeout": _TIMEOUT_S[name],
        "retry": retry_s(name),
    }


Q_CLUSTER: dict[str, Any] = {
    # Signs the tasks of all clusters; not the name of a queue.
    "name": "icare",
    "cluster_name": FAST,
    "orm": "default",
    "broker_class": "icare_tom.tasks.ClaimingBroker",
    "ALT_CLUSTERS": {SLOW: _cluster(SLOW)},
    **_cluster(FAST),
    "bulk": 1,
    # Whoever queues a task wakes the workers; this is for tasks whose time comes without anybody queueing them.
    "poll": 0.5,
    "guard_cycle": 0.5,
    # A failed task has its reason on its own row; handing it out again for ever would hide that.
    "ack_failures": True,
    "max_attempts": 3,
    "save_limit": 1000,
    "recycle": 200,
    "catch_up": False,
    "label": "Background tasks",
    "log_level": "WARNING",
}
ALT_CLUSTERS = Q_CLUSTER["ALT_CLUSTERS"]

# TOM Toolkit queues its own tasks through django_tasks; our workers run them too.
TASKS = {"default": {"BACKEND": "icare_tom.tasks.DjangoQBackend", "QUEUES": ["default", *CLUSTERS]}}


def environment(cluster: str) -> dict[str, str]:
    """Environment of a process that serves a cluster: django-q2 reads its name there, once, when it is imported."""
    return {**os.environ, "Q_CLUSTER_NAME": cluster}
