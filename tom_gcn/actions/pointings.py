"""What telescopes report: pointings sent, under way, done or impossible, and telescopes that cannot observe at all."""

import logging
from collections.abc import Collection, Iterable
from datetime import datetime

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from tom_gcn import signals
from tom_gcn.actions.plans import check_may_plan
from tom_gcn.choices import OPEN_POINTINGS, PlanState, PointingState, RefusalReason
from tom_gcn.exceptions import GcnError
from tom_gcn.models import Event, ObservationPlan, PlannedPointing, Refusal, TelescopePlan
from tom_grandma_facilities.registry import get_telescope

logger = logging.getLogger(__name__)

_S = PointingState
# From where a pointing may come to each state that can be reported. A mistaken report is taken back by `planned`;
# what was cancelled may have been observed all the same.
REPORTABLE: dict[PointingState, frozenset[PointingState]] = {
    _S.PLANNED: frozenset({_S.PLANNED, _S.SENT, _S.STARTED, _S.DONE, _S.CANNOT}),
    _S.SENT: frozenset({_S.PLANNED, _S.SENT}),
    _S.STARTED: frozenset({_S.PLANNED, _S.SENT, _S.STARTED, _S.CANNOT, _S.CANCELLED}),
    _S.DONE: frozenset(_S),
    _S.CANNOT: frozenset(_S),
}
LONGEST_NOTE = 300


class InvalidReport(GcnError):
    """A report that fits nothing planned."""

    code = "invalid-report"


def report_pointings(
    plan: ObservationPlan,
    telescope: str,
    orders: Collection[int] | None,
    state: str,
    *,
    by: User | AnonymousUser | None,
    note: str = "",
) -> list[PlannedPointing]:
    """Write down what a telescope says of its pointings: `sent`, `started`, `done`, `cannot`; `planned` takes it back.

    `orders` are the numbers in the plan; None: all that are still open. The same pointing in other plans of the event,
    to which it was carried over, gets the same report. A report said again changes nothing. Of `cannot` a new plan of
    the event follows, which gives that sky to others; what is sent, under way or done stays in every plan to come.

    Raises
    ------
    NotAllowed
        When `by` may not plan this event.
    InvalidReport
        When the plan has no such telescope or number, is not done, or the pointings cannot come to that state.
    """
    check_may_plan(by, plan.event)
    wanted = _state(state)
    with transaction.atomic():
        # One report after the other, and none while a new plan of the event is written.
        Event.objects.select_for_update().get(pk=plan.event_id)
        rows = _asked(plan, telescope, orders, wanted)
        changed = [row for row in rows if row.state != wanted]
        counted = [row.order for row in changed if row.state in (_S.DONE, _S.STARTED)]
        for row in _everywhere(changed, wanted):
            row.state, row.note = wanted, note[:LONGEST_NOTE]
            row.reported_at, row.reported_by_id = timezone.now(), by.pk if by else None
            row.save(update_fields=["state", "note", "reported_at", "reported_by"])
        if changed:
            numbers = [row.order for row in changed]
            facts = {"plan": plan, "telescope": telescope, "orders": numbers, "state": wanted, "counted": counted}
            transaction.on_commit(lambda: signals.pointings_reported.send(ObservationPlan, **facts))
    if changed:
        logger.info("%s: %d pointings of plan %s are %s", telescope, len(changed), plan.pk, wanted)
    return rows


def _state(state: str) -> PointingState:
    if state not in set(REPORTABLE):
        known = ", ".join(REPORTABLE)
        raise InvalidReport(f"“{state[:20]}” cannot be reported.", f"Report one of {known}.")
    return PointingState(state)


def _asked(
    plan: ObservationPlan, telescope: str, orders: Collection[int] | None, state: PointingState
) -> list[PlannedPointing]:
    """The pointings a report is about, locked."""
    if plan.state != PlanState.DONE:
        raise InvalidReport(f"Plan {plan.version} is {plan.get_state_display()}.", "Report on a plan that is done.")
    part = TelescopePlan.objects.filter(plan=plan, telescope=telescope).first()
    if part is None:
        raise InvalidReport(f"Plan {plan.version} has no telescope {telescope[:60]}.", "See its telescopes.")
    rows = part.pointings.select_for_update(of=("self",)).select_related("telescope_plan").order_by("order")
    if orders is None:
        return list(rows.filter(state__in=OPEN_POINTINGS))
    found = list(rows.filter(order__in=orders))
    if missing := sorted(set(orders) - {row.order for row in found}):
        numbers = ", ".join(map(str, missing[:10]))
        raise InvalidReport(f"{telescope} has no pointing {numbers} in plan {plan.version}.", "See its pointings.")
    barred = [row for row in found if row.state not in REPORTABLE[state]]
    if barred:
        words = ", ".join(f"{row.order} is {row.get_state_display()}" for row in barred[:10])
        raise InvalidReport(f"These pointings cannot be {state.label} any more: {words}.", "Leave them out.")
    return found


def _everywhere(rows: Iterable[PlannedPointing], state: PointingState) -> list[PlannedPointing]:
    """The pointings and what they were carried from and to, as far as those can come to the state."""
    found: dict[int, PlannedPointing] = {row.pk: row for row in rows}
    edge = list(found.values())
    while edge:
        numbers = [row.pk for row in edge]
        origins = [row.carried_from_id for row in edge if row.carried_from_id]
        near = PlannedPointing.objects.filter(pk__in=origins) | PlannedPointing.objects.filter(carried_from__in=numbers)
        edge = [row for row in near if row.pk not in found]
        found |= {row.pk: row for row in edge}
    return [row for row in found.values() if row.state in REPORTABLE[state]]


def refuse(
    event: Event,
    telescope: str,
    reason_code: str = RefusalReason.OTHER,
    *,
    by: User | AnonymousUser | None,
    reason: str = "",
    until: datetime | None = None,
) -> Refusal:
    """Write down that a telescope cannot observe an event, until a time or at all; its open pointings are `cannot`.

    A new plan of the event follows, which gives its fields to others. Said again, the newer word counts.

    Raises
    ------
    NotAllowed
        When `by` may not plan this event.
    UnknownTelescope
        When no telescope has this name.
    InvalidReport
        When the reason is not known or the time has passed already.
    """
    check_may_plan(by, event)
    name = get_telescope(telescope).name
    if reason_code not in RefusalReason.values:
        raise InvalidReport(f"“{reason_code[:20]}” is no reason.", f"Give one of {', '.join(RefusalReason.values)}.")
    now = timezone.now()
    if until is not None and until <= now:
        raise InvalidReport("The time until which it cannot observe has passed.", "Give a time to come, or none.")
    with transaction.atomic():
        Event.objects.select_for_update().get(pk=event.pk)
        Refusal.objects.filter(event=event, telescope=name, withdrawn_at=None).update(withdrawn_at=now)
        row = Refusal.objects.create(
            event=event, telescope=name, reason_code=reason_code, reason=reason[:LONGEST_NOTE], until=until,
            by_id=by.pk if by else None, at=now,
        )  # fmt: skip
        give_up_pointings(event, name, row.sentence, until=until, by=by)
        transaction.on_commit(lambda: signals.telescope_refused.send(Refusal, refusal=row))
    logger.info("%s cannot observe %s: %s", name, event.name, row.sentence)
    return row


def withdraw_refusal(refusal: Refusal, *, by: User | AnonymousUser | None) -> Refusal:
    """Take a "cannot" back: the telescope takes part in plans of the event again, beginning with the next.

    Raises
    ------
    NotAllowed
        When `by` may not plan this event.
    """
    check_may_plan(by, refusal.event)
    with transaction.atomic():
        row = Refusal.objects.select_for_update().get(pk=refusal.pk)
        if row.withdrawn_at is not None:
            return row
        row.withdrawn_at = timezone.now()
        row.save(update_fields=["withdrawn_at"])
        transaction.on_commit(lambda: signals.telescope_refused.send(Refusal, refusal=row))
    return row


def give_up_pointings(
    event: Event,
    telescope: str,
    note: str,
    *,
    until: datetime | None = None,
    by: User | AnonymousUser | None = None,
) -> int:
    """Mark as impossible what a telescope was to begin before a time (None: at all); what is under way goes on."""
    rows = PlannedPointing.objects.filter(
        telescope_plan__plan__event=event,
        telescope_plan__telescope=telescope,
        state__in=(PointingState.PLANNED, PointingState.SENT),
    )
    if until is not None:
        rows = rows.filter(start__lt=until)
    return rows.update(
        state=PointingState.CANNOT,
        note=note[:LONGEST_NOTE],
        reported_at=timezone.now(),
        reported_by_id=by.pk if by else None,
    )


def cancel_pointings(event: Event, note: str) -> int:
    """Cancel everything open in all plans of an event, and say why on each pointing."""
    rows = PlannedPointing.objects.filter(telescope_plan__plan__event=event, state__in=OPEN_POINTINGS)
    return rows.update(state=PointingState.CANCELLED, note=note[:LONGEST_NOTE], reported_at=timezone.now())


def last_end(rows: Iterable[PlannedPointing]) -> datetime | None:
    """When the last of some pointings was to end."""
    pks = [row.pk for row in rows]
    return PlannedPointing.objects.filter(pk__in=pks).aggregate(last=Max("end"))["last"]
