"""How a telescope is asked (its channel), and the time a group has on it (its allocations)."""

import json
from collections.abc import Mapping
from datetime import datetime

from cryptography.fernet import InvalidToken
from django.conf import settings as site
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import F, Q
from tom_common.encryption import EncryptedModelField

from tom_grandma_facilities.querysets import AllocationQuerySet, ChannelQuerySet


class Secretive(models.Model):
    """A row with credentials: encrypted in the database, read only by those who send."""

    secret = EncryptedModelField(
        null=True, blank=True, editable=False, help_text="Passwords and tokens, encrypted; never shown again."
    )

    class Meta:
        abstract = True

    @property
    def secrets(self) -> dict[str, str]:
        """Its credentials by name; asked for only where something is sent."""
        return {str(name): str(value) for name, value in json.loads(self.secret or "{}").items()}

    def keep_secrets(self, secrets: Mapping[str, str | None]) -> None:
        """Take new credentials, not yet saved: those not named stay, those with None or nothing are forgotten."""
        try:
            known = self.secrets
        except InvalidToken:
            # Written with a key that the site has no more: they are lost, and entered anew.
            known = {}
        kept = {name: value for name, value in (known | dict(secrets)).items() if value}
        self.secret = json.dumps(kept) if kept else None

    @property
    def secret_names(self) -> list[str]:
        """Which credentials can be used; not what they are."""
        try:
            return sorted(self.secrets)
        except InvalidToken:
            return []


class Channel(Secretive):
    """How one telescope is asked: one row per telescope, made by operators; no row, no requests."""

    telescope = models.CharField(max_length=64, unique=True, help_text="Name in the registry, such as TAROT-TCA.")
    transport = models.CharField(max_length=40, help_text="How a request leaves: email, slack, ...")
    settings = models.JSONField(default=dict, blank=True, help_text="What the transport must know; nothing secret.")
    is_active = models.BooleanField(default=True, help_text="Unticked: nobody can ask this telescope.")
    needs_allocation = models.BooleanField(
        default=False, help_text="Only groups with time on it may ask it; its hours are counted."
    )
    timezone = models.CharField(max_length=64, blank=True, help_text="Of the people behind it, such as Europe/Paris.")
    reminder_hours_before_twilight = models.FloatField(
        default=2.0, help_text="h before the end of twilight at which a silent request is reminded."
    )
    not_brighter_than_mag = models.FloatField(
        null=True, blank=True, help_text="AB; it is not to be asked before a source is fainter than this."
    )
    note = models.TextField(blank=True, help_text="For operators; no contact data of persons.")
    updated_by = models.ForeignKey(
        site.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    updated_at = models.DateTimeField(auto_now=True)

    objects = ChannelQuerySet.as_manager()

    class Meta:
        ordering = ("telescope",)
        constraints = [
            models.CheckConstraint(
                condition=Q(reminder_hours_before_twilight__range=(0, 24)), name="channel_reminds_within_a_day"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.telescope} by {self.transport}"


class Allocation(Secretive):
    """Time that a group has on a telescope, with the credentials that go with it."""

    telescope = models.CharField(max_length=64, help_text="Name in the registry, such as TAROT-TCA.")
    group = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="+", help_text="Who may use it.")
    title = models.CharField(max_length=100, blank=True, help_text="Proposal or programme.")
    pi = models.CharField("principal investigator", max_length=100, blank=True)
    hours = models.FloatField(help_text="h granted.")
    valid_from = models.DateTimeField(help_text="UTC")
    valid_to = models.DateTimeField(help_text="UTC")
    is_active = models.BooleanField(default=True)
    # Attached by `AllocationQuerySet.with_use`.
    seconds_used: float
    created_by = models.ForeignKey(
        site.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = AllocationQuerySet.as_manager()

    class Meta:
        ordering = ("telescope", "valid_to")
        constraints = [
            models.CheckConstraint(condition=Q(hours__gt=0), name="allocation_has_hours"),
            models.CheckConstraint(condition=Q(valid_to__gt=F("valid_from")), name="allocation_is_valid_for_a_time"),
        ]
        indexes = [models.Index(fields=["telescope", "group"], name="allocation_of_a_group")]

    def __str__(self) -> str:
        return f"{self.title or 'time'} of {self.group} on {self.telescope}"

    @property
    def hours_used(self) -> float:
        """Hours of its requests that are under way or observed."""
        return float(type(self).objects.filter(pk=self.pk).defer("secret").with_use().get().seconds_used) / 3600

    @property
    def hours_left(self) -> float:
        """Hours that can still be asked for."""
        return max(0.0, self.hours - self.hours_used)

    def is_valid_at(self, moment: datetime) -> bool:
        """Say whether it may be used at a moment."""
        return self.is_active and self.valid_from <= moment < self.valid_to
