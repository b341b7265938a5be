"""Doors from the task queue to the actions: a task carries an id, the row holds the story."""

import logging
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.dispatch import receiver
from django.utils import timezone
from django_q.models import OrmQ
from django_q.tasks import async_task

from tom_grandma_facilities import actions
from tom_grandma_facilities.actions import polling, reminders, sending
from tom_grandma_facilities.models import FollowUpRequest, ObservationUpload
from tom_grandma_facilities.signals import request_escalated, request_queued, upload_requested

logger = logging.getLogger(__name__)

# So many of a kind are handed out at once; the others come a few seconds later.
AT_ONCE = 20
# Silence is a matter of hours: nobody looks for it more often than this, s.
LOOK_FOR_SILENCE_S = 30


@receiver(upload_requested, dispatch_uid="enqueue-upload")
def enqueue_upload(sender: type[ObservationUpload], upload: ObservationUpload, **_: Any) -> None:
    """Put the reading of a long file on the slow queue in the transaction of its row: both are there, or neither."""
    async_task("tom_grandma_facilities.tasks.run_upload", upload.pk, task_name=f"upload-{upload.pk}", cluster=_slow())


def run_upload(upload_id: int) -> str:
    """Read a long file; its row says how it went."""
    return str(actions.read_upload(upload_id).state)


def recover() -> int:
    """Bring back uploads whose worker died; called every few seconds by the watchdog."""
    queue_moves = OrmQ.objects.filter(key=_slow(), lock__lte=timezone.now()).exists()
    returned = [
        upload for upload in actions.abandoned_uploads(queue_moves=queue_moves) if actions.requeue_upload(upload)
    ]
    for upload in returned:
        logger.warning("upload %s was abandoned by its worker and is on the queue again", upload.pk)
    return len(returned)


@receiver(request_queued, dispatch_uid="enqueue-request")
def enqueue_request(sender: type[FollowUpRequest], request: FollowUpRequest, **_: Any) -> None:
    """Put the sending of a request on the queue in the transaction of its row: both are there, or neither."""
    async_task("tom_grandma_facilities.tasks.run_send", request.pk, task_name=f"request-{request.pk}", cluster=_fast())


def run_send(request_id: int) -> str:
    """Send a request, replace it or take it back; its row says how it went."""
    return str(actions.send_request(request_id).state)


def mind_requests() -> int:
    """Hand out what is due for requests: sending again, asking after them, silence, windows that have passed.

    Called every few seconds by the watchdog; returns how many were handed out.
    """
    now = timezone.now()
    queue_moves = OrmQ.objects.filter(key=_fast(), lock__lte=now).exists()
    due = sending.due_to_send(now, queue_moves=queue_moves, at_most=AT_ONCE)
    polled = polling.due_to_poll(now, at_most=AT_ONCE)
    for pk in polled:
        async_task("tom_grandma_facilities.tasks.run_poll", pk, task_name=f"request-status-{pk}", save=False)
    return len(due) + len(polled) + sending.expire_over(now) + _mind_silence()


def _mind_silence() -> int:
    if not cache.add("requests-silence", 1, LOOK_FOR_SILENCE_S):
        return 0
    now = timezone.now()
    silent, still = [row.pk for row in reminders.due_to_remind(now)], [row.pk for row in reminders.due_to_escalate(now)]
    for pk in silent[:AT_ONCE]:
        async_task("tom_grandma_facilities.tasks.run_reminder", pk, task_name=f"request-reminder-{pk}")
    for pk in still[:AT_ONCE]:
        reminders.escalate(pk)
    return len(silent) + len(still)


def run_poll(request_id: int) -> str:
    """Ask a telescope how far a request is; its row says what it answered."""
    return str(polling.poll_status(request_id).state)


def run_reminder(request_id: int) -> str:
    """Remind those who are silent; the row of the request says how it went."""
    return str(reminders.remind(request_id).reminded_at)


@receiver(request_escalated, dispatch_uid="enqueue-escalation")
def enqueue_escalation(sender: type[FollowUpRequest], request: FollowUpRequest, **_: Any) -> None:
    """Have people told that somebody must call."""
    async_task("tom_grandma_facilities.tasks.run_escalation", request.pk, task_name=f"request-silent-{request.pk}")


def run_escalation(request_id: int) -> int:
    """Tell people by e-mail and Slack; returns how many ways worked."""
    return reminders.notify_people(FollowUpRequest.objects.select_related("created_by").get(pk=request_id))


def _fast() -> str:
    return str(settings.Q_CLUSTER["cluster_name"])


def _slow() -> str:
    return str(next(iter(settings.Q_CLUSTER["ALT_CLUSTERS"])))
