"""Repair the sky index of targets."""

from typing import Any

from django.core.management.base import BaseCommand

from icare_tom.sky import reindex


class Command(BaseCommand):
    """Write missing rows of the sky index, move stale ones, remove those of targets without a place."""

    help = "Repair the sky index of targets and report what was wrong."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Look at every target."""
        found = reindex()
        self.stdout.write(
            f"Sky index: {found.right} right, {found.missing} missing, {found.stale} stale, {found.orphaned} orphaned;"
            f" {found.repaired} repaired."
        )
