"""Doors from the task queue to the actions: a task carries an id, the row holds the story."""

import logging
import os
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.dispatch import receiver
from django.utils import timezone
from django_q.models import OrmQ, Schedule
from django_q.tasks import async_task, schedule

from tom_gcn import actions, signals
from tom_gcn.actions import replanning, requests
from tom_gcn.actions.tags import retag_all
from tom_gcn.choices import MessageState
from tom_gcn.drills import bundled_alert
from tom_gcn.locks import LockSpace, is_worked_on
from tom_gcn.models import Event, Message, ObservationPlan, Refusal, TagRule
from tom_gcn.notices import Notice, parse
from tom_gcn.planning.engines import ENGINES, find_engine
from tom_gcn.skymaps import contours, pack, read_skymap
from tom_grandma_facilities.models import FollowUpRequest, RequestEntry, TelescopeStatus
from tom_grandma_facilities.signals import (
    observations_recorded,
    request_answered,
    request_changed,
    request_sent,
    telescope_status_changed,
)

logger = logging.getLogger(__name__)

LOW_PRIORITY = 10
UNREAD_AFTER = timedelta(seconds=15)


@receiver(signals.plan_requested, dispatch_uid="enqueue-plan")
def enqueue_plan(sender: type[ObservationPlan], plan: ObservationPlan, **_: Any) -> None:
    """Put a plan on the queue in the transaction of its row: both are there, or neither.

    Engines of others take minutes: they go where they hold up no alert.
    """
    async_task("tom_gcn.tasks.run_plan", plan.pk, task_name=f"plan-{plan.pk}", cluster=_queue_of(plan))


def _queue_of(plan: ObservationPlan) -> str:
    return _slow() if find_engine(plan.engine).isolated else _fast()


def _fast() -> str:
    return str(settings.Q_CLUSTER["cluster_name"])


def _slow() -> str:
    return str(next(iter(settings.Q_CLUSTER["ALT_CLUSTERS"])))


def run_plan(plan_id: int) -> str:
    """Make a plan; its row says how it went."""
    return str(actions.make_plan(plan_id).state)


@receiver(signals.refinement_requested, dispatch_uid="enqueue-refinement")
def enqueue_refinement(sender: type[ObservationPlan], plan: ObservationPlan, **_: Any) -> None:
    """Put the look for a better plan on the slow queue in the transaction that finished the first."""
    async_task("tom_gcn.tasks.run_refinement", plan.pk, task_name=f"refine-{plan.pk}", cluster=_slow())


def run_refinement(plan_id: int) -> str:
    """Look for a better plan, at low priority: alerts and first plans go before; its row says how it went."""
    os.setpriority(os.PRIO_PROCESS, 0, max(LOW_PRIORITY, os.getpriority(os.PRIO_PROCESS, 0)))
    return str(actions.refine_plan(plan_id).refinement)


@receiver(signals.pointings_reported, dispatch_uid="answer-report")
def answer_report(
    sender: type[ObservationPlan],
    plan: ObservationPlan,
    telescope: str,
    orders: list[int],
    state: str,
    counted: list[int],
    **_: Any,
) -> None:
    """Plan again where pointings cannot be done, or were not done after all."""
    replanning.answer_report(plan, telescope, orders, state, counted)


@receiver(signals.telescope_refused, dispatch_uid="answer-refusal")
def answer_refusal(sender: type[Refusal], refusal: Refusal, **_: Any) -> None:
    """Plan again without a telescope that cannot observe, or with one that can again."""
    replanning.answer_refusal(refusal)


@receiver(telescope_status_changed, dispatch_uid="answer-status")
def enqueue_status(sender: type[TelescopeStatus], status: TelescopeStatus, was_closed: bool, **_: Any) -> None:
    """Have all plans looked at that a closed or opened telescope changes."""
    if was_closed or status.is_closed_at(timezone.now()):
        async_task("tom_gcn.tasks.run_status", status.telescope, was_closed, task_name=f"status-{status.telescope}")


def _run_status_at(moment: datetime, telescope: str, was_closed: bool) -> None:
    """Look at a telescope again at a time, once however often it is asked."""
    row = Schedule.objects.filter(name=f"status-{telescope}", func="tom_gcn.tasks.run_status")
    if not row.update(next_run=moment):
        how = {"name": f"status-{telescope}", "schedule_type": Schedule.ONCE, "cluster": _fast()}
        schedule("tom_gcn.tasks.run_status", telescope, was_closed, next_run=moment, **how)


def run_status(telescope: str, was_closed: bool) -> int:
    """Plan again what a telescope's state changes; returns the number of plans asked for.

    What closes is answered at once; what opens has to stay open for a while, so that weather on the edge makes no
    plan after the other.
    """
    status = TelescopeStatus.objects.filter(telescope=telescope).first()
    if status and not status.is_closed_at(timezone.now()):
        settled = status.updated_at + timedelta(seconds=settings.ICARE_PLAN_SETTLED_S)
        if settled > timezone.now():
            _run_status_at(settled, telescope, was_closed)
            return 0
    return len(replanning.answer_status(telescope, was_closed=was_closed))


@receiver(observations_recorded, dispatch_uid="answer-observations")
def enqueue_observations(sender: Any, telescopes: tuple[str, ...], start: datetime, end: datetime, **_: Any) -> None:
    """Have all plans looked at of whose sky something was observed."""
    async_task("tom_gcn.tasks.run_observations", list(telescopes), start, end, task_name="observations")


def run_observations(telescopes: list[str], start: datetime, end: datetime) -> int:
    """Plan again around what was observed; returns the number of plans asked for."""
    return len(replanning.answer_observations(telescopes, start, end))


@receiver(request_sent, dispatch_uid="note-request-sent")
def note_request_sent(sender: type[FollowUpRequest], request: FollowUpRequest, **_: Any) -> None:
    """Mark the pointings of a plan that a telescope was sent."""
    requests.note_sent(request)


@receiver(request_answered, dispatch_uid="note-request-answered")
def note_request_answered(
    sender: type[FollowUpRequest], request: FollowUpRequest, entry: RequestEntry, **_: Any
) -> None:
    """Write what a telescope answered onto the pointings of its plan."""
    requests.note_answer(request, entry)


@receiver(request_changed, dispatch_uid="note-request-changed")
def note_request_changed(
    sender: type[FollowUpRequest], request: FollowUpRequest, entry: RequestEntry, **_: Any
) -> None:
    """Free the pointings of what was cancelled or could not be sent."""
    if entry.is_change:
        requests.note_end(request)


@receiver(signals.event_retracted, dispatch_uid="cancel-requests")
def cancel_requests(sender: type[Event], event: Event, **_: Any) -> None:
    """Tell every telescope that was asked for a plan of what turned out to be nothing."""
    requests.cancel_requests(event, f"{event} was retracted.")


@receiver(signals.message_stored, dispatch_uid="enqueue-message")
def enqueue_message(sender: type[Message], message: Message, **_: Any) -> None:
    """Put the reading of a message on the queue in the transaction of its row."""
    # Its row tells how it went; keeping every success as well would cost as much as reading a small notice.
    how = {"task_name": f"message-{message.pk}", "cluster": settings.ICARE_ALERT_QUEUE, "save": False}
    async_task("tom_gcn.tasks.run_message", message.pk, **how)


def run_message(message_id: int) -> str:
    """Read a message; its row says how it went."""
    return str(actions.read_message(Message.objects.defer("body").get(pk=message_id)).message.state)


def warm_up() -> None:
    """Read a bundled alert without storing anything: the first real one is then as fast as the second."""
    connection.ensure_connection()
    _, alert = bundled_alert(timezone.now())
    if isinstance(notice := parse(alert), Notice) and notice.skymap:
        skymap = read_skymap(notice.skymap)
        pack(skymap)
        contours(skymap)


def recover() -> int:
    """Bring back plans and messages whose worker died, and lost summaries; called every few seconds by the watchdog."""
    return _recover_plans() + _recover_refinements() + _recover_messages() + actions.summarize_forgotten()


def _queue_moves(queue: str) -> bool:
    """Whether work waits in a queue: then what is queued is not lost, only not yet its turn."""
    return OrmQ.objects.filter(key=queue, lock__lte=timezone.now()).exists()


def _recover_plans() -> int:
    returned = []
    for queue in (_fast(), _slow()):
        engines = [engine.name for engine in ENGINES.values() if engine.isolated == (queue == _slow())]
        abandoned = actions.abandoned_plans(queue_moves=_queue_moves(queue)).filter(engine__in=engines)
        returned += [plan for plan in abandoned if actions.requeue_plan(plan)]
    for plan in returned:
        logger.warning("plan %s was abandoned by its worker and is on the queue again", plan.pk)
    return len(returned)


def _recover_refinements() -> int:
    abandoned = actions.abandoned_refinements(queue_moves=_queue_moves(_slow()))
    returned = [plan for plan in abandoned if actions.requeue_refinement(plan)]
    for plan in returned:
        logger.warning("the refinement of plan %s was abandoned and is on the queue again", plan.pk)
    return len(returned)


def _recover_messages() -> int:
    """Queue what was stored but never read: whoever was to read it died, or its content is to be fetched again."""
    if _queue_moves(settings.ICARE_ALERT_QUEUE):
        return 0
    now = timezone.now()
    due = Q(again_at=None, received_at__lt=now - UNREAD_AFTER) | Q(again_at__lt=now)
    unread = Message.objects.filter(due, state=MessageState.RECEIVED).order_by("received_at").defer("body")
    waiting = [message for message in unread[:200] if not is_worked_on(LockSpace.MESSAGE, message.pk)]
    for message in waiting:
        logger.warning("message %s was not read yet and is on the queue again", message.sha256[:8])
        enqueue_message(Message, message)
    return len(waiting)


def hand_out_skymap_fetches() -> int:
    """Queue the sky maps whose time to be fetched has come; called every few seconds by the watchdog."""
    due = actions.hand_out_fetches(at_most=10)
    for row in due:
        async_task("tom_gcn.tasks.run_skymap_fetch", row.pk, task_name=f"sky-map-{row.pk}")
    return len(due)


def run_skymap_fetch(fetch_id: int) -> str:
    """Try to fetch a sky map; its row says how it went."""
    return str(actions.fetch_skymap(fetch_id).state)


@receiver(signals.relations_requested, dispatch_uid="enqueue-relations")
def enqueue_relations(sender: type[Event], event: Event, **_: Any) -> None:
    """Put the comparison of an event with others on the queue in the transaction that changed it."""
    async_task("tom_gcn.tasks.run_relations", event.pk, task_name=f"relations-{event.pk}", save=False)


def run_relations(event_id: int) -> int:
    """Find what comes together with an event, and tell the roof; returns the number of coincidences."""
    found = actions.find_coincidences(event_id)
    signals.event_related.send(Event, event=Event.objects.get(pk=event_id))
    return len(found)


@receiver(signals.tag_rules_changed, dispatch_uid="enqueue-retagging")
def enqueue_retagging(sender: type[TagRule], **_: Any) -> None:
    """Have all events looked at again in the transaction that changed a rule."""
    async_task("tom_gcn.tasks.run_retagging", task_name="retag-events")


def run_retagging() -> int:
    """Bring the tags of all events in line with the rules; returns how many changed."""
    return retag_all()
