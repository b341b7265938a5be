"""What every way to a telescope is made of: what is sent, what comes back, and what can go wrong.

A transport knows one protocol and keeps nothing: it is given the request (`Outgoing`) and the telescope's settings and
secrets (`Line`), and answers or raises. Two things may go wrong, and they must not be mixed up:

* `Refused`: the other side, or a check before anything was sent, said no. Asking again does not help; the sentence is
  shown to the person who asked.
* `Down`: nobody said no, but nothing is certain either. It is tried again later; `maybe_sent` says whether the request
  may have arrived all the same, and then it is only repeated by `Transport.submit_again`, which never sends twice.

Whatever a transport returns or raises passes `Line.redact`: no secret reaches a row, a page or a log.
"""

from __future__ import annotations

import base64
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar, TypeVar, cast
from urllib.parse import quote, quote_plus

Result = TypeVar("Result")
EXCERPT = 4000
_HIDDEN = "[secret]"
# Shorter ones would black out half of every text; none of the services hands out such.
_SHORTEST_SECRET = 4


class Refused(Exception):
    """The request was not taken, and sending it again unchanged will not help. `reason` is for the user."""

    def __init__(self, reason: str, status_code: int | None = None, reply: str = "") -> None:
        super().__init__(reason)
        self.reason, self.status_code, self.reply = reason, status_code, reply


class Down(Exception):
    """The other side is away or out of order; `maybe_sent`: the request may have arrived all the same."""

    def __init__(self, reason: str, maybe_sent: bool = False, status_code: int | None = None, reply: str = "") -> None:
        super().__init__(reason)
        self.reason, self.maybe_sent, self.status_code, self.reply = reason, maybe_sent, status_code, reply


class Unsure(Exception):
    """The request may have been sent and nobody but a person can find out; it is not sent again by itself."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Repeat(StrEnum):
    """What makes a second sending harmless."""

    KEY = "key"  # the protocol takes a key and knows a repetition by it
    FIND = "find"  # the protocol has a list in which the first sending is looked for
    PERSON = "person"  # neither: a person must look


class RemoteState(StrEnum):
    """How far a request is at the other side, in the words of our own states; "" when it does not say."""

    UNKNOWN = ""
    RECEIVED = "received"
    ACCEPTED = "accepted"
    OBSERVING = "observing"
    DONE = "done"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Exposure:
    """`count` exposures of `exposure_s` seconds through one filter."""

    filter: str
    exposure_s: float
    count: int = 1


@dataclass(frozen=True, slots=True)
class Pointing:
    """One planned pointing, with its time when the plan gives one."""

    order: int
    ra_deg: float
    dec_deg: float
    field_id: str = ""
    start: datetime | None = None
    end: datetime | None = None
    filter: str = ""
    exposure_s: float = 0.0
    count: int = 1


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request as it leaves. Angles in degrees ICRS, times aware UTC, priority 1 (highest) to 5."""

    key: str
    telescope: str
    target_name: str
    window_start: datetime
    window_end: datetime
    ra_deg: float | None = None
    dec_deg: float | None = None
    exposures: tuple[Exposure, ...] = ()
    pointings: tuple[Pointing, ...] = ()
    constraints: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    priority: int = 3
    note: str = ""
    requester: str = ""
    answer_url: str = ""
    download_url: str = ""

    @property
    def position(self) -> tuple[float, float]:
        """Right ascension and declination of the target.

        Raises
        ------
        Refused
            When the request is not for one position.
        """
        if self.ra_deg is None or self.dec_deg is None:
            raise Refused(f"The request has no position, and {self.telescope} is asked for one position at a time.")
        return self.ra_deg, self.dec_deg


@dataclass(frozen=True, slots=True)
class Line:
    """Settings and secrets of the way to one telescope (of its channel and allocation)."""

    settings: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    secret: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)

    def get(self, name: str, default: str = "") -> str:
        """Return a setting or a secret, without the blanks around it."""
        return str(self.secret.get(name) or self.settings.get(name) or default).strip()

    def redact(self, text: str) -> str:
        """Return `text` without any secret of this line, in whatever dress it travels, cut to a readable length."""
        for dressed in sorted(self._dressed(), key=len, reverse=True):
            text = text.replace(dressed, _HIDDEN)
        return text if len(text) <= EXCERPT else text[:EXCERPT] + " […]"

    def _dressed(self) -> set[str]:
        found: set[str] = set()
        plain = [str(value).strip() for value in self.secret.values()]
        for value in (one for one in plain if len(one) >= _SHORTEST_SECRET):
            encoded = base64.b64encode(value.encode()).decode()
            found |= {value, quote(value, safe=""), quote_plus(value), json.dumps(value)[1:-1], encoded}
        return found


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing an operator must or may fill in for a channel."""

    name: str
    label: str
    required: bool = False
    secret: bool = False
    help: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sent:
    """The other side took it: its own name for the request, and what was said on both sides."""

    external_id: str
    sent: str = ""
    reply: str = ""
    status_code: int | None = None


@dataclass(frozen=True, slots=True)
class Remote:
    """What the other side says of a request."""

    state: RemoteState
    note: str = ""
    status_code: int | None = None


class Transport(ABC):
    """One protocol. A subclass declares what it needs and says how to submit, ask, cancel and find.

    Subclasses write the methods with an underscore; the ones without check the settings first and let no secret out.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    about: ClassVar[str] = ""
    settings: ClassVar[tuple[Setting, ...]] = ()
    can_cancel: ClassVar[bool] = False
    can_status: ClassVar[bool] = False
    # People read it: they are reminded when they are silent, and told that a later version replaces the earlier one.
    reaches_people: ClassVar[bool] = False
    # A key that no request has: looked for when a channel is tried.
    nobody: ClassVar[str] = "0-0"
    takes_target: ClassVar[bool] = True
    takes_pointings: ClassVar[bool] = False

    def submit(self, outgoing: Outgoing, line: Line) -> Sent:
        """Send a request that certainly was not sent yet.

        Raises
        ------
        Refused, Down
        """
        return self._guard(line, lambda: self._checked_submit(outgoing, line))

    def submit_again(self, outgoing: Outgoing, line: Line) -> Sent:
        """Send a request that may have been sent already, such that it is there once.

        Raises
        ------
        Refused, Down
        Unsure
            When the protocol has no means to tell.
        """
        match self.repeat(line):
            case Repeat.KEY:
                return self.submit(outgoing, line)
            case Repeat.FIND:
                found = self.find(outgoing.key, line)
                if found is None:
                    return self.submit(outgoing, line)
                return Sent(found, reply="It had arrived the first time; it was not sent again.")
            case _:
                raise Unsure(
                    f"The request may have reached {outgoing.telescope}, and {self.label} has no way to ask. "
                    "Ask the telescope's team; then send it again or mark it as sent."
                )

    def status(self, external_id: str, line: Line) -> Remote:
        """Ask how far a request is; state "" when this protocol has no answer to that.

        Raises
        ------
        Refused, Down
        """
        if not self.can_status:
            return Remote(RemoteState.UNKNOWN, f"{self.label} does not report back; the answer comes by link.")
        return self._guard(line, lambda: self._status(external_id, line))

    def cancel(self, external_id: str, line: Line, outgoing: Outgoing | None = None) -> Sent:
        """Take a request back; `outgoing` helps people to see which one is meant.

        Raises
        ------
        Refused, Down
        """
        if not self.can_cancel:
            raise Refused(f"{self.label} cannot take requests back. Tell the telescope's team yourself.")
        return self._guard(line, lambda: self._cancel(external_id, line, outgoing))

    def find(self, key: str, line: Line) -> str | None:
        """Look for a request by our key; None when it is not there.

        Raises
        ------
        Refused, Down
        """
        return self._guard(line, lambda: self._find(key, line))

    def repeat(self, line: Line) -> Repeat:
        """Say what makes a second sending harmless over this line."""
        return Repeat.PERSON

    def check(self, line: Line) -> None:
        """Refuse a line that lacks something.

        Raises
        ------
        Refused
        """
        missing = [one.label for one in self.settings if one.required and not line.get(one.name)]
        if missing:
            raise Refused(
                f"The channel is not complete: {', '.join(missing)} missing. An administrator must fill it in."
            )
        for one in self.settings:
            if one.choices and line.get(one.name) and line.get(one.name) not in one.choices:
                raise Refused(f"The channel's {one.label} must be one of {', '.join(one.choices)}.")

    @abstractmethod
    def _submit(self, outgoing: Outgoing, line: Line) -> Sent:
        """Send it."""

    def _status(self, external_id: str, line: Line) -> Remote:
        raise NotImplementedError(f"{self.name} says it can tell a state, and does not.")

    def _cancel(self, external_id: str, line: Line, outgoing: Outgoing | None) -> Sent:
        raise NotImplementedError(f"{self.name} says it can cancel, and does not.")

    def _find(self, key: str, line: Line) -> str | None:
        raise NotImplementedError(f"{self.name} says it can find a request by its key, and does not.")

    def _checked_submit(self, outgoing: Outgoing, line: Line) -> Sent:
        if outgoing.pointings and not self.takes_pointings:
            raise Refused(f"{self.label} takes single targets, not the pointings of a plan.")
        if not outgoing.pointings and not self.takes_target:
            raise Refused(f"{self.label} takes the pointings of a plan, not single targets.")
        return self._submit(outgoing, line)

    def _guard(self, line: Line, act: Callable[[], Result]) -> Result:
        self.check(line)
        try:
            result = act()
        except Refused as error:
            raise Refused(line.redact(error.reason), error.status_code, line.redact(error.reply)) from None
        except Down as error:
            raise Down(
                line.redact(error.reason), error.maybe_sent, error.status_code, line.redact(error.reply)
            ) from None
        return _redacted(result, line)


def _redacted(result: Result, line: Line) -> Result:
    if isinstance(result, Sent):
        return cast(Result, replace(result, sent=line.redact(result.sent), reply=line.redact(result.reply)))
    if isinstance(result, Remote):
        return cast(Result, replace(result, note=line.redact(result.note)))
    return result
