"""Requests on their way: sent once, tried again with growing pauses, taken back, asked after.

A row of `FacilityTransaction` is committed before every call. Whoever comes after a crash, or after a call that nobody
answered, finds that row open and knows that the request may have arrived: it then goes out by
`Transport.submit_again`, which never sends twice, or waits for a person who looks.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from tom_grandma_facilities.actions.calls import Way, begin, call, outgoing_of, way_of
from tom_grandma_facilities.actions.journal import locked, move, put_on_queue, write
from tom_grandma_facilities.choices import RequestState, TransactionAction, Via
from tom_grandma_facilities.exceptions import RequestError
from tom_grandma_facilities.locks import REQUEST, is_worked_on, working_on
from tom_grandma_facilities.models import FacilityTransaction, FollowUpRequest
from tom_grandma_facilities.signals import request_sent
from tom_grandma_facilities.transports.base import Down, Outgoing, Refused, Repeat, Sent, Unsure

logger = logging.getLogger(__name__)

# Between one attempt and the next; the last for all that follow.
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 15, 60))
# A telescope's side that cannot be told of a cancellation for so long is left to people.
TELL_FOR = timedelta(days=2)
# One that is queued and that nobody began after this long was handed to a worker that died before it could start.
FORGOTTEN_AFTER = timedelta(seconds=15)
LATE_WORD = timedelta(days=1)
# A call that was begun and never finished may still be under way for so long, though its worker lost its lock.
STILL_TALKING = timedelta(seconds=90)


@dataclass(frozen=True)
class _Submission:
    """What is to be sent, as it was when its row was locked."""

    revision: int
    way: Way
    outgoing: Outgoing
    is_doubtful: bool
    story: FacilityTransaction


def send_request(request_id: int) -> FollowUpRequest:
    """Send a queued request, or tell that one was cancelled; safe to be called any number of times, by anybody."""
    with working_on(REQUEST, request_id) as mine:
        row = FollowUpRequest.objects.get(pk=request_id)
        if not mine or row.may_have_been_sent or not _is_due(row):
            return row
        if row.state == RequestState.CANCELLED and row.is_to_be_withdrawn:
            return _withdraw(request_id)
        if row.state == RequestState.QUEUED:
            return _send(row)
        return row


def _is_due(row: FollowUpRequest) -> bool:
    return row.next_attempt_at is None or row.next_attempt_at <= timezone.now()


def _send(row: FollowUpRequest) -> FollowUpRequest:
    if row.is_over_at(timezone.now()):
        return expire(row.pk)
    try:
        _take_back_earlier(row)
        submission = _prepare(row.pk)
    except (RequestError, Refused) as error:
        return _fail(row.pk, str(error))
    except Down as down:
        return _again(row.pk, down.reason)
    if submission is None:
        return FollowUpRequest.objects.get(pk=row.pk)
    return _submit(row.pk, submission)


def _prepare(request_id: int) -> _Submission | None:
    """Write down that it is about to be sent; None when it changed meanwhile."""
    with transaction.atomic():
        row = locked(request_id)
        if row.state != RequestState.QUEUED or row.may_have_been_sent or _waits_for_call(row):
            return None
        way = way_of(row)
        outgoing = outgoing_of(row, with_links=True)
        row.attempts += 1
        row.transport = way.transport.name
        row.save(update_fields=["attempts", "transport", "modified_at"])
        earlier = row.transactions.filter(action=TransactionAction.SUBMIT, key=row.key, ok=None)
        is_doubtful = earlier.exists()
        return _Submission(
            row.revision, way, outgoing, is_doubtful, begin(row, TransactionAction.SUBMIT, way.transport)
        )


def _waits_for_call(row: FollowUpRequest) -> bool:
    """Put the next attempt off until an earlier call is surely over: looked for too early, it would not be found."""
    calls = row.transactions.filter(action=TransactionAction.SUBMIT, ok=None, finished_at=None)
    begun = calls.order_by("-at").values_list("at", flat=True).first()
    if begun is None or begun + STILL_TALKING <= timezone.now():
        return False
    row.next_attempt_at = begun + STILL_TALKING
    row.save(update_fields=["next_attempt_at", "modified_at"])
    return True


def _submit(request_id: int, submission: _Submission) -> FollowUpRequest:
    transport, line = submission.way.transport, submission.way.line
    submit = transport.submit_again if submission.is_doubtful else transport.submit
    try:
        sent = call(submission.story, line, lambda: submit(submission.outgoing, line), submission.outgoing)
    except Refused as refused:
        return _fail(request_id, refused.reason)
    except Unsure as unsure:
        return _doubt(request_id, unsure.reason)
    except Down as down:
        if down.maybe_sent and transport.repeat(line) == Repeat.PERSON:
            words = (
                f"{down.reason} It may have reached {submission.outgoing.telescope}, and nothing tells whether it did."
            )
            return _doubt(request_id, words)
        return _again(request_id, down.reason)
    return _sent(request_id, submission, sent)


def _sent(request_id: int, submission: _Submission, sent: Sent) -> FollowUpRequest:
    """Write down that it arrived. Meanwhile it may have been answered or cancelled."""
    with transaction.atomic():
        row = locked(request_id)
        FacilityTransaction.objects.filter(
            request=row, key=submission.outgoing.key, action=TransactionAction.SUBMIT, ok=None
        ).update(ok=False, reason="The same request arrived by another attempt.")
        row.external_id, row.sent_revision = sent.external_id[:200], submission.revision
        row.sent_at, row.problem, row.next_attempt_at = timezone.now(), "", None
        if row.state == RequestState.QUEUED:
            row.attempts = 0
            move(row, RequestState.SENT, via=Via.SYSTEM, note=f"By {submission.way.transport.label}.")
            transaction.on_commit(lambda: request_sent.send(FollowUpRequest, request=row))
            return row
        if row.state == RequestState.CANCELLED:
            row.is_to_be_withdrawn = True
            put_on_queue(row)
        row.save()
    return row


def _fail(request_id: int, reason: str) -> FollowUpRequest:
    with transaction.atomic():
        row = locked(request_id)
        if row.state != RequestState.QUEUED:
            return row
        row.reason, row.problem, row.next_attempt_at = reason[:2000], reason[:2000], None
        move(row, RequestState.FAILED, via=Via.SYSTEM, note=reason[:2000])
    return row


def _again(request_id: int, reason: str) -> FollowUpRequest:
    """Put the next attempt off, further each time; the row says until when and why."""
    with transaction.atomic():
        row = locked(request_id)
        if row.state not in (RequestState.QUEUED, RequestState.CANCELLED):
            # Whoever answered it has it.
            return row
        pause = PAUSES[min(max(row.attempts, 1), len(PAUSES)) - 1]
        row.problem, row.next_attempt_at = reason[:2000], timezone.now() + pause
        row.save(update_fields=["problem", "next_attempt_at", "modified_at"])
        minutes = int(pause.total_seconds() // 60)
        write(row, note=f"{reason} It is tried again in {minutes} min."[:2000])
    return row


def _doubt(request_id: int, reason: str) -> FollowUpRequest:
    """Have a person look: sending it again might make two of it."""
    with transaction.atomic():
        row = locked(request_id)
        if row.state != RequestState.QUEUED:
            # Whoever answered it has it; whoever cancelled it is told by the withdrawal.
            return row
        row.may_have_been_sent, row.problem, row.next_attempt_at = True, reason[:2000], None
        row.save(update_fields=["may_have_been_sent", "problem", "next_attempt_at", "modified_at"])
        write(row, note=f"{reason} A person must look."[:2000])
    logger.warning("%s may have been sent: %s", row, reason)
    return row


def _take_back_earlier(row: FollowUpRequest) -> None:
    """Take back the version that the telescope's side has, before the next one is sent.

    Raises
    ------
    Down
        When nobody can be told now: the next version waits, or the telescope would have two.
    """
    if not row.sent_revision or row.sent_revision == row.revision or not row.external_id:
        return
    way = way_of(row)
    if way.transport.reaches_people or not way.transport.can_cancel:
        return
    story = begin(row, TransactionAction.CANCEL, way.transport)
    external_id = row.external_id
    try:
        call(story, way.line, lambda: way.transport.cancel(external_id, way.line, outgoing_of(row)))
        note = ""
    except Refused as refused:
        note = f"The earlier version could not be taken back: {refused.reason}"
    except Down:
        FollowUpRequest.objects.filter(pk=row.pk).update(attempts=row.attempts + 1)
        raise
    with transaction.atomic():
        row = locked(row.pk)
        row.external_id = ""
        row.save(update_fields=["external_id", "modified_at"])
        if note:
            write(row, note=note)


def _withdraw(request_id: int) -> FollowUpRequest:
    """Tell the telescope's side that a request was cancelled, if it has it."""
    with transaction.atomic():
        row = locked(request_id)
        row.attempts += 1
        row.save(update_fields=["attempts", "modified_at"])
    try:
        way = way_of(row)
        external_id = row.external_id or _find(row, way)
        if external_id is None:
            return _withdrawn(request_id, "It had not reached the telescope.")
        story = begin(row, TransactionAction.CANCEL, way.transport)
        call(story, way.line, lambda: way.transport.cancel(external_id, way.line, outgoing_of(row)))
    except (Refused, RequestError) as error:
        return _withdrawn(request_id, f"{row.telescope} could not be told: {error} Tell its team yourself.", str(error))
    except Down as down:
        cancelled = row.entries.filter(new_state=RequestState.CANCELLED).earliest("pk").at
        if timezone.now() > cancelled + TELL_FOR:
            words = f"{row.telescope} could not be told: {down.reason} Tell its team yourself."
            return _withdrawn(request_id, words, down.reason)
        return _again(request_id, down.reason)
    return _withdrawn(request_id, f"{row.telescope} was told.")


def _find(row: FollowUpRequest, way: Way) -> str | None:
    """Look for a request that may have arrived without a name of its own; None when it certainly did not.

    Raises
    ------
    Refused
        When nobody can tell.
    """
    tried = row.transactions.filter(action=TransactionAction.SUBMIT).exclude(ok=False)
    if row.sent_revision == 0 and not tried.exists():
        return None
    last = tried.order_by("pk").last()
    if row.sent_revision or (way.transport.reaches_people and last is not None):
        # Ways to people have no names for requests; who got none is told not to observe it all the same.
        return last.key if last is not None else row.key
    if way.transport.repeat(way.line) != Repeat.FIND:
        raise Refused("It may have been sent, and nothing tells whether it was.")
    return way.transport.find(last.key if last else row.key, way.line)


def _withdrawn(request_id: int, note: str, problem: str = "") -> FollowUpRequest:
    with transaction.atomic():
        row = locked(request_id)
        row.is_to_be_withdrawn, row.next_attempt_at, row.problem = False, None, problem[:2000]
        row.save()
        write(row, note=note[:2000])
    return row


def expire(request_id: int) -> FollowUpRequest:
    """Close a request whose window passed before it was observed."""
    with transaction.atomic():
        row = locked(request_id)
        if not row.is_open:
            return row
        if row.state == RequestState.QUEUED and not row.sent_revision:
            row.reason = f"Its window passed before it could be sent. {row.problem}".strip()
        else:
            row.reason = "Its window passed and nobody said that it was observed."
        row.next_attempt_at, row.may_have_been_sent = None, False
        move(row, RequestState.EXPIRED, via=Via.SYSTEM, note=row.reason)
    return row


def due_to_send(now: datetime, *, queue_moves: bool, at_most: int) -> list[FollowUpRequest]:
    """Return requests whose next attempt is due, or whose worker died, and put each on the queue again.

    One that merely waits behind others (`queue_moves`: there is due work in the queue) is not lost.
    """
    wanting = Q(state=RequestState.QUEUED) | Q(state=RequestState.CANCELLED, is_to_be_withdrawn=True)
    is_due = Q(next_attempt_at__lte=now)
    if not queue_moves:
        is_due |= Q(next_attempt_at=None, queued_at__lt=now - FORGOTTEN_AFTER)
    found = []
    with transaction.atomic():
        rows = FollowUpRequest.objects.filter(wanting, is_due, may_have_been_sent=False).order_by("queued_at")
        for row in rows.select_for_update(skip_locked=True, of=("self",))[:at_most]:
            if not is_worked_on(REQUEST, row.pk):
                put_on_queue(row)
                row.save(update_fields=["queued_at", "next_attempt_at"])
                found.append(row)
    return found


def expire_over(now: datetime) -> int:
    """Close the open requests whose window has passed; who said that they would observe has a day more to say how."""
    said = Q(state__in=(RequestState.ACCEPTED, RequestState.OBSERVING))
    over = Q(window_end__lte=now) & ~said | Q(window_end__lte=now - LATE_WORD) & said
    found = list(FollowUpRequest.objects.open().filter(over).values_list("pk", flat=True)[:200])
    for pk in found:
        if not is_worked_on(REQUEST, pk):
            expire(pk)
    return len(found)
