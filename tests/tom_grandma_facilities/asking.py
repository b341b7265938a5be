"""A telescope's side that does what a test tells it, and requests to it."""

from dataclasses import dataclass, field
from datetime import timedelta

from django.contrib.auth.models import Permission
from django.utils import timezone

from tom_grandma_facilities.actions import ask, send_request, set_channel
from tom_grandma_facilities.models import FollowUpRequest
from tom_grandma_facilities.transports.base import Down, Refused, Remote, RemoteState, Repeat, Sent, Setting, Transport

SECRET = "hunter2-of-the-dome"
EXPOSED = [{"filter": "sdssr", "exposure_s": 60, "count": 3}]
ALL_WAYS = ("by-key", "by-list", "blind", "letters")
EXPOSURES = [{"filter": "r", "exposure_s": 60, "count": 3}]


@dataclass
class FarSide:
    """What the telescope's side has got, and what it does next: "ok", or an exception that is raised."""

    got: list = field(default_factory=list)
    cancelled: list = field(default_factory=list)
    asked: list = field(default_factory=list)
    next: list = field(default_factory=list)
    state: str = ""
    note: str = ""
    lines: list = field(default_factory=list)

    @property
    def keys(self):
        """Keys of what it has, once for every time it was taken."""
        return [outgoing.key for outgoing in self.got]


class LostAnswer(Exception):
    """It took the request, and its answer never came."""


class StubTransport(Transport):
    """A protocol by which nothing leaves this process."""

    label = "Stub"
    settings = (Setting("address", "Address"), Setting("password", "Password", secret=True))
    can_cancel = can_status = True
    takes_pointings = True

    def __init__(self, name, repeat, *, people=False):
        self.name, self.way, self.reaches_people, self.far = name, repeat, people, FarSide()
        if people:
            self.can_status = False

    def repeat(self, line):
        return self.way

    def _do(self, line):
        self.far.lines.append(line)
        todo = self.far.next.pop(0) if self.far.next else "ok"
        if isinstance(todo, LostAnswer):
            return todo
        if isinstance(todo, Exception):
            raise todo
        return None

    def _submit(self, outgoing, line):
        lost = self._do(line)
        known = [one for one in self.far.got if one.key == outgoing.key]
        if not (known and self.way is Repeat.KEY):
            self.far.got.append(outgoing)
        if lost:
            raise Down("No answer came in time.", maybe_sent=True)
        text = f"{outgoing.target_name} {outgoing.answer_url} {line.get('password')}"
        return Sent(f"far-{outgoing.key}", text, f"welcome {line.get('password')}", 201)

    def _find(self, key, line):
        self._do(line)
        return next((f"far-{one.key}" for one in self.far.got if one.key == key), None)

    def _status(self, external_id, line):
        self._do(line)
        self.far.asked.append(external_id)
        return Remote(RemoteState(self.far.state), self.far.note, 200)

    def _cancel(self, external_id, line, outgoing):
        self._do(line)
        self.far.cancelled.append(external_id)
        return Sent(external_id, f"cancel {line.get('password')}", "gone", 200)


def stub_ways():
    """One of each kind, by name."""
    ways = (
        StubTransport("by-key", Repeat.KEY),
        StubTransport("by-list", Repeat.FIND),
        StubTransport("blind", Repeat.PERSON),
        StubTransport("letters", Repeat.PERSON, people=True),
    )
    return {way.name: way for way in ways}


def give_rights(user):
    """Let somebody ask and change."""
    wanted = Permission.objects.filter(codename__in=["add_followuprequest", "change_followuprequest"])
    user.user_permissions.add(*wanted)
    return user


def channel(telescope="CFHT", transport="by-list", **more):
    """Say how a telescope is asked, with a credential."""
    return set_channel(telescope, transport=transport, by=None, secrets={"password": SECRET}, **more)


def asked(by, target, telescope="CFHT", **changes):
    """Ask for some exposures tonight."""
    now = timezone.now()
    wish = {"window_start": now, "window_end": now + timedelta(hours=20), "exposures": EXPOSURES} | changes
    return ask(telescope, by=by, target=target, **wish)


__all__ = ["Down", "LostAnswer", "Refused"]


def later(row):
    """The moment of the next attempt has come."""
    FollowUpRequest.objects.filter(pk=row.pk).update(next_attempt_at=timezone.now() - timedelta(seconds=1))
    return send_request(row.pk)
