"""From raw bytes to an event: store first, read afterwards, and keep what cannot be read with its reason."""

import hashlib
import logging
import zlib
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from tom_gcn.actions.notices import ingest_notice
from tom_gcn.choices import MessageState
from tom_gcn.exceptions import NotAllowed
from tom_gcn.locks import LockSpace, working_on
from tom_gcn.models import Event, Message, Notice
from tom_gcn.notices import NoticeError, parse

logger = logging.getLogger(__name__)

GZIP_MAGIC = b"\x1f\x8b"
KEPT_OF_OVERSIZED_BYTES = 64 * 1024
# A message whose reading kills the process must not do so for ever.
MOST_STARTS = 3


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
        return self.message.state == MessageState.READ


@dataclass(frozen=True)
class Oversized:
    """A message that is too large to keep: its beginning, size and digest."""

    beginning: bytes
    size_bytes: int
    sha256: str


def receive_message(
    body: bytes | Oversized, *, source: str, topic: str = "", headers: dict[str, Any] | None = None
) -> tuple[Message, bool]:
    """Store a message as it came and say whether its content is new. Committed on return, before anything is read."""
    if isinstance(body, bytes):
        digest = hashlib.sha256(body).hexdigest()
        if len(body) > settings.ICARE_MAX_MESSAGE_BYTES:
            body = Oversized(body[:KEPT_OF_OVERSIZED_BYTES], len(body), digest)
    kept, size, digest = (
        (body.beginning, body.size_bytes, body.sha256) if isinstance(body, Oversized) else (body, len(body), digest)
    )
    return Message.objects.get_or_create(
        sha256=digest,
        defaults={
            "body": kept,
            "size_bytes": size,
            "is_cut": isinstance(body, Oversized),
            "source": source[-300:],
            "topic": topic,
            "headers": headers or {},
        },
    )


def read_message(message: Message) -> ReadResult:
    """Read a stored message into its notice, event and localization; done once, however often it is called."""
    with working_on(LockSpace.MESSAGE, message.pk) as mine:
        message.refresh_from_db()
        if not mine or message.state != MessageState.RECEIVED:
            return _known(message)
        if message.starts >= MOST_STARTS:
            _close(message, MessageState.UNREADABLE, "gave-up", f"Reading was begun {message.starts} times in vain.")
            return ReadResult(message)
        Message.objects.filter(pk=message.pk).update(starts=F("starts") + 1)
        try:
            with transaction.atomic():
                return _read(message)
        except (NoticeError, MessageTooLarge) as error:
            _close(message, MessageState.UNREADABLE, error.code, f"{error.message} {error.fix}".strip())
            logger.info("message %s could not be read: %s", message.sha256[:8], error)
            return ReadResult(message)


def reread_message(message: Message, *, by: User | AnonymousUser) -> ReadResult:
    """Read a message again that could not be read before, for instance after the reader was mended.

    Raises
    ------
    NotAllowed
        When `by` may not see messages in the admin.
    """
    if not by.has_perm("tom_gcn.view_unreadablemessage"):
        raise NotAllowed("You may not read messages again.", "Ask an administrator.")
    again = (MessageState.UNREADABLE, MessageState.PARTIAL)
    # A notice that was read in part stays; only what nothing came of is begun anew.
    Message.objects.filter(pk=message.pk, state__in=again, notice=None).update(state=MessageState.RECEIVED, starts=0)
    logger.info("message %s is read again, asked for by %s", message.sha256[:8], by)
    return read_message(message)


class MessageTooLarge(Exception):
    """The message, as it came or unpacked, exceeds what is kept."""

    code = "too-large"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
        self.fix = "If it is a real alert, raise ICARE_MAX_MESSAGE_BYTES and ingest it again."


def _read(message: Message) -> ReadResult:
    parsed = parse(_unpacked(message), message.topic)
    outcome = ingest_notice(parsed, message)
    state = MessageState.PARTIAL if outcome.problem else MessageState.READ
    _close(message, state, outcome.problem_code, outcome.problem)
    return ReadResult(message, outcome.notice.event, outcome.notice, outcome.is_new)


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
