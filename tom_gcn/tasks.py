"""Doors from the task queue to the actions: a task carries an id, the row holds the story."""

import logging
from datetime import timedelta
from typing import Any

from django.dispatch import receiver
from django.utils import timezone
from django_q.tasks import async_task

from tom_gcn import actions, signals
from tom_gcn.choices import MessageState
from tom_gcn.locks import LockSpace, is_worked_on
from tom_gcn.models import Message, ObservationPlan

logger = logging.getLogger(__name__)

UNREAD_AFTER = timedelta(seconds=15)


@receiver(signals.plan_requested, dispatch_uid="enqueue-plan")
def enqueue_plan(sender: type[ObservationPlan], plan: ObservationPlan, **_: Any) -> None:
    """Put a plan on the queue in the transaction of its row: both are there, or neither."""
    async_task("tom_gcn.tasks.run_plan", plan.pk, task_name=f"plan-{plan.pk}")


def run_plan(plan_id: int) -> str:
    """Make a plan; its row says how it went."""
    return str(actions.make_plan(plan_id).state)


def recover() -> int:
    """Bring back plans and messages whose worker died; called every few seconds by the watchdog."""
    return _recover_plans() + _recover_messages()


def _recover_plans() -> int:
    returned = [plan for plan in actions.abandoned_plans() if actions.requeue_plan(plan)]
    for plan in returned:
        logger.warning("plan %s was abandoned by its worker and is on the queue again", plan.pk)
    return len(returned)


def _recover_messages() -> int:
    """Read what was stored but never read: whoever stored it died before reading."""
    unread = Message.objects.filter(state=MessageState.RECEIVED, received_at__lt=timezone.now() - UNREAD_AFTER)
    waiting = [message for message in unread[:50] if not is_worked_on(LockSpace.MESSAGE, message.pk)]
    for message in waiting:
        logger.warning("message %s had been stored but not read", message.sha256[:8])
        actions.read_message(message)
    return len(waiting)
