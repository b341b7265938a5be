"""What happened in the sky."""

from typing import TYPE_CHECKING

from django.contrib.auth.models import Group
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.urls import reverse

from tom_gcn.choices import EventKind, EventState
from tom_gcn.querysets import EventAliasQuerySet, EventQuerySet

if TYPE_CHECKING:
    from tom_gcn.models import EventSummary, Localization, Notice, ObservationPlan


class Event(models.Model):
    """One astrophysical event. Its identity is its sender's: a superevent, trigger or burst id, never a time."""

    name = models.CharField(max_length=64, unique=True, help_text="In addresses; for LVK the superevent id.")
    namespace = models.CharField(max_length=60, blank=True, help_text="Within which the sender's id is unique.")
    event_id = models.CharField(max_length=80, blank=True, help_text="As the sender writes it.")
    display_name = models.CharField(max_length=80, blank=True, help_text="As people call it, e.g. GRB 230802A.")
    keys = ArrayField(
        models.CharField(max_length=100), default=list, blank=True, help_text="By which texts about it are found."
    )
    kind = models.CharField(max_length=10, choices=EventKind, default=EventKind.GW)
    state = models.CharField(max_length=10, choices=EventState, default=EventState.ACTIVE)
    t0 = models.DateTimeField(null=True, blank=True, db_index=True, help_text="Time of the event, UTC.")
    is_test = models.BooleanField(default=False, help_text="A test, mock or drill: never acted upon.")
    drill_of = models.CharField(max_length=64, blank=True, help_text="The real event this drill repeats.")
    groups = models.ManyToManyField(Group, related_name="events", blank=True, help_text="Who may see it.")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    summary: "EventSummary"
    # Attached by `EventQuerySet.with_summary`: at most one each.
    latest_notices: "list[Notice]"
    current_localizations: "list[Localization]"
    latest_plans: "list[ObservationPlan]"

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = [models.F("t0").desc(nulls_last=True), "-created_at"]
        permissions = [("request_plan", "Can ask for a plan of an event")]
        constraints = [
            models.UniqueConstraint(
                fields=["namespace", "event_id"], condition=~Q(event_id=""), name="event_once_per_sender_id"
            )
        ]
        indexes = [
            models.Index(fields=["-t0"], condition=Q(is_test=False), name="event_real_newest"),
            GinIndex(fields=["keys"], name="event_keys"),
        ]

    def __str__(self) -> str:
        return self.display_name or self.name

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


class EventAlias(models.Model):
    """Another name of an event, as a notice or a circular gives it."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="aliases")
    name = models.CharField(max_length=80)
    key = models.CharField(max_length=100, db_index=True, help_text="The name without spaces, hyphens and case.")
    source = models.CharField(max_length=60, help_text="Who calls it so, e.g. Swift or circular 34321.")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = EventAliasQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "pk"]
        verbose_name_plural = "event aliases"
        constraints = [models.UniqueConstraint(fields=["event", "key"], name="event_alias_once")]

    def __str__(self) -> str:
        return self.name
