"""``/healthz``: is the site able to do its work? For monitors and load balancers: no sign-in, no private facts.

200 when the database answers and every queue has a living worker, otherwise 503. Ages are in seconds.
``/healthz?alerts`` also answers 503 when alerts do not come in: for the monitor that wakes somebody. A load balancer
asks without it, so that a broker that is away does not take the web server away too.
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
from tom_gcn.listening.states import ListenerState, listener_states

ANSWER_WITHIN_S = 2
SILENT_AFTER_S = 30.0
NO_LISTENERS = "none is set up: alerts come in by the ingest command"


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
        states = listener_states()
    except (OperationalError, InterfaceError):
        return JsonResponse(facts | {"status": "database away"}, status=503)
    facts["listeners"] = {state.cluster: _listener(state) for state in states} or {"note": NO_LISTENERS}
    facts["warnings"] = [state.warning for state in states if state.warning]
    silent = [name for name, worker in facts["workers"].items() if not worker["ok"]]
    if silent:
        return JsonResponse(facts | {"status": f"no worker for: {', '.join(silent)}"}, status=503)
    if facts["warnings"] and "alerts" in request.GET:
        return JsonResponse(facts | {"status": "alerts do not come in"}, status=503)
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


def _listener(state: ListenerState) -> dict[str, Any]:
    """What is public of a listener: ages and numbers, no host and no process."""
    return {
        "ok": not state.warning,
        "heartbeat_age_s": state.beat_age_s,
        "broker_age_s": state.reached_age_s,
        "message_age_s": state.heard_age_s,
        "stored_age_s": state.stored_age_s,
        "stream_heartbeat_age_s": state.pulse_age_s,
        "lag": state.lag,
        "topics": state.topics,
    }
