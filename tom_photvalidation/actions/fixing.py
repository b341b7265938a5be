"""What the checks propose, applied as a later version of the point; taken back, the earlier version speaks again."""

import uuid
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction

from tom_photvalidation import signals
from tom_photvalidation.actions.projection import project
from tom_photvalidation.actions.review import BadDecision, Changed, Decided
from tom_photvalidation.actions.review_rights import audiences_one_may_review
from tom_photvalidation.actions.versions import edit_point
from tom_photvalidation.choices import CURRENT, ReviewStep, Status
from tom_photvalidation.exceptions import NotAllowed, Superseded
from tom_photvalidation.models import PhotometryPoint, PhotometryReview
from tom_photvalidation.proposals import proposed_fix


def apply_fix(point: PhotometryPoint, *, by: User | AnonymousUser) -> PhotometryPoint:
    """Make the version that the standing findings of a point propose; one taken back before speaks again.

    Raises
    ------
    NotAllowed
        When `by` may not review the point.
    BadDecision
        When no check proposes anything.
    Superseded
        When the point has a later version already.
    """
    if point.audience_id not in audiences_one_may_review(by, [point.audience_id]):
        raise NotAllowed("You may not review this point.", "Ask a group admin for the right to review photometry.")
    if point.status not in CURRENT:
        raise Superseded("The point has a later version already.", "Review that one.")
    changes = proposed_fix(point)
    if not changes:
        raise BadDecision("No check proposes a correction of this point.", "Edit the point, or decide about it.")
    earlier = PhotometryPoint.objects.filter(supersedes=point.pk, status=Status.WITHDRAWN).first()
    if earlier is not None:
        return _swap(point, earlier, ReviewStep.FIX, changes, by)
    return edit_point(point.pk, changes, by=by, note="as the checks propose")


def undo_fix(entry: PhotometryReview, *, by: User | AnonymousUser) -> Decided:
    """Take a correction back: its version is withdrawn, and the point gets the status it had.

    Raises
    ------
    BadDecision
        When somebody decided about the version, or corrected it again, since.
    """
    new = PhotometryPoint.objects.filter(supersedes=entry.point_id).first()
    untouched = (Status.UNREVIEWED, Status.QUARANTINED)
    if new is None or new.status not in untouched:
        raise BadDecision("This correction cannot be taken back.", "Undo what was decided about it since.")
    old = PhotometryPoint.objects.get(reviews=entry.pk)
    batch = uuid.uuid4()
    with transaction.atomic():
        before = new.status
        _set(new, Status.WITHDRAWN, ReviewStep.UNDO, batch, by)
        _set(old, entry.from_status, ReviewStep.UNDO, batch, by, undoes=entry)
        project([old.pk, new.pk])
        _tell((old.pk, new.pk), by)
    changed = (Changed(old.pk, Status.SUPERSEDED, old.status), Changed(new.pk, before, Status.WITHDRAWN))
    return Decided(batch, old.status, changed)


def _swap(
    old: PhotometryPoint, new: PhotometryPoint, step: ReviewStep, change: dict[str, Any], by: User | AnonymousUser
) -> PhotometryPoint:
    batch = uuid.uuid4()
    with transaction.atomic():
        _set(old, Status.SUPERSEDED, step, batch, by, change=change)
        _set(new, Status.QUARANTINED if new.severity in ("Q", "E") else Status.UNREVIEWED, ReviewStep.UNDO, batch, by)
        project([old.pk, new.pk])
        _tell((old.pk, new.pk), by)
    return new


def _set(point: PhotometryPoint, to: str, step: str, batch: uuid.UUID, by: User | AnonymousUser, **more: Any) -> None:
    before, point.status = point.status, to
    point.save(update_fields=["status"])
    PhotometryReview.objects.create(
        batch=batch,
        step=step,
        point=point,
        from_status=before,
        to_status=to,
        reviewer_id=by.pk,
        reviewer_name=by.get_username(),
        **more,
    )


def _tell(points: tuple[int, ...], by: User | AnonymousUser) -> None:
    transaction.on_commit(lambda: signals.photometry_reviewed.send(PhotometryPoint, points=points, by=by))
