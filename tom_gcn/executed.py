"""What telescopes did for an event: executed observations in a localization, what they cover and might have shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

import numpy as np
from astropy import units as u

from tom_gcn.choices import OPEN_POINTINGS, PointingState
from tom_gcn.coverage import Footprint
from tom_gcn.covered import LEVEL, CoverageOfMap, Exposure, coverage_of
from tom_gcn.efficiency import Looks
from tom_gcn.executed_near import executed_near
from tom_gcn.models import Event, Localization, ObservationPlan, PlannedPointing
from tom_gcn.plan_problem import camera_of
from tom_gcn.querysets import User
from tom_grandma_facilities.models import ExecutedObservation
from tom_grandma_facilities.registry import UnknownTelescope, get_telescope

DEFAULT_DAYS = 7
# A page that would take longer than half a minute helps nobody; the newest are taken.
MOST_EXPOSURES = 20_000


@dataclass(frozen=True)
class ExecutedOfEvent:
    """Executed observations in a localization since the event, and what they cover together."""

    localization: Localization
    since: datetime
    days: int
    coverage: CoverageOfMap
    is_cut: bool


def beginning(event: Event) -> datetime:
    """The time of the event; for those that tell none, when we heard of it."""
    return event.t0 or event.created_at


def exposures_since(event: Event, localization: Localization, user: User, days: int) -> list[Exposure]:
    """Executed observations that `user` may see and that may touch a localization; days 0: until now."""
    since = beginning(event)
    visible = ExecutedObservation.objects.visible_to(user).filter(start__gte=since)
    if days:
        visible = visible.filter(start__lt=since + timedelta(days=days))
    return [
        Exposure(
            row["telescope"],
            row["filter"],
            row["start"],
            Footprint(row["shape"], row["width_deg"], row["height_deg"], row["ra_deg"], row["dec_deg"]),
            row["limiting_mag"],
            row["exposure_s"],
        )
        for row in executed_near(localization.skymap.data, LEVEL, visible)
    ]


def executed_of(event: Event, localization: Localization, user: User, days: int = DEFAULT_DAYS) -> ExecutedOfEvent:
    """What was observed of a localization in so many days after the event."""
    exposures = exposures_since(event, localization, user, days)
    kept = exposures[:MOST_EXPOSURES]
    return ExecutedOfEvent(
        localization,
        beginning(event),
        days,
        coverage_of(localization.skymap.data, kept),
        len(exposures) > len(kept),
    )


def planned_exposures(plan: ObservationPlan, *, only_open: bool = False) -> list[Exposure]:
    """The pointings of a plan as exposures, without those that nobody observes; all exposures of a pointing are one.

    `only_open` leaves out what is done, too: beside executed observations it would count twice.
    """
    states = OPEN_POINTINGS if only_open else (*OPEN_POINTINGS, PointingState.DONE)
    rows = PlannedPointing.objects.filter(telescope_plan__plan=plan, state__in=states).select_related("telescope_plan")
    found = []
    for row in rows.defer("footprint", "galaxies"):
        telescope = row.telescope_plan.telescope
        camera = camera_of(telescope)
        if camera is not None:
            field = Footprint(*camera, row.ra_deg, row.dec_deg)
            found.append(Exposure(telescope, row.filter, row.start, field, None, row.exposure_s * row.n_exposures))
    return found


@lru_cache(maxsize=4096)
def depth_of(name: str, exposure_s: float) -> float | None:
    """Limiting magnitude a telescope reaches in an exposure, from its declared one; None when none is known.

    The declared depth is for the declared exposure. The background limits: signal over noise grows with the root of the
    time, the depth by 1.25 mag for ten times as much. Filters are not told apart, since one number is declared.
    """
    try:
        telescope = get_telescope(name)
    except UnknownTelescope:
        return None
    depth, exposure = telescope.limiting_magnitude.value, telescope.default_exposure.value
    if depth is None:
        return None
    if exposure is None or exposure_s <= 0:
        return float(depth)
    return float(depth) + 1.25 * float(np.log10(exposure_s / float(exposure.to_value(u.s))))


@dataclass(frozen=True, eq=False)
class Depths:
    """Exposures as the efficiency takes them; how many depths are assumed, and how many are unknown and left out."""

    looks: Looks
    n_assumed: int
    n_unknown: int


def depths_of(exposures: Sequence[Exposure], since: datetime) -> Depths:
    """Give every exposure its depth, told or assumed, and its middle in days after `since`."""
    told = [exposure.limiting_mag for exposure in exposures]
    depths = [
        depth_of(exposure.telescope, exposure.exposure_s) if depth is None else depth
        for exposure, depth in zip(exposures, told, strict=True)
    ]
    known = [index for index, depth in enumerate(depths) if depth is not None]
    days = [(exposures[i].start - since).total_seconds() / 86400 + exposures[i].exposure_s / 172800 for i in known]
    looks = Looks(
        [exposures[index].field for index in known],
        np.array(days, dtype=float),
        np.array([depths[index] for index in known], dtype=float),
    )
    return Depths(looks, sum(told[index] is None for index in known), len(exposures) - len(known))
