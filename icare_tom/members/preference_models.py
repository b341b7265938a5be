"""Rows of preferences: how somebody wants to see times and positions, where mails go, whom new rows are for."""

from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, Group
from django.db import models


class Coordinates(models.TextChoices):
    """How positions are written first."""

    SEXAGESIMAL = "sexagesimal", "hours and degrees: 13:09:48.08 −23:22:53.3"
    DEGREES = "degrees", "degrees: 197.45035 −23.38148"


class Brightness(models.TextChoices):
    """How light curves are drawn first; the values are those of the page."""

    AB = "ab", "AB magnitudes"
    TYPED = "typed", "magnitudes as submitted"
    FLUX = "flux", "flux, µJy"


class PreferencesQuerySet(models.QuerySet[Any]):
    """Preferences."""

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Return one's own; all to a superuser, none to a stranger."""
        if not (user.is_authenticated and user.is_active):
            return self.none()
        return self.all() if getattr(user, "is_superuser", False) else self.filter(user=user.pk)


class Preferences(models.Model):
    """What one person wants of the pages. Whoever has none gets UTC, sexagesimal positions and the account's e-mail."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="preferences")
    time_zone = models.CharField(
        max_length=64, blank=True, help_text="Shown beside UTC, which is always there; empty: that of the device."
    )
    coordinates = models.CharField(max_length=20, choices=Coordinates.choices, default=Coordinates.SEXAGESIMAL)
    brightness = models.CharField(max_length=10, choices=Brightness.choices, default=Brightness.AB)
    notification_email = models.EmailField(
        blank=True, help_text="A confirmed address of the account; empty: the account's own."
    )
    share_groups = models.ManyToManyField(
        Group, blank=True, related_name="+", help_text="Whom new events, targets and uploads are for unless said."
    )
    modified = models.DateTimeField(auto_now=True)

    objects = PreferencesQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "preferences"

    def __str__(self) -> str:
        return f"Preferences of {self.user}"
