"""Read alert messages from files: ``manage.py ingest FILE...``."""

import json
from argparse import ArgumentParser
from collections import Counter
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from tom_gcn.actions import ReadResult, read_message, receive_message
from tom_gcn.actions.messages import Oversized
from tom_gcn.choices import MessageState
from tom_gcn.drills import bundled_alert
from tom_gcn.message_files import FoundMessage, messages_in
from tom_gcn.models import Event, Message, Notice
from tom_gcn.notices import (
    Heartbeat,
    NoticeError,
    Parsed,
    Summary,
    drill_id,
    gunzip,
    parse,
    shift,
    summarize,
    summarize_unread,
)
from tom_gcn.notices import Notice as ParsedNotice

Outcome = tuple[str, str, str]


class Command(BaseCommand):
    """Store and read alert messages; says for each what became of it."""

    help = (
        "Read alert messages (LVK JSON or Avro, VOEvent, GCN's JSON and text, circulars, Hermes; also gzipped) from "
        "files, folders or tar archives. Every message is stored, also one that cannot be read. Exit code 1 when "
        "anything could not be read; with --json, where each line says it, only when a file could not be opened."
    )
    # Some checks look at the database, which a dry run does without.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("files", nargs="*", metavar="PATH", help="file, folder or tar archive")
        parser.add_argument("--topic", default="", help="Kafka topic the messages would have come on")
        parser.add_argument("--json", action="store_true", help="print one JSON line for each message")
        parser.add_argument("--dry-run", action="store_true", help="only read; store nothing, use no database")
        parser.add_argument(
            "--drill", action="store_true", help="ingest the bundled real alert, moved in time to tonight as a drill"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Ingest all, then report."""
        if not options["files"] and not options["drill"]:
            raise CommandError("Name at least one file, or use --drill for the bundled alert.")
        if options["drill"] and (options["json"] or options["dry_run"]):
            raise CommandError("--drill goes with neither --json nor --dry-run.")
        if options["json"] or options["dry_run"]:
            self._list(options["files"], options["topic"], dry_run=options["dry_run"])
            return
        troubles = 0
        if options["drill"]:
            troubles += not self._take_drill()
        for found in messages_in(options["files"]):
            troubles += not self._take_file(found, options["topic"])
        if troubles:
            raise CommandError(
                f"{troubles} of the messages could not be read, or only in part. They are stored with their reason: "
                "see the admin, “Messages that could not be read”."
            )

    def _list(self, names: list[str], topic: str, *, dry_run: bool) -> None:
        """One JSON line for each message, then the counts on standard error."""
        counts: Counter[str] = Counter()
        seen = Seen()
        for found in messages_in(names):
            if found.trouble:
                fields, (outcome, code, reason) = {}, ("failed", "not-opened", f"{found.trouble}.")
            else:
                record, error, parsed = _summary(found, topic)
                fields = asdict(record)
                outcome, code, reason = seen.outcome(parsed, error) if dry_run else self._store(found, topic)
            line = {"file": found.path, "outcome": outcome, "reason": reason, "reason_code": code}
            self.stdout.write(json.dumps(line | fields))
            counts[f"{outcome} ({code})" if code else outcome] += 1
        each = ", ".join(f"{count:,} {word}" for word, count in counts.most_common())
        self.stderr.write(f"{counts.total():,} messages: {each or 'none'}.")
        if counts["failed (not-opened)"]:
            raise CommandError("Some files could not be opened.")

    def _store(self, found: FoundMessage, topic: str) -> Outcome:
        message, is_new = receive_message(found.body, source=found.source, topic=topic)
        return _outcome(read_message(message), is_new)

    def _take_drill(self) -> bool:
        """The bundled real alert, moved in time so that tonight can be planned; once for each UTC date."""
        now = timezone.now()
        source, original = bundled_alert(now)
        alert = parse(original)
        if not isinstance(alert, ParsedNotice):
            raise CommandError(f"{source} is no notice.")
        name = drill_id(alert.event_id, now)
        if Event.objects.filter(name=name).exists():
            self.stdout.write(f"{name}: the drill of {now:%Y-%m-%d} is already here; nothing changed.")
            return True
        return self._take(shift(original, now), f"drill of {source}", "igwn.gwalert")

    def _take_file(self, found: FoundMessage, topic: str) -> bool:
        if found.trouble:
            self.stderr.write(f"{found.path}: {found.trouble}. Nothing was stored.")
            return False
        return self._take(found.body, found.source, topic, shown=found.path)

    def _take(self, body: bytes | Oversized, source: str, topic: str, shown: str = "") -> bool:
        message, is_new = receive_message(body, source=source, topic=topic)
        result = read_message(message)
        clean = result.is_clean
        (self.stdout if clean else self.stderr).write(f"{shown or source}: {_story(result, is_new)}")
        return clean


class Seen:
    """What a dry run met so far, to tell what would become of the next message in an empty database."""

    def __init__(self) -> None:
        self._keys: set[str] = set()
        self._events: set[tuple[str, str]] = set()

    def outcome(self, parsed: Parsed | None, error: NoticeError | None) -> Outcome:
        """Outcome, code and reason of a message."""
        if parsed is None:
            return ("kept", error.code, str(error)) if error else ("kept", "", "")
        key = "" if isinstance(parsed, Heartbeat) else parsed.key
        if key and key in self._keys:
            return "duplicate", "", "The same notice is here already."
        self._keys.add(key)
        event = (parsed.namespace, parsed.event_id) if isinstance(parsed, ParsedNotice) and parsed.namespace else None
        is_known = event in self._events
        if event:
            self._events.add(event)
        return ("updated" if is_known else "created"), "", ""


def _summary(found: FoundMessage, topic: str) -> tuple[Summary, NoticeError | None, Parsed | None]:
    """The record of a message, and what it was read as or why it was not."""
    raw = found.body.beginning if isinstance(found.body, Oversized) else found.body
    try:
        if isinstance(found.body, Oversized):
            raise NoticeError("too-large", f"The message weighs {found.body.size_bytes:,} bytes.", "Send it in parts.")
        raw = gunzip(raw, settings.ICARE_MAX_MESSAGE_BYTES)
        parsed = parse(raw, topic)
    except NoticeError as error:
        return summarize_unread(raw, error), error, None
    return summarize(parsed), None, parsed


def _outcome(result: ReadResult, is_new: bool) -> Outcome:
    """What became of a stored message, its code and its reason."""
    message, event, notice = result.message, result.event, result.notice
    if message.state == MessageState.UNREADABLE or message.reason_code == "not-an-alert":
        return "kept", message.reason_code, message.reason
    if not is_new or message.reason_code == "duplicate":
        return "duplicate", "", message.reason if is_new else "The same message is here already."
    is_known = event is not None and notice is not None and event.notices.exclude(pk=notice.pk).exists()
    return ("updated" if is_known else "created"), message.reason_code, message.reason


def _story(result: ReadResult, is_new: bool) -> str:
    message, notice = result.message, result.notice
    if message.state == MessageState.UNREADABLE:
        again = "" if is_new else " (it was here before)"
        return f"could not be read [{message.reason_code}]{again}: {message.reason}"
    if not is_new:
        return f"already here since {message.received_at:%Y-%m-%d %H:%M:%S} UTC; nothing changed."
    if message.state == MessageState.RECEIVED:
        return "stored; it will be read in the background."
    if notice is None or result.event is None:
        word = "kept; it is no alert." if message.state == MessageState.NO_ALERT else "read."
        return f"{word} {message.reason}".strip()
    if not result.is_new_notice:
        return f"the same notice of {result.event.name} is already here by another way; nothing changed."
    return _new_story(result.message, notice, result.event)


def _new_story(message: Message, notice: Notice, event: Event) -> str:
    words = [f"{event.name}: {notice.notice_type} notice of {notice.time_created:%Y-%m-%d %H:%M:%S} UTC"]
    localization = notice.localizations.select_related("skymap").first()
    skymap = localization.skymap if localization else None
    if skymap:
        words.append(f"50 % area {skymap.area_50_deg2:.1f} deg2, 90 % area {skymap.area_90_deg2:.1f} deg2")
        if skymap.distance_mean_mpc:
            words.append(f"distance {skymap.distance_mean_mpc:.0f} ± {skymap.distance_sigma_mpc:.0f} Mpc")
    plan = event.plans.filter(localization=localization).first() if localization else None
    if plan:
        words.append(f"plan {plan.version} {plan.state}")
    if event.is_retracted:
        words.append("the event is retracted")
    if message.state == MessageState.PARTIAL:
        words.append(f"NOT everything could be used [{message.reason_code}]: {message.reason}")
    return "; ".join(words) + "."
