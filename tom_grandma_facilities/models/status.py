"""What people report about telescopes. What a telescope is, is declared in ``tom_grandma_facilities.telescopes``."""

from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from tom_grandma_facilities.choices import NOT_ASKED, USAGE_SET_HERE, TelescopeState
from tom_grandma_facilities.querysets import TelescopeStatusQuerySet


class TelescopeStatus(models.Model):
    """The state of one telescope: one row per name, changed by `actions.set_telescope_status` only."""

    telescope = models.CharField(max_length=64, unique=True, help_text="Name in the registry, such as TAROT-TCA.")
    state = models.CharField(
        max_length=16, choices=TelescopeState.choices, default=TelescopeState.NOT_REPORTED, help_text="State now."
    )
    reason = models.CharField(max_length=300, blank=True, help_text="Why, in a few words: dome motor, monsoon.")
    since = models.DateTimeField(default=timezone.now, help_text="From when, UTC.")
    until = models.DateTimeField(null=True, blank=True, help_text="Until when, UTC; empty for an open end.")
    usage = models.CharField(
        "usage class",
        max_length=8,
        blank=True,
        default="",
        choices=USAGE_SET_HERE,
        help_text="How often it may be asked; empty: as declared.",
    )
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Who reported it; empty when the system did.",
    )
    updated_at = models.DateTimeField(auto_now=True, help_text="When it was reported, UTC.")

    objects = TelescopeStatusQuerySet.as_manager()

    class Meta:
        ordering = ("telescope",)
        verbose_name = "telescope status"
        verbose_name_plural = "telescope statuses"
        constraints = [
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gt=F("since")),
                name="telescope_status_ends_after_it_begins",
                violation_error_message="The end must come after the beginning.",
            ),
            models.CheckConstraint(
                condition=Q(state__in=TelescopeState.values), name="telescope_status_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(usage__in=["", *(value for value, _ in USAGE_SET_HERE)]),
                name="telescope_status_usage_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.telescope}: {self.get_state_display()}"

    def get_absolute_url(self) -> str:
        """Return the address of the telescope's page."""
        return reverse("telescopes:detail", kwargs={"name": self.telescope})

    def clean(self) -> None:
        """Refuse an end before the beginning with a sentence."""
        if self.until is not None and self.until <= self.since:
            raise ValidationError({"until": "The end must come after the beginning."})

    def is_closed_at(self, moment: datetime) -> bool:
        """Say whether it keeps the telescope out of a plan made at `moment`."""
        return self.state in NOT_ASKED and self.since <= moment and (self.until is None or self.until > moment)

    @property
    def sentence(self) -> str:
        """The state in one sentence, for plans and pages."""
        until = f" until {self.until:%Y-%m-%d %H:%M} UTC" if self.until else ""
        reason = f": {self.reason}" if self.reason else ""
        return f"Reported {self.get_state_display()}{until}{reason}."
