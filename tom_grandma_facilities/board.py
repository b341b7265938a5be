"""The matrix of telescopes and states: who was asked, who has answered, who is silent."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import QuerySet
from tom_targets.models import Target

from tom_grandma_facilities.choices import RequestState, Via
from tom_grandma_facilities.models import FollowUpRequest, RequestEntry
from tom_grandma_facilities.querysets import FollowUpRequestQuerySet

_S = RequestState
PATH = (_S.QUEUED, _S.SENT, _S.RECEIVED, _S.ACCEPTED, _S.OBSERVING, _S.DONE)
"""The way of a request that goes well: the columns."""
ENDED_BADLY = (_S.DECLINED, _S.FAILED, _S.EXPIRED, _S.CANCELLED)
HEADINGS = {
    _S.QUEUED: "Asked",
    _S.SENT: "Sent",
    _S.RECEIVED: "Received",
    _S.ACCEPTED: "Will observe",
    _S.OBSERVING: "Observing",
    _S.DONE: "Done",
}
MOST_ROWS = 200


@dataclass(frozen=True, slots=True)
class Cell:
    """One state of one request: when it was reached, and whether it is the present one."""

    state: RequestState
    heading: str
    at: datetime | None
    is_now: bool
    is_skipped: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One request in the matrix."""

    request: FollowUpRequest
    cells: Sequence[Cell]
    ended: RequestState | None
    ended_at: datetime | None
    answered_by: str

    @property
    def mood(self) -> str:
        """How it stands: "good", "bad", "silent", "over" or "open"; the style sheet colours it."""
        state = self.request.state
        if state in (_S.ACCEPTED, _S.OBSERVING, _S.DONE):
            return "good"
        if state in (_S.DECLINED, _S.FAILED):
            return "bad"
        if state in (_S.EXPIRED, _S.CANCELLED):
            return "over"
        return "silent" if self.request.reminded_at and self.request.is_silent else "open"


@dataclass(frozen=True)
class Board:
    """The matrix; `key` changes whenever it does."""

    rows: Sequence[Row]
    key: str

    @property
    def headings(self) -> list[str]:
        """Of the columns."""
        return list(HEADINGS.values())

    @property
    def summary(self) -> list[tuple[int, str, str]]:
        """How many stand how: count, words, mood."""
        words = {
            "good": "will observe, observing or done",
            "open": "not answered yet",
            "silent": "silent, reminded",
            "bad": "cannot, or could not be asked",
            "over": "expired or cancelled",
        }
        moods = [row.mood for row in self.rows]
        return [(moods.count(mood), text, mood) for mood, text in words.items() if mood in moods]


def board_of_requests(rows: QuerySet[FollowUpRequest]) -> Board:
    """Return the matrix of requests that are visible already: newest first, in two queries."""
    requests = list(rows.select_related("created_by")[:MOST_ROWS])
    entries: dict[int, list[RequestEntry]] = {}
    for entry in RequestEntry.objects.filter(request__in=[row.pk for row in requests]).select_related("by"):
        entries.setdefault(entry.request_id, []).append(entry)
    return Board([_row(one, entries.get(one.pk, ())) for one in requests], _key(requests, entries))


def _key(requests: Sequence[FollowUpRequest], entries: dict[int, list[RequestEntry]]) -> str:
    told = [(one.pk, one.state, one.revision, one.modified_at, len(entries.get(one.pk, ()))) for one in requests]
    return hashlib.sha256(repr(told).encode()).hexdigest()[:12]


def _row(request: FollowUpRequest, entries: Iterable[RequestEntry]) -> Row:
    reached: dict[str, datetime] = {_S.QUEUED: request.created_at}
    by = ""
    for entry in entries:
        if entry.new_state != entry.old_state:
            reached[entry.new_state] = entry.at
        if entry.new_state in (_S.RECEIVED, _S.ACCEPTED, _S.OBSERVING, _S.DONE, _S.DECLINED):
            by = entry.by.get_username() if entry.by else _by(entry)
    state = RequestState(request.state)
    ended = state if state in ENDED_BADLY else None
    last = PATH.index(state) if state in PATH else -1
    cells = [
        Cell(
            one,
            HEADINGS[one],
            reached.get(one) if place <= last or last < 0 else None,
            one is state,
            one not in reached and place < last,
        )
        for place, one in enumerate(PATH)
    ]
    return Row(request, cells, ended, reached.get(state) if ended else None, by)


def _by(entry: RequestEntry) -> str:
    """Who answered where there is no account."""
    return "by link" if entry.via == Via.LINK else entry.by_text


def requests_of_target(target: Target, user: AbstractBaseUser | AnonymousUser) -> FollowUpRequestQuerySet:
    """Return the requests for a target that `user` may see."""
    return FollowUpRequest.objects.visible_to(user).filter(target=target.pk)
