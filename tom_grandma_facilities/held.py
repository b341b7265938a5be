"""Whether somebody holds a right for a row: in one of the groups that see it, not in any group whatever."""

from typing import Any

from django.contrib.auth.models import AnonymousUser, Group, User
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, QuerySet
from guardian.models import GroupObjectPermission, UserObjectPermission
from tom_targets.models import BaseTarget, Target

from tom_grandma_facilities.rights import groups_where


def holds_for(user: User | AnonymousUser, permission: str, row: Model) -> bool:
    """Whether a permission is held for a row with `groups`.

    Through a role in one of its groups; given to one of them that the person is in; or given to the person by name,
    which holds in every group of theirs.
    """
    return _holds_in(user, permission, row.groups.all())  # type: ignore[attr-defined]


def holds_for_one_of(user: User | AnonymousUser, permission: str, rows: QuerySet[Any]) -> bool:
    """Whether a permission is held for any of some rows with `groups`: those somebody sees, asked of in one query."""
    if user.is_active and user.is_superuser:
        return rows.exists()
    return rows.filter(groups__in=groups_where(user, permission).values("pk")).exists()


def holds_for_target(user: User | AnonymousUser, permission: str, target: BaseTarget) -> bool:
    """Whether a permission is held for a target.

    In a group it is shared with; one's own target, and one that everybody may see: in any group.
    """
    seeing = {
        "object_pk": str(target.pk),
        "permission__codename": "view_target",
        "permission__content_type": ContentType.objects.get_for_model(Target),
    }
    is_own = user.is_authenticated and UserObjectPermission.objects.filter(**seeing, user=user.pk).exists()
    if is_own or target.permissions != Target.Permissions.PRIVATE:
        return user.has_perm(permission)
    shared = GroupObjectPermission.objects.filter(**seeing)
    return _holds_in(user, permission, Group.objects.filter(pk__in=shared.values("group")))


def _holds_in(user: User | AnonymousUser, permission: str, groups: QuerySet[Group]) -> bool:
    if user.is_active and user.is_superuser:
        return True
    return groups.filter(pk__in=groups_where(user, permission).values("pk")).exists()
