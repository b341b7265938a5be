"""What those who are asked answer: received, will observe, cannot, started, done; and taking an answer back."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from tom_grandma_facilities.actions.journal import Person, check_state, locked, move, plain
from tom_grandma_facilities.actions.requests import check_may_change
from tom_grandma_facilities.choices import DeclineReason, RequestState, Via
from tom_grandma_facilities.exceptions import InvalidRequest, WrongState
from tom_grandma_facilities.models import FollowUpRequest
from tom_grandma_facilities.signals import request_answered
from tom_grandma_facilities.states import ANSWERS

MOST_AHEAD = timedelta(days=60)


def answer(
    request: FollowUpRequest,
    to: str,
    *,
    by: Person,
    via: Via,
    by_text: str = "",
    reason_code: str = "",
    reason: str = "",
    will_observe_at: datetime | None = None,
    progress: str = "",
    note: str = "",
) -> FollowUpRequest:
    """Write down what those who were asked answer; the same answer twice is one.

    Parameters
    ----------
    to
        received, accepted (will observe, `will_observe_at`), observing (`progress`: tile 3), done or declined
        (`reason_code` of `DeclineReason` and words).
    by
        Who answers on a page or over the API; None for a link, the telescope's own system, or this one.
    by_text
        Who it was where there is no account.

    Raises
    ------
    NotAllowed, InvalidRequest, WrongState
    """
    check_may_change(by, request)
    state = _state(to)
    if state == RequestState.DECLINED and reason_code not in DeclineReason.values:
        mend = f"Choose one of {', '.join(DeclineReason.values)}."
        raise InvalidRequest("Why it cannot be observed is missing.", mend, "reason_code")
    _check_time(will_observe_at)
    with transaction.atomic():
        row = locked(request.pk)
        told = _told(row, state, reason_code, reason, will_observe_at, progress)
        if row.state == state and all(getattr(row, name) == value for name, value in told.items()):
            return row
        check_state(row, state)
        if state == RequestState.RECEIVED and row.state == RequestState.DONE:
            raise WrongState("The request is done.", "Take that back first.")
        for name, value in told.items():
            setattr(row, name, value)
        row.answered_at = timezone.now()
        _is_there(row)
        entry = move(row, state, by=by, by_text=by_text, via=via, note=_words(row, note))
        transaction.on_commit(lambda: request_answered.send(FollowUpRequest, request=row, entry=entry))
    return row


def _state(to: str) -> RequestState:
    if to not in ANSWERS:
        known = ", ".join(sorted(ANSWERS))
        raise InvalidRequest(f"“{to[:20]}” is no answer.", f"Answer one of {known}.", "state")
    return RequestState(to)


def _check_time(moment: datetime | None) -> None:
    if moment is not None and abs(moment - timezone.now()) > MOST_AHEAD:
        raise InvalidRequest("That time is too far away.", "Give the time in UTC.", "will_observe_at")


def _told(
    row: FollowUpRequest, state: RequestState, code: str, reason: str, at: datetime | None, progress: str
) -> dict[str, object]:
    """Columns as the answer leaves them; what it says nothing of stays."""
    declined = state == RequestState.DECLINED
    told: dict[str, object] = {
        "reason_code": code if declined else "",
        "reason": plain(reason, 2000) if declined else "",
    }
    if state == RequestState.ACCEPTED:
        told["will_observe_at"] = at or row.will_observe_at
    if state == RequestState.OBSERVING:
        told["progress"] = plain(progress, 100) or row.progress
    return told


def _is_there(row: FollowUpRequest) -> None:
    """Whoever answers has it: it need not be sent again, and nothing is in doubt any more."""
    if row.state != RequestState.QUEUED:
        return
    row.may_have_been_sent, row.problem, row.next_attempt_at = False, "", None
    row.sent_at = row.sent_at or timezone.now()


def _words(row: FollowUpRequest, note: str) -> str:
    """The answer in words, for the log."""
    parts = []
    if row.reason_code:
        parts.append(f"{row.get_reason_code_display()}{': ' if row.reason else '.'}{row.reason}")
    if row.will_observe_at and not row.reason_code:
        parts.append(f"At {row.will_observe_at:%Y-%m-%d %H:%M} UTC.")
    if row.progress:
        parts.append(row.progress)
    return " ".join([*parts, note.strip()]).strip()


def mark_done(request: FollowUpRequest, *, by: Person, via: Via = Via.PAGE, note: str = "") -> FollowUpRequest:
    """Mark a request as observed, as a person here says.

    Raises
    ------
    NotAllowed, WrongState
    """
    return answer(request, RequestState.DONE, by=by, via=via, note=note)


def undo_answer(request: FollowUpRequest, *, by: Person, via: Via = Via.PAGE) -> FollowUpRequest:
    """Take the last "done" or "cannot" back: the request is as it was before.

    Raises
    ------
    NotAllowed, WrongState
    """
    check_may_change(by, request)
    with transaction.atomic():
        row = locked(request.pk)
        last = row.entries.filter(new_state=row.state).exclude(old_state=row.state).order_by("pk").last()
        if row.state not in (RequestState.DONE, RequestState.DECLINED) or last is None or not last.old_state:
            raise WrongState(f"The request is {row.get_state_display()}; there is no answer to take back.")
        before = RequestState(last.old_state)
        # Whoever answered had it, whatever was written down before.
        back = RequestState.SENT if before in (RequestState.QUEUED, RequestState.EXPIRED) else before
        row.reason_code, row.reason = "", ""
        if back == RequestState.SENT:
            row.answered_at = None
        entry = move(row, back, by=by, via=via, note="The last answer was taken back.")
        transaction.on_commit(lambda: request_answered.send(FollowUpRequest, request=row, entry=entry))
    return row
