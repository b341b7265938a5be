"""`manage.py check_telescopes`: what is inconsistent, missing or doubted in the telescopes as they are declared."""

import json
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tom_grandma_facilities.facilities import FACILITIES
from tom_grandma_facilities.registry import TELESCOPES, UnknownTelescope, get_telescope
from tom_grandma_facilities.telescope_check import Finding, Kind, check_network


class Command(BaseCommand):
    """Exit code 0 when nothing is inconsistent, 1 otherwise; with --strict also when a number is missing."""

    help = "Say per telescope what is inconsistent, missing or doubted. Fails when something is inconsistent."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which telescopes, and in what form."""
        parser.add_argument("telescopes", nargs="*", help="Names; all when none is given.")
        parser.add_argument("--json", action="store_true", help="A list of findings for scripts.")
        parser.add_argument("--strict", action="store_true", help="Fail also when a number is missing.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check, report, and fail if something is wrong."""
        try:
            names = {get_telescope(name).name for name in options["telescopes"]} or set(TELESCOPES)
        except UnknownTelescope as error:
            raise CommandError(str(error)) from error
        found = [
            finding for finding in [*check_network(TELESCOPES), *_without_facility()] if finding.telescope in names
        ]
        if options["json"]:
            self.stdout.write(json.dumps([finding.as_dict() for finding in found], indent=1))
        else:
            self._report(found, len(names))
        bad = {Kind.INCONSISTENT, Kind.MISSING} if options["strict"] else {Kind.INCONSISTENT}
        if any(finding.kind in bad for finding in found):
            raise SystemExit(1)

    def _report(self, found: list[Finding], count: int) -> None:
        by_telescope: dict[str, list[Finding]] = {}
        for finding in found:
            by_telescope.setdefault(finding.telescope, []).append(finding)
        for name, findings in sorted(by_telescope.items(), key=lambda item: item[0].casefold()):
            self.stdout.write(name)
            for finding in findings:
                self.stdout.write(f"  {finding.kind:<12} {finding.path}: {finding.message}")
        counts = Counter(finding.kind for finding in found)
        said = ", ".join(f"{counts[kind]} {kind}" for kind in Kind)
        self.stdout.write(f"{count} telescopes: {said}; {count - len(by_telescope)} without any finding.")


def _without_facility() -> list[Finding]:
    """Telescopes that TOM Toolkit would not show."""
    shown = {facility.name for facility in FACILITIES}
    return [
        Finding(name, Kind.INCONSISTENT, "facility", "TOM Toolkit has no facility of this name.")
        for name in TELESCOPES
        if name not in shown
    ]
