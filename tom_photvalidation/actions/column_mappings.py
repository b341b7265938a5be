"""What somebody said the columns of a table mean, remembered for the next table with the same header."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace

from django.contrib.auth.models import AnonymousUser, User
from django.utils import timezone

from tom_photvalidation.actions.uploads import Sent
from tom_photvalidation.models import ColumnMapping
from tom_photvalidation.readers import read_chunks
from tom_photvalidation.sheets import storable

# A header is known after a few rows, however long the table is.
_ROWS_LOOKED_AT = 50


def signature_of(headers: Iterable[str]) -> str:
    """Return what tells one header from another; the order of the columns makes no difference."""
    return hashlib.sha256(json.dumps(sorted(headers)).encode("utf-8", "replace")).hexdigest()


def recall_mapping(headers: Iterable[str], *, by: User | AnonymousUser) -> dict[str, str]:
    """Return what `by` said of a table with this header, our column for each of theirs."""
    known = ColumnMapping.objects.visible_to(by).filter(signature=signature_of(headers)).first()
    return dict(known.mapping) if known else {}


def remember_mapping(headers: Iterable[str], said: Mapping[str, str], *, by: User | AnonymousUser) -> None:
    """Keep what `by` said of a table."""
    names = sorted(headers)
    # A name that PostgreSQL cannot hold would come back as another one.
    held = {name: meant for name, meant in said.items() if storable(name) == name}
    ColumnMapping.objects.update_or_create(
        user_id=by.pk or 0,
        signature=signature_of(names),
        defaults={"headers": storable(names), "mapping": held, "used_at": timezone.now()},
    )


def with_recalled(sent: Sent, *, by: User | AnonymousUser) -> Sent:
    """Return what was sent with the meanings that `by` gave to the columns of a table with the same header."""
    if not ColumnMapping.objects.visible_to(by).exists():
        return sent
    known = recall_mapping(_headers(sent), by=by)
    return replace(sent, recalled=known) if known else sent


def remember_what_was_said(sent: Sent, *, by: User | AnonymousUser) -> None:
    """Keep the meanings that came with a table, if any did, for the next one with the same header."""
    if sent.mapping and not sent.is_dry_run and (headers := _headers(sent)):
        remember_mapping(headers, sent.meant, by=by)


def _headers(sent: Sent) -> list[str]:
    """Return the names of the columns; none where the table cannot be read, which its answer says."""
    try:
        first = next(read_chunks(sent.body, sent.source, sent.content_type, chunk=_ROWS_LOOKED_AT), None)
    except (ValueError, TypeError, ArithmeticError, LookupError):
        return []
    return list(first.columns_mapping) if first else []
