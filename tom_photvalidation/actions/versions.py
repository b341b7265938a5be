"""Later versions of points, and points taken back. Nothing is overwritten and nothing deleted."""

import json
import logging
import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from django.db import transaction

from tom_photvalidation.actions.preparing import prepare
from tom_photvalidation.actions.projection import project, project_new
from tom_photvalidation.actions.review_rights import audiences_one_may_review
from tom_photvalidation.actions.store import store, write_findings
from tom_photvalidation.audiences import ADD_PERMISSION, Person, may_in, may_upload
from tom_photvalidation.choices import CURRENT, Channel, ReviewStep, Status, UploadState
from tom_photvalidation.exceptions import NotAllowed, PhotometryError, Superseded, Unreadable
from tom_photvalidation.loading import COLUMNS, load
from tom_photvalidation.measurements import FLAG_COLUMNS, MISSING, NUMBER_COLUMNS, TEXT_COLUMNS, Measurements
from tom_photvalidation.models import Audience, PhotometryPoint, PhotometryReview, PhotometryUpload
from tom_photvalidation.readers import read
from tom_photvalidation.sheets import storable
from tom_photvalidation.signals import photometry_reviewed, photometry_stored

logger = logging.getLogger(__name__)

WITHDRAW_UPLOADS = "tom_photvalidation.delete_photometryupload"
# What a person may say anew of a point: the columns of a row, and the time as text.
EDITABLE = frozenset(
    {"target", "isot", "mjd", *TEXT_COLUMNS, *NUMBER_COLUMNS, *FLAG_COLUMNS}
    - {"submitted", "filter_given", "magsys_given", "t_mjd"}
)
_MAGNITUDES, _FLUXES = ("mag", "magerr", "limiting_mag", "magsys"), ("flux_ujy", "fluxerr_ujy")


class Unchanged(PhotometryError):
    """A later version that says what another point says already."""

    code = "unchanged"


def may_edit(point: PhotometryPoint, by: Person) -> bool:
    """Say whether `by` may make a later version of a point: one's own, or as reviewer of one of its groups."""
    if point.upload.uploaded_by_id == by.pk and by.is_active and by.has_perm(ADD_PERMISSION):
        return True
    return point.audience_id in audiences_one_may_review(by, [point.audience_id])


def edit_point(point_id: int, changes: Mapping[str, Any], *, by: Person, note: str = "") -> PhotometryPoint:
    """Make a later version of a point with other values; it starts unreviewed, or in quarantine.

    Parameters
    ----------
    point_id : int
        Of the version that speaks now.
    changes : mapping
        Values by the names of `EDITABLE`, as they would stand in a file; None takes a value away.
    by : User or AnonymousUser
        Who edits.
    note : str
        Why, for the log.

    Raises
    ------
    PhotometryPoint.DoesNotExist
        When `by` sees no such point.
    NotAllowed
        When `by` may not edit it.
    Superseded
        When it has a later version, or was withdrawn.
    Unreadable
        When the values cannot be; with every problem.
    Unchanged
        When there is nothing to change.
    """
    if unknown := sorted(set(changes) - EDITABLE):
        names = ", ".join(unknown)
        raise Unreadable(f"A point has no {names} to edit.", f"Names are: {', '.join(sorted(EDITABLE))}.")
    with transaction.atomic():
        visible = PhotometryPoint.objects.visible_to(by).filter(pk=point_id).values("pk")
        old = PhotometryPoint.objects.select_for_update(of=["self"]).select_related("upload", "audience").get(
            pk__in=visible
        )  # fmt: skip
        if not may_edit(old, by):
            raise NotAllowed("You may not edit this point.", "Its uploader and reviewers of its groups may.")
        if old.status not in CURRENT:
            raise Superseded(f"The point is {old.get_status_display()}.", "Edit its latest version.")
        new = _write_version(old, changes, by)
        before, old.status = old.status, Status.SUPERSEDED
        old.save(update_fields=["status"])
        _log([(old.pk, before)], Status.SUPERSEDED, by, ReviewStep.FIX, note, dict(changes))
        project([old.pk])
        project_new(np.array([new.pk]), np.array([new.target_id]), new.upload)
    logger.info("point %s is version %s of point %s, by user %s", new.pk, new.version, old.pk, by.pk)
    return new


def _write_version(old: PhotometryPoint, changes: Mapping[str, Any], by: Person) -> PhotometryPoint:
    row = _changed(_values_of(old), changes)
    reading = read(json.dumps([row], allow_nan=False, default=str).encode(), "version.json", "application/json")
    prepared = prepare(reading, by, old.audience, replaces=[old.pk])
    if problems := [problem for found in prepared.refused.values() for problem in found]:
        raise Unreadable("The later version cannot be.", "Mend what is wrong with it.", problems)
    m = prepared.rows.measurements
    as_typed = np.empty(1, dtype=object)
    as_typed[0] = json.dumps(dict(changes), default=str)
    told = m.replaced(line=np.array([old.line]), submitted=as_typed, extra=_extra(old))
    rows = replace(prepared.rows, measurements=told)
    upload = PhotometryUpload.objects.create(
        source=f"version {old.version + 1} of point {old.pk}", channel=Channel.EDIT, audience=old.audience,
        uploaded_by_id=by.pk, n_rows=1, n_created=1, state=UploadState.DONE, progress=1.0,
    )  # fmt: skip
    stored = store(rows, upload, Audience.objects.none(), version=old.version + 1, supersedes=old.pk)
    if not stored.is_new[0]:
        raise Unchanged("A later version of another point says the same.", "Reject one of the two instead.")
    write_findings(prepared.found, stored.ids)
    target = int(rows.target_ids[0])
    transaction.on_commit(
        lambda: photometry_stored.send(PhotometryUpload, upload=upload, targets=(target,), has_all_checks=True),
        robust=True,
    )
    return PhotometryPoint.objects.get(pk=int(stored.ids[0]))


def _extra(old: PhotometryPoint) -> "np.ndarray[Any, Any]":
    column = np.empty(1, dtype=object)
    column[0] = old.extra
    return column


def _values_of(point: PhotometryPoint) -> dict[str, Any]:
    """Return a point as a row of a file would say it."""
    _, m = load(PhotometryPoint.objects.filter(pk=point.pk), COLUMNS)
    names = (*TEXT_COLUMNS, *NUMBER_COLUMNS, *FLAG_COLUMNS)
    row = {name: _plain(m, name) for name in names if name in EDITABLE}
    row["isot"] = point.t_given.strftime("%Y-%m-%dT%H:%M:%S.%f")
    return {name: value for name, value in row.items() if value is not None and value != ""}


def _plain(m: Measurements, name: str) -> Any:
    value = getattr(m, name)[0]
    if name in FLAG_COLUMNS:
        return None if value < 0 else bool(value)
    if name in NUMBER_COLUMNS:
        return float(value) if np.isfinite(value) else None
    return MISSING[name] if value is None else value


def _changed(row: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with changes; what follows from what was changed is left to be computed again."""
    stale: set[str] = set()
    if "mjd" in changes:
        stale.add("isot")
    if any(name in changes for name in _MAGNITUDES):
        stale.update(_FLUXES)
    if any(name in changes for name in _FLUXES):
        stale.update(("mag", "magerr"))
    kept = {name: value for name, value in row.items() if name not in stale}
    return {name: value for name, value in (kept | dict(changes)).items() if value is not None}


# --- taken back -------------------------------------------------------------------------------------------------------
def withdraw_points(points: Iterable[int], *, by: Person, note: str = "") -> list[int]:
    """Take points back: one's own, or with the right to withdraw whole uploads in one of their groups.

    Raises
    ------
    PhotometryPoint.DoesNotExist
        When `by` sees none of them.
    NotAllowed
        When `by` may not take back one of them; then none is.
    """
    with transaction.atomic():
        seen = PhotometryPoint.objects.visible_to(by).filter(pk__in=set(points)).values("pk")
        chosen = list(
            PhotometryPoint.objects.select_for_update(of=["self"])
            .filter(pk__in=seen, status__in=CURRENT)
            .order_by("pk")
            .values_list("pk", "status", "upload__uploaded_by", "audience")
        )
        if not chosen and not PhotometryPoint.objects.filter(pk__in=seen).exists():
            raise PhotometryPoint.DoesNotExist
        _may_withdraw({(uploader, audience) for _, _, uploader, audience in chosen}, by)
        keys = [pk for pk, *_ in chosen]
        PhotometryPoint.objects.filter(pk__in=keys).update(status=Status.WITHDRAWN)
        _log([(pk, status) for pk, status, *_ in chosen], Status.WITHDRAWN, by, ReviewStep.DECIDE, note, {})
        project(keys)
        transaction.on_commit(lambda: photometry_reviewed.send(PhotometryPoint, points=tuple(keys), by=by), robust=True)
    logger.info("%s points withdrawn by user %s", len(keys), by.pk)
    return keys


def _may_withdraw(kinds: Collection[tuple[int | None, int]], by: Person) -> None:
    others = {audience for uploader, audience in kinds if uploader != by.pk}
    is_own_allowed = len(others) == len({audience for _, audience in kinds}) or may_upload(by)
    may = all(may_in(by, WITHDRAW_UPLOADS, one) for one in Audience.objects.filter(pk__in=others))
    if not (may and is_own_allowed):
        raise NotAllowed("You may not take back these points.", "Their uploader may; a reviewer can reject them.")


def _log(
    points: Iterable[tuple[int, str]], to: Status, by: Person, step: ReviewStep, note: str, change: dict[str, Any]
) -> None:
    batch = uuid.uuid4()
    PhotometryReview.objects.bulk_create(
        PhotometryReview(
            batch=batch, step=step, point_id=pk, from_status=before, to_status=to, reviewer_id=by.pk,
            reviewer_name=by.get_username(), note=storable(note)[:500], change=storable(change),
        )
        for pk, before in points
    )  # fmt: skip
