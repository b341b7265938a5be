"""Asking for a plan of the network, making it, and bringing it back when a worker died over it."""

import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from tom_gcn import signals
from tom_gcn.choices import UNFINISHED_PLANS, PlanState
from tom_gcn.exceptions import NotAllowed, NothingToPlan
from tom_gcn.locks import LockSpace, is_worked_on, working_on
from tom_gcn.models import Event, ObservationPlan, PlannedPointing, TelescopePlan
from tom_gcn.network import choose_telescopes
from tom_gcn.planning import NetworkPlan, Pointing, TelescopeResult, plan_network
from tom_grandma_facilities.registry import get_telescope

logger = logging.getLogger(__name__)

# A queued plan that nobody began after this long was handed to a worker that died before it could start.
FORGOTTEN_AFTER = timedelta(seconds=15)
PROGRESS_EVERY_S = 0.5


def request_plan(
    event: Event,
    *,
    by: User | AnonymousUser | None,
    why: str = "",
    telescopes: Sequence[str] = (),
    start: datetime | None = None,
    hours: float | None = None,
) -> ObservationPlan:
    """Ask for a new plan of an event's current localization; `by=None` is the system itself.

    Raises
    ------
    NotAllowed
        When `by` may not ask for plans of this event.
    NothingToPlan
        When the event has no localization or was retracted, or none of the telescopes named can be planned.
    UnknownTelescope
        When a name is not one of ours; the error tells the nearest names.
    """
    if by is not None and not may_request_plan(by, event):
        raise NotAllowed("You may not ask for a plan of this event.", "Ask a group admin for the right to plan.")
    names = _checked(telescopes, start)
    with transaction.atomic():
        # The event's row serialises the numbering of its versions.
        event = Event.objects.select_for_update().get(pk=event.pk)
        localization = event.localizations.filter(is_current=True).first()
        if event.is_retracted:
            raise NothingToPlan(f"{event.name} was retracted.", "Nothing should be observed for it.")
        if localization is None:
            raise NothingToPlan(f"{event} has no localization with an area yet.", "Wait for the next notice.")
        window = {"hours": hours or settings.ICARE_PLAN_HOURS, "starts_when_made": start is None}
        waiting = event.plans.filter(localization=localization, telescopes=names, state=PlanState.QUEUED, **window)
        if start is None and (same := waiting.first()):
            # The same wish again, from an impatient thumb or a script that tries twice, is the same plan.
            return same
        latest = event.plans.aggregate(latest=Max("version"))["latest"] or 0
        plan = ObservationPlan.objects.create(
            event=event,
            localization=localization,
            version=latest + 1,
            requested_by_id=by.pk if by else None,
            why=why,
            telescopes=names,
            window_start=start or timezone.now(),
            **window,
            queued_at=timezone.now(),
        )
        signals.plan_requested.send(ObservationPlan, plan=plan)
    logger.info("plan %s of %s asked for by %s", plan.version, event.name, by or "the system")
    return plan


def _checked(names: Sequence[str], start: datetime | None) -> list[str]:
    """The telescopes asked for, by their full names; at least one of them must be able to do something."""
    telescopes = sorted({get_telescope(name).name for name in names})
    if telescopes:
        chosen = choose_telescopes(telescopes, start)
        if not chosen.telescopes:
            why = " ".join(f"{name}: {reason}" for name, reason in chosen.excluded.items())
            raise NothingToPlan("None of these telescopes can be planned.", why)
    return telescopes


def may_request_plan(user: User | AnonymousUser, event: Event) -> bool:
    """Whether a user may ask for plans of an event: sees it, and holds the right."""
    return user.has_perm("tom_gcn.request_plan") and Event.objects.visible_to(user).filter(pk=event.pk).exists()


def make_plan(plan_id: int) -> ObservationPlan:
    """Do the work of a plan; safe to be called any number of times, by any number of workers."""
    with working_on(LockSpace.PLAN, plan_id) as mine:
        plan = ObservationPlan.objects.select_related("event", "localization__skymap").get(pk=plan_id)
        if not mine or not plan.is_unfinished:
            return plan
        plan.starts += 1
        if plan.starts > settings.ICARE_PLAN_MAX_STARTS:
            return _fail(plan, "gave-up", f"The work was begun {plan.starts - 1} times and each time its worker died.")
        _begin(plan)
        try:
            result = _compute(plan)
        except (ValueError, ArithmeticError, LookupError, MemoryError) as error:
            logger.exception("plan %s of %s failed", plan.version, plan.event.name)
            return _fail(plan, "planner-error", f"The planner stopped: {error}")
        return _finish(plan, result)


def _begin(plan: ObservationPlan) -> None:
    plan.state, plan.started_at = PlanState.RUNNING, timezone.now()
    plan.progress, plan.doing = 0.0, "reading the sky map"
    if plan.starts_when_made:
        # A pointing must not lie in the past by the time anyone can read of it.
        plan.window_start = plan.started_at + timedelta(minutes=settings.ICARE_PLAN_LEAD_MINUTES)
    plan.save(update_fields=["state", "started_at", "starts", "progress", "doing", "window_start"])


def _compute(plan: ObservationPlan) -> NetworkPlan:
    chosen = choose_telescopes(plan.telescopes, plan.window_start)
    return plan_network(
        plan.localization.skymap.data,
        chosen.telescopes,
        plan.window_start,
        plan.hours,
        excluded=chosen.excluded,
        progress=_reporter(plan.pk),
    )


def _reporter(plan_id: int) -> Callable[[float, str], None]:
    """Write how far the work is onto the plan's row, not more often than anyone looks."""
    last = 0.0

    def report(fraction: float, doing: str) -> None:
        nonlocal last
        if time.monotonic() - last < PROGRESS_EVERY_S:
            return
        last = time.monotonic()
        ObservationPlan.objects.filter(pk=plan_id).update(progress=fraction, doing=doing[:200])

    return report


def _fail(plan: ObservationPlan, code: str, reason: str) -> ObservationPlan:
    plan.state, plan.reason_code = PlanState.FAILED, code
    plan.reason = f"{reason} Ask for a new plan; if it fails again, tell those who run the site."
    plan.finished_at = timezone.now()
    plan.save(update_fields=["state", "reason_code", "reason", "finished_at", "starts"])
    signals.plan_finished.send(ObservationPlan, plan=plan)
    return plan


def _finish(plan: ObservationPlan, result: NetworkPlan) -> ObservationPlan:
    """Write the result once; a worker given up in the meantime finds its start overtaken and writes nothing."""
    with transaction.atomic():
        row = ObservationPlan.objects.select_for_update().get(pk=plan.pk)
        if row.starts != plan.starts or not row.is_unfinished:
            return row
        _write_rows(row, result)
        row.state, row.progress, row.doing = PlanState.DONE, 1.0, ""
        row.covered_probability, row.area_deg2 = result.covered_probability, result.area_deg2
        row.n_pointings = len(result.pointings)
        row.first_start = min((p.start for p in result.pointings), default=None)
        row.curve = [[when.isoformat(), probability] for when, probability in result.curve]
        row.seconds, row.finished_at = result.seconds, timezone.now()
        row.save()
        transaction.on_commit(lambda: signals.plan_finished.send(ObservationPlan, plan=row))
    logger.info(
        "plan %s of %s: %.1f %% in %d pointings",
        row.version,
        plan.event.name,
        100 * result.covered_probability,
        row.n_pointings,
    )
    return row


def _write_rows(plan: ObservationPlan, result: NetworkPlan) -> None:
    rows = TelescopePlan.objects.bulk_create(_telescope_row(plan, part) for part in result.telescopes)
    by_name = {row.telescope: row for row in rows}
    PlannedPointing.objects.bulk_create(
        (_pointing_row(by_name[pointing.telescope], pointing) for pointing in result.pointings), batch_size=500
    )


def _telescope_row(plan: ObservationPlan, part: TelescopeResult) -> TelescopePlan:
    return TelescopePlan(
        plan=plan,
        telescope=part.name,
        reason=part.reason,
        n_pointings=part.n_pointings,
        probability=part.probability,
        new_probability=part.new_probability,
        first_start=part.first_start,
        nights=[[start.isoformat(), end.isoformat()] for start, end in part.nights],
    )


# What a pointing of the planner and its row have in common, by the same name.
_SHARED = (
    "order", "field_id", "ra_deg", "dec_deg", "start", "end", "filter", "exposure_s", "n_exposures",
    "altitude_start_deg", "altitude_end_deg", "airmass_start", "airmass_end", "moon_separation_deg",
    "probability", "new_probability", "cumulative_probability", "telescope_cumulative",
)  # fmt: skip


def _pointing_row(row: TelescopePlan, pointing: Pointing) -> PlannedPointing:
    corners = [[round(ra, 5), round(dec, 5)] for ra, dec in pointing.footprint]
    return PlannedPointing(telescope_plan=row, footprint=corners, **{name: getattr(pointing, name) for name in _SHARED})


def stop_plans(event: Event) -> int:
    """Close what is still being planned for a retracted event; a worker at it will find its row closed."""
    return event.plans.filter(state__in=UNFINISHED_PLANS).update(
        state=PlanState.FAILED,
        reason_code="retracted",
        reason="The event was retracted: nothing should be observed for it.",
        finished_at=timezone.now(),
    )


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
