"""Rows of tokens: what a script shows instead of a password."""

from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from icare_tom.members.models import check_rights


class ApiTokenQuerySet(models.QuerySet[Any]):
    """Tokens."""

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Return one's own; all to a superuser, none to a stranger."""
        if not (user.is_authenticated and user.is_active):
            return self.none()
        return self.all() if getattr(user, "is_superuser", False) else self.filter(owner=user.pk)

    def live_at(self, moment: datetime) -> Self:
        """Return those that still open the door at `moment`."""
        return self.filter(Q(expires_at__gt=moment), revoked_at=None)


class ApiToken(models.Model):
    """A named key of one person, perhaps of their telescope's team. The key itself is shown once and not kept."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=80, help_text="What it is for, such as the name of a script.")
    public_id = models.CharField(max_length=12, unique=True, editable=False)
    digest = models.CharField(max_length=64, editable=False)
    has_all_rights = models.BooleanField(default=False, help_text="May do whatever its owner may.")
    rights = ArrayField(
        models.CharField(max_length=40),
        default=list,
        blank=True,
        validators=[check_rights],
        help_text="What it may do of what its owner may.",
    )
    is_read_only = models.BooleanField(default=True)
    telescope = models.CharField(max_length=40, blank=True, help_text="Uploads are for this telescope only.")
    addresses = ArrayField(
        models.CharField(max_length=50),
        default=list,
        blank=True,
        help_text="Networks it may be used from, such as 192.0.2.0/24; none: from anywhere.",
    )
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(help_text="When it ends [UTC].")
    last_used_at = models.DateTimeField(null=True, blank=True)
    last_used_address = models.GenericIPAddressField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="one_token_per_name", condition=Q(revoked_at=None))
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.owner}"

    @property
    def is_live(self) -> bool:
        """Whether it still opens the door."""
        return self.revoked_at is None and self.expires_at > timezone.now()
