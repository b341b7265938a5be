"""Load the institutions of a federation, such as eduGAIN, from which people may sign in; workers do it once a day."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from icare_tom.members.social.saml.federation import FederationError
from icare_tom.members.social.saml.loading import load_institutions


class Command(BaseCommand):
    """Fetch or read the list, check its signature, and keep what it says."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Where the list is, when not where the settings say."""
        parser.add_argument(
            "source", nargs="?", default="", help="a file or an https address; else ICARE_EDUGAIN_METADATA"
        )

    def handle(self, *args: Any, source: str, **options: Any) -> None:
        """Load."""
        place = source or settings.ICARE_FEDERATION["metadata"]
        if not place:
            raise CommandError("Name a file or an address, or set ICARE_EDUGAIN_METADATA.")
        try:
            known, gone = load_institutions(place)
        except FederationError as refused:
            raise CommandError(str(refused)) from None
        self.stdout.write(f"{known} institutions; {gone} are no longer listed.")
