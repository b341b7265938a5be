"""Entries about changes. PostgreSQL writes them; nothing here adds or edits one."""

from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models


class Action(models.TextChoices):
    """What happened to a row."""

    ADDED = "added", "added"
    CHANGED = "changed", "changed"
    REMOVED = "removed", "removed"


def about(obj: models.Model) -> str:
    """Return how entries name an object."""
    return f"{obj._meta.concrete_model._meta.label_lower}:{obj.pk}"  # type: ignore[union-attr]


class AuditEntryQuerySet(models.QuerySet[Any]):
    """Entries about changes."""

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Return all to a super admin, none to others: what they may read stands on the pages of objects."""
        is_admin = user.is_authenticated and user.is_active and getattr(user, "is_superuser", False)
        return self.all() if is_admin else self.none()

    def about(self, obj: models.Model) -> Self:
        """Return those about an object and what belongs to it, the newest first."""
        return self.filter(about=about(obj)).select_related("actor").order_by("-at", "-pk")


class AuditEntry(models.Model):
    """One row changed, or many of one kind by one statement; only ever added."""

    at = models.DateTimeField(help_text="When it was written [UTC].")
    # No constraint: who did something stays a number when the account goes, and the entry need not change for it.
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
        help_text="Who did it; nobody: the site itself, or somebody without an account.",
    )
    address = models.GenericIPAddressField(null=True, help_text="Where the request came from.")
    token = models.CharField(max_length=12, help_text="The token it came with, if any.")
    via = models.CharField(max_length=120, help_text="The page, route, command or task that wrote it.")
    model = models.CharField(max_length=100, help_text="What kind of row, such as tom_gcn.event.")
    object_id = models.CharField(max_length=64, help_text="Key of the row; empty when one entry is about many.")
    about = models.CharField(max_length=170, help_text="The object on whose page it is shown.")
    name = models.CharField(max_length=200, help_text="What the row was called then.")
    action = models.CharField(max_length=10, choices=Action.choices)
    n_rows = models.PositiveIntegerField(help_text="How many rows; more than one when the keys alone are kept.")
    before = models.JSONField(null=True, help_text="What the columns held that were changed or removed.")
    after = models.JSONField(null=True, help_text="What the columns hold that were changed or added.")

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = "change"
        verbose_name_plural = "changes"
        indexes = [
            models.Index(fields=["about", "-at"], name="audit_about"),
            models.Index(fields=["actor", "-at"], name="audit_actor"),
            models.Index(fields=["-at", "-id"], name="audit_at"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.model} {self.name or self.object_id} {self.action}"
