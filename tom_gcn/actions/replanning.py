"""Planning again when the facts changed: a new localization, a telescope that cannot, weather, something observed.

What is sent, under way or done stays; the rest is planned anew from what is known when the work begins, so that one
waiting plan answers any number of reasons. A retraction cancels everything that is open.
"""

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import DurationField, ExpressionWrapper, F, Q, QuerySet, Value
from django.utils import timezone

from tom_gcn import signals
from tom_gcn.actions.plans import close_cancelled, plan_of_record, request_plan
from tom_gcn.actions.pointings import cancel_pointings, give_up_pointings, last_end, refuse
from tom_gcn.choices import (
    OPEN_POINTINGS,
    UNFINISHED_PLANS,
    UNFINISHED_REFINEMENTS,
    EventState,
    PlanCause,
    PlanState,
    PointingState,
    Refinement,
    RefusalReason,
)
from tom_gcn.coverage import Footprint, union_probability
from tom_gcn.exceptions import GcnError
from tom_gcn.models import Event, ObservationPlan, PlannedPointing, Refusal, TelescopePlan
from tom_gcn.plan_problem import Prepared, executed_for, has_other_telescopes, wish_of
from tom_gcn.planning.wish import PlanWish, WishError
from tom_gcn.skymaps import SkyMap
from tom_grandma_facilities.almanac import separation_deg
from tom_grandma_facilities.executed.columns import known_as
from tom_grandma_facilities.models import ExecutedObservation, TelescopeStatus

logger = logging.getLogger(__name__)

# What a plan takes over from the plan of record when its making begins.
FOLLOWED = ("previous", "preset", "wish", "engine", "telescopes", "hours", "starts_when_made")
RETRACTED = "The event was retracted: nothing should be observed for it."
LONGEST_WHY = 200
# An observation this near in place and time to what was planned is that.
SAME_PLACE_DEG = 0.05
SAME_TIME = timedelta(hours=6)


def replan(event: Event, cause: PlanCause, why: str) -> ObservationPlan | None:
    """Ask for a new plan in place of the plan of record, with its settings; None where there is none to replace.

    A plan of this kind that still waits will see the new facts too: then only the reason is added to it.
    """
    with transaction.atomic():
        event = Event.objects.select_for_update().get(pk=event.pk)
        record = plan_of_record(event)
        if record is None or event.is_retracted:
            return None
        if waiting := _waiting(event):
            if why not in waiting.why:
                waiting.why = f"{waiting.why}; {why}"[:LONGEST_WHY]
                waiting.save(update_fields=["why"])
            return waiting
        try:
            return request_plan(
                event, by=None, why=why, wish=_wish_again(record), cause=cause, preset=record.preset, previous=record
            )
        except (GcnError, WishError) as error:
            logger.warning("no new plan of %s (%s): %s", event.name, why, error)
            return None


def follow_record(plan: ObservationPlan) -> None:
    """Let a plan by the system, not yet saved, follow the plan of record of now with its settings.

    Between its asking and its making the network may have begun to go by another plan.
    """
    if plan.cause == PlanCause.ASKED or plan.previous_id is None:
        return
    record = plan_of_record(plan.event)
    if record is None or record.pk == plan.previous_id:
        return
    try:
        wish = _wish_again(record)
    except WishError as error:
        logger.warning("plan %s of %s keeps its own settings: %s", plan.version, plan.event.name, error)
        return
    plan.previous, plan.preset, plan.wish, plan.engine = record, record.preset, wish.to_json(), wish.engine
    plan.telescopes, plan.hours, plan.starts_when_made = list(wish.telescopes), wish.hours, wish.start is None
    plan.window_start = wish.start or timezone.now()


def look_again(record: ObservationPlan, prepared: Prepared) -> None:
    """Plan again for what came between the last look at the facts and the plan being there for all to see."""
    if has_other_telescopes(prepared, record):
        replan(record.event, PlanCause.STATUS, "telescopes were closed or opened while it was made")
    _weigh(record, _seen(record), prepared.moment)


def _waiting(event: Event) -> ObservationPlan | None:
    """The plan by the system that waits for the current localization, if there is one."""
    waiting = event.plans.filter(state=PlanState.QUEUED, localization__is_current=True, cancel_requested_at=None)
    return waiting.exclude(cause=PlanCause.ASKED).first()


def _wish_again(record: ObservationPlan) -> PlanWish:
    """What was asked for the last time; a start that has passed is now, and the end stays where a start was chosen."""
    wish = wish_of(record)
    if wish.start is None or wish.start > timezone.now():
        return wish
    left = (wish.start + timedelta(hours=wish.hours) - timezone.now()) / timedelta(hours=1)
    values = wish.to_json() | {"start": None}
    return PlanWish.from_json(values | {"hours": left} if left > 0 else values)


def _live_records() -> QuerySet[ObservationPlan]:
    """Plans of record of standing events whose time is not over; of tests only the drills."""
    length = ExpressionWrapper(F("hours") * Value(timedelta(hours=1)), output_field=DurationField())
    rows = ObservationPlan.objects.filter(is_of_record=True, event__state=EventState.ACTIVE)
    rows = rows.filter(Q(event__is_test=False) | ~Q(event__drill_of=""))
    return rows.alias(ends=F("window_start") + length).filter(ends__gt=timezone.now()).select_related("event")


def answer_refusal(refusal: Refusal) -> ObservationPlan | None:
    """Plan again without a telescope that cannot observe, or with one that can again."""
    again = "can observe again" if refusal.withdrawn_at else f"cannot observe ({refusal.get_reason_code_display()})"
    record = plan_of_record(refusal.event)
    if record is None or not _concerns(record, refusal.telescope, leaves=refusal.withdrawn_at is None):
        return None
    return replan(refusal.event, PlanCause.REFUSAL, f"{refusal.telescope} {again}")


def answer_report(
    plan: ObservationPlan, telescope: str, orders: Collection[int], state: str, counted: Collection[int] = ()
) -> None:
    """Of pointings that cannot be done a new plan follows; other reports are what was planned.

    So it does where reports that counted (`counted`: done or under way) are taken back and the plan of record left
    out their sky. A telescope that can do nothing of what it should have begun till then is taken to be out until the
    last of them.
    """
    if state == PointingState.PLANNED and _is_left_out(plan, telescope, counted):
        replan(plan.event, PlanCause.REFUSAL, f"{telescope} did not do {_count(len(counted))} after all")
    if state != PointingState.CANNOT:
        return
    part = TelescopePlan.objects.get(plan=plan, telescope=telescope)
    until = last_end(part.pointings.filter(order__in=orders))
    note = part.pointings.filter(order__in=orders).values_list("note", flat=True).first() or ""
    if until and until > timezone.now() and not _open_of(plan.event, telescope).filter(start__lt=until).exists():
        refuse(plan.event, telescope, RefusalReason.OTHER, by=None, reason=note, until=until)
        return
    replan(plan.event, PlanCause.REFUSAL, f"{telescope} cannot do {_count(len(orders))}")


def _is_left_out(plan: ObservationPlan, telescope: str, orders: Collection[int]) -> bool:
    """Whether the plan of record has none of its own to come in the place of one of these pointings."""
    rows = PlannedPointing.objects.filter(telescope_plan__plan=plan, telescope_plan__telescope=telescope)
    to_come = list(_open_of(plan.event, telescope).filter(end__gt=timezone.now()))
    return any(
        not any(_is_near(row.ra_deg, row.dec_deg, one) for one in to_come) for row in rows.filter(order__in=orders)
    )


def answer_status(name: str, *, was_closed: bool) -> list[ObservationPlan]:
    """Plan again what a telescope's new state changes: closed, its open pointings are given up; open, it joins in."""
    row = TelescopeStatus.objects.filter(telescope=name).first()
    is_closed = row is not None and row.is_closed_at(timezone.now())
    if row is None or not (is_closed or was_closed):
        return []
    made = []
    for record in _live_records():
        if not _concerns(record, name, leaves=is_closed):
            continue
        with transaction.atomic():
            if is_closed:
                give_up_pointings(record.event, name, row.sentence, until=row.until)
            words = f"{name} is {row.get_state_display()}" if is_closed else f"{name} is open again"
            made.append(replan(record.event, PlanCause.STATUS, words))
    return [plan for plan in made if plan]


def answer_observations(telescopes: Iterable[str], start: datetime, end: datetime) -> list[ObservationPlan]:
    """Plan again the events of which something was observed that their plans do not know of.

    Only where all that became known since the plan was made takes more probability out of the map than its
    `stability` allows to ignore.
    """
    made = []
    names = set(telescopes)
    for record in _live_records().select_related("event", "localization__skymap"):
        if end < (record.event.t0 or record.event.created_at):
            continue
        seen = _seen(record)
        _mark_done(record.event, [row for row in seen if row.telescope in names and start <= row.start <= end])
        made.append(_weigh(record, seen, record.started_at or record.requested_at))
    return [plan for plan in made if plan]


def _seen(record: ObservationPlan) -> list[ExecutedObservation]:
    return executed_for(record.event, record.localization.skymap.data, timezone.now())


def _weigh(record: ObservationPlan, seen: Sequence[ExecutedObservation], since: datetime) -> ObservationPlan | None:
    """Plan again if what became known since a moment, and was not planned, matters."""
    news = [row for row in seen if _is_news(row, since)]
    others = [row for row, visit in _visits(record.event, news) if not visit]
    if not others:
        return None
    try:
        stability = wish_of(record).options.stability
    except WishError as error:
        logger.warning("no new plan of %s: the wish of plan %s is void: %s", record.event.name, record.version, error)
        return None
    probability = _outside_the_plan(record.localization.skymap.data, others)
    if probability <= stability:
        return None
    who = ", ".join(sorted({row.telescope for row in others})[:3])
    why = f"{who} observed {100 * probability:.1f} % of the map outside the plan"
    return replan(record.event, PlanCause.EXECUTED, why)


def _is_news(row: ExecutedObservation, since: datetime) -> bool:
    """Whether a plan made at a moment did not know an observation, or knew it at another place."""
    if row.created_at > since:
        return True
    return row.changed_at > since and bool(row.earlier) and _place_told(row.earlier[-1]) != _place_told(row.raw)


def _place_told(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Of an observation as it came what says where and when it was."""
    told = {known_as(key): value for key, value in raw.items()}
    return {name: told.get(name) for name in ("ra", "dec", "field_id", "obstime")}


def _mark_done(event: Event, seen: Sequence[ExecutedObservation]) -> None:
    """Mark the pointings of the event that were executed as done."""
    now = timezone.now()
    for row, visit in _visits(event, seen):
        open_rows = PlannedPointing.objects.filter(pk__in=[one.pk for one in visit], state__in=OPEN_POINTINGS)
        open_rows.update(state=PointingState.DONE, note=f"Executed as {row.observation_id}.", reported_at=now)


def _visits(
    event: Event, seen: Sequence[ExecutedObservation]
) -> Iterator[tuple[ExecutedObservation, list[PlannedPointing]]]:
    """Each observation with the pointings it is of; none where nobody had planned it."""
    rows = PlannedPointing.objects.filter(
        telescope_plan__plan__event=event,
        telescope_plan__plan__state=PlanState.DONE,
        telescope_plan__telescope__in={row.telescope for row in seen},
    ).exclude(state__in=(PointingState.CANNOT, PointingState.CANCELLED))
    planned: dict[str, list[PlannedPointing]] = {}
    for pointing in rows.select_related("telescope_plan"):
        planned.setdefault(pointing.telescope_plan.telescope, []).append(pointing)
    for row in seen:
        matching = [one for one in planned.get(row.telescope, []) if _is_of(row, one)]
        # Of several visits of a field the nearest in time; the same one may stand in several plans.
        nearest = min((abs(one.start - row.start) for one in matching), default=None)
        yield row, [one for one in matching if abs(one.start - row.start) == nearest]


def _is_of(row: ExecutedObservation, planned: PlannedPointing) -> bool:
    """Whether an observation is what was planned: the same place, at about that time."""
    return abs(row.start - planned.start) <= SAME_TIME and _is_near(row.ra_deg, row.dec_deg, planned)


def _is_near(ra_deg: float, dec_deg: float, planned: PlannedPointing) -> bool:
    if abs(dec_deg - planned.dec_deg) > SAME_PLACE_DEG:
        return False
    return bool(separation_deg(ra_deg, dec_deg, planned.ra_deg, planned.dec_deg) <= SAME_PLACE_DEG)


def _outside_the_plan(skymap: SkyMap, seen: Sequence[ExecutedObservation]) -> float:
    """Probability in the fields of observations that nobody had planned."""
    shapes = [row.pointing for row in seen]
    fields = [Footprint(one.shape, one.width_deg, one.height_deg, one.ra_deg, one.dec_deg) for one in shapes if one]
    return union_probability(skymap, fields)


def _concerns(record: ObservationPlan, telescope: str, *, leaves: bool) -> bool:
    """Whether a plan changes when a telescope leaves or comes back.

    It may leave with its pointings given up already: then the plan still names them.
    """
    part = TelescopePlan.objects.filter(plan=record, telescope=telescope).first()
    # Read as it was written: a wish that has become impossible must not keep the other plans from being looked at.
    if part is None or telescope in record.wish.get("without", ()):
        return False
    later = part.pointings.filter(end__gt=timezone.now()).exclude(state=PointingState.DONE)
    return later.exists() if leaves else True


def _open_of(event: Event, telescope: str) -> QuerySet[PlannedPointing]:
    rows = PlannedPointing.objects.filter(telescope_plan__plan__event=event, telescope_plan__telescope=telescope)
    return rows.filter(telescope_plan__plan__is_of_record=True, state__in=OPEN_POINTINGS)


def _count(number: int) -> str:
    return "1 pointing" if number == 1 else f"{number} pointings"


def stop_plans(event: Event, why: str = RETRACTED) -> int:
    """Cancel everything open of a retracted event: plans being made or made better, and every open pointing.

    A worker at it will find its row closed. Returns the number of plans that were being made.
    """
    unfinished = event.plans.filter(state__in=UNFINISHED_PLANS)
    stopped = list(unfinished.select_for_update())
    for row in stopped:
        row.cancel_requested_at, row.reason_code = timezone.now(), "retracted"
        close_cancelled(row, why)
        row.save()
        transaction.on_commit(partial(signals.plan_finished.send, ObservationPlan, plan=row))
    event.plans.filter(refinement__in=UNFINISHED_REFINEMENTS).update(
        refinement=Refinement.FAILED, refinement_note=why, cancel_requested_at=timezone.now()
    )
    cancelled = cancel_pointings(event, why)
    logger.info("%s: %d plans and %d pointings cancelled", event.name, len(stopped), cancelled)
    return len(stopped)
