"""What a new notice or map sets in motion: a plan, and news for everyone else."""

from django.db import transaction

from tom_gcn import signals
from tom_gcn.actions.plans import request_plan, stop_plans
from tom_gcn.actions.summaries import summarize
from tom_gcn.choices import EventKind
from tom_gcn.models import Event, Localization, Notice


def follow_up(event: Event, notice: Notice, localization: Localization | None) -> None:
    """Ask for a plan where the notice brought the map that is current now, and tell on commit what happened."""
    summarize(event)
    if event.is_retracted:
        stop_plans(event)
        transaction.on_commit(lambda: signals.event_retracted.send(Event, event=event, notice=notice))
    elif localization and localization.notice_id == notice.pk and _deserves_plan(event, localization):
        request_plan(event, by=None, why=f"{notice.notice_type} notice"[:200])
    if not event.is_test:
        signals.relations_requested.send(Event, event=event)
    transaction.on_commit(
        lambda: signals.notice_ingested.send(Notice, notice=notice, event=event, localization=localization)
    )


def _deserves_plan(event: Event, localization: Localization) -> bool:
    """Plan gravitational waves by themselves, real ones and drills; the same map need not be planned twice."""
    if event.kind != EventKind.GW or (event.is_test and not event.is_drill):
        return False
    return not event.plans.filter(localization__skymap=localization.skymap_id).exists()
