"""Answers Django's `has_perm` from the table of roles."""

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.models import Group
from django.db.models import Model

from icare_tom.members.rights import permissions_by_group


class RoleBackend(BaseBackend):
    """Permissions that come with roles.

    Without an object: held in any group. With one: held in that group, or in a group the object belongs to. Nothing is
    written anywhere, so that a changed role, an ended membership and a deactivated account count from the next request.
    """

    def get_user_permissions(self, user_obj: Any, obj: Model | None = None) -> set[str]:
        """Return the permissions of somebody's roles."""
        held = permissions_by_group(user_obj)
        if obj is not None:
            held = {group: names for group, names in held.items() if group in _groups_of(obj)}
        return set().union(*held.values())

    def has_perm(self, user_obj: Any, perm: str, obj: Model | None = None) -> bool:
        """Whether a role of somebody permits something."""
        return perm in self.get_user_permissions(user_obj, obj)

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        """Whether a role of somebody permits anything in an app."""
        return any(name.startswith(f"{app_label}.") for name in self.get_user_permissions(user_obj))


def _groups_of(obj: Model) -> set[int]:
    if isinstance(obj, Group):
        return {obj.pk}
    groups = getattr(obj, "groups", None)
    return set(groups.values_list("pk", flat=True)) if groups is not None else set()
