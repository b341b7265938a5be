"""What somebody said the columns of a table mean, remembered for the next table with the same header."""

import hashlib
import json
from collections.abc import Iterable, Mapping

from django.contrib.auth.models import AnonymousUser, User
from django.utils import timezone

from tom_photvalidation.models import ColumnMapping


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
    ColumnMapping.objects.update_or_create(
        user_id=by.pk,
        signature=signature_of(names),
        defaults={"headers": names, "mapping": dict(said), "used_at": timezone.now()},
    )
