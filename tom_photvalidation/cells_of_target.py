"""What a target's points come to, per telescope and filter."""

from typing import Any

from django.db.models import Count, Max, Min, Q, QuerySet
from tom_targets.models import Target

from tom_photvalidation.bandpasses import BANDS
from tom_photvalidation.choices import Kind, Status
from tom_photvalidation.models import PhotometryPoint
from tom_photvalidation.querysets import PointQuerySet

WAITING = Q(status__in=(Status.UNREVIEWED, Status.QUARANTINED))
COUNTS = {
    "n": Count("pk"),
    "n_limits": Count("pk", filter=Q(kind=Kind.LIMIT)),
    "n_accepted": Count("pk", filter=Q(status=Status.ACCEPTED)),
    "n_rejected": Count("pk", filter=Q(status=Status.REJECTED)),
    "n_waiting": Count("pk", filter=WAITING),
    "n_quarantined": Count("pk", filter=Q(status=Status.QUARANTINED)),
}


def filter_label(name: str) -> str:
    """Return a filter's name as people write it."""
    band = BANDS.get(name)
    return band.label if band else name


def cells(points: QuerySet[PhotometryPoint]) -> list[dict[str, Any]]:
    """Return counts, the brightest detection and the span in time of each telescope and filter; one query."""
    rows = (
        points.current()  # type: ignore[attr-defined]
        .order_by("telescope", "filter")
        .values("telescope", "filter")
        .annotate(
            **COUNTS,
            brightest=Min("mag", filter=~Q(kind=Kind.LIMIT) & ~Q(status=Status.REJECTED)),
            first=Min("t_mid"),
            last=Max("t_mid"),
        )
    )
    return [{**row, "filter_label": filter_label(row["filter"])} for row in rows]


def totals(found: list[dict[str, Any]]) -> dict[str, int]:
    """Return the sums of the counts over all cells."""
    return {name: sum(cell[name] for cell in found) for name in COUNTS}


def visible_points(target: Target, user: Any) -> PointQuerySet:
    """Return what `user` may see of a target's points, later versions only."""
    points: PointQuerySet = PhotometryPoint.objects.visible_to(user).filter(target=target.pk)
    return points.current()
