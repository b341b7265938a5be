"""Take in photometry that other TOM apps wrote."""

from typing import Any

from django.core.management.base import BaseCommand

from tom_photvalidation.actions.pulling import pull_in


class Command(BaseCommand):
    """Looks at every row of TOM's table; running it again changes nothing."""

    help = "Make points of the rows of TOM's photometry table that brokers and other TOM apps wrote."

    def handle(self, *args: Any, **options: Any) -> None:
        """Pull in and say how much."""
        self.stdout.write(f"{pull_in(everything=True):,} points are new.")
