"""Standing rules for automatic plans, and what they decided."""

from django.db import models

from tom_gcn.choices import EventKind
from tom_gcn.models.event import Event
from tom_gcn.models.galaxy import PublicQuerySet
from tom_gcn.models.localization import Localization
from tom_gcn.querysets import PlanDecisionQuerySet


class PlanPreset(models.Model):
    """For which events a plan is made by itself, and with which settings; the first that passes is taken."""

    name = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=10, choices=EventKind, blank=True, help_text="Of the event; empty: every kind.")
    is_active = models.BooleanField(default=True)
    order = models.PositiveSmallIntegerField(default=100, help_text="Small numbers are tried first.")
    conditions = models.TextField(
        blank=True,
        help_text="One alternative a line; all conditions of a line must hold, such as: area < 200, distance < 200 Mpc."
        " Empty: every event of the kind.",
    )
    significant_only = models.BooleanField(default=True, help_text="Of gravitational waves only the significant ones.")
    early_warnings = models.BooleanField(default=False, help_text="Plan for early warnings too.")
    for_drills = models.BooleanField(default=True, help_text="Drills too. Tests are never planned by themselves.")
    telescopes = models.JSONField(
        default=list, blank=True, help_text="Names, as a JSON list; empty: those GRANDMA asks by default."
    )
    wish = models.JSONField(
        default=dict, blank=True, help_text="Settings of its plans, as in a request for a plan; empty: the usual ones."
    )
    updated_at = models.DateTimeField(auto_now=True)

    objects = PublicQuerySet.as_manager()

    class Meta:
        ordering = ["order", "name"]

    def __str__(self) -> str:
        return self.name


class PlanDecision(models.Model):
    """Whether an event got a plan by itself when a localization came, and why."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="plan_decisions")
    localization = models.ForeignKey(Localization, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    preset = models.ForeignKey(PlanPreset, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    is_planned = models.BooleanField(help_text="Whether a plan was asked for.")
    reason = models.TextField(help_text="Why, in one sentence.")
    checks = models.JSONField(
        default=list, blank=True, help_text="Every condition that was looked at: [{preset, condition, value, holds}]."
    )
    at = models.DateTimeField(auto_now_add=True)

    objects = PlanDecisionQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["event", "-at"], name="plan_decision_of_event")]

    def __str__(self) -> str:
        return self.reason
