"""What the plan part of an event page shows besides the drawings: what is going on now, and where a plan stands."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max
from django.utils import timezone

from tom_gcn.choices import PointingState
from tom_gcn.downloads import ENDINGS
from tom_gcn.event_page import EventPlans, view_plan, window_end
from tom_gcn.exporters import FORMATS
from tom_gcn.models import Event, ObservationPlan, PlannedPointing, Refusal
from tom_gcn.sky_document import Sky

# Endings of the files of a plan, with their words.
DOWNLOAD_WORDS = {ending: FORMATS[form].label for ending, form in ENDINGS.items()}


@dataclass(frozen=True)
class TelescopeStates:
    """How many pointings of a telescope are in which state."""

    telescope: str
    counts: Mapping[str, int]
    reported_at: datetime | None = None

    @property
    def is_reported(self) -> bool:
        """Whether anything was said of it yet."""
        return set(self.counts) != {PointingState.PLANNED.value}


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
        told = [(states.telescope, sorted(states.counts.items()), states.reported_at) for states in self.states]
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
    def matrix(self) -> list[tuple[str, list[tuple[str, int]], datetime | None]]:
        """Telescope, its counts under each column with the column's word, and when it last reported."""
        return [
            (row.telescope, [(label, row.counts.get(state, 0)) for state, label in self.columns], row.reported_at)
            for row in self.states
            if row.is_reported
        ]

    @property
    def silent(self) -> list[str]:
        """Telescopes of which nothing was reported."""
        return [row.telescope for row in self.states if not row.is_reported]


def live_of(event: Event, plans: EventPlans) -> Live:
    """What is going on at an event, in two queries."""
    refusals = event.refusals.standing(timezone.now()).select_related("by")
    return Live(plans, list(refusals), states_of(plans.shown))


def states_of(plan: ObservationPlan | None) -> list[TelescopeStates]:
    """The states of a plan's pointings by telescope, those that begin first on top."""
    if plan is None:
        return []
    rows = PlannedPointing.objects.filter(telescope_plan__plan=plan).order_by()
    counted = rows.values_list("telescope_plan__telescope", "telescope_plan__first_start", "state")
    found: dict[str, tuple[dict[str, int], datetime | None]] = {}
    for telescope, _, state, n, reported in counted.annotate(n=Count("pk"), last=Max("reported_at")).order_by(
        "telescope_plan__first_start", "telescope_plan__telescope"
    ):
        counts, last = found.get(telescope, ({}, None))
        newest = max(filter(None, (last, reported)), default=None)
        found[telescope] = ({**counts, state: n}, newest)
    return [TelescopeStates(telescope, counts, last) for telescope, (counts, last) in found.items()]


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
        "decision": None if plans.rows else event.plan_decisions.first(),
        "download_forms": DOWNLOAD_WORDS.items(),
    }


def _short(*content: object) -> str:
    return hashlib.sha256(repr(content).encode()).hexdigest()[:12]
