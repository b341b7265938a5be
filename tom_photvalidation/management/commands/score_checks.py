"""Measure the checks on labelled faults: ``manage.py score_checks batch.csv truth.csv sites.csv``."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from tom_grandma_facilities.almanac import mjd_of
from tom_photvalidation import scoring


class Command(BaseCommand):
    """Print recall, precision and false flags, per kind of fault and overall."""

    help = (
        "Check a batch of photometry whose faults are known and print how many were caught, by kind of fault and by "
        "check, and how many true rows were flagged. A row is flagged when it is refused, quarantined, or known as a "
        "copy of another row. The columns of the three tables: docs/science/photometry-checks.md."
    )
    # Nothing here needs the database.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("batch", type=Path, help="the measurements")
        parser.add_argument("truth", type=Path, help="row and fault of the faulty ones")
        parser.add_argument("sites", type=Path, help="site, lat, lon, elev_m")
        parser.add_argument(
            "--set-aside",
            type=Path,
            metavar="FILE",
            help="true rows (columns g, mjd, tel) whose site could not have observed them: not counted as false flags",
        )
        parser.add_argument(
            "--halves", action="store_true", help="also score two halves of the objects, each by itself"
        )
        parser.add_argument("--missed", action="store_true", help="also list the faults that were missed")
        parser.add_argument("--false", action="store_true", help="also list the true rows that were flagged, and why")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, check, count, print."""
        try:
            batch = scoring.read_labelled(
                options["batch"], options["truth"], options["sites"], mjd_of(timezone.now()), options["set_aside"]
            )
        except (OSError, KeyError, ValueError) as error:
            raise CommandError(f"The tables cannot be read: {type(error).__name__} {error}") from error
        result, findings = scoring.score_batch(batch)
        for line in scoring.report(result):
            self.stdout.write(line)
        if options["halves"]:
            for name, half in zip(("first", "second"), scoring.halves(batch), strict=True):
                self.stdout.write(f"{name} half of the objects: {scoring.summary(scoring.score_batch(half)[0])}")
        if options["missed"]:
            for line in scoring.missed(batch, findings):
                self.stdout.write(line)
        if options["false"]:
            for line in scoring.false_flags(batch, findings):
                self.stdout.write(line)
