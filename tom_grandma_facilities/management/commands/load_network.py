"""Give every declared telescope its row in the database."""

from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand

from tom_grandma_facilities.actions import closed_telescopes, sync_telescopes
from tom_grandma_facilities.registry import TELESCOPES


class Command(BaseCommand):
    """Idempotent: the second run changes nothing and says so."""

    help = "Load the telescopes of the network. Running it again changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        """Synchronise and report in words and numbers."""
        result = sync_telescopes()
        if not (result.created or result.retired):
            self.stdout.write(f"Network already loaded: {len(result.unchanged)} telescopes, nothing changed.")
        else:
            self.stdout.write(
                f"Network loaded: {len(result.created)} telescopes added, {len(result.unchanged)} already there, "
                f"{len(result.retired)} retired."
            )
        for name in result.retired:
            self.stdout.write(f"  {name} is no longer declared: marked retired, its records are kept.")
        self._report_plannable(int(options["verbosity"]))

    def _report_plannable(self, verbosity: int) -> None:
        closed = closed_telescopes()
        reasons = {name: telescope.why_not_plannable() for name, telescope in TELESCOPES.items()}
        asked = [name for name, telescope in TELESCOPES.items() if telescope.in_network and name not in closed]
        plannable = [name for name, reason in reasons.items() if not reason]
        self.stdout.write(
            f"{len(plannable)} of {len(TELESCOPES)} can be planned, {len(asked)} of them are asked by default."
        )
        for reason, count in Counter(filter(None, reasons.values())).most_common():
            if count > 1 or verbosity > 1:
                self.stdout.write(f"  {count} cannot: {reason}")
