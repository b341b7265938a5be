"""Where somebody is signed in: written into each session when it begins, listed on the profile, ended there."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in
from django.db.models import QuerySet
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from icare_tom.members.addresses import address_of
from icare_tom.members.keys import fingerprint
from icare_tom.members.session_models import PersonSession

BEGAN = "signed_in"
MAX_AGENT = 300
BROWSERS = ("Firefox", "Edg", "OPR", "Chrome", "Safari")
SYSTEMS = {"Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Windows": "Windows", "Mac OS": "macOS",
           "Linux": "Linux"}  # fmt: skip
NAMES = {"Edg": "Edge", "OPR": "Opera"}


@dataclass(frozen=True, slots=True)
class SignedIn:
    """One session: how to name it without its key, and where and when it began."""

    handle: str
    since: datetime | None
    until: datetime
    address: str
    agent: str
    is_this: bool

    @property
    def device(self) -> str:
        """The browser and the system in words."""
        browser = next((NAMES.get(name, name) for name in BROWSERS if f"{name}/" in self.agent), "")
        system = next((words for part, words in SYSTEMS.items() if part in self.agent), "")
        return " on ".join(filter(None, (browser, system))) or self.agent[:40] or "unknown device"


@receiver(user_logged_in, dispatch_uid="icare_tom.members.note_place")
def note_place(sender: type[User], request: HttpRequest, user: User, **_: Any) -> None:
    """Write into a session where and when it began."""
    request.session[BEGAN] = {
        "at": timezone.now().isoformat(timespec="seconds"),
        "address": address_of(request),
        "agent": request.META.get("HTTP_USER_AGENT", "")[:MAX_AGENT],
    }


def sessions_of(user: User, current: str | None = None) -> list[SignedIn]:
    """Return where somebody is signed in, this session first, then the latest."""
    found = [_told(row, current) for row in _rows(user)]
    return sorted(found, key=lambda one: (one.is_this, one.since.timestamp() if one.since else 0.0), reverse=True)


def end_session(user: User, handle: str) -> bool:
    """End one session of somebody; whether there was such a one."""
    keys = [key for key in session_keys_of(user) if handle_of(key) == handle]
    return _rows(user).filter(pk__in=keys).delete()[0] > 0


def end_sessions(user: User, *, but: str | None = "") -> int:
    """End the sessions of somebody, but one; returns how many."""
    return _rows(user).exclude(pk=but).delete()[0]


def session_keys_of(user: User) -> list[str]:
    """Return the keys of somebody's sessions, for the server alone."""
    return list(_rows(user).values_list("pk", flat=True))


def handle_of(key: str) -> str:
    """Return what names a session on a page; its key would let whoever reads the page in."""
    return fingerprint(key)


def _rows(user: User) -> QuerySet[PersonSession]:
    return PersonSession.objects.filter(person=user.pk, expire_date__gt=timezone.now())


def _told(row: PersonSession, current: str | None) -> SignedIn:
    began = row.get_decoded().get(BEGAN, {})
    since = datetime.fromisoformat(began["at"]) if "at" in began else None
    return SignedIn(
        handle_of(row.pk), since, row.expire_date, began.get("address", ""), began.get("agent", ""), row.pk == current
    )
