"""One call to a telescope's side: written down before it is made, and what became of it afterwards."""

import json
import logging
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import TypeVar

from django.utils import timezone

from tom_grandma_facilities.actions.allocations import channel_of, known_transport, line_of
from tom_grandma_facilities.choices import RequestKind, TransactionAction
from tom_grandma_facilities.exceptions import RequestError
from tom_grandma_facilities.models import Allocation, FacilityTransaction, FollowUpRequest
from tom_grandma_facilities.transports.base import (
    Down,
    Exposure,
    Line,
    Outgoing,
    Pointing,
    Refused,
    Remote,
    Sent,
    Transport,
    Unsure,
)

logger = logging.getLogger(__name__)

_ANY_LINK = re.compile(r"(requests(?:/|\\/|%2F)[a-z](?:/|\\/|%2F))[\w-]+")

Answered = TypeVar("Answered", Sent, Remote)


@dataclass(frozen=True)
class Way:
    """How a request leaves: the protocol, and the settings and credentials of its telescope."""

    transport: Transport
    line: Line


def way_of(row: FollowUpRequest) -> Way:
    """Return the way a request leaves or left.

    Raises
    ------
    NoChannel, InvalidRequest
        When its channel is gone or leads elsewhere now.
    """
    channel = channel_of(row.telescope)
    allocation = Allocation.objects.defer("secret").filter(requests=row).first()
    if row.sent_revision and channel.transport != row.transport:
        raise RequestError(
            f"{row.telescope} is asked by {channel.transport} now, and this request went by {row.transport}.",
            "Tell its team yourself.",
        )
    return Way(known_transport(channel.transport), line_of(channel, allocation))


def outgoing_of(row: FollowUpRequest, *, with_links: bool = False) -> Outgoing:
    """Return a request as it leaves.

    Raises
    ------
    Refused
        When its target is gone.
    """
    position: tuple[float | None, float | None] = (None, None)
    if row.kind == RequestKind.TARGET:
        if row.target is None:
            raise Refused("The target of this request was deleted; there is nothing to point at.")
        position = (row.target.ra, row.target.dec)
    answer_url, download_url = _links(row) if with_links else ("", "")
    return Outgoing(
        key=row.key,
        telescope=row.telescope,
        target_name=row.subject,
        ra_deg=position[0],
        dec_deg=position[1],
        exposures=tuple(Exposure(one["filter"], one["exposure_s"], one["count"]) for one in row.exposures),
        pointings=tuple(_pointing(one) for one in row.pointings),
        window_start=row.window_start,
        window_end=row.window_end,
        constraints=MappingProxyType(dict(row.constraints)),
        priority=row.priority,
        note=_note(row),
        requester=_requester(row),
        answer_url=answer_url,
        download_url=download_url,
    )


def _links(row: FollowUpRequest) -> tuple[str, str]:
    from tom_grandma_facilities.actions.links import link_url, make_link

    return link_url(make_link(row, "answer", by=None)), link_url(make_link(row, "download", by=None))


def _pointing(one: dict[str, object]) -> Pointing:
    times = {name: datetime.fromisoformat(str(one[name])) if one[name] else None for name in ("start", "end")}
    return Pointing(**{**one, **times})  # type: ignore[arg-type]  # checked when it was kept


def _note(row: FollowUpRequest) -> str:
    """What those who observe must know: also that an earlier version does not count any more."""
    if row.revision == 1 or not row.sent_revision:
        return row.note
    return f"This replaces request {row.pk}-{row.sent_revision}. {row.note}".strip()


def _requester(row: FollowUpRequest) -> str:
    by = row.created_by
    return (by.get_full_name() or by.get_username()) if by else ""


def begin(row: FollowUpRequest, action: TransactionAction, transport: Transport) -> FacilityTransaction:
    """Write down that a call is about to be made."""
    return FacilityTransaction.objects.create(
        request=row, action=action, transport=transport.name, attempt=max(1, row.attempts), key=row.key
    )


def call(
    story: FacilityTransaction, line: Line, make: Callable[[], Answered], outgoing: Outgoing | None = None
) -> Answered:
    """Make a call, and write down what became of it; links in `outgoing` are given out, but not kept.

    Raises
    ------
    Refused, Down, Unsure
        As the transport raises them; whatever else goes wrong is `Down` with everything in doubt.
    """
    hide = [link for link in (outgoing.answer_url, outgoing.download_url) if link] if outgoing else []
    try:
        answered = make()
    except Refused as refused:
        refused.reason = _shown(refused.reason, hide)
        _close(story, False, refused.reason, _without(refused.reply, hide), refused.status_code)
        raise
    except Down as down:
        down.reason = _shown(down.reason, hide)
        ok = None if down.maybe_sent else False
        _close(story, ok, down.reason, _without(down.reply, hide), down.status_code)
        raise
    except Unsure as unsure:
        # This call sent nothing; the one before it is the one in doubt.
        unsure.reason = _shown(unsure.reason, hide)
        _close(story, False, unsure.reason)
        raise
    except RequestError as error:
        _close(story, False, str(error))
        raise Down(str(error)) from error
    except Exception as error:  # noqa: BLE001  logged below, without what a traceback may hold
        # Whatever a client of others does: it may have sent the request before. Its text may hold credentials.
        told = line.redact(f"{type(error).__name__}: {error}")
        logger.error("%s by %s: %s", story, story.transport, told)
        _close(story, None, f"The program that asks this telescope failed: {told}")
        raise Down(f"The program that asks this telescope failed: {told}", maybe_sent=True) from None
    if isinstance(answered, Sent):
        story.sent, story.external_id = _without(answered.sent, hide), answered.external_id[:200]
    if isinstance(answered, Remote):
        answered = replace(answered, note=_shown(answered.note, hide))
    reply = answered.reply if isinstance(answered, Sent) else answered.note
    _close(story, True, "", _without(reply, hide), answered.status_code)
    return answered


def _shown(words: str, links: Iterable[str]) -> str:
    """What the other side says, as it may be kept and shown: services repeat what they do not like."""
    return _printable(_without(words, links))


def _without(text: str, links: Iterable[str]) -> str:
    """Who reads what was sent must not be able to answer in the name of those it was sent to."""
    for link in links:
        text = text.replace(link, "[link]").replace(json.dumps(link)[1:-1], "[link]")
        text = text.replace(link.rstrip("/").rpartition("/")[2], "[token]")
    # Also what was cut off in the middle of a link: the little that is missing could be guessed.
    return _ANY_LINK.sub(r"\1[link]", text)


def _close(
    story: FacilityTransaction, ok: bool | None, reason: str, reply: str = "", status_code: int | None = None
) -> None:
    story.ok, story.reason, story.reply, story.status_code = ok, _printable(reason), _printable(reply), status_code
    story.sent, story.finished_at = _printable(story.sent), timezone.now()
    story.save()


def _printable(text: str) -> str:
    """PostgreSQL keeps no NUL."""
    return text.replace("\x00", "\ufffd")
