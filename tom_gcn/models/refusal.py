"""A telescope that cannot observe an event."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from tom_gcn.choices import RefusalReason
from tom_gcn.models.event import Event
from tom_gcn.querysets import RefusalQuerySet


class Refusal(models.Model):
    """One "cannot": which telescope, why and until when; it keeps the telescope out of plans of this event."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="refusals")
    telescope = models.CharField(max_length=60)
    reason_code = models.CharField(max_length=10, choices=RefusalReason, default=RefusalReason.OTHER)
    reason = models.CharField(max_length=300, blank=True)
    until = models.DateTimeField(null=True, blank=True, help_text="UTC; empty: for the whole event.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(help_text="When it was said, UTC.")
    withdrawn_at = models.DateTimeField(null=True, blank=True, help_text="When it was taken back, UTC.")

    objects = RefusalQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(until=None) | Q(until__gt=F("at")), name="refusal_ends_after_it_begins"),
            models.UniqueConstraint(
                fields=["event", "telescope"], condition=Q(withdrawn_at=None), name="refusal_standing_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.telescope}: {self.sentence}"

    @property
    def sentence(self) -> str:
        """The refusal in one sentence, for plans and pages."""
        until = f" until {self.until:%Y-%m-%d %H:%M} UTC" if self.until else ""
        reason = f": {self.reason.rstrip('.')}" if self.reason else ""
        return f"It cannot observe this event{until}, {self.get_reason_code_display()}{reason}."
