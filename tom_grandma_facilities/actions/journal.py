"""How a request comes from one state to another: the table is asked, the log is written, everybody is told."""

import logging

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.utils import timezone
from tom_observations.models import ObservationRecord

from tom_grandma_facilities.choices import RequestState, Via
from tom_grandma_facilities.exceptions import WrongState
from tom_grandma_facilities.models import FollowUpRequest, RequestEntry
from tom_grandma_facilities.signals import request_changed, request_queued
from tom_grandma_facilities.states import may_follow

logger = logging.getLogger(__name__)

Person = User | AnonymousUser | None
LONGEST_NOTE = 4000


def plain(words: str, most: int) -> str:
    """What somebody typed, as it is kept: not too long, and without NUL, which PostgreSQL keeps nowhere."""
    return words.replace("\x00", "\ufffd").strip()[:most]


def locked(request_id: int) -> FollowUpRequest:
    """Return the row of a request, locked until the end of the transaction."""
    return FollowUpRequest.objects.select_for_update(of=("self",)).get(pk=request_id)


def check_state(row: FollowUpRequest, to: RequestState) -> None:
    """Refuse a state that cannot follow.

    Raises
    ------
    WrongState
    """
    if not may_follow(row.state, to):
        raise WrongState(f"The request is {row.get_state_display()}; it cannot become “{to.label}”.")


def move(
    row: FollowUpRequest, to: RequestState, *, by: Person = None, by_text: str = "", via: Via, note: str = ""
) -> RequestEntry:
    """Bring a locked row to a state, save all of it, and write the line of the log.

    Raises
    ------
    WrongState
    """
    check_state(row, to)
    old, row.state = row.state, to
    row.save()
    if row.record_id:
        # TOM's own pages show the same state.
        ObservationRecord.objects.filter(pk=row.record_id).update(status=to)
    return write(row, old_state=old, by=by, by_text=by_text, via=via, note=note)


def write(
    row: FollowUpRequest,
    *,
    old_state: str | None = None,
    by: Person = None,
    by_text: str = "",
    via: Via = Via.SYSTEM,
    note: str = "",
) -> RequestEntry:
    """Write a line of the log; without `old_state` it tells of a remark, not of a new state."""
    entry = RequestEntry.objects.create(
        request=row,
        by_id=by.pk if by else None,
        by_text=by_text[:100],
        via=via,
        old_state=row.state if old_state is None else old_state,
        new_state=row.state,
        note=plain(note, LONGEST_NOTE),
    )
    transaction.on_commit(lambda: request_changed.send(FollowUpRequest, request=row, entry=entry))
    logger.info("%s: %s (%s, %s)", row, row.state, via, by or by_text or "system")
    return entry


def put_on_queue(row: FollowUpRequest) -> None:
    """Have a locked row sent, replaced or taken back: queued in the transaction of its change; not yet saved."""
    row.queued_at, row.next_attempt_at = timezone.now(), None
    request_queued.send(FollowUpRequest, request=row)
