"""Fetching the list of a federation: by `manage.py load_institutions`, and once a day by a worker."""

from pathlib import Path

import requests
from django.conf import settings

from icare_tom.members.social.saml.federation import FederationError, keep, read_list

# eduGAIN's list has about 100 MB.
MAX_BYTES = 400 * 1024 * 1024


def load_institutions(place: str) -> tuple[int, int]:
    """Read the list at a file or an https address, and keep it; returns how many are there and were forgotten.

    Raises
    ------
    FederationError
        When it cannot be had, or is not taken.
    """
    try:
        certificate = _certificate(place)
        return keep(read_list(_read(place), certificate))
    except OSError as error:
        raise FederationError(f"The list at {place} cannot be read: {error}.") from error


def _certificate(place: str) -> bytes | None:
    path = settings.ICARE_FEDERATION["metadata_certificate"]
    if path:
        return Path(path).read_bytes()
    if _is_address(place):
        raise FederationError("Set ICARE_EDUGAIN_METADATA_CERTIFICATE: a list from the network must be signed.")
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
                raise FederationError(f"The list at {place} has more than {MAX_BYTES:,} bytes.")
    return bytes(body)
