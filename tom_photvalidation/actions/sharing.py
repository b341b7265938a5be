"""Uploads of photometry shared with more groups later, or with fewer: their points move to another set of groups.

Later versions of the points go with them, whoever made these; so does what TOM shows of them. A check may have told in
words of points that not everybody sees any more: the targets are checked again before anybody new sees a word.
"""

import logging
from collections.abc import Iterator

from django.contrib.auth.models import AnonymousUser, Group, User
from django.db import IntegrityError, connection, transaction

from tom_grandma_facilities.sharing import SharingRefused, check_change, holds_in
from tom_photvalidation.actions.projection import project
from tom_photvalidation.actions.rechecking import recheck_target
from tom_photvalidation.audiences import ADD_PERMISSION, audiences_for
from tom_photvalidation.choices import Channel
from tom_photvalidation.models import Audience, PhotometryPoint, PhotometryUpload
from tom_photvalidation.signals import sharing_requested

logger = logging.getLogger(__name__)

Person = User | AnonymousUser
SHARE_PERMISSION = "tom_photvalidation.change_photometryupload"
# Beyond these somebody would wait: a worker does it.
MOST_POINTS, MOST_TARGETS = 5_000, 5
MOST_TRIES = 5

_TABLE = PhotometryPoint._meta.db_table
# The points of an upload and all later versions of them.
_CHAIN = f"""
WITH RECURSIVE chain AS (
  SELECT id, upload_id, audience_id, fingerprint, version FROM {_TABLE} WHERE upload_id = %(upload)s
  UNION
  SELECT point.id, point.upload_id, point.audience_id, point.fingerprint, point.version
  FROM {_TABLE} AS point JOIN chain ON point.supersedes_id = chain.id
)
"""  # noqa: S608
_TAKEN = f"""
{_CHAIN} SELECT EXISTS (
  SELECT FROM chain JOIN {_TABLE} AS known USING (fingerprint, version)
  WHERE known.audience_id = %(audience)s AND known.id NOT IN (SELECT id FROM chain))
"""  # noqa: S608
_MOVE = f"""
{_CHAIN} UPDATE {_TABLE} AS point SET audience_id = %(audience)s
FROM chain WHERE point.id = chain.id AND point.audience_id <> %(audience)s
RETURNING point.id, point.target_id, point.upload_id
"""  # noqa: S608


def may_share_upload(user: Person, upload: PhotometryUpload) -> bool:
    """Say whether somebody may share an upload: who sent it, or who manages photometry in one of its groups."""
    if not PhotometryUpload.objects.visible_to(user).filter(pk=upload.pk).exists():
        return False
    is_own = upload.uploaded_by_id == user.pk and holds_in(user, ADD_PERMISSION, upload.groups)
    return is_own or holds_in(user, SHARE_PERMISSION, upload.groups)


def share_photometry(
    upload: PhotometryUpload, group: Group, *, by: Person, let_in: bool = True, waits: bool = False
) -> bool:
    """Let a group see the points of an upload, with all later versions of them; or shut it out.

    Whoever is let in sees the points of the targets they may see, as ever.

    Parameters
    ----------
    waits : whether to do it at once however much there is; else a worker does what is long

    Returns
    -------
    bool
        Whether it is done; otherwise a worker does it.

    Raises
    ------
    SharingRefused
    """
    with transaction.atomic():
        held = PhotometryUpload.objects.select_for_update(of=["self"]).get(pk=upload.pk)
        _check(held, group, by, let_in)
        if not waits and _is_long(held):
            sharing_requested.send(PhotometryUpload, upload=held, group=group, by=by, let_in=let_in)
            return False
        groups = set(held.groups) | {group} if let_in else set(held.groups) - {group}
        points, targets = _move(held, groups)
        project(points)
        for target in targets:
            recheck_target(target)
    logger.info("upload %s moved with %s points to %s groups by user %s", upload.pk, len(points), len(groups), by.pk)
    return True


def _check(upload: PhotometryUpload, group: Group, by: Person, let_in: bool) -> None:
    if upload.is_unfinished:
        raise SharingRefused("busy", "Its rows are still being read: try again when they are stored.")
    if upload.channel == Channel.EDIT:
        raise SharingRefused("later-version", "A later version of a point is shared with the upload the point came by.")
    if not may_share_upload(by, upload):
        raise SharingRefused("not-allowed", "Who sent it may share it, or manages photometry in one of its groups.")
    check_change(by, upload.groups, group, let_in=let_in)


def _is_long(upload: PhotometryUpload) -> bool:
    points = PhotometryPoint.objects.filter(upload=upload)
    if points[: MOST_POINTS + 1].count() > MOST_POINTS:
        return True
    return points.order_by().values("target").distinct()[: MOST_TARGETS + 1].count() > MOST_TARGETS


def _move(upload: PhotometryUpload, groups: set[Group]) -> tuple[list[int], list[int]]:
    """Move the points to a set of groups where none of them is yet; return their keys and their targets'."""
    for _, audience in zip(range(MOST_TRIES), _free(upload, groups), strict=False):
        try:
            with transaction.atomic():
                return _move_to(upload, audience)
        except IntegrityError:
            logger.info("somebody stored points of upload %s for the same groups just now", upload.pk)
    raise SharingRefused("busy", "The same points are being stored for these groups right now: try again.")


def _free(upload: PhotometryUpload, groups: set[Group]) -> Iterator[Audience]:
    for audience in audiences_for(groups):
        with connection.cursor() as cursor:
            cursor.execute(_TAKEN, {"upload": upload.pk, "audience": audience.pk})
            ((is_taken,),) = cursor.fetchall()
        if not is_taken:
            yield audience


def _move_to(upload: PhotometryUpload, audience: Audience) -> tuple[list[int], list[int]]:
    points, targets, uploads = set(), set(), {upload.pk}
    with connection.cursor() as cursor:
        # Until nothing is left: somebody may have made a later version in between.
        while True:
            cursor.execute(_MOVE, {"upload": upload.pk, "audience": audience.pk})
            if not (moved := cursor.fetchall()):
                break
            for point, target, of_upload in moved:
                points.add(point)
                targets.add(target)
                uploads.add(of_upload)
    PhotometryUpload.objects.filter(pk__in=uploads).update(audience=audience)
    return sorted(points), sorted(targets)
