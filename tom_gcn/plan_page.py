"""What the plan part of an event page shows besides the drawings: what is going on now, and where a plan stands."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Q
from django.utils import timezone

from tom_gcn.actions.galaxies import holds_next_to_nothing
from tom_gcn.choices import PointingState
from tom_gcn.downloads import ENDINGS
from tom_gcn.event_page import EventPlans, view_plan, window_end
from tom_gcn.exporters import FORMATS
from tom_gcn.models import Event, ObservationPlan, PlanDecision, PlannedPointing, Refusal
from tom_gcn.reported import EarlierReport, earlier_reports
from tom_gcn.sky_document import Sky

# Endings of the files of a plan, with their words.
DOWNLOAD_WORDS = {ending: FORMATS[form].label for ending, form in ENDINGS.items()}


@dataclass(frozen=True)
class TelescopeStates:
    """How many pointings of a telescope are in which state."""

    telescope: str
    counts: Mapping[str, int]
    reported_at: datetime | None = None
    earlier: Sequence[EarlierReport] = ()

    @property
    def is_reported(self) -> bool:
        """Whether anything was said of it yet, on this plan or on one before."""
        return set(self.counts) != {PointingState.PLANNED.value} or bool(self.earlier)

    @property
    def last_report(self) -> datetime | None:
        """When it last reported, on this plan or on one before."""
        return max(filter(None, (self.reported_at, *(report.at for report in self.earlier))), default=None)


@dataclass(frozen=True)
class Live:
    """What may change while somebody looks: plans, refusals, reports. `key` names its content."""

    plans: EventPlans
    refusals: Sequence[Refusal]
    states: Sequence[TelescopeStates]

    @property
    def key(self) -> str:
        """Changes whenever something changed; plans come first, so that both parts can be compared."""
        rows = [(plan.pk, plan.state, plan.refinement, plan.is_of_record, plan.refined_at) for plan in self.plans.rows]
        told = [(row.telescope, sorted(row.counts.items()), row.reported_at, row.earlier) for row in self.states]
        return f"{_short(rows)}.{_short([refusal.pk for refusal in self.refusals], told)}"

    def has_new_plans(self, seen: str) -> bool:
        """Whether plans changed since the key `seen`."""
        return seen.partition(".")[0] != self.key.partition(".")[0]

    @property
    def version(self) -> int | None:
        """Of the plan shown."""
        return self.plans.shown.version if self.plans.shown else None

    @property
    def columns(self) -> list[tuple[str, str]]:
        """States that occur, in the order of a pointing's life, with their words."""
        found = {state for row in self.states for state in row.counts}
        return [(state.value, str(state.label)) for state in PointingState if state.value in found]

    @property
    def matrix(self) -> list[tuple[TelescopeStates, list[tuple[str, int]]]]:
        """Telescopes that reported, with their counts under each column and the column's word."""
        return [
            (row, [(label, row.counts.get(state, 0)) for state, label in self.columns])
            for row in self.states
            if row.is_reported
        ]

    @property
    def has_earlier(self) -> bool:
        """Whether a telescope reported on a plan before the one shown."""
        return any(row.earlier for row in self.states)

    @property
    def silent(self) -> list[str]:
        """Telescopes of which nothing was reported."""
        return [row.telescope for row in self.states if not row.is_reported]


def live_of(event: Event, plans: EventPlans) -> Live:
    """What is going on at an event, in three queries."""
    refusals = event.refusals.standing(timezone.now()).select_related("by")
    return Live(plans, list(refusals), states_of(plans.shown))


def states_of(plan: ObservationPlan | None) -> list[TelescopeStates]:
    """The states of a plan's pointings by telescope, those that begin first on top; then who reported before only."""
    if plan is None:
        return []
    rows = PlannedPointing.objects.filter(telescope_plan__plan=plan).order_by()
    # What is cancelled with its event was reported by nobody.
    last = Max("reported_at", filter=~Q(state=PointingState.CANCELLED))
    counted = rows.values_list("telescope_plan__telescope", "telescope_plan__first_start", "state")
    found: dict[str, tuple[dict[str, int], datetime | None]] = {}
    for telescope, _, state, n, reported in counted.annotate(n=Count("pk"), last=last).order_by(
        "telescope_plan__first_start", "telescope_plan__telescope"
    ):
        counts, known = found.get(telescope, ({}, None))
        newest = max(filter(None, (known, reported)), default=None)
        found[telescope] = ({**counts, state: n}, newest)
    earlier = earlier_reports(plan)
    found |= {telescope: ({}, None) for telescope in sorted(earlier) if telescope not in found}
    return [TelescopeStates(name, counts, at, earlier.get(name, ())) for name, (counts, at) in found.items()]


def plan_context(event: Event, plans: EventPlans, sky: Sky) -> dict[str, Any]:
    """What the plan part of the page needs."""
    plan = plans.shown
    return {
        "event": event,
        "plans": plans,
        "newest_plan": plans.followed,
        "shown": view_plan(plan, sky.telescopes) if plan else None,
        "window_end": window_end(plan) if plan else None,
        "live": live_of(event, plans),
        "catalogue_is_empty": bool(plan and plan.covered_galaxy_weight is not None and holds_next_to_nothing(plan)),
        "decision": decision_of(event, plans),
        "download_forms": DOWNLOAD_WORDS.items(),
    }


def decision_of(event: Event, plans: EventPlans) -> PlanDecision | None:
    """Why no plan was made by itself for the newest map, with what the rules asked; None where one was asked for."""
    newest = event.plan_decisions.first()
    asked = max((plan.requested_at for plan in plans.rows), default=None)
    if newest is None or asked is None:
        return newest
    return newest if newest.checks and not newest.is_planned and newest.at > asked else None


def _short(*content: object) -> str:
    return hashlib.sha256(repr(content).encode()).hexdigest()[:12]
