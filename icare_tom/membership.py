"""Which targets lie in a localization, and which events a position may belong to.

Nothing is stored: both sides are asked when somebody looks, so that an answer is true the moment either side changes.
Which targets are inside is found in the database from the region's ranges and the sky index; how far inside is found
in numpy from the map (docs/science/membership.md).
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.conf import settings
from django.core.cache import cache
from django.db.models import F, Min, QuerySet
from django.db.models.expressions import RawSQL
from tom_dataproducts.models import PhotometryReducedDatum
from tom_targets.models import Target

from icare_tom.auto_targets import EventTarget
from icare_tom.guards.access import Visitor, shown_photometry, visible_targets
from icare_tom.sky import IsOneOf, within_ranges
from tom_gcn import lookups  # noqa: F401  registers `covers`
from tom_gcn.choices import EventState
from tom_gcn.models import Event, Localization, StoredSkyMap
from tom_gcn.skymaps import hpx29
from tom_gcn.skymaps.line_of_sight import distance_at

DEFAULT_LEVEL = 0.9
# Above this level the region of a Gaussian map is nearly all its tiles, and its edge is arbitrary.
HIGHEST_LEVEL = 0.999
MOST_ROWS = 200
KEPT_S = 300
MOST_COUNTED = 10_000
# So many positions are read at once to find the innermost; and so often another part of the region is tried.
MOST_RANKED = 20 * MOST_ROWS
MOST_GUESSES = 6
HEAVY = ("fits", "packed", "region_50", "region_90", "contours")
_INSIDE_REGION = (
    "SELECT place.target_id FROM tom_gcn_storedskymap AS map CROSS JOIN LATERAL unnest(map.{region}) AS part"
    " JOIN icare_tom_targetskyindex AS place ON place.hpx29 >= lower(part) AND place.hpx29 < upper(part)"
    " WHERE map.id = %s"
)
# Levels whose regions are kept in the database.
_INSIDE = {0.5: _INSIDE_REGION.format(region="region_50"), 0.9: _INSIDE_REGION.format(region="region_90")}
# A counterpart can be seen a little before the time of its event is known to the second.
_BEFORE_EVENT = timedelta(hours=1)


@dataclass(frozen=True)
class Place:
    """How a position lies in a map."""

    credible_level: float
    density_per_sr: float
    distance_mean_mpc: float | None
    distance_sigma_mpc: float | None


@dataclass(frozen=True)
class Candidate:
    """A target inside a localization."""

    target: Target
    place: Place


@dataclass(frozen=True)
class Candidates:
    """The targets of a localization, the innermost first.

    `count` says how many there are beyond those listed; with `is_more` there are even more than that.
    """

    localization: Localization
    level: float
    count: int
    rows: list[Candidate]
    is_more: bool = False


@dataclass(frozen=True)
class Containing:
    """An event whose current localization holds a position."""

    event: Event
    localization: Localization
    place: Place


def in_region(targets: QuerySet[Target], skymap: StoredSkyMap, level: float = DEFAULT_LEVEL) -> QuerySet[Target]:
    """Targets inside the credible region of a map.

    Raises
    ------
    ValueError
        If the level is not above 0 and at most `HIGHEST_LEVEL`.
    """
    if not 0 < level <= HIGHEST_LEVEL:
        raise ValueError(f"A credible level is above 0 and at most {HIGHEST_LEVEL:g}, not {level:g}.")
    if level not in _INSIDE:
        return within_ranges(targets, skymap.data.region(level))
    # The ranges stay in the database: each is one scan of the sky index's B-tree.
    inside = RawSQL(_INSIDE[level], [skymap.pk])  # noqa: S611  one of two constants
    return targets.filter(IsOneOf(F("pk"), inside))


def candidates(localization: Localization, user: Visitor, level: float = DEFAULT_LEVEL) -> Candidates:
    """The targets a user may see inside a localization; the caller has made sure that the localization may be seen.

    Raises
    ------
    ValueError
        If the level is out of range.
    """
    visible = visible_targets(user)
    # Each must be looked up to know whether it may be seen: nobody waits for that beyond some thousands.
    counted = in_region(visible, localization.skymap, level).values("pk")[: MOST_COUNTED + 1].count()
    if counted == 0:
        return Candidates(localization, level, 0, [])
    count = min(counted, MOST_COUNTED)
    found = _innermost(visible, localization.skymap, level, count)
    places = places_in(localization.skymap, [row[1] for row in found], [row[2] for row in found])
    ranked = sorted(zip(places, found, strict=True), key=lambda pair: (pair[0].credible_level, pair[1][0]))[:MOST_ROWS]
    targets = Target.objects.in_bulk([row[0] for _, row in ranked])
    rows = [Candidate(targets[row[0]], place) for place, row in ranked if row[0] in targets]
    return Candidates(localization, level, count, rows, counted > MOST_COUNTED)


def targets_inside(event: Event, among: Collection[int]) -> frozenset[int]:
    """Those of some targets (primary keys) that are the event's own or in its 90 % region; kept for minutes."""
    current = event.localizations.filter(is_current=True).select_related("skymap").only("pk", "skymap__id").first()
    key = f"targets-inside:{event.pk}:{current.pk if current else 0}:{hash(tuple(sorted(among)))}"
    kept: frozenset[int] | None = cache.get(key)
    if kept is None:
        own = EventTarget.objects.filter(event=event, target__in=among).values_list("target", flat=True)
        rows = Target.objects.filter(pk__in=among)
        inside = in_region(rows, current.skymap).values_list("pk", flat=True) if current else ()
        kept = frozenset({*own, *inside})
        cache.set(key, kept, KEPT_S)
    return kept


def _innermost(visible: QuerySet[Target], skymap: StoredSkyMap, level: float, count: int) -> list[tuple[Any, ...]]:
    """Keys and positions of targets among which the `MOST_ROWS` innermost are, without reading all there are.

    The inner part of the region that holds a few times as many is guessed from its area, and the guess is mended by
    what was found there.
    """
    too_small, too_large, share = 0.0, 1.0, 3 * MOST_ROWS / count
    for _ in range(MOST_GUESSES):
        if share >= 1:
            break
        inner = skymap.data.probability_in_area(share * skymap.data.area_deg2(level))
        inside = within_ranges(visible, skymap.data.region(inner)).values_list("pk", "ra", "dec")
        found = list(inside[: MOST_RANKED + 1])
        if MOST_ROWS <= len(found) <= MOST_RANKED:
            return found
        if len(found) < MOST_ROWS:
            too_small = share
            share = 4 * share if too_large == 1 else math.sqrt(too_small * too_large)
        else:
            too_large = share
            share = share / 4 if too_small == 0 else math.sqrt(too_small * too_large)
    # They sit in a few tiles: there is no smaller part that holds enough of them.
    return list(in_region(visible, skymap, level).values_list("pk", "ra", "dec"))


def places_in(skymap: StoredSkyMap, ra_deg: Sequence[float], dec_deg: Sequence[float]) -> list[Place]:
    """How positions (ICRS, deg) lie in a map."""
    ra, dec = np.asarray(ra_deg, dtype=float), np.asarray(dec_deg, dtype=float)
    data = skymap.data
    mean, sigma = distance_at(data, ra, dec)
    columns = (data.credible_level(ra, dec), data.density_at(ra, dec), mean, sigma)
    return [_place(*values) for values in zip(*(column.tolist() for column in columns), strict=True)]


def _place(level: float, density: float, mean: float, sigma: float) -> Place:
    return Place(level, density, mean if np.isfinite(mean) else None, sigma if np.isfinite(sigma) else None)


def events_containing(
    ra_deg: float, dec_deg: float, user: Visitor, after: datetime | None = None, before: datetime | None = None
) -> list[Containing]:
    """Real events a user may see, not retracted, whose current 90 % region holds a position; the likeliest first.

    Parameters
    ----------
    ra_deg, dec_deg : float
        ICRS [deg].
    after, before : datetime or None
        The events' time lies in ``[after, before)``; those without a time are left out where either is given.
    """
    events = Event.objects.visible_to(user).real().exclude(state=EventState.RETRACTED)
    if after is not None:
        events = events.filter(t0__gte=after)
    if before is not None:
        events = events.filter(t0__lt=before)
    holding = Localization.objects.filter(is_current=True, event__in=events)
    holding = holding.filter(skymap__region_90__covers=int(hpx29(ra_deg, dec_deg)))
    # The map itself is needed for the level; its other columns are not.
    heavy = (f"skymap__{name}" for name in HEAVY if name != "packed")
    rows = holding.select_related("event", "skymap", "notice").defer(*heavy).order_by("-event__t0")[:MOST_ROWS]
    found = [Containing(row.event, row, places_in(row.skymap, [ra_deg], [dec_deg])[0]) for row in rows]
    return sorted(found, key=lambda one: one.place.credible_level)


@dataclass(frozen=True)
class Window:
    """Times of events that may have to do with a target: some days before it was first seen, until then."""

    first_seen: datetime
    days: int | None

    @property
    def after(self) -> datetime | None:
        """Its beginning; None where it has none."""
        return None if self.days is None else self.first_seen - timedelta(days=self.days)

    @property
    def before(self) -> datetime | None:
        """Its end; None where it has none."""
        return None if self.days is None else self.first_seen + _BEFORE_EVENT


def window_of(target: Target, user: Visitor, days: int | None) -> Window:
    """The window before a target's first detection, else its event's time (if `user` sees it), else its entry here."""
    detections = PhotometryReducedDatum.objects.filter(target=target, brightness__isnull=False)
    first = shown_photometry(user, detections).aggregate(first=Min("timestamp"))["first"]
    own = EventTarget.objects.visible_to(user).filter(target=target.pk)
    first = first or own.aggregate(first=Min("event__t0"))["first"]
    return Window(first or target.created, days)


def events_of(target: Target, user: Visitor, days: int | None = None) -> tuple[Window, list[Containing]]:
    """Events that may hold a target, within a window; `days` of 0 asks for all, None for the setting's."""
    wanted = settings.ICARE_MEMBERSHIP_DAYS if days is None else days
    window = window_of(target, user, wanted or None)
    if target.ra is None or target.dec is None or target.type != Target.SIDEREAL:
        return window, []
    return window, events_containing(target.ra, target.dec, user, window.after, window.before)
