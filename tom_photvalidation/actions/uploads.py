"""Photometry received: short bodies recorded while the sender waits, long ones in the background."""

import gzip
import hashlib
import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils import timezone

from tom_grandma_facilities.locks import working_on
from tom_grandma_facilities.people import limit_to, only_telescope
from tom_photvalidation.actions.answers import Answer, AnswerFile, Answers, read_answers
from tom_photvalidation.actions.preparing import Prepared
from tom_photvalidation.actions.recording import Recorder, Tally, refused_together
from tom_photvalidation.actions.story import close, fail, finish, reporter, tell
from tom_photvalidation.ahead import ahead
from tom_photvalidation.audiences import Person, audience_of, groups_for
from tom_photvalidation.choices import UNFINISHED, Channel, Mode, Outcome, UploadState
from tom_photvalidation.exceptions import KeyReused, NotAllowed, PhotometryError, TooMuchWaiting, Unreadable
from tom_photvalidation.measurements import Problem, Reading, join_readings
from tom_photvalidation.models import PhotometryFile, PhotometryUpload
from tom_photvalidation.readers import read_chunks
from tom_photvalidation.rows import Epochs
from tom_photvalidation.sheets import storable
from tom_photvalidation.signals import upload_requested
from tom_photvalidation.surroundings import Before, epochs_seen_by
from tom_photvalidation.table import CHUNK_ROWS, Source

logger = logging.getLogger(__name__)

# First key of the advisory locks of uploads and of senders' keys; others are in `tom_grandma_facilities.locks`.
UPLOAD, KEY = 7301, 7302
MOST_WAITING = 20
MOST_TRIES = 4
MOST_HEADER_LINES = 100
DEADLOCK, GONE = "40P01", "23503"
# Of a long body: while one part is stored the next is made ready.
PART_ROWS = 25_000
T = TypeVar("T")


@dataclass(frozen=True)
class Sent:
    """A body of photometry with everything that was said beside it."""

    body: bytes
    source: str = ""
    content_type: str = ""
    channel: str = Channel.API
    mode: str = Mode.PARTIAL
    is_dry_run: bool = False
    mapping: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    key: str = ""
    recalled: Mapping[str, str] = field(default_factory=dict)

    @property
    def meant(self) -> dict[str, str]:
        """Our column for each of the file's: as said now, else as the sender said of a table with the same header."""
        return {**self.recalled, **self.mapping}

    @property
    def sha256(self) -> str:
        """Of the body and of what was said beside it: two that agree ask for the same."""
        said = repr((self.mode, self.is_dry_run, sorted(self.mapping.items()), sorted(self.defaults.items())))
        digest = hashlib.sha256(said.encode("utf-8", "replace") + b"\0")
        digest.update(self.body)
        return digest.hexdigest()


@dataclass(frozen=True)
class Received:
    """What became of a body: answered row by row at once (`answers`), or an upload that is read in the background."""

    upload: PhotometryUpload
    answers: tuple[Answer, ...] | None = None
    is_kept: bool = True
    is_replayed: bool = False
    # Keys of the targets of its rows; of an earlier body that came again its points tell.
    targets: tuple[int, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """How many rows became what."""
        return self.upload.counts


def receive_photometry(
    sent: Sent, *, by: Person, groups: Collection[Group] | None = None, at_once: int | None = None
) -> Received:
    """Record photometry, at once when it has at most `at_once` rows, else in the background.

    Parameters
    ----------
    sent : Sent
        The body and what was said beside it.
    by : User or AnonymousUser
        Who sends it.
    groups : collection of Group, optional
        Who sees what is new, of `groups_to_tell(by)`; the network if not given.
    at_once : int, optional
        ICARE_PHOTOMETRY_ROWS_AT_ONCE if not given.

    Raises
    ------
    NotAllowed
        When `by` may not send photometry, or not for these groups.
    Unreadable
        When the body as a whole is no table of photometry.
    KeyReused
        When the Idempotency-Key stands for another body.
    TooMuchWaiting
    """
    told = groups_for(by, groups)
    most = settings.ICARE_PHOTOMETRY_ROWS_AT_ONCE if at_once is None else at_once
    upload = PhotometryUpload(
        source=sent.source[:255],
        channel=sent.channel,
        audience=audience_of(told),
        uploaded_by_id=by.pk,
        mode=sent.mode,
        is_dry_run=sent.is_dry_run,
        idempotency_key=sent.key,
        asked=storable(
            {
                "mapping": sent.meant,
                "defaults": dict(sent.defaults),
                "only": only_telescope(by),
                "lines": sent.body.count(b"\n"),
            }
        ),
    )
    return _again(lambda: _receive(sent, upload, by, most))


def _receive(sent: Sent, upload: PhotometryUpload, by: Person, most: int) -> Received:
    upload.pk = None
    with transaction.atomic():
        if sent.key:
            _wait_for_key(by, sent.key)
            if (earlier := _earlier(sent, by)) is not None:
                return earlier
        reading = _read_at_once(sent, most, by)
        if reading is None:
            return _queue(sent, upload)
        upload.state, upload.starts = UploadState.RUNNING, 1
        upload.save()
        tally = Tally()
        recorder = Recorder(upload, by, sent.is_dry_run)
        answers = list(recorder.record(reading, recorder.prepare(reading), tally))
        is_refused = sent.mode == Mode.ATOMIC and bool(tally.counts[Outcome.REJECTED])
        if is_refused:
            answers = refused_together([answer.without_key() for answer in answers])
            tally.counts.clear()
            tally.counts.update(answer.outcome.value for answer in answers)
        file = AnswerFile()
        file.add(answers)
        close(upload, tally)
        _keep_file(upload, sent, file.close())
        is_kept = not sent.is_dry_run and not is_refused and (tally.is_news or bool(sent.key))
        if is_kept:
            tell(upload, tally)
        else:
            transaction.set_rollback(True)
    logger.info("Photometry from user %s: %s", by.pk, upload.counts)
    return Received(upload, tuple(answers), is_kept, targets=tuple(sorted(tally.named)))


def _again(work: Callable[[], T]) -> T:
    """Begin again after what is chance: two bodies that hold the same points in another order may wait for each other,
    and a target may be deleted after its name was looked up."""
    for _ in range(MOST_TRIES - 1):
        try:
            return work()
        except (OperationalError, IntegrityError) as error:
            if getattr(error.__cause__, "pgcode", "") not in (DEADLOCK, GONE) or connection.in_atomic_block:
                raise
            logger.info("Photometry is recorded again: %s", error)
    return work()


def _read_at_once(sent: Sent, most: int, by: Person) -> Reading | None:
    """Read a body of at most so many rows; None for a longer one.

    Raises
    ------
    Unreadable
    """
    if sent.body[:1].strip() not in (b"{", b"[", b"<") and sent.body.count(b"\n") > most + MOST_HEADER_LINES:
        return None
    parts = []
    n_rows = 0
    for part in _parts(sent.body, sent.source, sent.content_type, sent.meant, sent.defaults, epochs_seen_by(by)):
        parts.append(part)
        n_rows += part.n_rows
        if n_rows > most:
            return None
    return join_readings(parts)


def _parts(
    body: Source,
    source: str,
    content_type: str,
    mapping: Mapping[str, str],
    defaults: Mapping[str, Any],
    epochs: Epochs,
    rows: int = CHUNK_ROWS,
) -> Iterator[Reading]:
    """Read a body part by part, of so many rows where the format allows that.

    Raises
    ------
    Unreadable
        When there is no row in it at all.
    """
    n_rows = 0
    problems: list[Problem] = []
    try:
        for part in read_chunks(body, source, content_type, mapping or None, defaults or None, rows, epochs):
            n_rows += part.n_rows
            problems += part.problems if n_rows == 0 else ()
            yield part
    except (ValueError, TypeError, ArithmeticError, LookupError) as error:
        # Whatever somebody sends, the answer is a refusal in words.
        logger.exception("a body of photometry could not be read")
        raise Unreadable(f"The body cannot be read: {error}.", "Send it as CSV with a header.") from error
    if n_rows == 0:
        words = problems[0].message if problems else "There is no row in it."
        raise Unreadable(words, problems[0].fix if problems else "Send at least one measurement.", problems)


# --- sent again -------------------------------------------------------------------------------------------------------
def _wait_for_key(by: Person, key: str) -> None:
    """Let only one of those who send the same key at once go on; the others see what it did."""
    number = int.from_bytes(
        hashlib.sha256(f"{by.pk} {key}".encode("utf-8", "replace")).digest()[:4], "big", signed=True
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [KEY, number])


def _earlier(sent: Sent, by: Person) -> Received | None:
    """Return what became of the same body with the same key.

    Raises
    ------
    KeyReused
    """
    known = PhotometryUpload.objects.filter(uploaded_by_id=by.pk, idempotency_key=sent.key).select_related("file")
    upload = known.first()
    if upload is None:
        return None
    if upload.file.sha256 != sent.sha256:
        raise KeyReused(
            "This Idempotency-Key came before with another body or other options.", "Take a new key for every body."
        )
    answers = None if upload.is_unfinished or upload.file.answers is None else read_answers(bytes(upload.file.answers))
    return Received(upload, None if answers is None else tuple(answers), is_replayed=True)


# --- in the background ------------------------------------------------------------------------------------------------
def _queue(sent: Sent, upload: PhotometryUpload) -> Received:
    """Keep a long body and have it read later; the same one again, while it waits, is the same upload."""
    waiting = PhotometryUpload.objects.filter(uploaded_by_id=upload.uploaded_by_id, state__in=UNFINISHED)
    same = waiting.filter(file__sha256=sent.sha256, audience=upload.audience, idempotency_key=sent.key).first()
    if same is not None:
        return Received(same, is_replayed=True)
    if waiting.count() >= MOST_WAITING:
        raise TooMuchWaiting(
            f"{MOST_WAITING} of your uploads are still being read.", "Send this one when some of them are done."
        )
    upload.state, upload.queued_at = UploadState.QUEUED, timezone.now()
    upload.save()
    _keep_file(upload, sent)
    upload_requested.send(PhotometryUpload, upload=upload)
    logger.info(
        "photometry upload %s of %s bytes by user %s is queued", upload.pk, len(sent.body), upload.uploaded_by_id
    )
    return Received(upload)


def _keep_file(upload: PhotometryUpload, sent: Sent, answers: bytes | None = None) -> None:
    # Level 1: the sender waits, and a hundred megabytes take seconds.
    body = gzip.compress(sent.body, compresslevel=1, mtime=0)
    PhotometryFile.objects.create(
        upload=upload, sha256=sent.sha256, content_type=sent.content_type[:100], body=body, answers=answers
    )


def read_upload(upload_id: int) -> PhotometryUpload:
    """Read and record a body that was kept; safe to be called any number of times, by any number of workers."""
    with working_on(UPLOAD, upload_id) as mine:
        upload = PhotometryUpload.objects.select_related("uploaded_by", "audience").get(pk=upload_id)
        if not mine or not upload.is_unfinished:
            return upload
        upload.starts += 1
        if upload.starts > settings.ICARE_UPLOAD_MAX_STARTS:
            return fail(upload, f"The work was begun {upload.starts - 1} times and each time its worker died.")
        upload.state, upload.progress, upload.doing = UploadState.RUNNING, 0.0, "reading"
        upload.save(update_fields=["state", "progress", "doing", "starts"])
        try:
            return _read(upload)
        except Unreadable as error:
            return fail(
                upload, str(error), [Answer(one.line, Outcome.REJECTED, errors=(one,)) for one in error.problems]
            )
        except PhotometryError as error:
            return fail(upload, str(error))
        except (ValueError, ArithmeticError, LookupError, MemoryError) as error:
            logger.exception("photometry upload %s failed", upload.pk)
            return fail(upload, f"The body could not be recorded: {error}")


def _read(upload: PhotometryUpload) -> PhotometryUpload:
    """Record part by part, each in its own transaction; what an earlier try stored is recognised and counted as new.

    An upload that is stored whole or not at all is first tried without writing anything.
    """
    by = upload.uploaded_by
    if by is None:
        raise NotAllowed("The account that sent it is gone.")
    groups_for(by, list(upload.groups))
    # The token it came with is not here any more, but what it was limited to is.
    limit_to(by, upload.asked.get("only", ""))
    # Whatever a caller wrote in a transaction of his own, a thread would not see.
    in_thread = not connection.in_atomic_block
    is_whole = upload.mode == Mode.ATOMIC and not upload.is_dry_run
    file, tally = _pass(upload, by, is_trial=upload.is_dry_run or is_whole, in_thread=in_thread)
    if is_whole and not tally.counts[Outcome.REJECTED]:
        with transaction.atomic():
            file, tally = _pass(upload, by, is_trial=False, in_thread=in_thread)
            return finish(upload, file, tally)
    if is_whole:
        upload.reason = f"Nothing is stored: {tally.counts[Outcome.REJECTED]:,} rows are refused (mode=atomic)."
        for stored in (Outcome.CREATED, Outcome.QUARANTINED):
            tally.counts[stored] = 0
    with transaction.atomic():
        return finish(upload, file, tally)


def _pass(upload: PhotometryUpload, by: Person, *, is_trial: bool, in_thread: bool) -> tuple[AnswerFile, Tally]:
    """Record the parts of a kept body; while one is stored the next is read and checked.

    That happens in a thread with a connection of its own, which sees nothing of what this one has not committed.
    """
    asked = upload.asked
    recorder = Recorder(upload, by, is_trial, Before(upload.pk))
    file, tally = AnswerFile(), Tally()
    report = reporter(upload)
    readings = _parts(
        upload.file.parts(), upload.source, upload.file.content_type, asked.get("mapping", {}),
        asked.get("defaults", {}), epochs_seen_by(by), PART_ROWS,
    )  # fmt: skip
    ready = ((reading, recorder.prepare(reading)) for reading in readings)
    for reading, prepared in ahead(ready, in_thread=in_thread, leave=_leave):
        file.add(_again(partial(_recorded, recorder, reading, [prepared], tally)))
        report(
            tally.n_rows / max(asked.get("lines", 1), 1), f"{tally.n_rows:,} rows {'checked' if is_trial else 'stored'}"
        )
    return file, tally


def _leave() -> None:
    """Give back the connection of the thread this is called in."""
    connection.close()


def _recorded(recorder: Recorder, reading: Reading, ready: list[Prepared], tally: Tally) -> Answers:
    """Record a part; what was made ready of it serves once, since another try follows after something changed."""
    prepared = ready.pop() if ready else recorder.prepare(reading)
    with transaction.atomic():
        return recorder.record(reading, prepared, tally)
