"""``/healthz``: is the site able to do its work? For monitors and load balancers: no sign-in, no private facts.

200 when the database answers and every queue has a living worker, otherwise 503. Ages are in seconds.
"""

import time
from dataclasses import asdict
from typing import Any

import psycopg2
from django.db import InterfaceError, OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Max
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from icare_tom.settings.queue import CLUSTERS
from icare_tom.tasks import queue_state
from icare_tom.workers.models import WorkerHeartbeat

ANSWER_WITHIN_S = 2
SILENT_AFTER_S = 30.0
NO_LISTENERS = "none runs: alerts come in by the ingest command"


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer in words a person reads and a monitor compares."""
    database = database_state(connection)
    facts: dict[str, Any] = {"status": "ok", "database": database, "workers": {}, "listeners": {}}
    if not database["ok"]:
        return JsonResponse(facts | {"status": "database away"}, status=503)
    try:
        facts["workers"] = {cluster: _cluster(cluster) for cluster in CLUSTERS}
    except (OperationalError, InterfaceError):
        return JsonResponse(facts | {"status": "database away"}, status=503)
    facts["listeners"] = {"running": [], "note": NO_LISTENERS}
    silent = [name for name, worker in facts["workers"].items() if not worker["ok"]]
    if silent:
        return JsonResponse(facts | {"status": f"no worker for: {', '.join(silent)}"}, status=503)
    return JsonResponse(facts)


def database_state(database: BaseDatabaseWrapper) -> dict[str, Any]:
    """Try a connection of our own with a short limit: the shared one could wait for a dead host for minutes."""
    started = time.perf_counter()
    try:
        parameters = database.get_connection_params()
        limits = {"connect_timeout": ANSWER_WITHIN_S, "options": f"-c statement_timeout={ANSWER_WITHIN_S}s"}
        parameters = {key: value for key, value in parameters.items() if key not in {"cursor_factory", "context"}}
        probe = psycopg2.connect(**(parameters | limits))
    except (psycopg2.Error, OperationalError):
        return {"ok": False}
    try:
        with probe.cursor() as cursor:
            cursor.execute("SELECT 1")
    except psycopg2.Error:
        return {"ok": False}
    finally:
        probe.close()
    return {"ok": True, "latency_ms": round(1000 * (time.perf_counter() - started), 1)}


def _cluster(name: str) -> dict[str, Any]:
    last_beat = WorkerHeartbeat.objects.filter(cluster=name).aggregate(last=Max("beat_at"))["last"]
    age_s = (timezone.now() - last_beat).total_seconds() if last_beat else None
    queue = {key: round(value, 1) for key, value in asdict(queue_state(name)).items()}
    return {
        "ok": age_s is not None and age_s < SILENT_AFTER_S,
        "heartbeat_age_s": None if age_s is None else round(max(age_s, 0.0), 1),
        "queue": queue,
    }
