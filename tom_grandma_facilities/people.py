"""What apps below the roof ask about people, who are looked after there: the roof says it with `know_people_by`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser, Group, User
from django.db.models import QuerySet

Person = User | AnonymousUser


@dataclass(frozen=True, slots=True)
class Known:
    """Where mails to somebody go, with whom they share unless they say otherwise (nobody: as the site does it), and in
    which groups their role permits something.
    """

    address_of: Callable[[User], str]
    shares_with: Callable[[Person], list[Group]]
    groups_where: Callable[[Person, str], QuerySet[Group]] = lambda user, permission: Group.objects.none()


class _Knowing:
    """Holds who is asked; a class, so that it can be set without a global statement."""

    current = Known(address_of=lambda user: user.email, shares_with=lambda user: [])


def know_people_by(known: Known) -> Known:
    """Set who is asked about people; return who was asked before."""
    before, _Knowing.current = _Knowing.current, known
    return before


def address_of(user: User) -> str:
    """Return where mails to somebody go."""
    return _Knowing.current.address_of(user)


def shares_with(user: Person) -> list[Group]:
    """Return the groups somebody chose to share with; empty when they chose none."""
    return _Knowing.current.shares_with(user)


def groups_where(user: Person, permission: str) -> QuerySet[Group]:
    """Return the groups in which somebody's role permits something."""
    return _Knowing.current.groups_where(user, permission)


def limit_to(user: Any, telescope: str) -> None:
    """Let somebody's object upload for one telescope only; for any when none is named."""
    user.only_telescope = telescope


def only_telescope(user: Person) -> str:
    """Return the one telescope for which a request may upload, when it came with such a token; empty: for any."""
    return str(getattr(user, "only_telescope", ""))
