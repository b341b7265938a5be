"""Whether alerts come in, for the health page and the warning on every page."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from tom_gcn.listening.clusters import Cluster, clusters
from tom_gcn.models import ListenerHeartbeat


@dataclass(frozen=True, slots=True)
class ListenerState:
    """The listener of a cluster seen from outside; `warning` is empty when all is well. Ages in seconds."""

    cluster: str
    warning: str
    beat_age_s: float | None
    reached_age_s: float | None
    heard_age_s: float | None
    pulse_age_s: float | None
    stored_age_s: float | None
    lag: int | None
    topics: int


def listener_states() -> list[ListenerState]:
    """The state of every cluster that is or should be listened to: one query."""
    rows = {row.cluster: row for row in ListenerHeartbeat.objects.all()}
    found = []
    for cluster in clusters():
        row = rows.get(cluster.name)
        if row is not None or cluster.is_configured:
            found.append(_state(cluster, row or ListenerHeartbeat(cluster=cluster.name)))
    return found


def warnings() -> list[str]:
    """What people should know when alerts do not come in; empty when they do."""
    return [state.warning for state in listener_states() if state.warning]


def _state(cluster: Cluster, row: ListenerHeartbeat) -> ListenerState:
    now = timezone.now()
    return ListenerState(
        cluster=cluster.name,
        warning=_warning(cluster, row, now) if row.is_wanted else "",
        beat_age_s=_age(row.beat_at, now),
        reached_age_s=_age(row.reached_at, now),
        heard_age_s=_age(row.heard_at, now),
        pulse_age_s=_age(row.pulse_at, now),
        stored_age_s=_age(row.alert_at, now),
        lag=row.lag,
        topics=len(row.topics),
    )


def _warning(cluster: Cluster, row: ListenerHeartbeat, now: datetime) -> str:
    """One sentence: what does not come, since when, and why."""
    limit = timedelta(seconds=settings.ICARE_LISTENER_SILENT_AFTER_S)
    if row.beat_at is None:
        return f"No alerts come in from {cluster.title}: its listener was never started."
    if now - row.beat_at > limit:
        return f"No alerts come in from {cluster.title}: its listener was last seen {_moment(row.beat_at)}."
    if row.reached_at is None or now - row.reached_at > limit:
        since = f"since {_moment(row.reached_at)}" if row.reached_at else "since the listener was started"
        return f"No alerts come in from {cluster.title}: it has not been reached {since}. {row.trouble}".strip()
    if cluster.heartbeat in row.topics and row.pulse_at and now - row.pulse_at > limit:
        return f"{cluster.title} answers but has sent no sign of life since {_moment(row.pulse_at)}."
    return ""


def _moment(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"


def _age(time: datetime | None, now: datetime) -> float | None:
    return None if time is None else round(max((now - time).total_seconds(), 0.0), 1)
