"""What a notice says about where becomes localizations with maps, and one of an event's is the current one."""

import logging
from dataclasses import asdict
from typing import Any

from django.db.models import QuerySet

from tom_gcn.actions.skymaps import LEVELS, Lines, store_made_skymap, store_skymap
from tom_gcn.choices import EventKind, LocalizationKind
from tom_gcn.models import Event, Localization, Notice, StoredSkyMap
from tom_gcn.notices import Annulus, Cone, Ellipse, Point, Polygon, Region
from tom_gcn.notices import Notice as ParsedNotice
from tom_gcn.skymaps import SkyMapError, make, outlines

logger = logging.getLogger(__name__)

# Regions with an area.
Area = Cone | Ellipse | Polygon | Annulus

# A circle of less than this is a position, better than any map of probabilities.
PRECISE_DEG2 = 1.0
_WIDEST_OUTLINE_DEG = 179.0
_NEWEST = ("-notice__time_created", "-notice_id", "-pk")
_HEAVY = ("fits", "packed", "region_50", "region_90", "contours")


def region_as_json(region: Region | None) -> dict[str, Any] | None:
    """The figures of a region with their kind, as they are stored and sent."""
    return None if region is None else {"kind": type(region).__name__.lower(), **asdict(region)}


def localize(parsed: ParsedNotice, event: Event, notice: Notice) -> list[SkyMapError]:
    """Store the localizations of a notice and its event; return what could not be used.

    A broken map does not cost us the notice: at night the fact that something happened matters most.
    """
    if parsed.is_retraction:
        return []
    maps = [(LocalizationKind.SKYMAP, parsed.skymap)] if parsed.skymap else []
    if parsed.external and parsed.external.combined_skymap:
        maps.append((LocalizationKind.COMBINED, parsed.external.combined_skymap))
    problems = [add_skymap(event, notice, kind, data) for kind, data in maps]
    # A position without an error has no area: it stays with the notice.
    if parsed.region is not None and not isinstance(parsed.region, Point):
        problems.append(_add_region(event, notice, parsed.region))
    return [problem for problem in problems if problem]


def add_skymap(event: Event, notice: Notice, kind: LocalizationKind, data: bytes) -> SkyMapError | None:
    """Store a published map as a localization; return what is wrong with it, if anything."""
    try:
        stored = store_skymap(data)
    except SkyMapError as error:
        logger.warning("the %s of notice %s could not be read: %s", kind.label, notice.key, error)
        return error
    Localization.objects.get_or_create(notice=notice, kind=kind, defaults={"event": event, "skymap": stored})
    return None


def _add_region(event: Event, notice: Notice, region: Area) -> SkyMapError | None:
    try:
        stored = store_region(region)
    except SkyMapError as error:
        logger.warning("the region of notice %s could not be used: %s", notice.key, error)
        return error
    known = {"event": event, "skymap": stored, **_figures(region)}
    Localization.objects.get_or_create(notice=notice, kind=_kind(region), defaults=known)
    return None


def store_region(region: Area) -> StoredSkyMap:
    """Return the stored map made of the figures of a region.

    Raises
    ------
    SkyMapError
        When its figures are out of range.
    """
    if isinstance(region, Annulus):
        ring = make.annulus(region.ra_deg, region.dec_deg, region.radius_deg, region.half_width_deg, region.containment)
        return store_made_skymap(ring, _ring_outlines(region))
    if isinstance(region, Polygon):
        return store_made_skymap(make.polygon(region.corners))
    major, minor, angle = _axes(region)
    skymap = make.ellipse(region.ra_deg, region.dec_deg, major, minor, angle, region.containment)
    return store_made_skymap(skymap, _outlines(region))


def _axes(region: Cone | Ellipse) -> tuple[float, float, float]:
    if isinstance(region, Cone):
        return region.radius_deg, region.radius_deg, 0.0
    return region.major_deg, region.minor_deg, region.position_angle_deg


def _outlines(region: Cone | Ellipse) -> Lines:
    """The exact outlines: a mesh of tiles is coarser than the smallest circles."""
    major, minor, angle = _axes(region)
    lines: dict[float, list[list[list[float]]]] = {}
    for level in LEVELS:
        long, short = (make.scaled_radius_deg(axis, region.containment, level) for axis in (major, minor))
        has_edge = long < _WIDEST_OUTLINE_DEG
        lines[level] = [outlines.ellipse_outline(region.ra_deg, region.dec_deg, long, short, angle)] if has_edge else []
    return lines


def _ring_outlines(region: Annulus) -> Lines:
    """The exact edges: tiles are wider than the thinnest rings."""
    figures = (region.ra_deg, region.dec_deg, region.radius_deg, region.half_width_deg, region.containment)
    return {level: outlines.annulus_outlines(*figures, level) for level in LEVELS}


def _kind(region: Area) -> LocalizationKind:
    return LocalizationKind(type(region).__name__.lower())


def _figures(region: Area) -> dict[str, float | None]:
    if isinstance(region, Polygon):
        return {"containment": region.containment, "ra_deg": region.ra_deg, "dec_deg": region.dec_deg}
    error = {Cone: "radius_deg", Ellipse: "major_deg", Annulus: "half_width_deg"}[type(region)]
    return {
        "ra_deg": region.ra_deg,
        "dec_deg": region.dec_deg,
        "error_deg": getattr(region, error),
        "containment": region.containment,
    }


def choose_current(event: Event) -> Localization | None:
    """Mark and return the localization plans are made for (docs/decisions/0005); no test's for a real event."""
    rows = event.localizations.exclude(kind=LocalizationKind.COMBINED).filter(notice__is_test=event.is_test)
    rows = rows.select_related("notice", "skymap").defer(*(f"skymap__{name}" for name in _HEAVY))
    best = _best_gw(rows) if event.kind == EventKind.GW else _best(rows)
    if best is not None and best.is_current:
        return best
    event.localizations.filter(is_current=True).update(is_current=False)
    if best is None:
        return None
    best.is_current = True
    best.save(update_fields=["is_current"])
    return best


def _best_gw(rows: QuerySet[Localization]) -> Localization | None:
    newest = rows.order_by(*_NEWEST)
    return newest.filter(kind=LocalizationKind.SKYMAP).first() or newest.first()


def _best(rows: QuerySet[Localization]) -> Localization | None:
    """Of each sort of notice the newest; of those a sky map or a position, and then the smallest."""
    sorts = ("notice__format", "notice__notice_type", "kind")
    return min(rows.order_by(*sorts, *_NEWEST).distinct(*sorts), key=_worth, default=None)


def _worth(row: Localization) -> tuple[bool, float]:
    area = row.skymap.area_90_deg2
    return row.kind != LocalizationKind.SKYMAP and area >= PRECISE_DEG2, area
