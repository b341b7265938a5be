"""The summary of an event: its figures for lists, and its tags."""

import logging
from collections.abc import Iterable
from typing import Any

from django.db import transaction

from tom_gcn.actions.tags import hand_tags_of, rules, tags_of
from tom_gcn.choices import LocalizationKind
from tom_gcn.models import Event, EventSummary, Localization, Notice

logger = logging.getLogger(__name__)

_COLUMNS = ("source", "far_hz", "is_significant", "classification", "properties", "region", "is_retraction")


def summarize(event: Event) -> EventSummary:
    """Rewrite the summary of an event from its notices and its current localization."""
    notices = list(event.notices.order_by("time_created", "pk").only("event_id", *_COLUMNS))
    current = event.localizations.filter(is_current=True).select_related("skymap").defer(*_HEAVY).first()
    figures = figures_of(notices, current)
    with transaction.atomic():
        # Locked before the rules are read: a change of them is written before this or after it, never lost.
        EventSummary.objects.select_for_update().filter(event=event).values_list("pk").first()
        figures["tags"] = tags_of(figures | {"kind": event.kind}, rules(), hand_tags_of(event))
        summary, _ = EventSummary.objects.update_or_create(event=event, defaults=figures)
    return summary


def summarize_forgotten(at_most: int = 200) -> int:
    """Write the summaries of events that have none, as after rows were brought in by hand; returns how many."""
    forgotten = list(Event.objects.filter(summary=None)[:at_most])
    for event in forgotten:
        logger.warning("event %s had no summary; it has one now", event.name)
        summarize(event)
    return len(forgotten)


_HEAVY = [f"skymap__{name}" for name in ("fits", "packed", "region_50", "region_90", "contours")]


def figures_of(notices: Iterable[Notice], current: Localization | None) -> dict[str, Any]:
    """Columns of the summary; `notices` in order of time."""
    notices = list(notices)
    figures = {
        "mission": notices[0].source if notices else "",
        "n_notices": len(notices),
        **_of_source([notice for notice in notices if not notice.is_retraction]),
        **(_of_localization(current) if current else _of_point(notices)),
    }
    return figures | {"tags": tags_of(figures)}


def _of_source(notices: list[Notice]) -> dict[str, Any]:
    """What the newest notice that describes the source says of it."""
    told = next((notice for notice in reversed(notices) if notice.far_hz is not None or notice.classification), None)
    classes = told.classification if told else {}
    best = max(classes.items(), key=lambda item: item[1], default=None)
    return {
        "far_hz": told.far_hz if told else None,
        "is_significant": told.is_significant if told else None,
        "best_class": best[0][:40] if best else "",
        "best_probability": best[1] if best else None,
        "probabilities": {**told.classification, **told.properties} if told else {},
    }


def _of_localization(row: Localization) -> dict[str, Any]:
    skymap = row.skymap
    # The centre of a ring is where the source is not.
    has_centre = row.ra_deg is not None and row.kind != LocalizationKind.ANNULUS
    return {
        "localization_kind": row.kind,
        "ra_deg": row.ra_deg if has_centre else skymap.peak_ra_deg,
        "dec_deg": row.dec_deg if has_centre else skymap.peak_dec_deg,
        "error_deg": row.error_deg,
        "containment": row.containment,
        "area_50_deg2": skymap.area_50_deg2,
        "area_90_deg2": skymap.area_90_deg2,
        "distance_mean_mpc": skymap.distance_mean_mpc,
        "distance_sigma_mpc": skymap.distance_sigma_mpc,
    }


def _of_point(notices: list[Notice]) -> dict[str, Any]:
    """Where there is no localization: the newest bare position, if any, and nothing else."""
    points = (notice.region for notice in reversed(notices) if notice.region and notice.region["kind"] == "point")
    point: dict[str, Any] = next(points, {})
    empty = ("error_deg", "containment", "area_50_deg2", "area_90_deg2", "distance_mean_mpc", "distance_sigma_mpc")
    return {
        "localization_kind": "",
        "ra_deg": point.get("ra_deg"),
        "dec_deg": point.get("dec_deg"),
        **dict.fromkeys(empty),
    }
