"""Asking for a plan of the network, cancelling it, keeping it as the plan of record, bringing it back to the queue."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from tom_gcn import signals
from tom_gcn.choices import UNFINISHED_PLANS, UNFINISHED_REFINEMENTS, PlanCause, PlanState, Refinement
from tom_gcn.exceptions import NotAllowed, NothingToPlan
from tom_gcn.locks import LockSpace, is_worked_on
from tom_gcn.models import Event, Localization, ObservationPlan, PlanPreset
from tom_gcn.network import choose_for, closures
from tom_gcn.planning.wish import ALL, PlanWish
from tom_gcn.site_wishes import site_options
from tom_grandma_facilities.held import holds_for_one_of

logger = logging.getLogger(__name__)

# A queued plan that nobody began after this long was handed to a worker that died before it could start.
FORGOTTEN_AFTER = timedelta(seconds=15)
NETWORK_ENGINE = "network"
NETWORK: tuple[list[str], ...] = ([], list(ALL))


def request_plan(
    event: Event,
    *,
    by: User | AnonymousUser | None,
    why: str = "",
    wish: PlanWish | None = None,
    telescopes: Sequence[str] = (),
    start: datetime | None = None,
    hours: float | None = None,
    cause: PlanCause = PlanCause.ASKED,
    preset: PlanPreset | None = None,
    previous: ObservationPlan | None = None,
) -> ObservationPlan:
    """Ask for a new plan of an event's current localization; `by=None` is the system itself.

    `telescopes`, `start` and `hours` are the short form of a wish. `previous` is the plan that this one takes over
    from: its fields are kept where they are as good, and what changed is told.

    Raises
    ------
    NotAllowed
        When `by` may not ask for plans of this event.
    NothingToPlan
        When the event has no localization or was retracted, or none of the telescopes named can be planned.
    WishError
        When the short form names a telescope that is not ours or an impossible time.
    """
    if by is not None and not may_request_plan(by, event):
        raise NotAllowed("You may not ask for a plan of this event.", "Ask a group admin for the right to plan.")
    if wish is None:
        length = settings.ICARE_PLAN_HOURS if hours is None else hours
        names = tuple(sorted(set(telescopes)))
        wish = PlanWish(telescopes=names, start=start, hours=length, options=site_options())
    _refuse_closed(event, wish)
    with transaction.atomic():
        # The event's row serialises the numbering of its versions.
        event = Event.objects.select_for_update().get(pk=event.pk)
        localization = _localization_to_plan(event)
        if same := _same_plan(event, localization, wish, cause, previous):
            return same
        latest = event.plans.aggregate(latest=Max("version"))["latest"] or 0
        plan = ObservationPlan.objects.create(
            event=event,
            localization=localization,
            version=latest + 1,
            requested_by_id=by.pk if by else None,
            why=why[:200],
            cause=cause,
            preset=preset,
            previous=previous,
            queued_at=timezone.now(),
            **_columns(wish),
        )
        signals.plan_requested.send(ObservationPlan, plan=plan)
    logger.info("plan %s of %s asked for by %s", plan.version, event.name, by or "the system")
    return plan


def _columns(wish: PlanWish) -> dict[str, Any]:
    """What the row of a plan says of its wish."""
    return {
        "wish": wish.to_json(),
        "engine": wish.engine,
        "telescopes": list(wish.telescopes),
        "window_start": wish.start or timezone.now(),
        "starts_when_made": wish.start is None,
        "hours": wish.hours,
    }


def _localization_to_plan(event: Event) -> Localization:
    """The localization plans are made for."""
    if event.is_retracted:
        raise NothingToPlan(f"{event.name} was retracted.", "Nothing should be observed for it.")
    localization = event.localizations.filter(is_current=True).first()
    if localization is None:
        raise NothingToPlan(f"{event} has no localization with an area yet.", "Wait for the next notice.")
    return localization


def _same_plan(
    event: Event, localization: Localization, wish: PlanWish, cause: PlanCause, previous: ObservationPlan | None
) -> ObservationPlan | None:
    """The unfinished plan of the very same wish: asked again by an impatient thumb, or by a script that tries twice."""
    same = event.plans.filter(localization=localization, wish=wish.to_json(), previous=previous)
    # One at work began at its own now where no start was chosen, and may not know what the system plans again for.
    is_settled = wish.start is not None and cause == PlanCause.ASKED
    states = UNFINISHED_PLANS if is_settled else (PlanState.QUEUED,)
    return same.filter(state__in=states, cancel_requested_at=None).first()


def _refuse_closed(event: Event, wish: PlanWish) -> None:
    """Of telescopes asked for by name at least one must be able to do something."""
    if not wish.telescopes or wish.telescopes == ALL:
        return
    start = wish.start or timezone.now()
    chosen = choose_for(wish, start, closures(start, event))
    if not chosen.telescopes:
        why = " ".join(f"{name}: {reason}" for name, reason in chosen.excluded.items())
        raise NothingToPlan("None of these telescopes can be planned.", why)


def may_request_plan(user: User | AnonymousUser, event: Event) -> bool:
    """Whether a user may ask for plans of an event, cancel, keep and report: sees it, and holds the right for it."""
    return holds_for_one_of(user, "tom_gcn.request_plan", Event.objects.visible_to(user).filter(pk=event.pk))


def check_may_plan(by: User | AnonymousUser | None, event: Event) -> None:
    """Refuse who may not; `by=None` is the system itself.

    Raises
    ------
    NotAllowed
    """
    if by is not None and not may_request_plan(by, event):
        raise NotAllowed("You may not change the plans of this event.", "Ask a group admin for the right to plan.")


def cancel_plan(plan: ObservationPlan, *, by: User | AnonymousUser | None, why: str = "") -> ObservationPlan:
    """Stop the making of a plan: a waiting one at once, a running one within seconds; a refinement too.

    A plan that is finished already stays as it is. A better plan that was still being looked for is given up.

    Raises
    ------
    NotAllowed
        When `by` may not ask for plans of this event.
    """
    check_may_plan(by, plan.event)
    with transaction.atomic():
        row = ObservationPlan.objects.select_for_update().get(pk=plan.pk)
        row.cancel_requested_at = row.cancel_requested_at or timezone.now()
        row.cancel_requested_by_id = row.cancel_requested_by_id or (by.pk if by else None)
        if row.state == PlanState.QUEUED or (
            row.state == PlanState.RUNNING and not is_worked_on(LockSpace.PLAN, row.pk)
        ):
            close_cancelled(row, why)
        elif row.refinement in UNFINISHED_REFINEMENTS:
            row.refinement, row.refinement_note = Refinement.FAILED, why or "It was cancelled."
        elif not row.is_unfinished:
            return row
        row.save()
        transaction.on_commit(lambda: signals.plan_finished.send(ObservationPlan, plan=row))
    logger.info("plan %s of event %s cancelled by %s", row.version, row.event_id, by or "the system")
    return row


def close_cancelled(row: ObservationPlan, why: str = "") -> None:
    """Write onto a row, not yet saved, that the plan was cancelled."""
    row.state, row.reason_code, row.doing = PlanState.CANCELLED, row.reason_code or "cancelled", ""
    row.reason = row.reason or why or f"It was cancelled{_by(row)}."
    row.finished_at = timezone.now()


def _by(row: ObservationPlan) -> str:
    return f" by {row.cancel_requested_by}" if row.cancel_requested_by else ""


def keep_plan(plan: ObservationPlan, *, by: User | AnonymousUser) -> ObservationPlan:
    """Make a finished plan the plan of record by hand: it stays until another is kept, or it is planned again.

    Raises
    ------
    NotAllowed
        When `by` may not ask for plans of this event.
    NothingToPlan
        When the plan is not finished, or its event was retracted.
    """
    check_may_plan(by, plan.event)
    with transaction.atomic():
        event = Event.objects.select_for_update().get(pk=plan.event_id)
        row = ObservationPlan.objects.select_for_update().get(pk=plan.pk)
        if event.is_retracted:
            raise NothingToPlan(f"{event.name} was retracted.", "Nothing should be observed for it.")
        if row.state != PlanState.DONE:
            raise NothingToPlan(f"Plan {row.version} is {row.get_state_display()}.", "Keep a plan that is done.")
        put_on_record(row, by=by)
    logger.info("plan %s of %s is the plan of record, kept by %s", row.version, event.name, by)
    return row


def put_on_record(row: ObservationPlan, by: User | AnonymousUser | None = None) -> None:
    """Make a plan the one the network goes by; the event's row must be locked.

    A plan that follows one kept by hand is kept by the same hand: it is that plan, made anew around what happened.
    """
    others = ObservationPlan.objects.filter(event=row.event_id, is_of_record=True).exclude(pk=row.pk)
    kept_by = others.filter(pk=row.previous_id).values_list("of_record_by_id", flat=True).first()
    others.update(is_of_record=False)
    row.is_of_record, row.of_record_at = True, timezone.now()
    row.of_record_by_id = by.pk if by else kept_by if row.cause != PlanCause.ASKED else None
    row.save(update_fields=["is_of_record", "of_record_by", "of_record_at"])


# Plans of one map that differ by less come out alike.
CLEARLY_LESS = 0.02


def takes_over(plan: ObservationPlan, record: ObservationPlan | None) -> bool:
    """Whether a plan that was just made becomes the plan of record by itself."""
    if plan.engine != NETWORK_ENGINE:
        return False
    if record is None:
        return True
    same_place = record.localization.skymap_id == plan.localization.skymap_id
    if not same_place and not is_of_current_map(plan):
        return False
    if plan.previous_id == record.pk and plan.cause != PlanCause.ASKED:
        return True
    if is_of_network(plan) == is_of_network(record) and same_place and record.version > plan.version:
        # It was asked for before the other, and was only longer in the making.
        return False
    is_worse = same_place and record.n_pointings and (not plan.n_pointings or _reaches_less(plan, record))
    stands = is_worse or record.of_record_by_id is not None
    return not stands and (is_of_network(plan) or not is_of_network(record))


def _reaches_less(plan: ObservationPlan, record: ObservationPlan) -> bool:
    """Whether a plan covers clearly less than one that still lies ahead: a trial, until somebody keeps it."""
    is_ahead = record.window_start + timedelta(hours=record.hours) > timezone.now()
    return is_ahead and _reach(plan) < _reach(record) - CLEARLY_LESS


def _reach(plan: ObservationPlan) -> float:
    return (plan.covered_probability or 0.0) + (plan.executed_probability or 0.0)


def is_of_current_map(plan: ObservationPlan) -> bool:
    """Whether it is for the sky map the event has now, by whichever of its notices."""
    current = Localization.objects.filter(event=plan.event_id, is_current=True, skymap=plan.localization.skymap_id)
    return current.exists()


def is_of_network(plan: ObservationPlan) -> bool:
    """Whether it is for the network as a whole: not for telescopes somebody named."""
    return plan.telescopes in NETWORK or plan.preset_id is not None


def plan_of_record(event: Event) -> ObservationPlan | None:
    """The plan the network goes by."""
    return event.plans.filter(is_of_record=True).select_related("localization").first()


def abandoned_plans(*, queue_moves: bool) -> QuerySet[ObservationPlan]:
    """Return the unfinished plans on which nobody works any more.

    A plan that merely waits behind others (`queue_moves`: there is due work in the queue) is not lost.
    """
    suspect = Q(state=PlanState.RUNNING)
    if not queue_moves:
        suspect |= Q(state=PlanState.QUEUED, queued_at__lt=timezone.now() - FORGOTTEN_AFTER)
    suspects = ObservationPlan.objects.filter(suspect)
    return suspects.filter(
        pk__in=[pk for pk in suspects.values_list("pk", flat=True) if not is_worked_on(LockSpace.PLAN, pk)]
    )


def requeue_plan(plan: ObservationPlan) -> bool:
    """Put an abandoned plan on the queue again, together with the note of it; False when it moved on meanwhile."""
    with transaction.atomic():
        moved = ObservationPlan.objects.filter(pk=plan.pk, state__in=UNFINISHED_PLANS, queued_at=plan.queued_at).update(
            state=PlanState.QUEUED, queued_at=timezone.now(), progress=0.0, doing=""
        )
        if moved:
            signals.plan_requested.send(ObservationPlan, plan=plan)
    return bool(moved)
