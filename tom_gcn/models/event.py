"""What happened in the sky."""

from typing import TYPE_CHECKING

from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q
from django.urls import reverse

from tom_gcn.choices import EventKind, EventState
from tom_gcn.querysets import EventQuerySet

if TYPE_CHECKING:
    from tom_gcn.models import Localization, Notice, ObservationPlan


class Event(models.Model):
    """One astrophysical event; for LVK its name is the superevent id."""

    name = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=10, choices=EventKind, default=EventKind.GW)
    state = models.CharField(max_length=10, choices=EventState, default=EventState.ACTIVE)
    t0 = models.DateTimeField(null=True, blank=True, db_index=True, help_text="Time of the event, UTC.")
    is_test = models.BooleanField(default=False, help_text="A test, mock or drill: never acted upon.")
    drill_of = models.CharField(max_length=64, blank=True, help_text="The real event this drill repeats.")
    groups = models.ManyToManyField(Group, related_name="events", blank=True, help_text="Who may see it.")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    # Attached by `EventQuerySet.with_summary`: at most one each.
    latest_notices: "list[Notice]"
    current_localizations: "list[Localization]"
    latest_plans: "list[ObservationPlan]"

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = [models.F("t0").desc(nulls_last=True), "-created_at"]
        permissions = [("request_plan", "Can ask for a plan of an event")]
        indexes = [models.Index(fields=["-t0"], condition=Q(is_test=False), name="event_real_newest")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The event page."""
        return reverse("events:detail", kwargs={"name": self.name})

    @property
    def is_retracted(self) -> bool:
        """Whether the event was withdrawn by those who announced it."""
        return self.state == EventState.RETRACTED

    @property
    def is_drill(self) -> bool:
        """Whether this is a real alert moved in time for training."""
        return bool(self.drill_of)
