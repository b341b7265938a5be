"""Making a plan in the background: its engine is run, its result written once, and told what changed and why."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from tom_gcn import signals
from tom_gcn.actions.plans import NETWORK_ENGINE, close_cancelled, plan_of_record, put_on_record, takes_over
from tom_gcn.actions.replanning import FOLLOWED, follow_record, look_again
from tom_gcn.choices import PlanState, PointingState, Refinement
from tom_gcn.locks import LockSpace, working_on
from tom_gcn.models import Event, ObservationPlan, PlannedPointing, TelescopePlan
from tom_gcn.plan_problem import SHARED, Key, Prepared, pointing_of, pointings_of, problem_of, was_overtaken, wish_of
from tom_gcn.planning.difference import describe
from tom_gcn.planning.engines import find_engine
from tom_gcn.planning.errors import PlanCancelled
from tom_gcn.planning.isolated import EngineFailed, run_engine
from tom_gcn.planning.result import NetworkPlan, Pointing, TelescopeResult

logger = logging.getLogger(__name__)

PROGRESS_EVERY_S = 0.5
CANCEL_LOOK_EVERY_S = 0.5
MOST_TRIES = 5
SAME_PLACE_DEG = 1e-4


def make_plan(plan_id: int) -> ObservationPlan:
    """Do the work of a plan; safe to be called any number of times, by any number of workers."""
    with working_on(LockSpace.PLAN, plan_id) as mine:
        plan = ObservationPlan.objects.select_related("event", "localization__skymap").get(pk=plan_id)
        if not mine or not plan.is_unfinished:
            return plan
        plan.starts += 1
        if plan.cancel_requested_at:
            return _cancelled(plan)
        if plan.starts > settings.ICARE_PLAN_MAX_STARTS:
            return _fail(plan, "gave-up", f"The work was begun {plan.starts - 1} times and each time its worker died.")
        return _make(plan)


def _make(plan: ObservationPlan) -> ObservationPlan:
    """Plan, and write down whatever came of it."""
    _begin(plan)
    try:
        for _ in range(MOST_TRIES):
            prepared, result = _compute(plan)
            if row := _finish(plan, prepared, result):
                if row.is_of_record:
                    look_again(row, prepared)
                return row
            logger.info("plan %s of %s: telescopes reported meanwhile", plan.version, plan.event.name)
    except PlanCancelled:
        return _cancelled(plan)
    except EngineFailed as error:
        logger.warning("plan %s of %s: %s", plan.version, plan.event.name, error)
        return _fail(plan, error.code, str(error))
    except (ValueError, ArithmeticError, LookupError, MemoryError) as error:
        logger.exception("plan %s of %s failed", plan.version, plan.event.name)
        return _fail(plan, "planner-error", f"The planner stopped: {error}")
    return _fail(plan, "overtaken", "Telescopes reported faster than the plan could be made.")


def _begin(plan: ObservationPlan) -> None:
    plan.state, plan.started_at = PlanState.RUNNING, timezone.now()
    plan.progress, plan.doing = 0.0, "reading the sky map"
    follow_record(plan)
    if plan.starts_when_made:
        # A pointing must not lie in the past by the time anyone can read of it.
        plan.window_start = plan.started_at + timedelta(minutes=settings.ICARE_PLAN_LEAD_MINUTES)
    plan.save(update_fields=["state", "started_at", "starts", "progress", "doing", "window_start", *FOLLOWED])


def _compute(plan: ObservationPlan) -> tuple[Prepared, NetworkPlan]:
    prepared = problem_of(plan)
    engine = find_engine(plan.engine)
    result = run_engine(
        engine,
        prepared.problem,
        wish_of(plan).engine_options,
        time_limit_s=settings.ICARE_ENGINE_TIME_LIMIT_S,
        memory_mb=settings.ICARE_ENGINE_MEMORY_MB,
        cancelled=_watch(plan),
        progress=_reporter(plan),
    )
    return prepared, result


def _reporter(plan: ObservationPlan) -> Callable[[float, str], None]:
    """Write how far the work is onto the plan's row, not more often than anyone looks."""
    last = 0.0

    def report(fraction: float, doing: str) -> None:
        nonlocal last
        if time.monotonic() - last < PROGRESS_EVERY_S:
            return
        last = time.monotonic()
        ObservationPlan.objects.filter(pk=plan.pk).update(progress=min(fraction, 1.0), doing=doing[:200])

    return report


def _watch(plan: ObservationPlan) -> Callable[[], bool]:
    """Whether the plan is still wanted: neither cancelled, nor closed by a retraction, nor begun by another worker."""
    last, unwanted = time.monotonic(), False

    def is_unwanted() -> bool:
        nonlocal last, unwanted
        if time.monotonic() - last > CANCEL_LOOK_EVERY_S:
            last = time.monotonic()
            mine = ObservationPlan.objects.filter(pk=plan.pk, state=PlanState.RUNNING, starts=plan.starts)
            unwanted = not mine.filter(cancel_requested_at=None).exists()
        return unwanted

    return is_unwanted


def _cancelled(plan: ObservationPlan) -> ObservationPlan:
    """Close a plan that is not wanted any more; one that was closed meanwhile keeps its reason."""
    with transaction.atomic():
        row = ObservationPlan.objects.select_for_update().select_related(None).get(pk=plan.pk)
        if row.is_unfinished and row.cancel_requested_at:
            close_cancelled(row)
            row.save()
            transaction.on_commit(lambda: signals.plan_finished.send(ObservationPlan, plan=row))
    return row


def _fail(plan: ObservationPlan, code: str, reason: str) -> ObservationPlan:
    with transaction.atomic():
        row = ObservationPlan.objects.select_for_update().get(pk=plan.pk)
        if not row.is_unfinished:
            return row
        row.state, row.reason_code, row.starts = PlanState.FAILED, code, plan.starts
        row.reason = f"{reason} Ask for a new plan; if it fails again, tell those who run the site."
        row.finished_at = timezone.now()
        row.save(update_fields=["state", "reason_code", "reason", "finished_at", "starts"])
        transaction.on_commit(lambda: signals.plan_finished.send(ObservationPlan, plan=row))
    return row


def _finish(plan: ObservationPlan, prepared: Prepared, result: NetworkPlan) -> ObservationPlan | None:
    """Write the result once; None when something was reported, refused or closed meanwhile, unknown to the plan.

    A worker given up in the meantime finds its start overtaken and writes nothing.
    """
    with transaction.atomic():
        event = Event.objects.select_for_update().get(pk=plan.event_id)
        row = ObservationPlan.objects.select_for_update().get(pk=plan.pk)
        if row.starts != plan.starts or not row.is_unfinished:
            return row
        if row.cancel_requested_at:
            return _cancelled(row)
        if was_overtaken(prepared, row):
            return None
        write_result(row, result, prepared.kept_rows)
        row.notes = [*prepared.notes, *row.notes]
        row.greedy_probability = result.covered_probability
        row.difference = difference_of(row, prepared, result)
        row.state, row.progress, row.doing, row.finished_at = PlanState.DONE, 1.0, "", timezone.now()
        if _can_be_refined(row):
            row.refinement, row.queued_at = Refinement.QUEUED, row.finished_at
        row.save()
        if not event.is_retracted and takes_over(row, plan_of_record(event)):
            put_on_record(row)
        if row.is_being_refined:
            signals.refinement_requested.send(ObservationPlan, plan=row)
        transaction.on_commit(lambda: signals.plan_finished.send(ObservationPlan, plan=row))
    logger.info(
        "plan %s of %s: %.1f %% in %d pointings",
        row.version,
        plan.event.name,
        100 * result.covered_probability,
        row.n_pointings,
    )
    return row


def _can_be_refined(row: ObservationPlan) -> bool:
    return row.engine == NETWORK_ENGINE and row.n_pointings > 0 and wish_of(row).options.refine_s > 0


def difference_of(row: ObservationPlan, prepared: Prepared, result: NetworkPlan) -> dict[str, object]:
    """What changed against the plan before, in words and counts, as it is stored; empty where there is none."""
    if row.previous is None:
        return {}
    before = [pointing_of(old) for old in pointings_of(row.previous)]
    difference = describe(before, result, prepared.problem.done)
    return {**asdict(difference), "sentences": dict(difference.sentences)}


def write_result(row: ObservationPlan, result: NetworkPlan, kept: Mapping[Key, PlannedPointing]) -> None:
    """Put a result onto a plan's row, not yet saved, and write its telescopes and pointings."""
    _write_rows(row, result, kept)
    row.covered_probability, row.area_deg2 = result.covered_probability, result.area_deg2
    row.executed_probability = result.executed_probability
    row.covered_galaxy_weight, row.own_sum = result.covered_galaxy_weight, result.own_sum
    row.n_pointings = len(result.pointings)
    row.first_start = min((p.start for p in result.pointings), default=None)
    row.curve = [[when.isoformat(), probability] for when, probability in result.curve]
    row.seconds, row.notes = result.seconds, list(result.notes)


def _write_rows(plan: ObservationPlan, result: NetworkPlan, kept: Mapping[Key, PlannedPointing]) -> None:
    rows = TelescopePlan.objects.bulk_create(_telescope_row(plan, part) for part in result.telescopes)
    by_name = {row.telescope: row for row in rows}
    PlannedPointing.objects.bulk_create(
        (_pointing_row(by_name[p.telescope], p, kept.get((p.telescope, p.start))) for p in result.pointings),
        batch_size=500,
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


def _is_same(pointing: Pointing, row: PlannedPointing) -> bool:
    """Whether a pointing of the planner is the one of a row, with which it has telescope and start in common."""
    return abs(pointing.ra_deg - row.ra_deg) < SAME_PLACE_DEG and abs(pointing.dec_deg - row.dec_deg) < SAME_PLACE_DEG


def _pointing_row(row: TelescopePlan, pointing: Pointing, before: PlannedPointing | None) -> PlannedPointing:
    """A pointing of the planner as a row; one that was kept brings along what was reported of it."""
    corners = [[round(ra, 5), round(dec, 5)] for ra, dec in pointing.footprint]
    written = PlannedPointing(
        telescope_plan=row,
        footprint=corners,
        galaxies=list(pointing.galaxies),
        **{name: getattr(pointing, name) for name in SHARED},
    )
    if before is not None and _is_same(pointing, before):
        written.state = PointingState(before.state)
        written.note, written.reported_at = before.note, before.reported_at
        written.reported_by_id = before.reported_by_id
        # A pointing of this very plan, rewritten when the plan was refined, was carried from where that one was.
        same_plan = before.telescope_plan.plan_id == row.plan_id
        written.kept = before.kept if same_plan else True
        written.carried_from_id = before.carried_from_id if same_plan else before.pk
    return written
