"""Telescopes asked for their part of a plan, and what they answer written back onto its pointings."""

import logging
import re
from collections.abc import Collection, Iterable
from typing import Any

from django.contrib.auth.models import AnonymousUser, Group, User
from django.utils import timezone

from tom_gcn.actions.plans import check_may_plan
from tom_gcn.actions.pointings import refuse, report_pointings, withdraw_refusal
from tom_gcn.choices import PlanState, PointingState
from tom_gcn.exceptions import GcnError, NothingToPlan
from tom_gcn.models import Event, ObservationPlan, PlannedPointing, Refusal
from tom_grandma_facilities.actions import ask, cancel_request
from tom_grandma_facilities.actions.allocations import ASK_PERMISSION
from tom_grandma_facilities.choices import RequestState, Via
from tom_grandma_facilities.exceptions import FacilityError
from tom_grandma_facilities.models import Allocation, FollowUpRequest, RequestEntry
from tom_grandma_facilities.rights import groups_where

logger = logging.getLogger(__name__)

_KEY = re.compile(r"plan:(\d+)/([A-Za-z0-9.-]+)")
_NUMBER = re.compile(r"\d+")
_UNDER_WAY = (PointingState.PLANNED, PointingState.SENT, PointingState.STARTED)


def part_key(plan: ObservationPlan, telescope: str = "") -> str:
    """Return the key of requests for a telescope's part of a plan; without a telescope, what all of them begin with."""
    return f"plan:{plan.pk}/{telescope}"


def part_of(request: FollowUpRequest) -> tuple[ObservationPlan, str] | None:
    """Return the plan and the telescope whose part a request is for; None when it is for something else."""
    found = _KEY.fullmatch(request.plan_key)
    plan = ObservationPlan.objects.select_related("event").filter(pk=int(found[1])).first() if found else None
    return (plan, found[2]) if found and plan else None


def ask_plan_part(
    plan: ObservationPlan,
    telescope: str,
    *,
    by: User | AnonymousUser | None,
    priority: int = 3,
    note: str = "",
    groups: Collection[Group] | None = None,
    allocation: Allocation | None = None,
    via: Via = Via.PAGE,
) -> FollowUpRequest:
    """Ask a telescope for what is still ahead of its part of a plan; asked again while it is open, it is the same.

    Pointings that were sent already, for this plan or the one before, are not asked for again.

    Raises
    ------
    NotAllowed
        Of this app, when `by` may not plan this event; of telescopes, when `by` may not ask.
    NothingToPlan
        When the plan is not done, its event was retracted, or nothing of the part is ahead.
    FacilityError
        When the telescope cannot be asked.
    """
    check_may_plan(by, plan.event)
    standing = FollowUpRequest.objects.open().filter(plan_key=part_key(plan, telescope), telescope=telescope).first()
    if standing is not None:
        return standing
    rows = _ahead(plan, telescope)
    return ask(
        telescope,
        by=by,
        pointings=[_row(one) for one in rows],
        window_start=max(rows[0].start, timezone.now()),
        window_end=max(one.end for one in rows),
        subject=_subject(plan),
        subject_url=plan.event.get_absolute_url(),
        plan_key=part_key(plan, telescope),
        priority=priority,
        note=note,
        groups=_groups(plan.event, by) if groups is None else groups,
        allocation=allocation,
        via=via,
    )


def _ahead(plan: ObservationPlan, telescope: str) -> list[PlannedPointing]:
    if plan.state != PlanState.DONE:
        raise NothingToPlan(f"Plan {plan.version} is {plan.get_state_display()}.", "Ask when it is done.")
    if plan.event.is_retracted:
        raise NothingToPlan(f"{plan.event.name} was retracted.", "Nothing should be observed for it.")
    rows = PlannedPointing.objects.filter(telescope_plan__plan=plan, telescope_plan__telescope=telescope)
    ahead = list(rows.filter(state=PointingState.PLANNED, end__gt=timezone.now()).order_by("start", "order"))
    if not ahead:
        raise NothingToPlan(
            f"Nothing of plan {plan.version} is ahead of {telescope}: its pointings were sent, are over, or there are "
            "none.",
            "Make a new plan.",
        )
    return ahead


def _row(one: PlannedPointing) -> dict[str, Any]:
    return {
        "order": one.order,
        "field_id": one.field_id,
        "ra_deg": one.ra_deg % 360.0,
        "dec_deg": one.dec_deg,
        "start": one.start,
        "end": one.end,
        "filter": one.filter,
        "exposure_s": one.exposure_s,
        "count": one.n_exposures,
    }


def _subject(plan: ObservationPlan) -> str:
    """What those who are asked read first: also that it is not real."""
    kind = "DRILL " if plan.event.is_drill else "TEST " if plan.event.is_test else ""
    return f"{kind}{plan.event}, plan {plan.version}"


def _groups(event: Event, by: User | AnonymousUser | None) -> list[Group]:
    """Whoever sees the event may see what was asked for it, as far as `by` may tell them."""
    groups = event.groups.all()
    return list(groups if by is None else groups.filter(pk__in=groups_where(by, ASK_PERMISSION).values("pk")))


# --- what they answer -------------------------------------------------------------------------------------------------
def note_sent(request: FollowUpRequest) -> None:
    """Mark the pointings of a request that left as sent: plans to come keep them."""
    if part := part_of(request):
        plan, telescope = part
        orders = _in_state(plan, telescope, _orders(request), (PointingState.PLANNED,))
        _report(plan, telescope, orders, PointingState.SENT, f"Request {request.pk}.")


def note_answer(request: FollowUpRequest, entry: RequestEntry) -> None:
    """Write what a telescope answered onto the pointings: under way, done, or that it cannot observe the event."""
    part = part_of(request)
    if part is None:
        return
    plan, telescope = part
    note = f"Request {request.pk}: {request.get_state_display()}."
    if entry.old_state == RequestState.DECLINED:
        _withdraw(plan.event, telescope)
    if entry.old_state == RequestState.DONE:
        done = _in_state(plan, telescope, _orders(request), (PointingState.DONE,))
        _report(plan, telescope, done, PointingState.PLANNED, note)
        note_sent(request)
    match request.state:
        case RequestState.OBSERVING:
            orders = _named(request, plan, telescope)
            _report(plan, telescope, orders, PointingState.STARTED, note)
        case RequestState.DONE:
            orders = _in_state(plan, telescope, _orders(request), _UNDER_WAY)
            _report(plan, telescope, orders, PointingState.DONE, note)
        case RequestState.DECLINED:
            _refuse(request, plan.event, telescope)


def note_end(request: FollowUpRequest) -> None:
    """Free the pointings of a request that was cancelled or could not be sent: others may take them."""
    part = part_of(request)
    if part is None or request.state not in (RequestState.CANCELLED, RequestState.FAILED):
        return
    plan, telescope = part
    if plan.event.is_retracted:
        return
    orders = _in_state(plan, telescope, _orders(request), (PointingState.SENT,))
    _report(plan, telescope, orders, PointingState.PLANNED, f"Request {request.pk}: {request.get_state_display()}.")


def cancel_requests(event: Event, reason: str) -> int:
    """Take back every open request for a plan of an event; returns how many."""
    cancelled = 0
    for plan in event.plans.all():
        for row in FollowUpRequest.objects.open().filter(plan_key__startswith=part_key(plan)):
            cancel_request(row, by=None, reason=reason, via=Via.SYSTEM)
            cancelled += 1
    return cancelled


def _orders(request: FollowUpRequest) -> list[int]:
    return [int(one["order"]) for one in request.pointings]


def _named(request: FollowUpRequest, plan: ObservationPlan, telescope: str) -> list[int]:
    """The pointing a telescope says it observes now: the first number in its words that is one of them."""
    orders = set(_orders(request))
    named = [int(number) for number in _NUMBER.findall(request.progress) if int(number) in orders][:1]
    return _in_state(plan, telescope, named, (PointingState.PLANNED, PointingState.SENT))


def _in_state(
    plan: ObservationPlan, telescope: str, orders: Iterable[int], states: Iterable[PointingState]
) -> list[int]:
    """Those of some pointings that are in a state now."""
    rows = PlannedPointing.objects.filter(
        telescope_plan__plan=plan, telescope_plan__telescope=telescope, order__in=list(orders), state__in=list(states)
    )
    return list(rows.values_list("order", flat=True))


def _report(plan: ObservationPlan, telescope: str, orders: list[int], state: PointingState, note: str) -> None:
    if not orders:
        return
    try:
        report_pointings(plan, telescope, orders, state, by=None, note=note)
    except GcnError as error:
        # The request stands as it is; somebody reported the pointings otherwise a moment ago.
        logger.warning("%s of plan %s: %s", telescope, plan.pk, error)


def _refuse(request: FollowUpRequest, event: Event, telescope: str) -> None:
    """A telescope that cannot in this window may be asked for the next."""
    until = request.window_end if request.window_end > timezone.now() else None
    if until is None:
        # Too late to matter to any plan.
        return
    try:
        refuse(event, telescope, request.reason_code, by=None, reason=request.reason, until=until)
    except (GcnError, FacilityError) as error:
        logger.warning("%s cannot observe %s: %s", telescope, event.name, error)


def _withdraw(event: Event, telescope: str) -> None:
    for row in Refusal.objects.filter(event=event, telescope=telescope, withdrawn_at=None):
        withdraw_refusal(row, by=None)
