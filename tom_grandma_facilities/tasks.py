"""Doors from the task queue to the actions: a task carries an id, the row holds the story."""

import logging
from typing import Any

from django.conf import settings
from django.dispatch import receiver
from django.utils import timezone
from django_q.models import OrmQ
from django_q.tasks import async_task

from tom_grandma_facilities import actions
from tom_grandma_facilities.models import ObservationUpload
from tom_grandma_facilities.signals import upload_requested

logger = logging.getLogger(__name__)


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


def _slow() -> str:
    return str(next(iter(settings.Q_CLUSTER["ALT_CLUSTERS"])))
