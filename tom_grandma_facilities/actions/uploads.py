"""Files of executed observations received: short ones recorded at once, long ones in the background."""

import hashlib
import logging
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, Group
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from tom_grandma_facilities.actions.executed import (
    Person,
    Recorded,
    check_all,
    groups_for,
    keep_answers,
    keep_file,
    one_telescope,
    record_into,
    record_observations,
    without_keys,
)
from tom_grandma_facilities.actions.executed_rows import storable
from tom_grandma_facilities.choices import UNFINISHED_UPLOADS, UploadState
from tom_grandma_facilities.exceptions import NotAllowed
from tom_grandma_facilities.executed import Sheet, UnreadableSheet, read_sheet
from tom_grandma_facilities.executed.readers import check_head, is_surely_long
from tom_grandma_facilities.locks import UPLOAD, is_worked_on, working_on
from tom_grandma_facilities.models import AnswerLink, ObservationUpload
from tom_grandma_facilities.registry import UnknownTelescope
from tom_grandma_facilities.signals import upload_requested

logger = logging.getLogger(__name__)

# One that is queued and that nobody began after this long was handed to a worker that died before it could start.
FORGOTTEN_AFTER = timedelta(seconds=15)
MOST_WAITING = 20
PROGRESS_EVERY_S = 0.5
# How far the work is when the file is read, and when its rows are checked.
READ, CHECKED = 0.15, 0.6


@dataclass(frozen=True)
class Received:
    """What became of a file: recorded at once, or an upload that is read in the background."""

    upload: ObservationUpload | None
    recorded: Recorded | None = None
    sheet: Sheet | None = None


def receive_observations(
    body: bytes,
    *,
    by: Person,
    telescope: str = "",
    groups: Collection[Group] | None = None,
    source: str = "",
    dry_run: bool = False,
    at_once: int | None = None,
    link: AnswerLink | None = None,
) -> Received:
    """Record a file of executed observations, at once when it has at most `at_once` rows, else in the background.

    `at_once` is ICARE_UPLOAD_ROWS_AT_ONCE unless said otherwise; the rest is as for `record_observations`.

    Raises
    ------
    UnreadableSheet
        When the file is no table of observations, as far as that can be told before all of it is read.
    NotAllowed, UnknownTelescope
        As `record_observations`.
    """
    told = groups_for(by, groups, link)
    most = settings.ICARE_UPLOAD_ROWS_AT_ONCE if at_once is None else at_once
    if is_surely_long(body, most):
        check_head(body)
        only = one_telescope(telescope, by)
        return Received(request_reading(body, by, only, told, source, dry_run, link))
    sheet = read_sheet(body)
    asked = telescope or sheet.telescope
    if len(sheet.rows) > most:
        only = one_telescope(asked, by)
        return Received(request_reading(body, by, only, told, source, dry_run, link))
    recorded = record_observations(
        sheet.rows,
        by=by,
        telescope=asked,
        groups=told,
        source=source,
        dry_run=dry_run,
        body=body if sheet.kept is None else sheet.kept,
        unknown=sheet.unknown,
        link=link,
    )
    return Received(recorded.upload, recorded, sheet)


def request_reading(
    body: bytes,
    by: Person,
    telescope: str,
    groups: Collection[Group],
    source: str,
    dry_run: bool,
    link: AnswerLink | None = None,
) -> ObservationUpload:
    """Keep a long file and have it read in the background; the same file again, while it waits, is the same upload."""
    waiting = ObservationUpload.objects.filter(uploaded_by_id=by.pk, link=link, state__in=UNFINISHED_UPLOADS)
    same = waiting.filter(
        file__sha256=hashlib.sha256(body).hexdigest(), telescope=telescope, is_dry_run=dry_run
    ).prefetch_related("groups")
    for upload in same:
        if {group.pk for group in upload.groups.all()} == {group.pk for group in groups}:
            return upload
    if waiting.count() >= MOST_WAITING:
        raise NotAllowed(f"{MOST_WAITING} of your uploads are still being read. Send this one when they are done.")
    with transaction.atomic():
        upload = ObservationUpload.objects.create(
            source=source[:255],
            uploaded_by_id=by.pk,
            link=link,
            telescope=telescope,
            is_dry_run=dry_run,
            state=UploadState.QUEUED,
            queued_at=timezone.now(),
        )
        upload.groups.set(groups)
        keep_file(upload, body)
        upload_requested.send(ObservationUpload, upload=upload)
    logger.info("upload %s of %s bytes by %s is queued", upload.pk, len(body), link or f"user {by.pk}")
    return upload


def read_upload(upload_id: int) -> ObservationUpload:
    """Read and record a file that was kept; safe to be called any number of times, by any number of workers."""
    with working_on(UPLOAD, upload_id) as mine:
        upload = ObservationUpload.objects.select_related("uploaded_by", "link").get(pk=upload_id)
        if not mine or not upload.is_unfinished:
            return upload
        upload.starts += 1
        if upload.starts > settings.ICARE_UPLOAD_MAX_STARTS:
            return _fail(upload, f"The work was begun {upload.starts - 1} times and each time its worker died.")
        upload.state, upload.progress, upload.doing = UploadState.RUNNING, 0.0, "reading the file"
        upload.save(update_fields=["state", "progress", "doing", "starts"])
        try:
            return _read(upload)
        except UnreadableSheet as error:
            problems = [problem.as_dict() for problem in error.problems]
            upload.rejected = storable([{"line": error.problems[0].line, "row": None, "problems": problems}])
            return _fail(upload, str(error))
        except (NotAllowed, UnknownTelescope) as error:
            return _fail(upload, str(error))
        except (ValueError, ArithmeticError, LookupError, MemoryError) as error:
            logger.exception("upload %s failed", upload.pk)
            return _fail(upload, f"The file could not be recorded: {error}")


def _read(upload: ObservationUpload) -> ObservationUpload:
    """All of it in one transaction: whoever dies on the way leaves nothing half done and no row answered wrongly."""
    by: Person | None = upload.uploaded_by or (AnonymousUser() if upload.link else None)
    if by is None:
        raise NotAllowed("The account that sent it is gone.")
    groups_for(by, list(upload.groups.all()), upload.link)
    report = _reporter(upload)
    sheet = read_sheet(upload.file.content)
    asked = upload.telescope or sheet.telescope
    only = one_telescope(asked, by)
    checked = check_all(
        sheet.rows, only, by, lambda part: report(READ + (CHECKED - READ) * part, f"checking {len(sheet.rows):,} rows")
    )
    ObservationUpload.objects.filter(pk=upload.pk).update(progress=CHECKED, doing=f"storing {len(sheet.rows):,} rows")
    upload.unknown = storable(list(sheet.unknown))
    if upload.is_dry_run:
        return _try(upload, lambda: record_into(upload, checked, sheet.rows, by))
    with transaction.atomic():
        record_into(upload, checked, sheet.rows, by)
    logger.info("upload %s by %s: %s", upload.pk, upload.link or f"user {by.pk}", upload.counts)
    return upload


def _try(upload: ObservationUpload, record: Callable[[], Recorded]) -> ObservationUpload:
    """Record as if, take it back, and keep only the answers."""
    with transaction.atomic():
        recorded = record()
        transaction.set_rollback(True)
    with transaction.atomic():
        upload.save()
        keep_answers(upload, without_keys(recorded.answers))
    return upload


def _reporter(upload: ObservationUpload) -> Callable[[float, str], None]:
    """Write how far the work is onto the row, not more often than anyone looks."""
    last = 0.0

    def report(fraction: float, doing: str) -> None:
        nonlocal last
        if time.monotonic() - last >= PROGRESS_EVERY_S:
            last = time.monotonic()
            ObservationUpload.objects.filter(pk=upload.pk).update(progress=min(fraction, 1.0), doing=doing)

    return report


def _fail(upload: ObservationUpload, reason: str) -> ObservationUpload:
    upload.state, upload.reason, upload.doing, upload.finished_at = UploadState.FAILED, reason, "", timezone.now()
    upload.save()
    logger.warning("upload %s: %s", upload.pk, reason)
    return upload


def abandoned_uploads(*, queue_moves: bool) -> QuerySet[ObservationUpload]:
    """Return the unfinished uploads on which nobody works any more.

    One that merely waits behind others (`queue_moves`: there is due work in the queue) is not lost.
    """
    suspect = Q(state=UploadState.RUNNING)
    if not queue_moves:
        suspect |= Q(state=UploadState.QUEUED, queued_at__lt=timezone.now() - FORGOTTEN_AFTER)
    suspects = ObservationUpload.objects.filter(suspect)
    return suspects.filter(pk__in=[pk for pk in suspects.values_list("pk", flat=True) if not is_worked_on(UPLOAD, pk)])


def requeue_upload(upload: ObservationUpload) -> bool:
    """Put an abandoned upload on the queue again, together with the note of it; False when it moved on meanwhile."""
    with transaction.atomic():
        moved = ObservationUpload.objects.filter(
            pk=upload.pk, state__in=UNFINISHED_UPLOADS, queued_at=upload.queued_at
        ).update(state=UploadState.QUEUED, queued_at=timezone.now(), progress=0.0, doing="")
        if moved:
            upload_requested.send(ObservationUpload, upload=upload)
    return bool(moved)
