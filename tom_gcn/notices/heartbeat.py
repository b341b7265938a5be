"""Signs of life: gcn.heartbeat of GCN Kafka and sys.heartbeat of Hopskotch, about one a second each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from .base import Heartbeat, NoticeError
from .fields import Fields, read_time


def is_heartbeat(content: Mapping[str, object], topic: str = "") -> bool:
    """Whether a decoded message is one, by its topic or its few fields."""
    if topic in ("gcn.heartbeat", "sys.heartbeat") or {"timestamp", "beat"} <= content.keys():
        return True
    return content.keys() == {"$schema", "alert_datetime"}


def parse_heartbeat(content: Mapping[str, object]) -> Heartbeat:
    """Read a decoded heartbeat.

    Raises
    ------
    NoticeError
        ``bad-time`` when its time is none, and those of `Fields`.
    """
    fields = Fields(content)
    if fields.entry("timestamp") is None:
        return Heartbeat("gcn", fields.time("alert_datetime"))
    microseconds = fields.integer("timestamp") or 0
    try:
        sent_at = datetime.fromtimestamp(microseconds / 1e6, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise NoticeError("bad-time", f"timestamp is {microseconds}.", "It counts microseconds since 1970.") from error
    return Heartbeat("hopskotch", read_time(sent_at.isoformat(), "timestamp"))
