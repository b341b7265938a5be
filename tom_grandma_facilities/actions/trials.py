"""Trying a channel before it is needed: nothing is asked to be observed."""

import logging
from dataclasses import dataclass
from datetime import timedelta

from cryptography.fernet import InvalidToken
from django.contrib.auth.models import AnonymousUser, User
from django.utils import timezone

from tom_grandma_facilities.actions.allocations import known_transport, line_of, may_set_channels
from tom_grandma_facilities.exceptions import NotAllowed, RequestError
from tom_grandma_facilities.models import Channel
from tom_grandma_facilities.transports.base import Down, Line, Outgoing, Refused, Repeat, Transport

logger = logging.getLogger(__name__)

WORDS = "This is a test of the channel between ICARE and your telescope. Nothing needs to be observed or answered."


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of a test, in words."""

    ok: bool
    words: str


def try_channel(channel: Channel, *, by: User | AnonymousUser) -> Trial:
    """Send a test over a channel, as far as its protocol can be tried without asking for an observation.

    People get a message that says it is a test. A service that lists requests is asked for one that does not exist, so
    that address and credentials are tried. For any other service the settings are checked, and that is said.

    Raises
    ------
    NotAllowed
    """
    if not may_set_channels(by):
        raise NotAllowed("You may not try how telescopes are asked; an administrator may.")
    try:
        transport = known_transport(channel.transport)
        trial = Trial(True, _tried(transport, line_of(channel), channel.telescope))
    except (Refused, Down) as error:
        trial = Trial(False, error.reason)
    except (RequestError, InvalidToken) as error:
        trial = Trial(False, str(error))
    logger.info("%s was tried by %s: %s", channel, by, trial.words)
    return trial


def _tried(transport: Transport, line: Line, telescope: str) -> str:
    if transport.reaches_people:
        transport.submit(_test(telescope), line)
        return f"A test message was sent to {telescope}. Ask its team whether it has arrived."
    if transport.repeat(line) is Repeat.FIND:
        transport.find(transport.nobody, line)
        return f"{transport.label} answers and accepts the credentials. Nothing was asked for."
    transport.check(line)
    return f"The settings are complete. {transport.label} has nothing that can be tried without an observation."


def _test(telescope: str) -> Outgoing:
    now = timezone.now()
    return Outgoing(
        key=f"test-{telescope}-{now:%Y%m%dT%H%M%S}",
        telescope=telescope,
        target_name="TEST, please ignore",
        window_start=now,
        window_end=now + timedelta(hours=1),
        priority=5,
        note=WORDS,
        requester="ICARE",
    )
