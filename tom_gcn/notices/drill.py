"""Drills: a past alert moved in time, so that people and machines can practise on a real one.

Times and the name change; the sky map keeps its bytes, so it lies at the same RA and Dec and rises at another hour than
it did on the original night. A drill's name begins with T, as LVK's tests do, and the message says what it replays.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

from .base import NoticeError
from .fields import Fields
from .igwn import load_json, parse_json

AGE_AT_START = timedelta(minutes=10)


def drill_id(event_id: str, now: datetime) -> str:
    """Name of the drill of an event on a UTC date: ``TS261120drillbr`` replays S241102br on 2026 November 20.

    It follows LVK's grammar of test names, ``TS``, date and letters; the last letters are those of the original, so
    that two events drilled on one day stay two.
    """
    letters = re.sub(r"[^a-z]", "", re.sub(r"^\D*\d+", "", event_id.lower()))
    return f"TS{now.astimezone(UTC):%y%m%d}drill{letters}"


def shift(raw: bytes, now: datetime) -> bytes:
    """Move an alert in JSON so that its event happened ten minutes before `now`.

    The notice keeps its delay after the event, but is never later than `now`. Its key keeps the original's time of
    creation, so the same alert shifted again on the same UTC date is the same notice.

    Parameters
    ----------
    raw : bytes
        An IGWN alert in JSON.
    now : datetime
        Aware.

    Raises
    ------
    NoticeError
        As `parse`; ``already-drill`` when the alert is a drill itself.
    ValueError
        When `now` has no time zone.
    """
    if now.tzinfo is None:
        raise ValueError("A drill needs a time with its zone.")
    notice, content = parse_json(raw), load_json(raw)
    if notice.drill_of:
        raise NoticeError("already-drill", f"{notice.event_id} is a drill.", f"Shift {notice.drill_of} itself.")
    created = Fields(content).required_time("time_created")
    seconds = int((now - AGE_AT_START - (notice.event_time or created)).total_seconds())
    moved = timedelta(seconds=seconds)
    content["superevent_id"] = drill_id(notice.event_id, now)
    content["time_created"] = _text(min(created + moved, now.replace(microsecond=0)))
    if notice.event_time is not None and isinstance(event := content["event"], dict):
        content["event"] = event | {"time": _text(notice.event_time + moved)}
    content["drill"] = {
        "of": notice.event_id,
        "shifted_by_s": seconds,
        "time_created": _text(created),
        "note": "This is a drill: a past alert with new times and its original sky map. Nothing happened on this date.",
    }
    return json.dumps(content).encode()


def _text(time: datetime) -> str:
    precision = "milliseconds" if time.microsecond else "seconds"
    return time.astimezone(UTC).replace(tzinfo=None).isoformat(timespec=precision) + "Z"
