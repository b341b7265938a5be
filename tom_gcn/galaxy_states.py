"""Which galaxies are planned, observed or still free."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.db import models
from numpy.typing import NDArray

from tom_gcn.choices import OPEN_POINTINGS, PlanState, PointingState
from tom_gcn.event_page import EventPlans
from tom_gcn.models import Event, Galaxy, PlannedPointing
from tom_gcn.plan_problem import camera_of
from tom_gcn.querysets import User
from tom_gcn.skymaps import coarsen, merge_ranges
from tom_grandma_facilities.executed.sky import Pointings, class_reach_deg, ranges_around
from tom_grandma_facilities.models import ExecutedObservation
from tom_grandma_facilities.observed import centred_in, size_classes

MOST_RANGES = 1000
WIDEST_DEG = 90.0


class GalaxyState(models.TextChoices):
    """What becomes of a galaxy."""

    OBSERVED = "observed", "observed"
    PLANNED = "planned", "planned"
    FREE = "free", "still free"


@dataclass(frozen=True)
class GalaxyFollowUp:
    """A galaxy's state, by which telescopes and when first."""

    state: GalaxyState
    telescopes: Sequence[str] = ()
    first: datetime | None = None

    @property
    def words(self) -> str:
        """The state as a table writes it."""
        return str(self.state.label)


@dataclass(frozen=True)
class _Visit:
    telescope: str
    start: datetime
    galaxies: frozenset[str]
    field: tuple[str, float, float, float, float] | None


def follow_up_of(galaxies: Sequence[Galaxy], event: Event, user: User) -> list[GalaxyFollowUp]:
    """The state of each galaxy, in three queries: what was observed goes before what is planned."""
    observed = [*_reported(event), *_executed(galaxies, event, user)]
    planned = list(_planned(event))
    tests = [(GalaxyState.OBSERVED, observed, _fields(observed)), (GalaxyState.PLANNED, planned, _fields(planned))]
    return [_state(galaxy, tests) for galaxy in galaxies]


def _state(
    galaxy: Galaxy, tests: Iterable[tuple[GalaxyState, Sequence[_Visit], tuple[list[int], Pointings]]]
) -> GalaxyFollowUp:
    for state, visits, (numbers, fields) in tests:
        inside = {numbers[place] for place in np.flatnonzero(fields.contain(galaxy.ra_deg, galaxy.dec_deg)).tolist()}
        found = [visit for number, visit in enumerate(visits) if number in inside or galaxy.name in visit.galaxies]
        if found:
            names = tuple(dict.fromkeys(visit.telescope for visit in sorted(found, key=lambda visit: visit.start)))
            return GalaxyFollowUp(state, names, min(visit.start for visit in found))
    return GalaxyFollowUp(GalaxyState.FREE)


def _fields(visits: Sequence[_Visit]) -> tuple[list[int], Pointings]:
    """The fields of visits as columns, with the numbers of the visits; unknown cameras have none."""
    known = [(number, visit.field) for number, visit in enumerate(visits) if visit.field]
    rows = np.array([field[1:] for _, field in known], dtype=float).reshape(-1, 4)
    circles = np.array([field[0] == "circle" for _, field in known], dtype=bool)
    heights = np.array([field[2] if field[0] == "rectangle" else field[1] for _, field in known], dtype=float)
    return [number for number, _ in known], Pointings(circles, rows[:, 0], heights, rows[:, 2], rows[:, 3])


def _visit(pointing: PlannedPointing) -> _Visit:
    telescope = pointing.telescope_plan.telescope
    camera = camera_of(telescope)
    field = (*camera, pointing.ra_deg, pointing.dec_deg) if camera else None
    return _Visit(telescope, pointing.start, frozenset(pointing.galaxies), field)


def _reported(event: Event) -> list[_Visit]:
    rows = PlannedPointing.objects.filter(telescope_plan__plan__event=event, state=PointingState.DONE)
    return [_visit(row) for row in rows.select_related("telescope_plan").defer("footprint")]


def _planned(event: Event) -> list[_Visit]:
    """What is open in the plan the page shows."""
    plan = EventPlans(list(event.plans.filter(state=PlanState.DONE).defer("curve"))).usual
    rows = PlannedPointing.objects.filter(telescope_plan__plan=plan, state__in=OPEN_POINTINGS)
    return [_visit(row) for row in rows.select_related("telescope_plan").defer("footprint")] if plan else []


def _executed(galaxies: Sequence[Galaxy], event: Event, user: User) -> list[_Visit]:
    """What was observed near the galaxies, or under their names, since the event, as far as the user may know of it."""
    since = event.t0 or event.created_at
    seen = ExecutedObservation.objects.visible_to(user).filter(start__gte=since, width_deg__isnull=False)
    named = seen.filter(target_name__in=[galaxy.name for galaxy in galaxies])
    rows = centred_in(_around(galaxies), seen) if galaxies else []
    fields = [tuple(row[name] for name in ("shape", "width_deg", "height_deg", "ra_deg", "dec_deg")) for row in rows]
    near = [_Visit(row["telescope"], row["start"], frozenset(), field) for row, field in zip(rows, fields, strict=True)]
    names = named.values_list("telescope", "start", "target_name")
    return near + [_Visit(telescope, start, frozenset([name]), None) for telescope, start, name in names]


def _around(galaxies: Sequence[Galaxy]) -> dict[int, NDArray[np.int64]]:
    """Where the centres of fields lie that may hold a galaxy, by the class of their size."""
    found = {}
    for size in size_classes():
        reach = min(class_reach_deg(size), WIDEST_DEG)
        parts = [ranges_around(galaxy.ra_deg, galaxy.dec_deg, reach) for galaxy in galaxies]
        found[size] = coarsen(merge_ranges(np.concatenate(parts)), MOST_RANGES)
    return found
