"""The collaboration's sign-off of all points of a target through one telescope and filter."""

import uuid
from dataclasses import asdict, dataclass

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.utils import timezone
from tom_targets.models import Target

from tom_photvalidation.actions.review import LONGEST_NOTE, BadDecision
from tom_photvalidation.actions.review_rights import audiences_one_may_review
from tom_photvalidation.choices import Extinction, ReviewStep
from tom_photvalidation.exceptions import NotAllowed
from tom_photvalidation.models import PhotometryPoint, PhotometryReview, ReviewCell
from tom_photvalidation.sheets import storable


@dataclass(frozen=True)
class SignOff:
    """What somebody says of a cell; None: not checked, not decided."""

    is_consistent: bool | None = None
    keep: bool | None = None
    extinction: str = Extinction.UNKNOWN
    comment: str = ""


def sign_cell(
    target: Target, telescope: str, filter_: str, said: SignOff, *, by: User | AnonymousUser
) -> list[ReviewCell]:
    """Sign a cell off, for each set of groups that sees points of it and that `by` may review; the log keeps the words.

    Raises
    ------
    NotAllowed
        When `by` may not review any of its points.
    BadDecision
        For words about extinction that nobody knows.
    """
    if said.extinction not in Extinction.values:
        raise BadDecision(f"“{said.extinction}” says nothing about extinction.", "Send yes, no or nothing.")
    points = PhotometryPoint.objects.visible_to(by).filter(target=target.pk, telescope=telescope, filter=filter_)
    told = set(points.current().order_by().values_list("audience", flat=True).distinct())
    allowed = audiences_one_may_review(by, told) if told else frozenset()
    if not allowed:
        raise NotAllowed(
            "You may not sign this off.", "Ask a group admin for the right to review photometry of the group."
        )
    values = {**asdict(said), "comment": storable(said.comment.strip())[:LONGEST_NOTE]}
    batch = uuid.uuid4()
    with transaction.atomic():
        return [_sign(target, telescope, filter_, audience, values, batch, by) for audience in sorted(allowed)]


def _sign(
    target: Target,
    telescope: str,
    filter_: str,
    audience: int,
    values: dict[str, object],
    batch: uuid.UUID,
    by: User | AnonymousUser,
) -> ReviewCell:
    signed = {**values, "signed_by_name": by.get_username(), "signed_at": timezone.now()}
    cell, _ = ReviewCell.objects.update_or_create(
        target_id=target.pk, telescope=telescope, filter=filter_, audience_id=audience, defaults=signed
    )
    PhotometryReview.objects.create(
        batch=batch,
        step=ReviewStep.SIGN,
        cell=cell,
        reviewer_id=by.pk,
        reviewer_name=by.get_username(),
        note=str(values["comment"]),
        change=values,
    )
    return cell
