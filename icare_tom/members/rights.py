"""What a person may do, asked of the table of roles."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, Group
from django.db.models import QuerySet
from django.utils import timezone

from icare_tom.members.models import Membership
from icare_tom.members.roles import RIGHTS, Right, permissions_of, rights_of_role
from icare_tom.members.scope import scope_of

_CACHE = "_permissions_by_group"


def permissions_by_group(user: AbstractBaseUser | AnonymousUser) -> dict[int, frozenset[str]]:
    """Return what somebody's memberships permit, by the group's key; asked of the database once per request.

    Django keeps the answers of a person's object in the same way: the next request begins with a fresh one.
    """
    if not (user.is_authenticated and user.is_active):
        return {}
    # By name, not through `__dict__`: the person of a request is wrapped, and both must find the same answer.
    held: dict[int, frozenset[str]] | None = getattr(user, _CACHE, None)
    if held is None:
        rows = Membership.objects.live_at(timezone.now()).filter(user=user.pk).values_list("group", "role", "rights")
        held = {group: permissions_of(role, single) for group, role, single in rows}
        if (scope := scope_of(user)) is not None:
            held = {
                group: scope.permissions if scope.of_superuser else names & scope.permissions
                for group, names in held.items()
            }
        setattr(user, _CACHE, held)
    return held


def holds_all(user: Any) -> bool:
    """Whether somebody is a super admin, and this request is not cut by a token."""
    return bool(user.is_active and user.is_superuser)


def may_in(user: Any, permission: str, group: Group) -> bool:
    """Whether somebody holds a permission in one group."""
    if not user.is_active:
        return False
    return holds_all(user) or permission in permissions_by_group(user).get(group.pk, frozenset())


def groups_where(user: Any, permission: str) -> QuerySet[Group]:
    """Return the groups in which somebody holds a permission; every group for a superuser."""
    if not (user.is_authenticated and user.is_active):
        return Group.objects.none()
    if user.is_superuser:
        return Group.objects.all()
    held = permissions_by_group(user)
    return Group.objects.filter(pk__in=[group for group, names in held.items() if permission in names])


def rights_in(membership: Membership) -> tuple[Right, ...]:
    """Return the rights of one membership, in the table's order."""
    return rights_of_role(membership.role, membership.rights)


def rights_of(user: Any) -> tuple[Right, ...]:
    """Return the rights somebody holds in any group, in the table's order; all of them for a superuser."""
    if user.is_active and user.is_superuser:
        return tuple(RIGHTS.values())
    rows = Membership.objects.live_at(timezone.now()).filter(user=user.pk)
    held = {right.key for row in rows for right in rights_in(row)} if user.is_active else set()
    return tuple(right for key, right in RIGHTS.items() if key in held)
