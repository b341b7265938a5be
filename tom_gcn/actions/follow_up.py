"""What a new notice or map sets in motion: a plan, and news for everyone else."""

from django.db import transaction

from tom_gcn import signals
from tom_gcn.actions.presets import plan_by_itself
from tom_gcn.actions.replanning import stop_plans
from tom_gcn.actions.summaries import summarize
from tom_gcn.models import Event, Localization, Notice


def follow_up(event: Event, notice: Notice, localization: Localization | None) -> None:
    """Plan where the notice brought the map that is current now, and tell on commit what happened."""
    summarize(event)
    if event.is_retracted:
        stop_plans(event)
        transaction.on_commit(lambda: signals.event_retracted.send(Event, event=event, notice=notice))
    elif localization and localization.notice_id == notice.pk:
        plan_by_itself(event, localization)
    if not event.is_test:
        signals.relations_requested.send(Event, event=event)
    transaction.on_commit(
        lambda: signals.notice_ingested.send(Notice, notice=notice, event=event, localization=localization)
    )
