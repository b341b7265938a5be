"""Doors from the task queue to the actions: a task carries an id, the row holds the story."""

import hashlib
import logging
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.cache import cache
from django.dispatch import receiver
from django.utils import timezone
from django_q.models import OrmQ
from django_q.tasks import async_task

from tom_photvalidation.actions import pulling, rechecking, recovery, sharing, uploads
from tom_photvalidation.models import PhotometryUpload
from tom_photvalidation.signals import checks_requested, pull_requested, sharing_requested, upload_requested

logger = logging.getLogger(__name__)

MOST_LOOKED_AT = 50
# Ten thousand points of a target take seconds: others on the queue do not wait for all targets of a survey.
TARGETS_AT_ONCE = 20
PULL_EVERY_S = 5


@receiver(upload_requested, dispatch_uid="enqueue-photometry")
def enqueue_upload(sender: type[PhotometryUpload], upload: PhotometryUpload, **_: Any) -> None:
    """Put the reading of a long body on the slow queue in the transaction of its row: both are there, or neither."""
    async_task("tom_photvalidation.tasks.run_upload", upload.pk, task_name=f"photometry-{upload.pk}", cluster=_slow())


@receiver(sharing_requested, dispatch_uid="enqueue-photometry-sharing")
def enqueue_sharing(
    sender: type[PhotometryUpload], upload: PhotometryUpload, group: Group, by: User, let_in: bool, **_: Any
) -> None:
    """Have a long upload shared in the background."""
    said = (upload.pk, group.pk, by.pk, let_in)
    async_task("tom_photvalidation.tasks.run_sharing", *said, task_name=f"share-{upload.pk}", cluster=_slow())


@receiver(checks_requested, dispatch_uid="enqueue-photometry-checks")
def enqueue_checks(sender: Any, targets: tuple[int, ...], **_: Any) -> None:
    """Have the points of targets checked again, some at a time; a task that waits for the same ones is enough."""
    waiting = OrmQ.objects.filter(key=_slow(), lock__lte=timezone.now())[:MOST_LOOKED_AT]
    names = {task.name() for task in waiting}
    for at in range(0, len(targets), TARGETS_AT_ONCE):
        some = list(targets[at : at + TARGETS_AT_ONCE])
        name = f"photometry-checks-{hashlib.sha256(repr(some).encode()).hexdigest()[:16]}"
        if name not in names:
            async_task("tom_photvalidation.tasks.run_checks", some, task_name=name, cluster=_slow())


@receiver(pull_requested, dispatch_uid="enqueue-photometry-pull")
def enqueue_pull(sender: Any, **_: Any) -> None:
    """Have rows of other TOM apps taken in; of a broker's thousand rows the first asks, and `recover` sees the rest."""
    if cache.add("photometry-pull", 1, PULL_EVERY_S):
        async_task("tom_photvalidation.tasks.run_pull", task_name="photometry-pull", cluster=_slow())


def run_pull() -> int:
    """Take in what other TOM apps wrote; return how many rows became points."""
    return pulling.pull_in()


def run_upload(upload_id: int) -> str:
    """Read a long body; its row says how it went."""
    return str(uploads.read_upload(upload_id).state)


def run_sharing(upload_id: int, group_id: int, by_id: int, let_in: bool) -> None:
    """Let a group see an upload, or shut it out; whoever asked must still be allowed to."""
    upload, group = PhotometryUpload.objects.get(pk=upload_id), Group.objects.get(pk=group_id)
    sharing.share_photometry(upload, group, by=User.objects.get(pk=by_id), let_in=let_in, waits=True)


def run_checks(targets: list[int]) -> int:
    """Check the points of targets again; return how many were found to be otherwise than before."""
    return sum(rechecking.recheck_target(target) for target in targets)


def recover() -> int:
    """Bring back uploads whose worker died, and pull in what other TOM apps wrote; called often by the watchdog."""
    queue_moves = OrmQ.objects.filter(key=_slow(), lock__lte=timezone.now()).exists()
    returned = [
        upload for upload in recovery.abandoned_uploads(queue_moves=queue_moves) if recovery.requeue_upload(upload)
    ]
    for upload in returned:
        logger.warning("photometry upload %s was abandoned by its worker and is on the queue again", upload.pk)
    pulling.pull_in()
    return len(returned)


def _slow() -> str:
    return str(next(iter(settings.Q_CLUSTER["ALT_CLUSTERS"])))
