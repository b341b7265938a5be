"""Which targets a person may change: the roof, which knows people's roles, says so."""

from collections.abc import Callable

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import QuerySet
from guardian.shortcuts import get_objects_for_user
from tom_targets.models import Target

from tom_grandma_facilities.targets_seen import visible_targets

Changeable = Callable[[User | AnonymousUser], QuerySet[Target]]


def by_permission(user: User | AnonymousUser) -> QuerySet[Target]:
    """Return the targets whose permission to change somebody was given, by name or through a group."""
    if not (user.is_authenticated and user.is_active):
        return Target.objects.none()
    given: QuerySet[Target] = get_objects_for_user(user, "tom_targets.change_target", klass=Target)
    return given.filter(pk__in=visible_targets(user).values("pk"))


class _Rule:
    """Holds the one rule; a class, so that it can be set without a global statement."""

    current: Changeable = staticmethod(by_permission)


def tell_changeable_by(rule: Changeable) -> None:
    """Ask `rule` from now on; the roof calls this once, when the site starts."""
    _Rule.current = staticmethod(rule)


def changeable_targets(user: User | AnonymousUser) -> QuerySet[Target]:
    """Return the targets somebody may see and change."""
    return _Rule.current(user)
