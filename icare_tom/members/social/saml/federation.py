"""Reading the list of a federation (SAML 2.0 metadata), and keeping what it says of institutions."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import xmlsec
from django.db import transaction
from django.utils import timezone
from lxml import etree

from icare_tom.members.social.claims import text
from icare_tom.members.social.institution_models import Institution

MD, DS = "urn:oasis:names:tc:SAML:2.0:metadata", "http://www.w3.org/2000/09/xmldsig#"
NAMES = {
    "md": MD,
    "ds": DS,
    "mdui": "urn:oasis:names:tc:SAML:metadata:ui",
    "saml": "urn:oasis:names:tc:SAML:2.0:assertion",
}
REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
SAML2 = "urn:oasis:names:tc:SAML:2.0:protocol"
HIDDEN = "http://refeds.org/category/hide-from-discovery"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"


class FederationError(ValueError):
    """A list that is not taken; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One institution of the list."""

    entity_id: str
    name: str
    sign_in_url: str
    certificates: tuple[str, ...]


def read_list(data: bytes, certificate: bytes | None) -> list[Entry]:
    """Return the institutions of a federation's list.

    Parameters
    ----------
    data
        The metadata, XML.
    certificate
        The federation's certificate, PEM; None when the list comes from a file somebody trusts.

    Raises
    ------
    FederationError
        When it is no metadata, not signed by the federation, or too old.
    """
    try:
        # A federation has some hundred megabytes of it; entities and the network stay out all the same.
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as wrong:
        raise FederationError(f"The list is no XML: {wrong}. Fetch it again.") from None
    if root.tag not in (f"{{{MD}}}EntitiesDescriptor", f"{{{MD}}}EntityDescriptor"):
        raise FederationError(
            "This is no SAML metadata. Take the list of a federation, or the metadata of one institution."
        )
    if certificate is not None:
        _check_signature(root, certificate)
    _check_age(root)
    return list(_entries(root))


def keep(entries: list[Entry]) -> tuple[int, int]:
    """Write institutions down, and forget those no longer listed; returns how many are there and were forgotten.

    Raises
    ------
    FederationError
        When the list is empty: a fault there must not lock everybody out here.
    """
    if not entries:
        raise FederationError("The list names no institution; the ones known so far stay.")
    now = timezone.now()
    rows = {
        entry.entity_id: Institution(
            entity_id=entry.entity_id,
            name=entry.name,
            sign_in_url=entry.sign_in_url,
            certificates=list(entry.certificates),
            seen_at=now,
        )
        for entry in entries
    }
    with transaction.atomic():
        Institution.objects.bulk_create(
            rows.values(),
            update_conflicts=True,
            unique_fields=["entity_id"],
            update_fields=["name", "sign_in_url", "certificates", "seen_at"],
            batch_size=500,
        )
        gone, _ = Institution.objects.filter(seen_at__lt=now).delete()
    return len(rows), gone


def _check_signature(root: Any, certificate: bytes) -> None:
    """The signature must be the root's own, over the whole of it."""
    signature = root.find("ds:Signature", NAMES)
    references = [] if signature is None else signature.findall("ds:SignedInfo/ds:Reference", NAMES)
    if [reference.get("URI") for reference in references] not in ([""], [f"#{root.get('ID')}"]):
        raise FederationError("The list is not signed as a whole. Fetch it again from the federation.")
    try:
        context = xmlsec.SignatureContext()
        context.key = xmlsec.Key.from_memory(certificate, xmlsec.constants.KeyDataFormatCertPem)
        if root.get("ID"):
            context.register_id(root, "ID")
        context.verify(signature)
    except xmlsec.Error as wrong:
        message = "The list is not signed by the federation. Compare the certificate with the one it publishes."
        raise FederationError(message) from wrong


def _check_age(root: Any) -> None:
    until = root.get("validUntil")
    if not until:
        return
    try:
        end = datetime.fromisoformat(until)
    except ValueError:
        raise FederationError(f"The list holds until {until!r}, which is no time. Fetch it again.") from None
    if (end if end.tzinfo else end.replace(tzinfo=UTC)) < timezone.now():
        raise FederationError(f"The list held until {until} only. Fetch a new one.")


def _entries(root: Any) -> Iterator[Entry]:
    for entity in root.iter(f"{{{MD}}}EntityDescriptor"):
        role = entity.find("md:IDPSSODescriptor", NAMES)
        if role is None or SAML2 not in role.get("protocolSupportEnumeration", "").split() or _is_hidden(entity):
            continue
        places = [
            s.get("Location", "") for s in role.findall("md:SingleSignOnService", NAMES) if s.get("Binding") == REDIRECT
        ]
        entry = Entry(entity.get("entityID", ""), _name(entity, role), next(iter(places), ""), _certificates(role))
        if _is_whole(entry):
            yield entry


def _is_whole(entry: Entry) -> bool:
    is_safe = entry.sign_in_url.startswith(("https://", "http://localhost:", "http://127.0.0.1:"))
    return bool(entry.certificates) and is_safe and 0 < len(entry.entity_id) <= 1024 and len(entry.sign_in_url) <= 1024


def _certificates(role: Any) -> tuple[str, ...]:
    """What the institution signs with; a key without a use is for everything."""
    found = [
        "".join((node.text or "").split())
        for key in role.findall("md:KeyDescriptor", NAMES)
        if key.get("use") in (None, "signing")
        for node in key.iterfind(".//ds:X509Certificate", NAMES)
    ]
    return tuple(dict.fromkeys(filter(None, found)))


def _name(entity: Any, role: Any) -> str:
    """The name people know: English, else any, else the address."""
    names = [*role.iterfind(".//mdui:DisplayName", NAMES), *entity.iterfind(".//md:OrganizationDisplayName", NAMES)]
    names.sort(key=lambda node: node.get(LANG) != "en")
    return next(filter(None, (text(node.text) for node in names)), text(entity.get("entityID")))


def _is_hidden(entity: Any) -> bool:
    values = entity.iterfind(".//saml:AttributeValue", NAMES)
    return any((value.text or "").strip() == HIDDEN for value in values)
