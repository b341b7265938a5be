"""Rows about people: what somebody is in a group."""

from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, Group
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from icare_tom.members.roles import RIGHTS, Role


class MembershipQuerySet(models.QuerySet[Any]):
    """Memberships."""

    def live_at(self, moment: datetime) -> Self:
        """Return those that hold at `moment`."""
        return self.filter(Q(until=None) | Q(until__gt=moment))

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Return those in one's own groups; all to a superuser, none to a stranger."""
        if not (user.is_authenticated and user.is_active):
            return self.none()
        if getattr(user, "is_superuser", False):
            return self.all()
        return self.filter(group__user=user.pk)


def check_rights(keys: list[str]) -> None:
    """Refuse rights that the table does not know."""
    if unknown := sorted(set(keys) - set(RIGHTS)):
        raise ValidationError(f"Unknown rights: {', '.join(unknown)}. Known are {', '.join(RIGHTS)}.")


class Membership(models.Model):
    """What somebody is in a group. Kept in step with Django's own table of who is in which group."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.VIEW)
    rights = ArrayField(
        models.CharField(max_length=40),
        default=list,
        blank=True,
        validators=[check_rights],
        help_text="Single rights beside the role, by their keys.",
    )
    until = models.DateTimeField(null=True, blank=True, help_text="When it ends by itself [UTC]; empty: it does not.")
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    since = models.DateTimeField(default=timezone.now)
    modified = models.DateTimeField(auto_now=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "group"], name="one_membership_per_group"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="known_role"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.group}: {self.get_role_display()}"
