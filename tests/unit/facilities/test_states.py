"""The table of states of a request, transition by transition."""

import itertools

import pytest

from tom_grandma_facilities.choices import OPEN_REQUESTS, RequestState
from tom_grandma_facilities.states import ANSWERS, CANCELLABLE, EDITABLE, TRANSITIONS, may_follow, possible_answers

S = RequestState
OPEN = set(OPEN_REQUESTS)
ENDS = {S.DONE, S.DECLINED, S.CANCELLED, S.EXPIRED}


def test_every_state_has_its_line():
    assert set(TRANSITIONS) == set(S)
    assert OPEN | ENDS | {S.FAILED} == set(S)


@pytest.mark.parametrize(("now", "then"), itertools.product(sorted(OPEN), sorted(ENDS)))
def test_from_every_open_state_to_every_end(now, then):
    assert may_follow(now, then)


@pytest.mark.parametrize(
    ("now", "then"),
    [
        (S.SENT, S.RECEIVED), (S.RECEIVED, S.ACCEPTED), (S.ACCEPTED, S.OBSERVING), (S.QUEUED, S.SENT),
        (S.QUEUED, S.FAILED), (S.FAILED, S.QUEUED), (S.DECLINED, S.ACCEPTED), (S.EXPIRED, S.DONE),
        (S.DONE, S.OBSERVING),        (S.OBSERVING, S.OBSERVING), (S.ACCEPTED, S.QUEUED),
    ],
)  # fmt: skip
def test_what_may_follow(now, then):
    assert may_follow(now, then)


@pytest.mark.parametrize(
    ("now", "then"),
    [
        *[(S.CANCELLED, then) for then in S], (S.DONE, S.QUEUED), (S.DONE, S.CANCELLED), (S.DONE, S.EXPIRED),
        (S.ACCEPTED, S.RECEIVED), (S.OBSERVING, S.RECEIVED), (S.EXPIRED, S.QUEUED), (S.FAILED, S.DONE),
        (S.QUEUED, S.QUEUED), (S.SENT, S.SENT), (S.DECLINED, S.QUEUED), (S.EXPIRED, S.ACCEPTED),
    ],
)  # fmt: skip
def test_what_may_not(now, then):
    assert not may_follow(now, then)


def test_answers_offered_are_answers():
    for state in S:
        assert set(possible_answers(state)) <= ANSWERS
    assert possible_answers(S.SENT) == (S.RECEIVED, S.ACCEPTED, S.OBSERVING, S.DONE, S.DECLINED)
    assert possible_answers(S.CANCELLED) == ()


def test_what_can_be_edited_can_be_cancelled():
    assert EDITABLE == CANCELLABLE == OPEN | {S.FAILED}
