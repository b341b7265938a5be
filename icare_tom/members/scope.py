"""What a request may do when it comes with a token: a part of what its owner may.

A token cuts the person of its request: `limit` marks the object, and everything that asks what somebody may do looks
at the mark. A super admin whose token holds only some rights is no superuser in that request: such a token sees what
its owner's groups see.
"""

from dataclasses import dataclass
from typing import Any

from icare_tom.members.roles import RIGHTS
from tom_grandma_facilities.people import limit_to

_MARK = "_token_scope"


@dataclass(frozen=True, slots=True)
class Scope:
    """What a token leaves of its owner's rights."""

    permissions: frozenset[str]
    of_superuser: bool


def limit(user: Any, keys: list[str], *, telescope: str = "") -> None:
    """Cut somebody's object down to some rights, and to uploads for one telescope when it is named."""
    permissions = frozenset().union(*(RIGHTS[key].permissions for key in keys if key in RIGHTS))
    user.__dict__[_MARK] = Scope(permissions, of_superuser=user.is_superuser)
    user.is_superuser = user.is_staff = False
    # What the administration gave by name, or to a whole group, is not in a token: Django finds its answers there.
    for cache in ("_user_perm_cache", "_group_perm_cache", "_perm_cache"):
        user.__dict__[cache] = set()
    limit_to(user, telescope)


def scope_of(user: Any) -> Scope | None:
    """Return how somebody's object was cut; None when it was not."""
    scope: Scope | None = user.__dict__.get(_MARK)
    return scope
