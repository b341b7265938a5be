"""Asking telescopes that can be asked how far a request is."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from tom_grandma_facilities.actions.allocations import transports
from tom_grandma_facilities.actions.answers import answer
from tom_grandma_facilities.actions.calls import Way, begin, call, way_of
from tom_grandma_facilities.actions.journal import locked, move
from tom_grandma_facilities.actions.light_curves import brings_photometry, take_light_curve
from tom_grandma_facilities.actions.sending import expire
from tom_grandma_facilities.choices import DeclineReason, RequestState, TransactionAction, Via
from tom_grandma_facilities.exceptions import RequestError, WrongState
from tom_grandma_facilities.models import FacilityTransaction, FollowUpRequest
from tom_grandma_facilities.states import may_follow
from tom_grandma_facilities.transports.base import Down, Refused, Remote, RemoteState

_ASKED = (RequestState.SENT, RequestState.RECEIVED, RequestState.ACCEPTED, RequestState.OBSERVING)
_ANSWERS = {
    RemoteState.RECEIVED: RequestState.RECEIVED,
    RemoteState.ACCEPTED: RequestState.ACCEPTED,
    RemoteState.OBSERVING: RequestState.OBSERVING,
    RemoteState.DONE: RequestState.DONE,
    RemoteState.DECLINED: RequestState.DECLINED,
    # Not by us: the telescope's side gave it up.
    RemoteState.CANCELLED: RequestState.DECLINED,
}
# The way of a night; a telescope's side that still says the earlier does not take the later back.
_ORDER = list(_ANSWERS.values())[:4]


def due_to_poll(now: datetime, at_most: int) -> list[int]:
    """Return requests whose telescope is to be asked now, and note that it is: nobody else is given them too."""
    able = [name for name, kind in transports().items() if kind.can_status]
    before = now - timedelta(seconds=settings.ICARE_REQUEST_STATUS_EVERY_S)
    with transaction.atomic():
        rows = FollowUpRequest.objects.filter(
            Q(status_at=None, sent_at__lte=before) | Q(status_at__lte=before), state__in=_ASKED, transport__in=able
        ).exclude(external_id="")
        found = list(
            rows.select_for_update(skip_locked=True).order_by("status_at").values_list("pk", flat=True)[:at_most]
        )
        FollowUpRequest.objects.filter(pk__in=found).update(status_at=now)
    return found


def poll_status(request_id: int) -> FollowUpRequest:
    """Ask a telescope's side how far a request is, and write down what is new."""
    row = FollowUpRequest.objects.get(pk=request_id)
    if row.state not in _ASKED or not row.external_id:
        return row
    try:
        way = way_of(row)
    except RequestError:
        # Its channel is gone: nobody can be asked, and the request waits for people.
        return row
    if not way.transport.can_status:
        return row
    story = begin(row, TransactionAction.STATUS, way.transport)
    external_id = row.external_id
    try:
        remote = call(story, way.line, lambda: way.transport.status(external_id, way.line))
    except (Refused, Down):
        _keep_news(story)
        return row
    _keep_news(story)
    FollowUpRequest.objects.filter(pk=row.pk).update(status_at=timezone.now())
    if remote.state == RemoteState.DONE and brings_photometry(way):
        return _take_light_curve(row, way)
    return _take(row, remote)


def _take_light_curve(row: FollowUpRequest, way: Way) -> FollowUpRequest:
    try:
        return take_light_curve(row, way)
    except Refused as refused:
        return _failed(row.pk, refused.reason)
    except (Down, WrongState):
        # It is asked after again; or somebody was quicker.
        return FollowUpRequest.objects.get(pk=row.pk)


def _keep_news(story: FacilityTransaction) -> None:
    """Of many equal answers only the first is kept."""
    earlier = FacilityTransaction.objects.filter(request_id=story.request_id, action=TransactionAction.STATUS)
    last = earlier.exclude(pk=story.pk).order_by("pk").last()
    if last is not None and (last.ok, last.reply, last.reason) == (story.ok, story.reply, story.reason):
        story.delete()


def _take(row: FollowUpRequest, remote: Remote) -> FollowUpRequest:
    if remote.state == RemoteState.EXPIRED:
        return expire(row.pk)
    if remote.state == RemoteState.FAILED:
        return _failed(row.pk, remote.note)
    to = _ANSWERS.get(remote.state)
    if to is None or to == row.state or not may_follow(row.state, to) or _is_earlier(row.state, to):
        return row
    declined = to == RequestState.DECLINED
    code, reason, note = (DeclineReason.OTHER.value, remote.note, "") if declined else ("", "", remote.note)
    try:
        return answer(
            row, to, by=None, by_text=row.telescope, via=Via.TRANSPORT, reason_code=code, reason=reason, note=note
        )
    except WrongState:
        # Somebody was quicker.
        return FollowUpRequest.objects.get(pk=row.pk)


def _is_earlier(now: str, then: RequestState) -> bool:
    return now in _ORDER and then in _ORDER and _ORDER.index(then) < _ORDER.index(RequestState(now))


def _failed(request_id: int, note: str) -> FollowUpRequest:
    with transaction.atomic():
        row = locked(request_id)
        if row.state not in _ASKED:
            return row
        row.reason = row.problem = note[:2000] or "The telescope's side gave it up."
        move(row, RequestState.FAILED, by_text=row.telescope, via=Via.TRANSPORT, note=row.reason)
    return row
