"""Uploads whose worker died, brought back."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from tom_grandma_facilities.locks import is_worked_on
from tom_photvalidation.actions.uploads import UPLOAD
from tom_photvalidation.choices import UNFINISHED, UploadState
from tom_photvalidation.models import PhotometryUpload
from tom_photvalidation.signals import upload_requested

# One that is queued and that nobody began after this long was handed to a worker that died before it could start.
FORGOTTEN_AFTER = timedelta(seconds=15)


def abandoned_uploads(*, queue_moves: bool) -> QuerySet[PhotometryUpload]:
    """Return the unfinished uploads on which nobody works any more.

    One that merely waits behind others (`queue_moves`: there is due work in the queue) is not lost.
    """
    suspect = Q(state=UploadState.RUNNING)
    if not queue_moves:
        suspect |= Q(state=UploadState.QUEUED, queued_at__lt=timezone.now() - FORGOTTEN_AFTER)
    suspects = PhotometryUpload.objects.filter(suspect)
    return suspects.filter(pk__in=[pk for pk in suspects.values_list("pk", flat=True) if not is_worked_on(UPLOAD, pk)])


def requeue_upload(upload: PhotometryUpload) -> bool:
    """Put an abandoned upload on the queue again, together with the note of it; False when it moved on meanwhile."""
    with transaction.atomic():
        moved = PhotometryUpload.objects.filter(pk=upload.pk, state__in=UNFINISHED, queued_at=upload.queued_at).update(
            state=UploadState.QUEUED, queued_at=timezone.now(), progress=0.0, doing=""
        )
        if moved:
            upload_requested.send(PhotometryUpload, upload=upload)
    return bool(moved)
