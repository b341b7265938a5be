"""Rows shared with more groups later, or with fewer: one rule for everything that belongs to groups.

Who let somebody in may shut them out again, so that a step is undone by its opposite.
"""

from collections.abc import Collection

from django.contrib.auth.models import AnonymousUser, Group, User
from django.db.models import QuerySet

from tom_grandma_facilities.exceptions import FacilityError
from tom_grandma_facilities.rights import groups_where

Person = User | AnonymousUser


class SharingRefused(FacilityError):
    """A group is not let in, or not shut out: `code` is not-allowed, not-yours, last-group, last-of-yours or busy."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def groups_of(user: Person) -> QuerySet[Group]:
    """Return the groups somebody may let in and shut out: one's own; every group for a superuser."""
    if not (user.is_authenticated and user.is_active):
        return Group.objects.none()
    groups = Group.objects.order_by("name")
    return groups if user.is_superuser else groups.filter(user=user.pk)


def holds_in(user: Person, permission: str, groups: QuerySet[Group]) -> bool:
    """Say whether somebody holds a permission in one of the groups that see a row."""
    if getattr(user, "is_superuser", False):
        return user.is_active and user.has_perm(permission)
    return groups_where(user, permission).filter(pk__in=groups.values("pk")).exists()


def check_change(by: Person, held: Collection[Group], group: Group, *, let_in: bool) -> None:
    """Refuse to let a group in, or to shut it out, where the rule forbids it to `by`.

    Parameters
    ----------
    held : who sees the row now

    Raises
    ------
    SharingRefused
    """
    own = set(groups_of(by).values_list("pk", flat=True))
    if group.pk not in own:
        raise SharingRefused("not-yours", "Choose among your own groups.")
    left = {one.pk for one in held} - {group.pk}
    if let_in or (by.is_superuser and left):
        return
    if not left:
        raise SharingRefused("last-group", "Nobody would see it any more: share it with another group first.")
    if not left & own:
        raise SharingRefused("last-of-yours", "You would not see it any more: share it with another of yours first.")
