"""Who may decide about points: set per group; nobody accepts what they sent themselves."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Q

from tom_photvalidation.choices import Channel, ReviewStep, Status
from tom_photvalidation.models import Audience, PhotometryPoint, PhotometryReview
from tom_photvalidation.proposals import proposed_fix

RIGHT = "tom_photvalidation.review_photometry"
_NAME = RIGHT.partition(".")[2]


def audiences_one_may_review(user: User | AnonymousUser, of: Iterable[int] | None = None) -> frozenset[int]:
    """Sets of groups whose points `user` may decide about: one of the groups is theirs and holds the right for them.

    Parameters
    ----------
    user : whoever asks
    of : keys of the sets in question; all by default
    """
    mine = Audience.objects.of(user)
    if of is not None:
        mine = mine.filter(pk__in=list(of))
    if getattr(user, "is_superuser", False) and user.is_active:
        return frozenset(mine.values_list("pk", flat=True))
    # A right given to a person holds in every group of theirs, one given to a group in that group.
    if not user.has_perm(RIGHT):
        return frozenset()
    if isinstance(user, User) and user.user_permissions.filter(_named()).exists():
        return frozenset(mine.values_list("pk", flat=True))
    by_group = mine.filter(groups__in=user.groups.filter(permissions__in=_permission()).values("pk"))
    allowed = set(by_group.values_list("pk", flat=True))
    return frozenset(allowed | {one.pk for one in mine.exclude(pk__in=allowed) if user.has_perm(RIGHT, one)})


def may_review(user: User | AnonymousUser) -> bool:
    """Whether somebody reviews at all, in whatever group."""
    return user.is_authenticated and user.has_perm(RIGHT)


def _named() -> Q:
    return Q(codename=_NAME, content_type__app_label="tom_photvalidation")


def _permission() -> Any:
    from django.contrib.auth.models import Permission

    return Permission.objects.filter(_named()).values("pk")


def own_points(points: Iterable[int], user: User | AnonymousUser) -> frozenset[int]:
    """Those of the points whose values `user` sent.

    A correction that a check proposed is nobody's own measurement: whoever applied it may accept it, unless the
    measurement it corrects is theirs.
    """
    rows = PhotometryPoint.objects.filter(pk__in=list(points))
    mine = rows.filter(upload__uploaded_by=user.pk).exclude(upload__channel=Channel.EDIT)
    own = set(mine.values_list("pk", flat=True))
    edited = rows.filter(upload__channel=Channel.EDIT).select_related("upload")
    return frozenset(own | {row.pk for row in edited if _is_mine(row, user)})


def _is_mine(point: PhotometryPoint, user: User | AnonymousUser) -> bool:
    """Whether somebody sent a version or an earlier one of it."""
    row: PhotometryPoint | None = point
    while row is not None:
        if row.upload.uploaded_by_id == user.pk and not _is_as_proposed(row):
            return True
        row = row.supersedes
    return False


def _is_as_proposed(version: PhotometryPoint) -> bool:
    """Whether a version changed what the checks proposed, and nothing else."""
    if version.supersedes is None:
        return False
    steps = PhotometryReview.objects.filter(point=version.supersedes, step=ReviewStep.FIX, to_status=Status.SUPERSEDED)
    change = steps.values_list("change", flat=True).first()
    return bool(change) and change == proposed_fix(version.supersedes)
