"""What waits for a reviewer: per night of a telescope, and per cell of a target."""

from datetime import date, timedelta
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Count, DateField, ExpressionWrapper, F, Max, Min, Q, QuerySet
from django.db.models.functions import TruncDate

from tom_photvalidation.actions.review_rights import audiences_one_may_review
from tom_photvalidation.cells_of_target import filter_label
from tom_photvalidation.choices import Status
from tom_photvalidation.models import PhotometryPoint

WAITING = (Status.UNREVIEWED, Status.QUARANTINED)
MOST_ROWS = 300
# A night is named by the evening it begins on, counted from noon UTC.
_NOON = timedelta(hours=12)


def waiting_points(user: User | AnonymousUser) -> QuerySet[PhotometryPoint]:
    """Return the undecided points that `user` may decide about."""
    points = PhotometryPoint.objects.visible_to(user).filter(audience__in=audiences_one_may_review(user))
    return points.filter(status__in=WAITING)


def of_night(points: QuerySet[PhotometryPoint], night: date) -> QuerySet[PhotometryPoint]:
    """Return the points of one night."""
    return points.annotate(night=_night()).filter(night=night)


def _night() -> TruncDate:
    from django.db.models import DateTimeField

    shifted = ExpressionWrapper(F("t_mid") - _NOON, output_field=DateTimeField())
    return TruncDate(shifted, output_field=DateField())


_COUNTS = {
    "n": Count("pk"),
    "n_quarantined": Count("pk", filter=Q(status=Status.QUARANTINED)),
    "first": Min("t_mid"),
    "last": Max("t_mid"),
    "told": Max("created_at"),
}


def nights(user: User | AnonymousUser) -> list[dict[str, Any]]:
    """Return the telescope nights that wait, the newest first."""
    rows = waiting_points(user).annotate(night=_night()).order_by()
    found = rows.values("telescope", "night", "target", "target__name").annotate(**_COUNTS)
    return [dict(row) for row in found.order_by("-night", "telescope", "target__name")[:MOST_ROWS]]


def cells_waiting(user: User | AnonymousUser) -> list[dict[str, Any]]:
    """Return the cells (target, telescope, filter) that wait, those told last first."""
    found = waiting_points(user).order_by().values("telescope", "filter", "target", "target__name").annotate(**_COUNTS)
    rows = found.order_by(F("told").desc(), "target__name", "telescope", "filter")[:MOST_ROWS]
    return [{**row, "filter_label": filter_label(row["filter"])} for row in rows]
