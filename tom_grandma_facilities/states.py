"""Which state of a follow-up request may follow which: one table, checked by every change. Pure; no rows.

A person behind a telescope may answer before the system has written down that the request was sent: the answer itself
proves that it arrived. Who said that they cannot may find that they can after all, and what expired may still turn out
to have been observed. What was cancelled stays cancelled.
"""

from collections.abc import Mapping

from tom_grandma_facilities.choices import OPEN_REQUESTS, RequestState

_S = RequestState
_ENDS = frozenset({_S.DONE, _S.DECLINED, _S.CANCELLED, _S.EXPIRED})

TRANSITIONS: Mapping[RequestState, frozenset[RequestState]] = {
    _S.QUEUED: frozenset({_S.SENT, _S.RECEIVED, _S.ACCEPTED, _S.OBSERVING, _S.FAILED}) | _ENDS,
    # Back to `queued`: it was edited and is to be sent again.
    _S.SENT: frozenset({_S.QUEUED, _S.RECEIVED, _S.ACCEPTED, _S.OBSERVING, _S.FAILED}) | _ENDS,
    _S.RECEIVED: frozenset({_S.QUEUED, _S.ACCEPTED, _S.OBSERVING, _S.FAILED}) | _ENDS,
    _S.ACCEPTED: frozenset({_S.QUEUED, _S.ACCEPTED, _S.OBSERVING, _S.FAILED}) | _ENDS,
    _S.OBSERVING: frozenset({_S.QUEUED, _S.ACCEPTED, _S.OBSERVING, _S.FAILED}) | _ENDS,
    # A mistaken "done" or "cannot" is taken back.
    _S.DONE: frozenset({_S.SENT, _S.RECEIVED, _S.ACCEPTED, _S.OBSERVING}),
    _S.DECLINED: frozenset({_S.DECLINED, _S.SENT, _S.RECEIVED, _S.ACCEPTED, _S.OBSERVING, _S.DONE}),
    _S.EXPIRED: frozenset({_S.OBSERVING, _S.DONE}),
    # Tried again, or edited.
    _S.FAILED: frozenset({_S.QUEUED, _S.CANCELLED, _S.EXPIRED}),
    _S.CANCELLED: frozenset(),
}

# What those who are asked may answer.
ANSWERS = frozenset({_S.RECEIVED, _S.ACCEPTED, _S.OBSERVING, _S.DONE, _S.DECLINED})
# What may still be edited: sent again where it was sent already.
EDITABLE = frozenset({*OPEN_REQUESTS, _S.FAILED})
# What may still be cancelled.
CANCELLABLE = frozenset({*OPEN_REQUESTS, _S.FAILED})


def may_follow(now: str, then: str) -> bool:
    """Say whether a request may come from one state to another."""
    return RequestState(then) in TRANSITIONS[RequestState(now)]


def possible_answers(now: str) -> tuple[RequestState, ...]:
    """Return what a telescope may answer to a request in a state, in the order of a night."""
    order = (_S.RECEIVED, _S.ACCEPTED, _S.OBSERVING, _S.DONE, _S.DECLINED)
    # Who has observed it has received it.
    silly = {_S.RECEIVED} if now == _S.DONE else frozenset()
    return tuple(state for state in order if state in TRANSITIONS[RequestState(now)] - silly)
