"""From rows to what an engine plans: map, telescopes, galaxies, what was observed already and what must stay."""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from astropy import units as u
from django.db.models import QuerySet
from django.utils import timezone

from tom_gcn.actions.galaxies import catalogue_for, galaxy_targets
from tom_gcn.choices import STANDING_POINTINGS, PointingState
from tom_gcn.executed_near import executed_near
from tom_gcn.models import Event, ObservationPlan, PlannedPointing
from tom_gcn.network import Chosen, Closures, choose_for, closures
from tom_gcn.planning.problem import Done, GalaxyTargets, Problem
from tom_gcn.planning.result import Pointing
from tom_gcn.planning.wish import PlanWish
from tom_gcn.skymaps import SkyMap
from tom_grandma_facilities.models import ExecutedObservation, ObservationUpload
from tom_grandma_facilities.registry import UnknownTelescope, get_telescope

logger = logging.getLogger(__name__)

# The newest are taken: more than a survey takes in a week, and no bound on what a plan costs otherwise.
MOST_EXECUTED = 5000
# Executed observations that do not touch this region touch nothing worth planning.
EXECUTED_LEVEL = 0.9999
# What a pointing of the planner and its row have in common, by the same name.
SHARED = (
    "order", "field_id", "ra_deg", "dec_deg", "start", "end", "filter", "exposure_s", "n_exposures",
    "altitude_start_deg", "altitude_end_deg", "airmass_start", "airmass_end", "moon_separation_deg",
    "probability", "new_probability", "cumulative_probability", "telescope_cumulative", "epoch", "kept",
)  # fmt: skip

Key = tuple[str, datetime]


@dataclass(frozen=True)
class Prepared:
    """A problem as of a moment, the rows its kept pointings come from, by telescope and start, and what it went by."""

    moment: datetime
    problem: Problem
    kept_rows: dict[Key, PlannedPointing]
    chosen: Chosen
    reports: frozenset[tuple[int, str]]
    notes: tuple[str, ...] = ()


def wish_of(plan: ObservationPlan) -> PlanWish:
    """What was asked for; of plans from before wishes were kept, as far as their columns tell."""
    if plan.wish:
        return PlanWish.from_json(plan.wish)
    start = None if plan.starts_when_made else plan.window_start
    return PlanWish(telescopes=tuple(plan.telescopes), start=start, hours=plan.hours)


def problem_of(plan: ObservationPlan, own_pointings: bool = False) -> Prepared:
    """Gather what a plan is made from as things stand now.

    `own_pointings` is for making a finished plan better: what was reported of its own pointings stays too.
    """
    wish, moment = wish_of(plan), timezone.now()
    start, end = plan.window_start, plan.window_start + timedelta(hours=plan.hours)
    reports = _reports(plan)
    closed = closures(start, plan.event)
    chosen = choose_for(wish, start, closed)
    skymap = plan.localization.skymap.data
    reported = _reported(plan, own_pointings)
    standing, elsewhere = _standing(reported, chosen, closed, start, end)
    problem = Problem(
        skymap=skymap,
        telescopes=chosen.telescopes,
        start=start,
        hours=plan.hours,
        options=wish.options,
        excluded=chosen.excluded,
        galaxies=_galaxies(plan, chosen, wish),
        done=tuple(_done(reported, elsewhere, plan.event, skymap, start)),
        kept=tuple(pointing_of(row, kept=True) for row in standing),
        previous=_previous(plan, chosen, start),
    )
    kept_rows = {key_of(row): row for row in standing}
    return Prepared(moment, problem, kept_rows, chosen, reports, tuple(_remarks(reported, start)))


def key_of(row: PlannedPointing) -> Key:
    """What tells a pointing from the others of a network."""
    return row.telescope_plan.telescope, row.start


def pointing_of(row: PlannedPointing, kept: bool | None = None) -> Pointing:
    """A row as the planner's value."""
    values = {name: getattr(row, name) for name in SHARED}
    if kept is not None:
        values["kept"] = kept
    corners = tuple((float(ra), float(dec)) for ra, dec in row.footprint)
    telescope = row.telescope_plan.telescope
    return Pointing(telescope=telescope, footprint=corners, galaxies=tuple(row.galaxies), **values)


def pointings_of(plan: ObservationPlan) -> QuerySet[PlannedPointing]:
    """The pointings of a plan with their telescopes, in the order in which they end."""
    rows = PlannedPointing.objects.filter(telescope_plan__plan=plan).select_related("telescope_plan")
    return rows.order_by("end", "telescope_plan__telescope")


def _reported(plan: ObservationPlan, own_pointings: bool) -> list[PlannedPointing]:
    """Pointings of all plans of the event that somebody reported on, each once, those of the newest plans first."""
    states = (*STANDING_POINTINGS, PointingState.DONE)
    rows = PlannedPointing.objects.filter(telescope_plan__plan__event=plan.event_id, state__in=states)
    if not own_pointings:
        rows = rows.exclude(telescope_plan__plan=plan.pk)
    found: dict[Key, PlannedPointing] = {}
    for row in rows.select_related("telescope_plan").order_by("-telescope_plan__plan__version", "start"):
        found.setdefault(key_of(row), row)
    return list(found.values())


def _reports(plan: ObservationPlan) -> frozenset[tuple[int, str]]:
    """What stands and what is done in the other plans of the event: numbers of pointings with their states."""
    states = (*STANDING_POINTINGS, PointingState.DONE)
    rows = PlannedPointing.objects.filter(telescope_plan__plan__event=plan.event_id, state__in=states)
    return frozenset(rows.exclude(telescope_plan__plan=plan.pk).values_list("pk", "state"))


def was_overtaken(prepared: Prepared, plan: ObservationPlan) -> bool:
    """Whether something was reported, refused, closed or opened since the problem was put together.

    Any report counts, also one that takes back what was sent or done; rows are compared too, as a report may be
    older than its commit.
    """
    told = PlannedPointing.objects.filter(telescope_plan__plan__event=plan.event_id, reported_at__gte=prepared.moment)
    return told.exists() or _reports(plan) != prepared.reports or has_other_telescopes(prepared, plan)


def has_other_telescopes(prepared: Prepared, plan: ObservationPlan) -> bool:
    """Whether a telescope was refused, closed or opened since the problem was put together."""
    start = plan.window_start
    return choose_for(wish_of(plan), start, closures(start, plan.event)) != prepared.chosen


def _standing(
    reported: list[PlannedPointing], chosen: Chosen, closed: Closures, start: datetime, end: datetime
) -> tuple[list[PlannedPointing], list[PlannedPointing]]:
    """Pointings that must stay as they are: of telescopes in this plan, and of others that observe too."""
    planned = {telescope.name for telescope in chosen.telescopes}
    here: dict[str, list[PlannedPointing]] = {}
    elsewhere: list[PlannedPointing] = []
    for row in reported:
        name, closure = row.telescope_plan.telescope, closed.get(row.telescope_plan.telescope)
        if row.state not in STANDING_POINTINGS or row.end <= start or row.start >= end:
            continue
        if closure and row.state == PointingState.SENT and (closure.until is None or closure.until > row.start):
            continue
        mine = here.setdefault(name, [])
        # Two plans may have been sent to one telescope: at one time it does what it was told last.
        if name not in planned:
            elsewhere.append(row)
        elif all(row.end <= other.start or row.start >= other.end for other in mine):
            mine.append(row)
    return sorted((row for rows in here.values() for row in rows), key=lambda row: row.start), elsewhere


def _done(
    reported: list[PlannedPointing], elsewhere: list[PlannedPointing], event: Event, skymap: SkyMap, start: datetime
) -> Iterator[Done]:
    """What was observed already, by report or by upload, and what others will observe."""
    over = [row for row in reported if row.state == PointingState.DONE]
    # What was begun and is over by now was observed, whether or not anybody said so.
    over += [row for row in reported if row.state == PointingState.STARTED and row.end <= start]
    for row in [*over, *elsewhere]:
        camera = camera_of(row.telescope_plan.telescope)
        if camera is not None:
            yield Done(row.telescope_plan.telescope, row.ra_deg, row.dec_deg, *camera, row.start, row.end, row.filter)
    for seen in executed_for(event, skymap, start):
        if field := seen.pointing:
            shape = (field.shape, field.width_deg, field.height_deg)
            where = (seen.telescope, seen.ra_deg, seen.dec_deg)
            yield Done(*where, *shape, seen.start, seen.end, seen.filter, seen.limiting_mag)


def executed_for(event: Event, skymap: SkyMap, until: datetime) -> list[ExecutedObservation]:
    """Executed observations since the event, that may touch the localization; the newest.

    Only what was told to all groups of the event counts: each of them reads the plans and why they were made.
    """
    since = event.t0 or event.created_at
    rows = ExecutedObservation.objects.filter(start__gte=since, start__lt=until, width_deg__isnull=False)
    groups = event.groups.values_list("pk", flat=True).order_by("pk")
    told = ObservationUpload.objects.order_by()
    for group in groups:
        told = told.filter(groups=group)
    if not groups:
        return []
    near = executed_near(skymap, EXECUTED_LEVEL, rows.filter(upload__in=told.values("pk")))[:MOST_EXECUTED]
    found = ExecutedObservation.objects.defer("raw", "earlier").in_bulk([row["id"] for row in near])
    return [found[row["id"]] for row in near if row["id"] in found]


@lru_cache(maxsize=256)
def camera_of(name: str) -> tuple[str, float, float] | None:
    """Shape, width and height [deg] of the camera a telescope is planned with; None when it is unknown now."""
    try:
        camera = get_telescope(name).planning_camera
    except UnknownTelescope:
        return None
    if camera is None or camera.width.value is None:
        return None
    width = float(camera.width.value.to_value(u.deg))
    height = width if camera.height.value is None else float(camera.height.value.to_value(u.deg))
    return camera.shape.value, width, height


def _previous(plan: ObservationPlan, chosen: Chosen, start: datetime) -> tuple[Pointing, ...]:
    """The fields of the plan before that nobody has touched yet."""
    if plan.previous_id is None:
        return ()
    names = [telescope.name for telescope in chosen.telescopes]
    rows = PlannedPointing.objects.filter(
        telescope_plan__plan=plan.previous_id,
        telescope_plan__telescope__in=names,
        state=PointingState.PLANNED,
        start__gte=start,
    )
    return tuple(pointing_of(row) for row in rows.select_related("telescope_plan").order_by("end"))


def _galaxies(plan: ObservationPlan, chosen: Chosen, wish: PlanWish) -> GalaxyTargets | None:
    if not wish.options.galaxies or not any(telescope.narrow for telescope in chosen.telescopes):
        return None
    catalogue = catalogue_for("", invented=plan.event.is_test)
    return galaxy_targets(plan.localization.skymap.data, catalogue) if catalogue else None


def _remarks(reported: Iterable[PlannedPointing], start: datetime) -> Iterator[str]:
    silent: dict[str, int] = {}
    for row in reported:
        if row.state == PointingState.SENT and row.end <= start:
            name = row.telescope_plan.telescope
            silent[name] = silent.get(name, 0) + 1
    for name, count in sorted(silent.items()):
        fields = "1 field was" if count == 1 else f"{count} fields were"
        yield f"{fields} sent to {name} and never reported on; they may be planned again."
