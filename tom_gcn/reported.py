"""What telescopes reported of an event besides the plan shown: in the plans before it, and without an observation."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from django.db.models import Count, Max, QuerySet

from tom_gcn.actions.replanning import SAME_PLACE_DEG, SAME_TIME
from tom_gcn.choices import PlanState, PointingState
from tom_gcn.models import Event, ObservationPlan, PlannedPointing
from tom_gcn.querysets import User
from tom_grandma_facilities.almanac import separation_deg
from tom_grandma_facilities.models import ExecutedObservation

REPORTED = (PointingState.SENT, PointingState.STARTED, PointingState.DONE, PointingState.CANNOT)


@dataclass(frozen=True)
class EarlierReport:
    """How many pointings of an earlier plan a telescope reported to be in a state."""

    version: int
    state: str
    count: int
    at: datetime | None

    @property
    def words(self) -> str:
        """In a few words: "2 done"."""
        return f"{self.count} {PointingState(self.state).label}"


def earlier_reports(plan: ObservationPlan) -> Mapping[str, list[EarlierReport]]:
    """Reports on plans before this one by telescope, newest plan first; what was carried over stands in the later."""
    if plan.version == 1:
        return {}
    rows = PlannedPointing.objects.filter(
        telescope_plan__plan__event=plan.event_id,
        telescope_plan__plan__state=PlanState.DONE,
        telescope_plan__plan__version__lt=plan.version,
        state__in=REPORTED,
        reported_at__isnull=False,
    ).exclude(carried_to__telescope_plan__plan__version__lte=plan.version)
    places = "telescope_plan__telescope", "telescope_plan__plan__version", "state"
    counted = rows.order_by().values_list(*places).annotate(n=Count("pk"), at=Max("reported_at"))
    found: dict[str, list[EarlierReport]] = {}
    for telescope, version, state, n, at in counted.order_by("-telescope_plan__plan__version", "state"):
        found.setdefault(telescope, []).append(EarlierReport(version, state, n, at))
    return found


def without_observation(event: Event, user: User) -> int:
    """How many pointings were reported done of which nobody uploaded an observation that `user` may see."""
    done = list(_done(event))
    if not done:
        return 0
    seen: dict[str, list[ExecutedObservation]] = {}
    for row in _near(done, user):
        seen.setdefault(row.telescope, []).append(row)
    return sum(not any(_is_of(row, one) for row in seen.get(one.telescope_plan.telescope, ())) for one in done)


def _done(event: Event) -> QuerySet[PlannedPointing]:
    """Each once: in the newest plan it stands in."""
    rows = PlannedPointing.objects.filter(
        telescope_plan__plan__event=event, telescope_plan__plan__state=PlanState.DONE, state=PointingState.DONE
    )
    carried = rows.filter(carried_from__isnull=False).values("carried_from")
    return rows.exclude(pk__in=carried).select_related("telescope_plan").defer("footprint", "galaxies")


def _near(done: Iterable[PlannedPointing], user: User) -> QuerySet[ExecutedObservation]:
    starts = sorted(map(attrgetter("start"), done))
    return (
        ExecutedObservation.objects.visible_to(user)
        .filter(
            telescope__in={one.telescope_plan.telescope for one in done},
            start__range=(starts[0] - SAME_TIME, starts[-1] + SAME_TIME),
        )
        .only("telescope", "start", "ra_deg", "dec_deg")
    )


def _is_of(row: ExecutedObservation, planned: PlannedPointing) -> bool:
    """Whether an observation is what was planned: the same place, at about that time."""
    if abs(row.start - planned.start) > SAME_TIME or abs(row.dec_deg - planned.dec_deg) > SAME_PLACE_DEG:
        return False
    apart = separation_deg(row.ra_deg, row.dec_deg, planned.ra_deg, planned.dec_deg)
    return bool(apart <= SAME_PLACE_DEG)
