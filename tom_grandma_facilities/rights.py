"""In which groups somebody holds a right: who works in one group may only look in another."""

from django.contrib.auth.models import AnonymousUser, Group, User
from django.db.models import Q, QuerySet

from tom_grandma_facilities import people

Person = User | AnonymousUser


def groups_where(user: Person, permission: str) -> QuerySet[Group]:
    """Return the groups in which `user` holds a permission, by name; every group for a superuser.

    A right given to a person holds in every group of theirs, one given to a group or by a role in that group.
    """
    groups = Group.objects.order_by("name")
    if not (user.is_active and user.has_perm(permission)):
        return groups.none()
    if user.is_superuser:
        return groups
    own = groups.filter(user=user.pk)
    app, _, codename = permission.partition(".")
    if user.user_permissions.filter(content_type__app_label=app, codename=codename).exists():
        return own
    given = own.filter(permissions__content_type__app_label=app, permissions__codename=codename)
    by_role = people.groups_where(user, permission)
    return groups.filter(Q(pk__in=by_role.values("pk")) | Q(pk__in=given.values("pk")))
