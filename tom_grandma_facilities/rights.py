"""In which groups somebody holds a right: who works in one group may only look in another."""

from django.contrib.auth.models import AnonymousUser, Group, User
from django.db.models import Exists, OuterRef, Q, QuerySet

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
    app, _, codename = permission.partition(".")
    asked = {"permission__content_type__app_label": app, "permission__codename": codename}
    by_name = Exists(User.user_permissions.through.objects.filter(user=user.pk, **asked))
    to_group = Exists(Group.permissions.through.objects.filter(group=OuterRef("pk"), **asked))
    is_own = Exists(User.groups.through.objects.filter(user=user.pk, group=OuterRef("pk")))
    by_role = Q(pk__in=people.groups_where(user, permission).values("pk"))
    return groups.filter(by_role | (Q(is_own) & (Q(by_name) | Q(to_group))))
