"""The second, longer look at a finished plan: a better one within the time asked for, and the bound."""

import logging
import time
from collections.abc import Callable, Collection
from dataclasses import asdict
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from tom_gcn import signals
from tom_gcn.actions.making import difference_of, write_result
from tom_gcn.actions.plans import NETWORK_ENGINE
from tom_gcn.choices import UNFINISHED_PLANS, UNFINISHED_REFINEMENTS, EventState, PlanState, PointingState, Refinement
from tom_gcn.locks import LockSpace, is_worked_on, working_on
from tom_gcn.models import Event, ObservationPlan, PlannedPointing
from tom_gcn.plan_problem import (
    Key,
    Prepared,
    has_other_telescopes,
    key_of,
    pointing_of,
    pointings_of,
    problem_of,
    wish_of,
)
from tom_gcn.planning.bound import bound
from tom_gcn.planning.errors import PlanCancelled
from tom_gcn.planning.refine import refine
from tom_gcn.planning.result import Bound, NetworkPlan, TelescopeResult
from tom_gcn.planning.wish import WishError

logger = logging.getLogger(__name__)

# Share of the time that may go into the bound; it is found first, as it tells whether anything is left to gain.
BOUND_SHARE = 0.4
LOOK_EVERY_S = 0.5
GAINS_NOTHING = 1e-6
LONGEST_PAUSE_S = 5.0
LOOK_FORGOTTEN_AFTER = timedelta(seconds=60)


def refine_plan(plan_id: int) -> ObservationPlan:
    """Look for a better plan and write it in place of the first where it covers more; safe to be called again.

    Nothing that was sent, is under way or was done is changed: what is reported meanwhile ends the look.
    """
    with working_on(LockSpace.REFINEMENT, plan_id) as mine:
        plan = ObservationPlan.objects.select_related("event", "localization__skymap").get(pk=plan_id)
        if not mine or not plan.is_being_refined:
            return plan
        if plan.refinement_starts >= settings.ICARE_PLAN_MAX_STARTS:
            return _end(plan, Refinement.FAILED, "It was begun again and again, and each time its worker died.")
        if objection := _why_not(plan):
            return _end(plan, Refinement.SAME, objection)
        plan.refinement, plan.refinement_starts = Refinement.RUNNING, plan.refinement_starts + 1
        plan.save(update_fields=["refinement", "refinement_starts"])
        try:
            return _refine(plan)
        except PlanCancelled:
            return _end(plan, Refinement.FAILED, "It was cancelled.")
        except (WishError, ValueError, ArithmeticError, LookupError, MemoryError) as error:
            logger.exception("plan %s of %s could not be made better", plan.version, plan.event.name)
            return _end(plan, Refinement.FAILED, f"The look for a better plan stopped: {error}")


def _why_not(plan: ObservationPlan) -> str:
    """Why there is nothing to look for any more; empty when there is."""
    if plan.event.state == EventState.RETRACTED:
        return "The event was retracted meanwhile."
    newer = plan.event.plans.filter(version__gt=plan.version, telescopes=plan.telescopes, engine=plan.engine)
    if newer.exclude(state__in=(PlanState.FAILED, PlanState.CANCELLED)).exists():
        return "A newer plan was asked for meanwhile."
    return ""


def _refine(plan: ObservationPlan) -> ObservationPlan:
    seconds = wish_of(plan).options.refine_s
    until = time.monotonic() + seconds
    prepared = problem_of(plan, own_pointings=True)
    first = plan_from_rows(plan, prepared.kept_rows)
    watch = _watch(plan)
    watch(0.0, "bound")
    limit = bound(prepared.problem, first, BOUND_SHARE * seconds)
    better = first
    if limit.gap > GAINS_NOTHING:
        better = refine(prepared.problem, first, max(until - time.monotonic(), 1.0), watch)
    return _write(plan, prepared, first, better, limit)


def plan_from_rows(plan: ObservationPlan, kept: Collection[Key] = ()) -> NetworkPlan:
    """A finished plan as the planner's value, in the order in which its pointings end; `kept` ones must stay."""
    parts = tuple(
        TelescopeResult(
            name=part.telescope,
            reason=part.reason,
            nights=tuple((datetime.fromisoformat(low), datetime.fromisoformat(high)) for low, high in part.nights),
            n_pointings=part.n_pointings,
            probability=part.probability,
            new_probability=part.new_probability,
            first_start=part.first_start,
        )
        for part in plan.telescope_plans.order_by("telescope")
    )
    pointings = tuple(pointing_of(row, kept=row.kept or key_of(row) in kept) for row in pointings_of(plan))
    return NetworkPlan(
        pointings=pointings,
        telescopes=parts,
        covered_probability=plan.covered_probability or 0.0,
        area_deg2=plan.area_deg2 or 0.0,
        curve=tuple((pointing.end, pointing.cumulative_probability) for pointing in pointings),
        start=plan.window_start,
        end=plan.window_start + timedelta(hours=plan.hours),
        seconds=plan.seconds or 0.0,
        executed_probability=plan.executed_probability or 0.0,
        covered_galaxy_weight=plan.covered_galaxy_weight,
        greedy_probability=plan.greedy_probability,
        notes=tuple(plan.notes),
    )


def _watch(plan: ObservationPlan) -> Callable[[float, str], None]:
    """Stop the look when it was cancelled, when the plan was touched, or when a newer one was asked for."""
    last = time.monotonic()

    def report(fraction: float, doing: str) -> None:
        nonlocal last
        if time.monotonic() - last < LOOK_EVERY_S:
            return
        _let_first_plans_pass()
        last = time.monotonic()
        if not ObservationPlan.objects.filter(pk=plan.pk, refinement=Refinement.RUNNING).exists():
            raise PlanCancelled

    return report


def _let_first_plans_pass() -> None:
    """Wait while first plans are made: on a machine of few processors they would take longer."""
    until = time.monotonic() + LONGEST_PAUSE_S
    urgent = ObservationPlan.objects.filter(state__in=UNFINISHED_PLANS, engine=NETWORK_ENGINE)
    while urgent.exists() and time.monotonic() < until:
        time.sleep(LOOK_EVERY_S)


def _write(
    plan: ObservationPlan, prepared: Prepared, first: NetworkPlan, better: NetworkPlan, limit: Bound
) -> ObservationPlan:
    """Put the better plan in place of the first, unless something happened to that one meanwhile."""
    covered = max(better.covered_probability, first.covered_probability)
    with transaction.atomic():
        Event.objects.select_for_update().get(pk=plan.event_id)
        row = ObservationPlan.objects.select_for_update().get(pk=plan.pk)
        if row.refinement != Refinement.RUNNING or row.refinement_starts != plan.refinement_starts:
            return row
        row.bound, row.refined_at = _bound_json(limit, covered), timezone.now()
        row.refinement, row.refinement_note = Refinement.SAME, "No better plan was found in the time."
        # The planner hands back the very pointings it was given where it found nothing better.
        if better.pointings is not first.pointings:
            row.refinement_note = _why_too_late(row, prepared, better)
            if not row.refinement_note:
                _replace(row, prepared, better)
                gain = 100 * (better.covered_probability - first.covered_probability)
                row.refinement, row.refinement_note = Refinement.BETTER, f"It covers {gain:.2f} % more than the first."
        row.save()
        transaction.on_commit(lambda: signals.plan_refined.send(ObservationPlan, plan=row))
    logger.info("plan %s of %s: %s", row.version, plan.event.name, row.refinement_note)
    return row


def _why_too_late(row: ObservationPlan, prepared: Prepared, better: NetworkPlan) -> str:
    """Why a better plan cannot take the place of the first any more; empty when it can."""
    touched = PlannedPointing.objects.filter(telescope_plan__plan=row).exclude(state=PointingState.PLANNED)
    known = {key: one.state for key, one in prepared.kept_rows.items()}
    standing = {key_of(one): one.state for one in touched.select_related("telescope_plan")}
    if row.successors.exists() or any(known.get(key) != state for key, state in standing.items()):
        return "A better plan was found, but telescopes had begun to follow this one."
    if has_other_telescopes(prepared, row):
        return "A better plan was found, but a telescope was closed or opened meanwhile."
    old = {key_of(one) for one in pointings_of(row)}
    soon = timezone.now()
    if any(one.start <= soon and (one.telescope, one.start) not in old for one in better.pointings):
        return "A better plan was found, but too late for its first pointings."
    return ""


def _replace(row: ObservationPlan, prepared: Prepared, better: NetworkPlan) -> None:
    seconds, notes = row.seconds, row.notes
    before: dict[Key, PlannedPointing] = {key_of(one): one for one in pointings_of(row)}
    row.telescope_plans.all().delete()
    write_result(row, better, {**prepared.kept_rows, **{k: v for k, v in before.items() if k in prepared.kept_rows}})
    row.seconds, row.notes = seconds, notes
    row.difference = difference_of(row, prepared, better)


def _bound_json(limit: Bound, covered: float) -> dict[str, object]:
    """The bound with its gap to what is covered now."""
    gap = max(1.0 - covered / limit.value, 0.0) if limit.value > 0 else 0.0
    return {**asdict(limit), "gap": gap}


def _end(plan: ObservationPlan, state: Refinement, note: str) -> ObservationPlan:
    """Close the look; one that was closed meanwhile keeps its note."""
    with transaction.atomic():
        row = ObservationPlan.objects.select_for_update().get(pk=plan.pk)
        if row.is_being_refined:
            row.refinement, row.refinement_note, row.refined_at = state, note, timezone.now()
            row.save(update_fields=["refinement", "refinement_note", "refined_at"])
            transaction.on_commit(lambda: signals.plan_refined.send(ObservationPlan, plan=row))
    return row


def abandoned_refinements(*, queue_moves: bool) -> QuerySet[ObservationPlan]:
    """Return the plans that were to be made better and on which nobody works any more."""
    rows = ObservationPlan.objects.filter(refinement__in=UNFINISHED_REFINEMENTS)
    if queue_moves:
        rows = rows.filter(refinement=Refinement.RUNNING)
    rows = rows.filter(queued_at__lt=timezone.now() - LOOK_FORGOTTEN_AFTER)
    return rows.filter(
        pk__in=[pk for pk in rows.values_list("pk", flat=True) if not is_worked_on(LockSpace.REFINEMENT, pk)]
    )


def requeue_refinement(plan: ObservationPlan) -> bool:
    """Put the look for a better plan on the queue again; False when it moved on meanwhile."""
    with transaction.atomic():
        same = ObservationPlan.objects.filter(pk=plan.pk, refinement=plan.refinement, queued_at=plan.queued_at)
        moved = same.update(refinement=Refinement.QUEUED, queued_at=timezone.now())
        if moved:
            signals.refinement_requested.send(ObservationPlan, plan=plan)
    return bool(moved)
