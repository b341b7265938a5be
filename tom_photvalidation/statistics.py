"""What telescopes send, per telescope: how much, how soon, how much of it is accepted."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Aggregate, Count, DurationField, ExpressionWrapper, F, Max, Q
from django.db.models.functions import TruncMonth

from tom_photvalidation.cells_of_target import COUNTS, filter_label
from tom_photvalidation.choices import CURRENT, Status
from tom_photvalidation.models import PhotometryPoint

_DECIDED = Q(status__in=(Status.ACCEPTED, Status.REJECTED))


class _Median(Aggregate):
    """The middle value, of the database's own ordered-set aggregates."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"


def _delay() -> _Median:
    """From the middle of the exposure to the upload."""
    return _Median(ExpressionWrapper(F("created_at") - F("t_mid"), output_field=DurationField()))


def telescopes(user: User | AnonymousUser) -> list[dict[str, Any]]:
    """Return each telescope whose points `user` sees, those that sent last first."""
    points = PhotometryPoint.objects.visible_to(user).filter(status__in=CURRENT).order_by()
    rows = (
        points.values("telescope")
        .annotate(
            **COUNTS,
            n_decided=Count("pk", filter=_DECIDED),
            n_targets=Count("target", distinct=True),
            last=Max("t_mid"),
            delay=_delay(),
        )
        .order_by("-last")
    )
    return [_with_share(row) for row in rows]


def telescope_by_filter(name: str, user: User | AnonymousUser) -> list[dict[str, Any]]:
    """Return what one telescope sent through each filter."""
    points = PhotometryPoint.objects.visible_to(user).filter(status__in=CURRENT, telescope=name).order_by()
    rows = points.values("filter").annotate(
        **COUNTS, n_decided=Count("pk", filter=_DECIDED), last=Max("t_mid"), delay=_delay()
    )
    return [{**_with_share(row), "filter_label": filter_label(row["filter"])} for row in rows.order_by("filter")]


def telescope_by_month(name: str, user: User | AnonymousUser) -> list[dict[str, Any]]:
    """Return what one telescope sent in each month, by the time of the exposures, the latest first."""
    points = PhotometryPoint.objects.visible_to(user).filter(status__in=CURRENT, telescope=name).order_by()
    rows = points.annotate(month=TruncMonth("t_mid")).values("month")
    found = rows.annotate(**COUNTS, n_decided=Count("pk", filter=_DECIDED), delay=_delay())
    return [_with_share(row) for row in found.order_by("-month")]


def _with_share(row: Mapping[str, Any]) -> dict[str, Any]:
    decided = row["n_decided"]
    hours = None if row["delay"] is None else row["delay"].total_seconds() / 3600
    return {**row, "accepted_percent": 100 * row["n_accepted"] / decided if decided else None, "delay_hours": hours}
