"""What an observer ticks off in the list of a night."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from tom_targets.models import BaseTarget

from tom_grandma_facilities.querysets import NightMarkQuerySet


class NightMark(models.Model):
    """A target of one telescope's night, observed or not observed; made and undone by `actions` only."""

    telescope = models.CharField(max_length=64, help_text="Name in the registry, such as TAROT-TCA.")
    night = models.DateField(help_text="The day on which the night begins at the telescope.")
    target = models.ForeignKey(BaseTarget, on_delete=models.CASCADE, related_name="night_marks")
    is_observed = models.BooleanField(help_text="Unticked: it was to be observed, and was not.")
    note = models.CharField(max_length=200, blank=True, help_text="Why not, or what was seen.")
    marked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    marked_at = models.DateTimeField(auto_now_add=True)
    replaces = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="The mark before this one.",
    )
    is_current = models.BooleanField(default=True, help_text="Unticked: undone, or replaced by a later mark.")

    objects = NightMarkQuerySet.as_manager()

    class Meta:
        ordering = ["-marked_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["telescope", "night", "target"],
                condition=Q(is_current=True),
                name="one_current_mark_per_target",
            )
        ]

    def __str__(self) -> str:
        return f"{self.telescope}, {self.night}: {self.target_id} {self.words}"

    @property
    def words(self) -> str:
        """Its state in words."""
        return "observed" if self.is_observed else "not observed"
