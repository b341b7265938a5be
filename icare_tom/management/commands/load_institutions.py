"""Load the institutions of a federation, such as eduGAIN, from which people may sign in. Run it once a day."""

from pathlib import Path
from typing import Any

import requests
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from icare_tom.members.social.saml.federation import FederationError, keep, read_list

# eduGAIN's list has about 100 MB.
MAX_BYTES = 400 * 1024 * 1024


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
            certificate = _certificate(place)
            known, gone = keep(read_list(_read(place), certificate))
        except (FederationError, OSError) as refused:
            raise CommandError(str(refused)) from None
        self.stdout.write(f"{known} institutions; {gone} are no longer listed.")


def _certificate(place: str) -> bytes | None:
    path = settings.ICARE_FEDERATION["metadata_certificate"]
    if path:
        return Path(path).read_bytes()
    if _is_address(place):
        raise CommandError("Set ICARE_EDUGAIN_METADATA_CERTIFICATE: a list from the network must be signed.")
    return None


def _is_address(place: str) -> bool:
    return place.startswith(("https://", "http://"))


def _read(place: str) -> bytes:
    if not _is_address(place):
        return Path(place).read_bytes()
    body = bytearray()
    with requests.get(place, stream=True, timeout=60) as answer:
        answer.raise_for_status()
        for piece in answer.iter_content(1 << 20):
            body += piece
            if len(body) > MAX_BYTES:
                raise CommandError(f"The list at {place} has more than {MAX_BYTES:,} bytes.")
    return bytes(body)
