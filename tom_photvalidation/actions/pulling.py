"""Photometry that other TOM apps wrote into TOM's own table, taken into the store: brokers, TOM's forms, sharing.

Each such row becomes a point that remembers the row's key; the row itself stays as it is, and is what TOM shows of the
point.
"""

import gzip
import hashlib
import json
import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.db import DataError, connection, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from guardian.shortcuts import get_groups_with_perms
from tom_dataproducts.models import PhotometryReducedDatum
from tom_targets.models import Target

from tom_photvalidation.actions.answers import Answer, AnswerFile
from tom_photvalidation.actions.preparing import prepare
from tom_photvalidation.actions.projection import OURS
from tom_photvalidation.actions.store import store, write_findings
from tom_photvalidation.audiences import audience_of
from tom_photvalidation.choices import Channel, Outcome, UploadState
from tom_photvalidation.measurements import Problem
from tom_photvalidation.models import Audience, PhotometryFile, PhotometryPoint, PhotometryUpload
from tom_photvalidation.naming import GENERIC, find_telescopes
from tom_photvalidation.readers import read
from tom_photvalidation.signals import photometry_stored

logger = logging.getLogger(__name__)

PULLING = 7303
# Rows get their keys before they are committed: some below the last one may come later.
_MAY_COME_LATER = 200
_AT_ONCE = 10_000
# In `value` of a row that somebody sent through TOM's forms or routes: the key of the account. It is no column.
SENT_BY = "sent_by"


def pull_in(*, everything: bool = False) -> int:
    """Take in rows of TOM's table that are not in the store yet; return how many became points.

    `everything` looks at all rows, not only at those written since the last time.
    """
    pulled = 0
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s, 0)", [PULLING])
            if not cursor.fetchone()[0]:
                return 0
        through = 0 if everything else _through()
        rows = list(_foreign(through - _MAY_COME_LATER)[:_AT_ONCE])
        for (target_id, _), together in _by_target_and_sender(rows).items():
            pulled += _pull_or_say_why(target_id, together, through)
    if everything and len(rows) == _AT_ONCE and pulled:
        return pulled + pull_in(everything=True)
    return pulled


def _through() -> int:
    """Return the last row of TOM's table that was looked at."""
    uploads = PhotometryUpload.objects.filter(channel=Channel.BROKER).order_by("-pk")
    asked = uploads.values_list("asked", flat=True).first()
    return int(asked.get("through", 0)) if asked else 0


def _foreign(after: int) -> QuerySet[PhotometryReducedDatum]:
    known = PhotometryPoint.objects.filter(datum=OuterRef("pk"))
    rows = PhotometryReducedDatum.objects.filter(pk__gt=after).exclude(reduction_version__regex=OURS)
    return rows.filter(~Exists(known)).order_by("pk")


def _by_target_and_sender(
    rows: Iterable[PhotometryReducedDatum],
) -> dict[tuple[int, int | None], list[PhotometryReducedDatum]]:
    found: dict[tuple[int, int | None], list[PhotometryReducedDatum]] = defaultdict(list)
    for row in rows:
        found[row.target_id, _sender(row)].append(row)
    return found


def _sender(row: PhotometryReducedDatum) -> int | None:
    """Return who sent a row, so that they do not accept their own; brokers are nobody."""
    told = row.value.get(SENT_BY) if isinstance(row.value, dict) else None
    return told if isinstance(told, int) else None


def _pull_or_say_why(target_id: int, rows: Sequence[PhotometryReducedDatum], through: int) -> int:
    """Take in the rows of one target; rows that cannot be are not tried for ever, and keep none of the others back."""
    try:
        with transaction.atomic():
            return _pull(target_id, rows, through)
    except (ValueError, TypeError, ArithmeticError, LookupError, DataError) as error:
        last = max(row.pk for row in rows)
        if last <= through:
            return 0
        logger.exception("rows of other TOM apps on target %s could not be taken in", target_id)
        PhotometryUpload.objects.create(
            source=f"TOM's table, target {target_id}", channel=Channel.BROKER, state=UploadState.FAILED,
            audience=audience_of(_groups_of(Target.objects.get(pk=target_id))), asked={"through": last},
            n_rows=len(rows), reason=f"The rows could not be taken in: {error}", finished_at=timezone.now(),
        )  # fmt: skip
        return 0


def _pull(target_id: int, rows: Sequence[PhotometryReducedDatum], through: int) -> int:
    target = Target.objects.get(pk=target_id)
    telescopes = _telescopes(rows)
    body = json.dumps([_as_row(row, target.name, telescopes) for row in rows])
    reading = read(body.encode(), "tom.json", "application/json")
    audience = audience_of(_groups_of(target))
    prepared = prepare(reading, None, audience)
    last = max(row.pk for row in rows)
    if not len(prepared.rows) and last <= through:
        return 0
    upload = PhotometryUpload.objects.create(
        source=f"TOM's table, {target.name}"[:255], channel=Channel.BROKER, audience=audience, format="json",
        asked={"through": max(last, through)}, n_rows=len(rows), state=UploadState.DONE, progress=1.0,
        finished_at=timezone.now(), n_rejected=len(prepared.refused),
        uploaded_by=User.objects.filter(pk=_sender(rows[0]) or 0).first(),
    )  # fmt: skip
    keys = [rows[line - 1].pk for line in prepared.rows.measurements.line.tolist()]
    stored = store(prepared.rows, upload, Audience.objects.none(), datum=keys)
    write_findings([one for one in prepared.found if stored.is_new[one.row]], stored.ids)
    upload.n_created = int(stored.is_new.sum())
    upload.n_exists = len(rows) - len(prepared.refused) - upload.n_created
    upload.save(update_fields=["n_created", "n_exists"])
    _keep(upload, body, prepared.refused)
    if upload.n_created:
        transaction.on_commit(
            lambda: photometry_stored.send(PhotometryUpload, upload=upload, targets=(target_id,), has_all_checks=True),
            robust=True,
        )
    logger.info("%s of %s rows of other TOM apps on target %s are points now", upload.n_created, len(rows), target_id)
    return upload.n_created


def _groups_of(target: Target) -> Collection[Group]:
    """Return who sees what TOM shows of a target: the groups it is shared with, or the network."""
    network = Group.objects.get_or_create(name=settings.ICARE_DEFAULT_GROUP)[0]
    if target.permissions != Target.Permissions.PRIVATE:
        return [network]
    shared = get_groups_with_perms(target, attach_perms=True)
    return [group for group, held in shared.items() if "view_target" in held] or [network]


def _telescopes(rows: Iterable[PhotometryReducedDatum]) -> dict[str, str]:
    return find_telescopes({row.telescope for row in rows} - {""})


def _as_row(row: PhotometryReducedDatum, target: str, telescopes: dict[str, str]) -> dict[str, Any]:
    """Return a row of TOM's table as a row of a file; what TOM has no column for is in its `value`."""
    telescope = telescopes.get(row.telescope, GENERIC)
    instrument = row.instrument or ("" if row.telescope in telescopes else row.telescope)
    limit = row.limit
    told = {
        "target": target,
        "telescope": telescope,
        "instrument": instrument,
        "filter": row.bandpass,
        "isot": row.timestamp.strftime("%Y-%m-%dT%H:%M:%S.%f"),
        "mag": row.brightness,
        "magerr": row.brightness_error,
        "limiting_mag": limit,
        "magsys": row.unit if row.unit.casefold() in ("ab", "vega") else None,
        "exposure_s": row.exposure_time,
        "origin": row.source_name,
        "reference": row.source_location,
        "pipeline": row.reduction_version,
    }
    extra = row.value if isinstance(row.value, dict) else {"value": row.value}
    extra = {name: value for name, value in extra.items() if name != SENT_BY}
    return extra | {name: value for name, value in told.items() if value not in (None, "")}


def _keep(upload: PhotometryUpload, body: str, refused: Mapping[int, tuple[Problem, ...]]) -> None:
    file = AnswerFile()
    file.add(Answer(line, Outcome.REJECTED, errors=errors) for line, errors in sorted(refused.items()))
    raw = body.encode()
    PhotometryFile.objects.create(
        upload=upload, sha256=hashlib.sha256(raw).hexdigest(), content_type="application/json",
        body=gzip.compress(raw, compresslevel=1, mtime=0), answers=file.close(),
    )  # fmt: skip
