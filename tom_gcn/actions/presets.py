"""Automatic plans: which standing rule an event passes, and why it got a plan or none."""

import logging
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from django.db.models import Q

from tom_gcn.actions.plans import NETWORK_ENGINE, is_of_network, plan_of_record, request_plan
from tom_gcn.actions.replanning import replan
from tom_gcn.choices import (
    STANDING_POINTINGS,
    UNFINISHED_PLANS,
    EventKind,
    NoticeStatus,
    PlanCause,
    PlanState,
    PointingState,
)
from tom_gcn.exceptions import GcnError
from tom_gcn.models import Event, EventSummary, Localization, ObservationPlan, PlanDecision, PlannedPointing, PlanPreset
from tom_gcn.planning.wish import WishError
from tom_gcn.preset_conditions import Alternative, Check, ConditionError, check, read_alternatives

logger = logging.getLogger(__name__)

TEST = "Tests are never planned by themselves."
EARLY_WARNING = "Early warnings are not planned by themselves."
NOT_SIGNIFICANT = "It is not significant."


def plan_by_itself(event: Event, localization: Localization) -> PlanDecision:
    """Plan an event for its new localization if a standing rule says so; write down why, or why not.

    A plan of record of the localization before is made anew whatever the rules say: with its own settings where people
    rely on it, else with those of the rule that is passed now.
    """
    decision = PlanDecision(event=event, localization=localization, is_planned=False)
    record = plan_of_record(event)
    if event.is_test and not event.is_drill:
        decision.reason = TEST
    elif same := _planned_already(event, localization, record):
        decision.reason = f"The same sky map was planned already, in plan {same.version}."
    elif (outdated := _outdated(record, localization)) and _is_in_use(outdated):
        _plan_again(decision, localization)
    else:
        _try_presets(decision, outdated)
        if outdated and not decision.is_planned:
            # The network goes by it: it must not go by an old map.
            _plan_again(decision, localization)
    decision.save()
    logger.info("%s: %s", event.name, decision.reason)
    return decision


def _planned_already(
    event: Event, localization: Localization, record: ObservationPlan | None
) -> ObservationPlan | None:
    """The plan of the network for the very map, if one is done or on its way and the network goes by that map."""
    here = event.plans.filter(localization__skymap=localization.skymap_id, cancel_requested_at=None).order_by("version")
    unfinished = here.filter(state__in=UNFINISHED_PLANS)
    if not unfinished.exists() and (record is None or _outdated(record, localization)):
        return None
    network = here.filter(state__in=(*UNFINISHED_PLANS, PlanState.DONE), engine=NETWORK_ENGINE)
    return next((plan for plan in network if is_of_network(plan)), None)


def _outdated(record: ObservationPlan | None, localization: Localization) -> ObservationPlan | None:
    """The plan of record, if it is for another map."""
    return record if record and record.localization.skymap_id != localization.skymap_id else None


def _is_in_use(record: ObservationPlan) -> bool:
    """Whether people rely on a plan: keep it, asked for it, or observe by it."""
    if record.of_record_by_id is not None or record.cause == PlanCause.ASKED:
        return True
    reported = (*STANDING_POINTINGS, PointingState.DONE)
    return PlannedPointing.objects.filter(telescope_plan__plan=record, state__in=reported).exists()


def _plan_again(decision: PlanDecision, localization: Localization) -> None:
    plan = replan(decision.event, PlanCause.LOCALIZATION, f"{localization.notice.notice_type} notice")
    decision.is_planned, decision.preset = plan is not None, plan.preset if plan else None
    words = "is made anew" if plan else "could not be made anew"
    decision.reason = f"{decision.reason} The plan of record {words} for the new localization.".strip()


def _try_presets(decision: PlanDecision, record: ObservationPlan | None) -> None:
    """Take the first rule that passes and can be used; a broken one is told and does not stop the others."""
    event, told = decision.event, []
    presets = list(PlanPreset.objects.filter(Q(kind=event.kind) | Q(kind=""), is_active=True).order_by("order", "name"))
    figures = figures_of(event)
    for preset in presets:
        try:
            objection, checks = judge(preset, event, figures)
            decision.checks += [{"preset": preset.name, **asdict(one)} for one in checks]
            if not objection:
                _request(decision, preset, record)
                return
        except (ConditionError, WishError, GcnError) as error:
            logger.warning("standing rule %s cannot be used for %s: %s", preset.name, event.name, error)
            objection = f"It cannot be used: {error}"
        told.append(f"{preset.name}: {objection}")
    none = f"There is no standing rule for this kind of event ({event.get_kind_display()})."
    decision.reason = " ".join(["No standing rule was passed.", *told]) if told else none


def _request(decision: PlanDecision, preset: PlanPreset, record: ObservationPlan | None) -> None:
    localization = decision.localization
    kind = localization.notice.notice_type if localization else ""
    plan = request_plan(
        decision.event,
        by=None,
        why=f"{kind} notice, {preset.name}",
        wish=preset.plan_wish(),
        cause=PlanCause.LOCALIZATION if record else PlanCause.NOTICE,
        preset=preset,
        previous=record,
    )
    decision.is_planned, decision.preset = True, preset
    decision.reason = f"Plan {plan.version} was asked for by the standing rule {preset.name}."


def judge(preset: PlanPreset, event: Event, figures: dict[str, Any]) -> tuple[str, list[Check]]:
    """Why an event does not pass a rule (empty: it does), and every condition that was looked at.

    Raises
    ------
    ConditionError
        When the conditions of the rule cannot be understood.
    """
    if event.is_drill and not preset.for_drills:
        return "It is not for drills.", []
    if figures["status"] == NoticeStatus.EARLYWARNING and not preset.early_warnings:
        return EARLY_WARNING, []
    if event.kind == EventKind.GW and preset.significant_only and not figures["significant"]:
        return NOT_SIGNIFICANT, []
    checks: list[Check] = []
    failed: list[str] = []
    for alternative in read_alternatives(preset.conditions):
        here = list(_checked(alternative, figures))
        checks += here
        if all(one.holds for one in here):
            return "", checks
        failed.append(", ".join(f"{one.text} (it is {one.value})" for one in here if not one.holds))
    return f"It does not meet {'; nor '.join(failed)}.", checks


def _checked(alternative: Alternative, figures: dict[str, Any]) -> Iterator[Check]:
    return (check(written, figures) for written in alternative)


def figures_of(event: Event) -> dict[str, Any]:
    """What conditions are held against, by the name used there; None where it is not known."""
    summary = EventSummary.objects.filter(event=event).first() or EventSummary(event=event)
    notices = event.notices.filter(is_retraction=False).order_by("-time_created", "-pk")
    newest = notices.first()
    duration = notices.exclude(duration_s=None).values_list("duration_s", flat=True).first()
    return {
        "far": summary.far_hz,
        "area": summary.area_90_deg2,
        "area50": summary.area_50_deg2,
        "distance": summary.distance_mean_mpc,
        "error": summary.error_deg,
        "class": summary.best_class or None,
        "mission": summary.mission or None,
        "kind": event.kind,
        "t90": duration,
        "latitude": _latitude_deg(summary.ra_deg, summary.dec_deg),
        "significant": summary.is_significant,
        "status": newest.status if newest else "",
        **summary.probabilities,
    }


def _latitude_deg(ra_deg: float | None, dec_deg: float | None) -> float | None:
    """Distance from the Galactic plane [deg]."""
    if ra_deg is None or dec_deg is None:
        return None
    return float(np.abs(SkyCoord(ra_deg * u.deg, dec_deg * u.deg).galactic.b.deg))
