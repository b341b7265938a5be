"""Store a file of photometry, as the page and the API do."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.contrib.auth.models import Group, User
from django.core.management.base import BaseCommand, CommandError

from tom_photvalidation.actions.answers import Answer
from tom_photvalidation.actions.column_mappings import with_recalled
from tom_photvalidation.actions.uploads import Sent, read_upload, receive_photometry
from tom_photvalidation.audiences import groups_to_tell
from tom_photvalidation.choices import Channel, Mode
from tom_photvalidation.exceptions import PhotometryError


class Command(BaseCommand):
    """Every refused row is named; running it again with the same file stores nothing new."""

    help = "Store photometry from a file of any format that the page takes; `-` reads standard input."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say what may be chosen."""
        parser.add_argument("file", help="CSV, JSON, Parquet, VOTable ...; - for standard input")
        parser.add_argument("--user", required=True, help="In whose name: the account must be allowed to upload.")
        parser.add_argument("--group", action="append", default=[], help="Who sees it; several times for several.")
        parser.add_argument("--target", help="Of rows that name none.")
        parser.add_argument("--telescope", help="Of rows that name none.")
        parser.add_argument("--magsys", help="Of rows that name none: AB or Vega.")
        parser.add_argument("--mode", choices=Mode.values, default=Mode.PARTIAL)
        parser.add_argument("--dry-run", action="store_true", help="Check only.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Store and report in words and numbers."""
        by = User.objects.filter(username=options["user"]).first()
        if by is None:
            raise CommandError(f"There is no account {options['user']}.")
        sent = Sent(
            body=_content(options["file"]),
            source="" if options["file"] == "-" else Path(options["file"]).name,
            channel=Channel.COMMAND,
            mode=options["mode"],
            is_dry_run=options["dry_run"],
            defaults={name: options[name] for name in ("target", "telescope", "magsys") if options[name]},
        )
        sent = with_recalled(sent, by=by)
        try:
            received = receive_photometry(sent, by=by, groups=_groups(by, options["group"]))
        except PhotometryError as error:
            for problem in getattr(error, "problems", ()):
                self.stderr.write(f"  row {problem.line}, {problem.column}: {problem.message} {problem.fix}")
            raise CommandError(str(error)) from error
        upload = received.upload if received.answers is not None else read_upload(received.upload.pk)
        for answer in received.answers or ():
            self._report(answer)
        words = ", ".join(f"{count:,} {name}" for name, count in upload.counts.items())
        self.stdout.write(f"{upload.n_rows:,} rows{' (dry run)' if sent.is_dry_run else ''}: {words}.")
        if upload.reason:
            raise CommandError(upload.reason)
        if not any(upload.counts[name] for name in ("created", "quarantined", "exists")):
            raise CommandError("Nothing was stored.")

    def _report(self, answer: Answer) -> None:
        for error in answer.errors:
            self.stderr.write(f"  row {answer.row}, {error.column}: {error.message} {error.fix}".rstrip())


def _content(name: str) -> bytes:
    if name == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error.strerror}.") from error


def _groups(by: User, names: list[str]) -> list[Group] | None:
    if not names:
        return None
    groups = list(groups_to_tell(by).filter(name__in=names))
    if len(groups) != len(set(names)):
        raise CommandError("Name groups that the account belongs to.")
    return groups
