"""From raw bytes to an event: store first, read afterwards, and keep what cannot be read with its reason."""

import hashlib
import logging
import zlib
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import DataError, IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from tom_gcn import signals
from tom_gcn.actions.notices import ingest, ingest_again
from tom_gcn.actions.sharing import share_event
from tom_gcn.choices import MessageState
from tom_gcn.exceptions import NotAllowed
from tom_gcn.listening.clusters import get_cluster
from tom_gcn.listening.offload import Content, ContentAway, ContentRefused, fetch_content, is_placeholder
from tom_gcn.locks import LockSpace, working_on
from tom_gcn.models import Event, ListenerHeartbeat, Message, Notice
from tom_gcn.notices import Heartbeat, NotAnAlert, NoticeError, Parsed, parse
from tom_gcn.notices import Notice as ParsedNotice

logger = logging.getLogger(__name__)

GZIP_MAGIC = b"\x1f\x8b"
KEPT_OF_OVERSIZED_BYTES = 64 * 1024
# A message whose reading kills the process must not do so for ever.
MOST_STARTS = 3
# How far the clock of a sender may be ahead.
AHEAD = timedelta(days=1)
# What a hostile or unforeseen message may raise in code that meant to refuse it in words.
READER_FAULTS = (DataError, ValueError, TypeError, ArithmeticError, LookupError, RecursionError, MemoryError)
# Senders at Hopskotch mark tests with it, whatever its value.
TEST_HEADER = "_test"
# When content kept elsewhere cannot be had, it is asked for again after these pauses.
FETCH_PAUSES = tuple(timedelta(seconds=s) for s in (10, 30, 120, 600, 1800, 7200, 21600, 43200))


@dataclass(frozen=True)
class ReadResult:
    """What reading a message led to, for the doors to report."""

    message: Message
    event: Event | None = None
    notice: Notice | None = None
    is_new_notice: bool = False

    @property
    def is_clean(self) -> bool:
        """Whether everything in the message could be used."""
        return self.message.state in (MessageState.READ, MessageState.NO_ALERT)


@dataclass(frozen=True)
class Oversized:
    """A message that is too large to keep: its beginning, size and digest."""

    beginning: bytes
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class Place:
    """Where on a topic a message stood."""

    partition: int
    offset: int


def receive_message(
    body: bytes | Oversized,
    *,
    source: str,
    topic: str = "",
    headers: dict[str, Any] | None = None,
    place: Place | None = None,
    read_later: bool = False,
) -> tuple[Message, bool]:
    """Store a message as it came and say whether its content is new. Committed on return, before anything is read.

    With `read_later` the reading of a new message is queued in the same transaction: both are there, or neither.
    """
    columns = _as_stored(body) | {"source": source[-300:], "topic": topic, "headers": headers or {}}
    if place is None:
        return _store(columns, read_later)
    known = Message.objects.filter(source=source, topic=topic, partition=place.partition, offset=place.offset)
    other = known.exclude(sha256=columns["sha256"])
    try:
        return _store(columns | {"partition": place.partition, "offset": place.offset}, read_later)
    except IntegrityError:
        if not other.exists():
            raise
        # The topic was made anew at the broker and counts from 0 again: the place is taken, the content is new.
        logger.warning("%s %s:%s:%s holds another message than before", source, topic, place.partition, place.offset)
        return _store(columns, read_later)


def _as_stored(body: bytes | Oversized) -> dict[str, Any]:
    """Columns of the content, cut when it is too large to keep."""
    if isinstance(body, bytes):
        digest = hashlib.sha256(body).hexdigest()
        if len(body) <= settings.ICARE_MAX_MESSAGE_BYTES:
            return {"body": body, "size_bytes": len(body), "sha256": digest, "is_cut": False}
        body = Oversized(body[:KEPT_OF_OVERSIZED_BYTES], len(body), digest)
    return {"body": body.beginning, "size_bytes": body.size_bytes, "sha256": body.sha256, "is_cut": True}


def _store(columns: dict[str, Any], read_later: bool) -> tuple[Message, bool]:
    known = Message.objects.defer("body").filter(sha256=columns["sha256"])
    if message := known.first():
        return message, False
    try:
        with transaction.atomic():
            message = Message.objects.create(**columns)
            if read_later:
                signals.message_stored.send(Message, message=message)
    except IntegrityError:
        # Stored by another process a moment ago; or its place on the topic is taken, which the caller judges.
        if message := known.first():
            return message, False
        raise
    return message, True


def read_message(message: Message) -> ReadResult:
    """Read a stored message into its notice, event and localization; done once, however often it is called."""
    if message.state != MessageState.RECEIVED:
        return _known(message)
    with working_on(LockSpace.MESSAGE, message.pk) as mine:
        message.refresh_from_db()
        if not mine or message.state != MessageState.RECEIVED:
            return _known(message)
        if is_placeholder(message.headers):
            return _fetch(message)
        if message.starts >= MOST_STARTS:
            _close(message, MessageState.UNREADABLE, "gave-up", f"Reading was begun {message.starts} times in vain.")
            return ReadResult(message)
        Message.objects.filter(pk=message.pk).update(starts=F("starts") + 1)
        return _read_or_close(message)


def reread_message(message: Message, *, by: User | AnonymousUser) -> ReadResult:
    """Read a message again that could not be read before, for instance after the reader was mended.

    Raises
    ------
    NotAllowed
        When `by` may not see messages in the admin.
    """
    if not by.has_perm("tom_gcn.view_unreadablemessage"):
        raise NotAllowed("You may not read messages again.", "Ask an administrator.")
    logger.info("message %s is read again, asked for by %s", message.sha256[:8], by)
    return reread(message)


def reread(message: Message) -> ReadResult:
    """Read a message again that was not read wholly; whoever may run commands here may do it to all of them."""
    partial = Message.objects.filter(pk=message.pk, state=MessageState.PARTIAL)
    if partial.filter(notice__isnull=False).exists():
        with working_on(LockSpace.MESSAGE, message.pk) as mine:
            message.refresh_from_db()
            return _read_rest(message) if mine and message.state == MessageState.PARTIAL else _known(message)
    again = (MessageState.UNREADABLE, MessageState.PARTIAL, MessageState.NO_ALERT)
    # A notice that was read stays; only what nothing came of is begun anew.
    anew = {"state": MessageState.RECEIVED, "starts": 0, "again_at": None}
    Message.objects.filter(pk=message.pk, state__in=again, notice=None).update(**anew)
    message.refresh_from_db(fields=["state"])
    return read_message(message)


def _read_rest(message: Message) -> ReadResult:
    """Read again what left a notice behind; when that fails altogether, everything stays as it was."""
    notice = Notice.objects.select_related("event").get(message=message)
    try:
        with transaction.atomic():
            parsed = _parsed(message)
            if not isinstance(parsed, ParsedNotice):
                raise NoticeError(
                    "not-a-notice", f"It is read as a {parsed.format} now.", "Tell those who run the site."
                )
            outcome = ingest_again(parsed, notice, message)
            state = MessageState.PARTIAL if outcome.problem else MessageState.READ
            _close(message, state, outcome.code, outcome.problem)
    except (NoticeError, MessageTooLarge, *READER_FAULTS):
        logger.exception("message %s could not be read again; its notice stays as it was", message.sha256[:8])
        message.refresh_from_db()
        return _known(message)
    return ReadResult(message, outcome.event, outcome.notice)


class MessageTooLarge(Exception):
    """The message, as it came or unpacked, exceeds what is kept."""

    code = "too-large"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
        self.fix = "If it is a real alert, raise ICARE_MAX_MESSAGE_BYTES and ingest it again."


def _read_or_close(message: Message) -> ReadResult:
    """Read a message; one that cannot be read is closed with the reason."""
    try:
        with transaction.atomic():
            return _read(message)
    except (NoticeError, MessageTooLarge) as error:
        state = MessageState.NO_ALERT if isinstance(error, NotAnAlert) else MessageState.UNREADABLE
        _close(message, state, error.code, f"{error.message} {error.fix}".strip())
        logger.info("message %s is kept: %s", message.sha256[:8], error)
    except READER_FAULTS as error:
        # A fault of ours must neither stop the messages behind this one nor be tried for ever.
        logger.exception("reading message %s failed", message.sha256[:8])
        reason = f"The reader stopped: {type(error).__name__}: {error}"[:500]
        _close(message, MessageState.UNREADABLE, "reader-error", f"{reason}. Tell those who run the site.")
    return ReadResult(message)


def _read(message: Message) -> ReadResult:
    parsed = _parsed(message)
    outcome = ingest(parsed, message)
    if outcome.event is not None and isinstance(parsed, ParsedNotice):
        share_event(outcome.event, outcome.notice, message)
    state = MessageState.PARTIAL if outcome.problem else MessageState.READ
    if isinstance(parsed, Heartbeat):
        state = MessageState.NO_ALERT
    _close(message, state, outcome.code, outcome.problem or outcome.remark)
    return ReadResult(message, outcome.event, outcome.notice, outcome.is_new)


def _parsed(message: Message) -> Parsed:
    parsed = parse(_unpacked(message), message.topic)
    if TEST_HEADER in message.headers:
        parsed = replace(parsed, is_test=True)
    _refuse_future(parsed)
    return parsed


def _refuse_future(parsed: Parsed) -> None:
    """A notice dated in the future would stay the newest for ever."""
    made = max(filter(None, (getattr(parsed, name, None) for name in ("time_created", "event_time"))), default=None)
    if made and made > timezone.now() + AHEAD:
        raise NoticeError(
            "in-the-future",
            f"The notice speaks of {made:%Y-%m-%d %H:%M} UTC.",
            "Check the clock of its sender.",
        )


def _fetch(message: Message) -> ReadResult:
    """Fetch what a placeholder stands for, store it as a message of its own and read that."""
    try:
        content = _content_of(message)
    except ContentRefused as error:
        _close(message, MessageState.UNREADABLE, error.code, f"{error.message} {error.fix}".strip())
        return ReadResult(message)
    except ContentAway as error:
        return _ask_again(message, str(error))
    headers = {key: value for key, value in message.headers.items() if key != "_format"} | content.headers
    with transaction.atomic():
        stored, _ = receive_message(content.body, source=message.source, topic=message.topic, headers=headers)
        _close(message, MessageState.READ, "fetched", f"Its content was fetched: message {stored.sha256[:8]}.")
    return read_message(stored)


def _content_of(message: Message) -> Content:
    try:
        cluster = get_cluster(message.source)
    except KeyError:
        raise ContentRefused("external-damaged", f"{message.source} is no cluster content is fetched from.") from None
    server = ListenerHeartbeat.objects.filter(pk=cluster.name).values_list("offload_server", flat=True).first()
    return fetch_content(cluster, bytes(message.body), server or "")


def _ask_again(message: Message, reason: str) -> ReadResult:
    if message.starts >= len(FETCH_PAUSES):
        _close(message, MessageState.UNREADABLE, "external-away", f"{reason} It was asked for {message.starts} times.")
        return ReadResult(message)
    message.again_at = timezone.now() + FETCH_PAUSES[message.starts]
    message.starts += 1
    message.reason_code, message.reason = "external-away", f"{reason} It will be asked for again."
    message.save(update_fields=["again_at", "starts", "reason_code", "reason"])
    logger.warning("message %s: %s", message.sha256[:8], message.reason)
    return ReadResult(message)


def _unpacked(message: Message) -> bytes:
    """The message's bytes, gunzipped when needed, never more than a message may weigh."""
    limit = settings.ICARE_MAX_MESSAGE_BYTES
    if message.is_cut:
        raise MessageTooLarge(f"The message weighs {message.size_bytes:,} bytes; at most {limit:,} are read.")
    body = bytes(message.body)
    if not body.startswith(GZIP_MAGIC):
        return body
    try:
        unzip = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        unpacked = unzip.decompress(body, limit + 1)
    except zlib.error as error:
        raise NoticeError("bad-gzip", f"The gzip stream is damaged: {error}.", "Send the file again.") from error
    if len(unpacked) > limit:
        raise MessageTooLarge(f"Unpacked, the message weighs more than {limit:,} bytes; it was not unpacked further.")
    if not unzip.eof:
        raise NoticeError("bad-gzip", "The gzip stream ends too early.", "Send the whole file again.")
    return unpacked


def _close(message: Message, state: MessageState, code: str = "", reason: str = "") -> None:
    message.state, message.reason_code, message.reason = state, code, reason
    message.read_at = timezone.now()
    message.save(update_fields=["state", "reason_code", "reason", "read_at"])


def _known(message: Message) -> ReadResult:
    notice = Notice.objects.select_related("event").filter(message=message).first()
    return ReadResult(message, notice.event if notice else None, notice)
