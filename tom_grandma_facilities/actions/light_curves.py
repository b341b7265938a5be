"""Forced photometry that is ready: fetched, read, noted on its request, and handed up."""

from typing import cast

from django.db import transaction

from tom_grandma_facilities.actions.answers import answer
from tom_grandma_facilities.actions.calls import Way, begin, call
from tom_grandma_facilities.choices import RequestState, TransactionAction, Via
from tom_grandma_facilities.forced_photometry import ForcedPoint, UnreadableResult, in_words
from tom_grandma_facilities.models import FollowUpRequest
from tom_grandma_facilities.signals import forced_photometry_received
from tom_grandma_facilities.transports.base import Refused, Remote, RemoteState
from tom_grandma_facilities.transports.forced import ForcedPhotometry


def brings_photometry(way: Way) -> bool:
    """Say whether what such a request brings is a light curve."""
    return isinstance(way.transport, ForcedPhotometry)


def take_light_curve(row: FollowUpRequest, way: Way) -> FollowUpRequest:
    """Fetch the light curve of a request that is ready, and note it as done.

    It is handed up in the transaction that notes it: when whoever keeps it cannot, the request is not done, and the
    light curve is fetched again.

    Raises
    ------
    Refused
        There is none, or it cannot be read.
    Down
        It cannot be fetched now.
    """
    text, points = _fetch(row, way)
    with transaction.atomic():
        done = answer(row, RequestState.DONE, by=None, by_text=row.telescope, via=Via.TRANSPORT, note=in_words(points))
        forced_photometry_received.send(
            FollowUpRequest, request=done, target=done.target, text=text, points=points, service=way.transport.name
        )
    return done


def _fetch(row: FollowUpRequest, way: Way) -> tuple[str, tuple[ForcedPoint, ...]]:
    service = cast(ForcedPhotometry, way.transport)
    fetched: list[tuple[str, tuple[ForcedPoint, ...]]] = []

    def fetch() -> Remote:
        text = service.results(row.external_id, way.line)
        try:
            points = service.read(text)
        except UnreadableResult as error:
            raise Refused(f"What {service.label} sent cannot be read: {error}", reply=text) from error
        fetched.append((text, points))
        return Remote(RemoteState.DONE, in_words(points))

    call(begin(row, TransactionAction.STATUS, service), way.line, fetch)
    return fetched[0]
