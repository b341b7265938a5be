"""Read alert messages from files: ``manage.py ingest FILE...``."""

import hashlib
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from tom_gcn.actions import ReadResult, read_message, receive_message
from tom_gcn.actions.messages import KEPT_OF_OVERSIZED_BYTES, Oversized
from tom_gcn.choices import MessageState
from tom_gcn.drills import bundled_alert
from tom_gcn.models import Event, Message, Notice
from tom_gcn.notices import drill_id, parse, shift

BLOCK = 1024 * 1024


class Command(BaseCommand):
    """Store and read alert messages; says for each what became of it."""

    help = (
        "Read alert messages (LVK JSON or Avro, also gzipped) from files or folders. Every message is stored, also one "
        "that cannot be read. Exit code 1 when anything could not be read."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("files", nargs="*", metavar="FILE", help="file or folder")
        parser.add_argument("--topic", default="", help="Kafka topic the messages would have come on")
        parser.add_argument(
            "--drill", action="store_true", help="ingest the bundled real alert, moved in time to tonight as a drill"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Ingest all, then report."""
        if not options["files"] and not options["drill"]:
            raise CommandError("Name at least one file, or use --drill for the bundled alert.")
        troubles = 0
        if options["drill"]:
            troubles += not self._take_drill()
        for path in _files(options["files"]):
            troubles += not self._take_file(path, options["topic"])
        if troubles:
            raise CommandError(
                f"{troubles} of the messages could not be read, or only in part. They are stored with their reason: "
                "see the admin, “Messages that could not be read”."
            )

    def _take_drill(self) -> bool:
        """The bundled real alert, moved in time so that tonight can be planned; once for each UTC date."""
        now = timezone.now()
        source, original = bundled_alert(now)
        name = drill_id(parse(original).event_id, now)
        if Event.objects.filter(name=name).exists():
            self.stdout.write(f"{name}: the drill of {now:%Y-%m-%d} is already here; nothing changed.")
            return True
        return self._take(shift(original, now), f"drill of {source}", "igwn.gwalert")

    def _take_file(self, path: Path, topic: str) -> bool:
        try:
            body = _bounded(path)
        except OSError as error:
            self.stderr.write(f"{path}: {error.strerror or error}. Nothing was stored.")
            return False
        return self._take(body, path.name, topic, shown=str(path))

    def _take(self, body: bytes | Oversized, source: str, topic: str, shown: str = "") -> bool:
        message, is_new = receive_message(body, source=source, topic=topic)
        result = read_message(message)
        clean = result.is_clean
        (self.stdout if clean else self.stderr).write(f"{shown or source}: {_story(result, is_new)}")
        return clean


def _files(names: list[str]) -> list[Path]:
    """Files named, and all files below folders named, in order."""
    paths: list[Path] = []
    for path in map(Path, names):
        paths += sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    return paths


def _bounded(path: Path) -> bytes | Oversized:
    """The file's bytes, or for one that is too large its beginning, size and digest; never more in memory than that."""
    size = path.stat().st_size
    with path.open("rb") as file:
        if size <= settings.ICARE_MAX_MESSAGE_BYTES:
            return file.read(settings.ICARE_MAX_MESSAGE_BYTES)
        beginning = file.read(KEPT_OF_OVERSIZED_BYTES)
        digest = hashlib.sha256(beginning)
        while block := file.read(BLOCK):
            digest.update(block)
    return Oversized(beginning, size, digest.hexdigest())


def _story(result: ReadResult, is_new: bool) -> str:
    message, notice = result.message, result.notice
    if message.state == MessageState.UNREADABLE:
        again = "" if is_new else " (it was here before)"
        return f"could not be read [{message.reason_code}]{again}: {message.reason}"
    if not is_new:
        return f"already here since {message.received_at:%Y-%m-%d %H:%M:%S} UTC; nothing changed."
    if notice is None or result.event is None:
        return "stored; it will be read in the background."
    if not result.is_new_notice:
        return f"the same notice of {result.event.name} is already here by another way; nothing changed."
    return _new_story(result.message, notice, result.event)


def _new_story(message: Message, notice: Notice, event: Event) -> str:
    words = [f"{event.name}: {notice.notice_type} notice of {notice.time_created:%Y-%m-%d %H:%M:%S} UTC"]
    localization = notice.localizations.select_related("skymap").first()
    if localization:
        skymap = localization.skymap
        words.append(f"50 % area {skymap.area_50_deg2:.1f} deg2, 90 % area {skymap.area_90_deg2:.1f} deg2")
        if skymap.distance_mean_mpc:
            words.append(f"distance {skymap.distance_mean_mpc:.0f} ± {skymap.distance_sigma_mpc:.0f} Mpc")
    plan = event.plans.filter(localization=localization).first() if localization else None
    if plan:
        words.append(f"plan {plan.version} {plan.state}")
    if event.is_retracted:
        words.append("the event is retracted")
    if message.reason:
        words.append(f"NOT everything could be used [{message.reason_code}]: {message.reason}")
    return "; ".join(words) + "."
