"""Feed notices again as a drill: ``manage.py replay --event S241102br``."""

import time
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q
from django.utils import timezone

from tom_gcn.actions.messages import Oversized
from tom_gcn.actions.replay import (
    NotReplayable,
    Original,
    Replay,
    messages_between,
    original,
    original_of,
    plan_replay,
    send,
)
from tom_gcn.message_files import messages_in
from tom_gcn.models import Event, Message
from tom_gcn.notices import NoticeError
from tom_gcn.notices.fields import read_time

SHORTEST_DIGEST = 6


class Command(BaseCommand):
    """Stored messages, or files, moved in time and labelled as a drill."""

    help = (
        "Feed notices again as a drill for training: moved in time so that the first event happened ten minutes ago, "
        "under the name of a drill, marked as a test. Their order and distances in time are kept; --speed shortens the "
        "distances. The same notices on the same UTC day are the same drill unless a --label tells them apart. "
        "Circulars and heartbeats are left out."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("files", nargs="*", metavar="PATH", help="file, folder or tar archive")
        parser.add_argument("--event", action="append", default=[], metavar="NAME", help="all notices of this event")
        parser.add_argument(
            "--message", action="append", default=[], metavar="ID", help="a stored message: its number or its sha256"
        )
        parser.add_argument("--since", metavar="TIME", help="notices received since then, UTC")
        parser.add_argument("--until", metavar="TIME", help="and before then, UTC")
        parser.add_argument("--topic", default="", help="Kafka topic the messages of files would have come on")
        parser.add_argument(
            "--speed", type=float, default=60.0, help="1: real time; 60 (default): an hour in a minute; 0: all at once"
        )
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--label", default="", help="another drill of the same notices today, under this word")
        which.add_argument("--again", action="store_true", help="the same, under the next free number")
        parser.add_argument("--dry-run", action="store_true", help="only say what would be sent, and when")

    def handle(self, *args: Any, **options: Any) -> None:
        """Gather, order, send."""
        if not 0 <= options["speed"] < 1e9:
            raise CommandError("The speed is 0 or more.")
        try:
            replay = plan_replay(
                self._originals(options), timezone.now(), options["speed"], options["label"], again=options["again"]
            )
        except NotReplayable as error:
            raise CommandError(str(error)) from error
        if options["dry_run"]:
            self._tell(replay)
        else:
            self._send(replay)

    def _originals(self, options: dict[str, Any]) -> Iterator[Original]:
        left_out = 0
        for make in [*_stored(options), *_of_files(options["files"], options["topic"])]:
            try:
                yield make()
            except NotReplayable as error:
                left_out += 1
                self.stderr.write(f"left out: {error}")
        if left_out:
            self.stderr.write(f"{left_out} of the messages cannot be replayed.")

    def _tell(self, replay: Replay) -> None:
        for step in replay.steps:
            notice = step.original.notice
            self.stdout.write(f"{_clock(step.wait)} {notice.event_id or '-'} {notice.notice_type} {step.original.name}")

    def _send(self, replay: Replay) -> None:
        began = time.monotonic()
        for step in replay.steps:
            time.sleep(max(0.0, step.wait.total_seconds() - (time.monotonic() - began)))
            result = send(replay, step, timezone.now())
            word = "new" if result.is_new_notice else "already here today"
            name = result.event.name if result.event else "no event"
            reason = f" [{result.message.reason_code}] {result.message.reason}" if result.message.reason else ""
            self.stdout.write(f"{_clock(step.wait)} {name} {step.original.notice.notice_type}: {word}{reason}")


def _clock(wait: timedelta) -> str:
    return f"+{wait.total_seconds():.1f} s"


def _stored(options: dict[str, Any]) -> list[Any]:
    """Messages of the database, each to be loaded when its turn comes."""
    keys: list[int] = []
    for name in options["event"]:
        event = Event.objects.filter(Q(name=name) | Q(keys__contains=[name])).order_by("pk").first()
        if event is None:
            raise CommandError(f"There is no event {name}.")
        keys += event.notices.values_list("message_id", flat=True)
    keys += [_message(text) for text in options["message"]]
    if options["since"] or options["until"]:
        since, until = (_time(options[word]) for word in ("since", "until"))
        keys += messages_between(since, until).values_list("pk", flat=True)
    return [lambda key=key: original_of(Message.objects.get(pk=key)) for key in dict.fromkeys(keys)]


def _message(text: str) -> int:
    found = Q(pk=int(text)) if text.isdecimal() and len(text) < 18 else Q(sha256__startswith=text.lower())
    keys = list(Message.objects.filter(found).values_list("pk", flat=True)[:2])
    if len(keys) != 1 or (not text.isdecimal() and len(text) < SHORTEST_DIGEST):
        raise CommandError(f"There is no single message {text}.")
    return int(keys[0])


def _time(text: str | None) -> datetime | None:
    try:
        return read_time(text, "The time") if text else None
    except NoticeError as error:
        raise CommandError(str(error)) from error


def _of_files(names: list[str], topic: str) -> list[Any]:
    return [lambda found=found: _of_file(found, topic) for found in messages_in(names)]


def _of_file(found: Any, topic: str) -> Original:
    if found.trouble or isinstance(found.body, Oversized):
        raise NotReplayable(f"{found.path}: {found.trouble or 'too large'}.")
    return original(found.path, found.body, topic, datetime.now(UTC))
