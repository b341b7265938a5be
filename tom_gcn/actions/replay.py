"""Drills out of what came in: notices again, moved in time and labelled, one after the other as they once came."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet

from tom_gcn.actions.messages import ReadResult, read_message, receive_message
from tom_gcn.actions.sharing import REPLAY_SOURCE
from tom_gcn.exceptions import GcnError
from tom_gcn.models import Event, Message
from tom_gcn.notices import (
    Notice,
    NoticeError,
    drill,
    drill_id,
    enclosed,
    gunzip,
    other_drill_id,
    parse,
    shift,
    shift_to,
)
from tom_gcn.notices.drill import LABEL

logger = logging.getLogger(__name__)

_WORDS = {"circular": "a circular", "circular_text": "a circular", "hermes": "a Hermes message"}
LVK_TOPIC = "igwn.gwalert"
# What is rewritten; all else is enclosed.
REWRITTEN = "igwn-json"


class NotReplayable(GcnError):
    """A message that makes no drill."""

    code = "not-replayable"


@dataclass(frozen=True)
class Original:
    """A notice to replay: its bytes, unpacked, and when it came."""

    name: str
    raw: bytes
    topic: str
    notice: Notice
    came_at: datetime
    groups: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Step:
    """One notice of a replay, and how long after the first it is due."""

    original: Original
    wait: timedelta


@dataclass(frozen=True)
class Replay:
    """Notices in order, all moved by the same time, so that they keep their distances."""

    began: datetime
    moved: timedelta
    steps: tuple[Step, ...]
    label: str = ""


def messages_between(since: datetime | None, until: datetime | None) -> QuerySet[Message]:
    """The messages with notices that came in a time, in order."""
    rows = Message.objects.filter(notice__isnull=False).order_by("received_at", "pk")
    rows = rows.filter(received_at__gte=since) if since else rows
    return rows.filter(received_at__lt=until) if until else rows


def original_of(message: Message) -> Original:
    """A stored message as something to replay, for those who see its event.

    Raises
    ------
    NotReplayable
        As `original`; also for a message that was too large to keep.
    """
    if message.is_cut:
        raise NotReplayable(f"{message} was too large to be kept whole.")
    found = getattr(message, "notice", None)
    event = found.event if found else None
    groups = tuple(event.groups.values_list("pk", flat=True)) if event else None
    return original(str(message), bytes(message.body), message.topic, message.received_at, groups)


def original(
    name: str, body: bytes, topic: str, received_at: datetime, groups: tuple[int, ...] | None = None
) -> Original:
    """A message as something to replay.

    Raises
    ------
    NotReplayable
        When it is no notice, cannot be read, or is a drill itself.
    """
    try:
        raw = gunzip(body, settings.ICARE_MAX_MESSAGE_BYTES)
        notice = parse(raw, topic)
    except NoticeError as error:
        raise NotReplayable(f"{name} cannot be read: {error.message}", error.fix, error.code) from error
    if not isinstance(notice, Notice):
        word = _WORDS.get(notice.format, "a sign of life of a cluster")
        raise NotReplayable(f"{name} is {word}.", "Only notices can be replayed: the rest is not about one time.")
    if notice.drill_of:
        raise NotReplayable(f"{name} is a drill.", f"Replay {notice.drill_of} itself.", "already-drill")
    return Original(name, raw, topic, notice, notice.time_created or received_at, groups)


def plan_replay(
    originals: Iterable[Original], now: datetime, speed: float, label: str = "", *, again: bool = False
) -> Replay:
    """Put notices into the order in which they came and set when each is due.

    Parameters
    ----------
    originals : iterable of Original
        At least one.
    now : datetime
        Aware; the first event is moved to ten minutes before it.
    speed : float
        1 for real time, 60 for an hour in a minute, 0 for all at once.
    label : str
        Tells this drill from others of the same events on this day; without one they are the same drill.
    again : bool
        Take the first number that is free as the label.

    Raises
    ------
    NotReplayable
        When there is nothing to replay, or the label is none.
    """
    ordered = sorted(originals, key=lambda one: one.came_at)
    if not ordered:
        raise NotReplayable("There is nothing to replay.", "Name an event, messages, a time or files.")
    first = ordered[0].came_at
    happened = min([one.notice.event_time or one.came_at for one in ordered])
    waits: Sequence[timedelta] = [(one.came_at - first) / speed if speed else timedelta() for one in ordered]
    steps = tuple(Step(one, wait) for one, wait in zip(ordered, waits, strict=True))
    label = label or (free_label(ordered, now) if again else "")
    if label and not LABEL.fullmatch(label):
        raise NotReplayable(f"“{label[:40]}” is no label.", "Give up to 12 small letters and digits.", "bad-label")
    return Replay(now, shift_to(happened, now), steps, label)


def free_label(originals: Iterable[Original], now: datetime) -> str:
    """The first number, from 2 on, under which none of these events was drilled on this UTC day; empty for the first.

    Raises
    ------
    NotReplayable
        When a hundred drills were made of them on this day.
    """
    known = {(one.notice.event_id, one.notice.format == REWRITTEN) for one in originals if one.notice.event_id}
    for label in ("", *map(str, range(2, 101))):
        names = [(drill_id if rewritten else other_drill_id)(name, now, label) for name, rewritten in known]
        if not Event.objects.filter(event_id__in=names).exists():
            return label
    raise NotReplayable("A hundred drills were made of this today.", "Give a label.", "too-many-drills")


def send(replay: Replay, step: Step, now: datetime) -> ReadResult:
    """Store one notice of a replay as a drill and read it; the same on the same day is the same."""
    one = step.original
    if one.notice.format == REWRITTEN:
        body, topic = shift(one.raw, now, replay.moved, replay.began, replay.label), LVK_TOPIC
    else:
        moved = enclosed(one.raw, one.topic, one.notice, now, replay.moved, replay.began, replay.label)
        body, topic = moved, drill.TOPIC
    headers = {"of": one.name[:300]} | ({"groups": list(one.groups)} if one.groups is not None else {})
    message, _ = receive_message(body, source=REPLAY_SOURCE, topic=topic, headers=headers)
    logger.info("message %s replays %s", message.sha256[:8], one.name)
    return read_message(message)
