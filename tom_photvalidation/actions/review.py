"""Deciding about points: accept, reject, back to undecided; each with its line in the log, each to be undone."""

import logging
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.db import connection, transaction

from tom_photvalidation import signals
from tom_photvalidation.actions.projection import project
from tom_photvalidation.actions.review_rights import audiences_one_may_review, own_points
from tom_photvalidation.choices import CURRENT, DECISIONS, PROJECTED, ReviewReason, ReviewStep, Status
from tom_photvalidation.exceptions import NotAllowed, PhotometryError
from tom_photvalidation.models import PhotometryPoint, PhotometryReview
from tom_photvalidation.sheets import storable

logger = logging.getLogger(__name__)

LONGEST_NOTE = 500

# One statement, so that a point and its line in the log can never differ, and ten thousand take no longer than one.
_DECIDE = """
    WITH chosen AS (
        SELECT id, status FROM tom_photvalidation_photometrypoint
        WHERE id = ANY(%(points)s) AND status = ANY(%(current)s) AND status <> %(to)s
        ORDER BY id FOR UPDATE
    ), changed AS (
        UPDATE tom_photvalidation_photometrypoint AS point SET status = %(to)s
        FROM chosen WHERE point.id = chosen.id
    ), logged AS (
        INSERT INTO tom_photvalidation_photometryreview
            (batch, step, point_id, from_status, to_status, reviewer_id, reviewer_name, reason, note, change, at)
        SELECT %(batch)s, %(step)s, id, status, %(to)s, %(reviewer)s, %(name)s, %(reason)s, %(note)s, '{}', now()
        FROM chosen
    )
    SELECT id, status, %(to)s FROM chosen
"""
_UNDO = """
    WITH chosen AS (
        SELECT entry.id AS entry, point.id, entry.from_status AS earlier, point.status
        FROM tom_photvalidation_photometryreview AS entry
        JOIN tom_photvalidation_photometrypoint AS point ON point.id = entry.point_id
        WHERE entry.batch = %(batch)s AND point.id = ANY(%(points)s) AND entry.reviewer_id = %(reviewer)s
            AND entry.step = %(decide)s
            AND point.status = entry.to_status
            AND NOT EXISTS (SELECT FROM tom_photvalidation_photometryreview AS later WHERE later.undoes_id = entry.id)
            AND NOT EXISTS (
                SELECT FROM tom_photvalidation_photometryreview AS later
                WHERE later.point_id = point.id AND later.id > entry.id
            )
        ORDER BY point.id FOR UPDATE OF point
    ), changed AS (
        UPDATE tom_photvalidation_photometrypoint AS point SET status = chosen.earlier
        FROM chosen WHERE point.id = chosen.id
    ), logged AS (
        INSERT INTO tom_photvalidation_photometryreview
            (batch, step, point_id, from_status, to_status, reviewer_id, reviewer_name, reason, note, change, at,
             undoes_id)
        SELECT %(new)s, %(undo)s, id, status, earlier, %(reviewer)s, %(name)s, '', '', '{}', now(), entry FROM chosen
    )
    SELECT id, status, earlier FROM chosen
"""


class BadDecision(PhotometryError):
    """A decision that cannot be taken."""

    code = "bad-decision"


@dataclass(frozen=True)
class Changed:
    """A point that got another status."""

    pk: int
    before: str
    after: str


@dataclass(frozen=True)
class Decided:
    """What became of a decision: the points that changed, one's own that were left, and those out of one's reach."""

    batch: uuid.UUID
    to: str
    changed: tuple[Changed, ...] = ()
    own: tuple[int, ...] = ()
    not_allowed: tuple[int, ...] = ()

    @property
    def sentence(self) -> str:
        """What happened, for the one who asked."""
        n = len(self.changed)
        words = f"{n} point{'' if n == 1 else 's'} {Status(self.to).label}." if n else "Nothing changed."
        if self.own:
            words += f" {len(self.own)} of your own were left: somebody else must accept them."
        if self.not_allowed:
            words += f" {len(self.not_allowed)} were left: you may not review points of their groups."
        return words


def decide(points: Iterable[int], to: str, *, by: User | AnonymousUser, reason: str = "", note: str = "") -> Decided:
    """Accept or reject points, or make them undecided again; those one may not decide about are left and named.

    Points `by` cannot see are passed over, as if they were not there.

    Raises
    ------
    NotAllowed
        When `by` may review none of the points.
    BadDecision
        For a status nobody decides on, or an unknown reason.
    """
    if to not in DECISIONS:
        raise BadDecision(f"“{to}” is no decision.", f"Send one of: {', '.join(DECISIONS)}.")
    if reason and reason not in ReviewReason.values:
        raise BadDecision(f"“{reason}” is no reason.", f"Send one of: {', '.join(ReviewReason.values)}.")
    if to == Status.REJECTED and not reason:
        reason = ReviewReason.OTHER
    may, not_allowed = _sorted_by_right(points, by)
    own = own_points(may, by) if to == Status.ACCEPTED else frozenset()
    chosen = [pk for pk in may if pk not in own]
    batch = uuid.uuid4()
    values = {
        "points": chosen,
        "current": list(CURRENT),
        "to": to,
        "batch": batch,
        "step": ReviewStep.DECIDE,
        "reason": reason if to == Status.REJECTED else "",
        "note": storable(note.strip())[:LONGEST_NOTE],
        **_who(by),
    }
    changed = _change(_DECIDE, values, by) if chosen else ()
    logger.info("%s: %d points %s", by, len(changed), to)
    return Decided(batch, to, changed, tuple(sorted(own)), tuple(not_allowed))


def undo(batch: uuid.UUID, *, by: User | AnonymousUser) -> Decided:
    """Take one's own decision back: points that were not touched since get their earlier status again.

    Raises
    ------
    BadDecision
        When there is nothing of it to take back.
    """
    entries = PhotometryReview.objects.filter(batch=batch, reviewer=by.pk, step=ReviewStep.DECIDE)
    points = list(entries.values_list("point", flat=True))
    if not points:
        raise BadDecision("This is no decision of yours.", "Undo takes back your own decisions only.")
    may, _ = _sorted_by_right(points, by)
    new = uuid.uuid4()
    values = {
        "batch": batch,
        "points": may,
        "new": new,
        "decide": ReviewStep.DECIDE,
        "undo": ReviewStep.UNDO,
        **_who(by),
    }
    changed = _change(_UNDO, values, by)
    if not changed:
        raise BadDecision("There is nothing to undo.", "Others may have decided about these points since.")
    return Decided(new, changed[0].after, changed)


def last_batch(by: User | AnonymousUser) -> uuid.UUID | None:
    """The latest decision of somebody that was not undone yet."""
    steps = (ReviewStep.DECIDE, ReviewStep.FIX)
    entries = PhotometryReview.objects.filter(reviewer=by.pk, step__in=steps, undone_by=None)
    entries = entries.exclude(to_status=Status.WITHDRAWN)
    found = entries.order_by("-pk").values_list("batch", flat=True).first()
    return found if isinstance(found, uuid.UUID) else None


def _who(by: User | AnonymousUser) -> dict[str, object]:
    return {"reviewer": by.pk, "name": by.get_username()}


def _sorted_by_right(points: Iterable[int], by: User | AnonymousUser) -> tuple[list[int], list[int]]:
    """Split points one sees into those one may decide about and the others.

    Raises
    ------
    NotAllowed
        When one may decide about none.
    """
    wanted = sorted(set(points))
    rows = list(PhotometryPoint.objects.visible_to(by).filter(pk__in=wanted).values_list("pk", "audience"))
    allowed = audiences_one_may_review(by, {audience for _, audience in rows})
    may = [pk for pk, audience in rows if audience in allowed]
    if not may:
        raise NotAllowed(
            "You may not review these points.", "Ask a group admin for the right to review photometry of the group."
        )
    return may, [pk for pk, audience in rows if audience not in allowed]


def _change(statement: str, values: dict[str, Any], by: User | AnonymousUser) -> tuple[Changed, ...]:
    """Run a statement that changes points and logs it; keep TOM's rows true to it; tell it after commit."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            changed = tuple(Changed(*row) for row in cursor.fetchall())
        # Accepting what TOM shows already changes nothing there.
        project([one.pk for one in changed if (one.before in PROJECTED) != (one.after in PROJECTED)])
        if changed:
            points = tuple(one.pk for one in changed)
            transaction.on_commit(lambda: signals.photometry_reviewed.send(PhotometryPoint, points=points, by=by))
    return changed
