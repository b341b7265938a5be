"""Which targets somebody may see: one rule, asked by every app, told by the roof, which knows how to ask quickly."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from tom_targets.models import Target
from tom_targets.permissions import targets_for_user

Seen = Callable[[Any], QuerySet[Target]]


def as_tom_says(user: Any) -> QuerySet[Target]:
    """Return the targets that TOM shows to somebody; none to those without an account that may be used."""
    if not (user.is_authenticated and user.is_active):
        return Target.objects.none()
    seen: QuerySet[Target] = targets_for_user(user, Target.objects.all(), "view_target")
    return seen


class _Rule:
    """Holds the one rule; a class, so that it can be set without a global statement."""

    current: Seen = staticmethod(as_tom_says)


def tell_seen_by(rule: Seen) -> None:
    """Ask `rule` from now on; the roof calls this once, when the site starts."""
    _Rule.current = staticmethod(rule)


def visible_targets(user: Any) -> QuerySet[Target]:
    """Return the targets somebody may see."""
    return _Rule.current(user)
