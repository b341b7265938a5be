"""Drills: a past alert moved in time, so that people and machines can practise on a real one.

Times and the name change; the sky map keeps its bytes, so it lies at the same RA and Dec and rises at another hour than
it did on the original night. A drill's name begins with T, as LVK's tests do, and the message says what it replays.

LVK's alerts in JSON are rewritten. All other notices are enclosed as they are and moved when they are read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from .base import Notice, NoticeError
from .envelope import enclose
from .fields import Fields, bounded_key
from .igwn import load_json, parse_json

AGE_AT_START = timedelta(minutes=10)
TOPIC = "icare.drill"
LABEL = re.compile(r"[a-z0-9]{1,12}")


def drill_id(event_id: str, now: datetime, label: str = "") -> str:
    """Name of the drill of an event on a UTC date: ``TS261120drillbr`` replays S241102br on 2026 November 20.

    It follows LVK's grammar of test names, ``TS``, date and letters; the last letters are those of the original, so
    that two events drilled on one day stay two. A label tells several drills of one event and day apart:
    ``TS261120drillbr_2``.
    """
    letters = re.sub(r"[^a-z]", "", re.sub(r"^\D*\d+", "", event_id.lower()))
    return f"TS{now.astimezone(UTC):%y%m%d}drill{letters}{_checked(label, '_')}"


def other_drill_id(event_id: str, now: datetime, label: str = "") -> str:
    """Name of the drill of any other event: ``1190439-drill261120``, with a label ``1190439-drill261120-2``."""
    return f"{event_id}-drill{now.astimezone(UTC):%y%m%d}{_checked(label, '-')}" if event_id else ""


def _checked(label: str, sign: str) -> str:
    if label and not LABEL.fullmatch(label):
        raise NoticeError("bad-label", f"The label is {label[:40]!r}.", "Give up to 12 small letters and digits.")
    return f"{sign}{label}" if label else ""


def shift(
    raw: bytes, now: datetime, moved: timedelta | None = None, day: datetime | None = None, label: str = ""
) -> bytes:
    """Move an alert in JSON so that its event happened ten minutes before `now`.

    The notice keeps its delay after the event, but is never later than `now`. Its key keeps the original's time of
    creation, so the same alert shifted again on the same UTC date is the same notice.

    Parameters
    ----------
    raw : bytes
        An IGWN alert in JSON.
    now : datetime
        Aware.
    moved : timedelta, optional
        By how much, where several alerts keep their distances; a whole number of seconds.
    day : datetime, optional
        The day in its name, where several alerts of one drill are moved one after the other; default `now`.
    label : str, optional
        Tells this drill from others of the same event and day; up to 12 small letters and digits.

    Raises
    ------
    NoticeError
        As `parse`; ``already-drill`` when the alert is a drill itself; ``bad-label``.
    ValueError
        When `now` has no time zone.
    """
    if now.tzinfo is None:
        raise ValueError("A drill needs a time with its zone.")
    notice, content = parse_json(raw), load_json(raw)
    if notice.drill_of:
        raise NoticeError("already-drill", f"{notice.event_id} is a drill.", f"Shift {notice.drill_of} itself.")
    created = Fields(content).required_time("time_created")
    moved = moved if moved is not None else shift_to(notice.event_time or created, now)
    seconds = int(moved.total_seconds())
    content["superevent_id"] = drill_id(notice.event_id, day or now, label)
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


def shift_to(first: datetime, now: datetime) -> timedelta:
    """By how much to move what happened at `first` so that it lies ten minutes before `now`, in whole seconds."""
    return timedelta(seconds=int((now - AGE_AT_START - first).total_seconds()))


def enclosed(
    raw: bytes, topic: str, notice: Notice, now: datetime, moved: timedelta, day: datetime, label: str = ""
) -> bytes:
    """A drill of any notice, as a message for `TOPIC`: the notice as it came, and by how much it is moved.

    Parameters are those of `shift`; `notice` is what was read of `raw`.

    Raises
    ------
    NoticeError
        ``already-drill`` when the notice is one itself; ``bad-label``.
    """
    if notice.drill_of:
        raise NoticeError("already-drill", f"{notice.event_id} is a drill.", f"Replay {notice.drill_of} itself.")
    created = notice.time_created + moved if notice.time_created else now
    drill = {
        "date": f"{day.astimezone(UTC):%y%m%d}",
        "shifted_by_s": int(moved.total_seconds()),
        "time_created": _text(min(created, now.replace(microsecond=0))),
        "note": "This is a drill: a past notice with new times. Nothing happened on this date.",
    }
    if _checked(label, "-"):
        drill["label"] = label
    return json.dumps({"drill": drill, "message": enclose(raw, topic)}, sort_keys=True).encode()


def as_drill(notice: Notice, content: Mapping[str, object]) -> Notice:
    """A notice moved as its envelope says, under a name that no real event has.

    Raises
    ------
    NoticeError
        Those of `Fields`; ``bad-time`` when it is moved out of the calendar.
    """
    drill = Fields(content.get("drill"), "drill")
    date, seconds = drill.required_text("date"), drill.integer("shifted_by_s") or 0
    try:
        event_time = notice.event_time + timedelta(seconds=seconds) if notice.event_time else None
    except OverflowError as error:
        raise NoticeError("bad-time", f"The drill is moved by {seconds} s.", "Replay the notice again.") from error
    which = date + _checked(drill.text("label"), "-")
    name = f"{notice.event_id}-drill{which}" if notice.event_id else ""
    return replace(
        notice,
        event_id=name,
        namespace=f"drill:{notice.namespace}" if notice.namespace else "",
        key=bounded_key(f"drill {which}|{notice.key}"),
        event_time=event_time,
        time_created=drill.required_time("time_created"),
        is_test=True,
        aliases=(),
        related=(),
        # A drill answers to no real notice, and none to it.
        ivorn=bounded_key(f"drill {which}|{notice.ivorn}") if notice.ivorn else "",
        citations=tuple(replace(one, ivorn=bounded_key(f"drill {which}|{one.ivorn}")) for one in notice.citations),
        drill_of=(notice.event_id or notice.ivorn or notice.key)[:64],
    )


def _text(time: datetime) -> str:
    precision = "milliseconds" if time.microsecond else "seconds"
    return time.astimezone(UTC).replace(tzinfo=None).isoformat(timespec=precision) + "Z"
