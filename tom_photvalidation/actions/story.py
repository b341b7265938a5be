"""The story of an upload as its row tells it: how far the work is, how it ended, and who is told."""

import logging
import time
from collections.abc import Callable, Sequence

from django.db import transaction
from django.utils import timezone

from tom_photvalidation.actions.answers import Answer, AnswerFile
from tom_photvalidation.actions.recording import Tally
from tom_photvalidation.choices import Outcome, UploadState
from tom_photvalidation.models import PhotometryFile, PhotometryUpload
from tom_photvalidation.sheets import storable
from tom_photvalidation.signals import photometry_stored

logger = logging.getLogger(__name__)

PROGRESS_EVERY_S = 0.5


def finish(upload: PhotometryUpload, file: AnswerFile, tally: Tally) -> PhotometryUpload:
    """End an upload whose rows are stored, with the answers to them."""
    close(upload, tally)
    PhotometryFile.objects.filter(upload=upload).update(answers=file.close())
    if not upload.is_dry_run:
        tell(upload, tally)
    logger.info("photometry upload %s by user %s: %s", upload.pk, upload.uploaded_by_id, upload.counts)
    return upload


def close(upload: PhotometryUpload, tally: Tally) -> None:
    """Write the story of the upload on its row."""
    upload.n_rows = tally.n_rows
    upload.n_created, upload.n_quarantined = tally.counts[Outcome.CREATED], tally.counts[Outcome.QUARANTINED]
    upload.n_exists, upload.n_rejected = tally.counts[Outcome.EXISTS], tally.counts[Outcome.REJECTED]
    # Columns are named by who sends them, who may write what PostgreSQL cannot keep.
    upload.mapping, upload.notes = storable(tally.mapping), storable(list(tally.notes))
    upload.format = tally.format[:20]
    upload.state, upload.progress, upload.doing, upload.finished_at = UploadState.DONE, 1.0, "", timezone.now()
    upload.save()


def tell(upload: PhotometryUpload, tally: Tally) -> None:
    """Say upward what is new, if anything is."""
    targets = tuple(sorted(tally.targets))
    if targets:
        transaction.on_commit(
            lambda: photometry_stored.send(
                PhotometryUpload, upload=upload, targets=targets, has_all_checks=tally.has_all_checks
            ),
            robust=True,
        )


def reporter(upload: PhotometryUpload) -> Callable[[float, str], None]:
    """Write how far the work is onto the row, not more often than anyone looks."""
    last = 0.0

    def report(fraction: float, doing: str) -> None:
        nonlocal last
        if time.monotonic() - last >= PROGRESS_EVERY_S:
            last = time.monotonic()
            PhotometryUpload.objects.filter(pk=upload.pk).update(progress=min(fraction, 1.0), doing=doing)

    return report


def fail(upload: PhotometryUpload, reason: str, answers: Sequence[Answer] = ()) -> PhotometryUpload:
    """End an upload that could not be stored, with the reason."""
    upload.state, upload.reason, upload.doing, upload.finished_at = UploadState.FAILED, reason, "", timezone.now()
    upload.save()
    if answers:
        file = AnswerFile()
        file.add(answers)
        PhotometryFile.objects.filter(upload=upload).update(answers=file.close())
    logger.warning("photometry upload %s: %s", upload.pk, reason)
    return upload
