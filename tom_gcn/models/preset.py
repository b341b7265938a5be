"""Standing rules for automatic plans, and what they decided."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

from tom_gcn.choices import EventKind
from tom_gcn.models.event import Event
from tom_gcn.models.galaxy import PublicQuerySet
from tom_gcn.models.localization import Localization
from tom_gcn.planning.wish import ALL, PlanWish, WishError
from tom_gcn.preset_conditions import ConditionError, read_alternatives
from tom_gcn.querysets import PlanDecisionQuerySet
from tom_gcn.site_wishes import site_wish
from tom_grandma_facilities.in_use import telescope_in_use


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

    def plan_wish(self) -> PlanWish:
        """The wish of its plans.

        Raises
        ------
        WishError
            When it cannot be granted, for instance since a telescope is gone.
        """
        wish: dict[str, Any] = self.wish if isinstance(self.wish, dict) else {}
        return site_wish({"hours": settings.ICARE_PLAN_HOURS, **wish, "telescopes": self.telescopes})

    def clean(self) -> None:
        """Refuse conditions, telescopes and settings that cannot be, each with its sentence at its field."""
        errors: dict[str, list[str]] = {}
        try:
            read_alternatives(self.conditions)
        except ConditionError as error:
            errors.setdefault("conditions", []).append(str(error))
        if not isinstance(self.wish, dict):
            errors.setdefault("wish", []).append('Give an object with named fields, such as {"hours": 24}.')
        elif fixed := sorted({"telescopes", "start"} & set(self.wish)):
            what = "telescopes have a field of their own" if fixed[-1] == "telescopes" else "a plan starts when made"
            errors.setdefault("wish", []).append(f"Leave out {' and '.join(fixed)}: {what}.")
        try:
            wish = self.plan_wish()
        except WishError as error:
            for problem in error.problems:
                field = "telescopes" if problem.where.startswith("telescopes") else "wish"
                errors.setdefault(field, []).append(str(problem))
        else:
            if objection := _nobody_can(wish):
                errors.setdefault("telescopes", []).append(objection)
        if errors:
            raise ValidationError(errors)


def _nobody_can(wish: PlanWish) -> str:
    """Why none of the telescopes named can ever be planned; empty when one can."""
    if not wish.telescopes or wish.telescopes == ALL:
        return ""
    reasons = {name: telescope_in_use(name).why_not_plannable() for name in wish.telescopes}
    if not all(reasons.values()):
        return ""
    return " ".join(["None of these telescopes can be planned.", *(f"{name}: {why}" for name, why in reasons.items())])


class PlanDecision(models.Model):
    """Whether an event got a plan by itself when a localization came, and why."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="plan_decisions")
    localization = models.ForeignKey(Localization, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    preset = models.ForeignKey(PlanPreset, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    is_planned = models.BooleanField(help_text="Whether a plan was asked for.")
    reason = models.TextField(help_text="Why, in one sentence.")
    checks = models.JSONField(
        default=list, blank=True, help_text="Every condition that was looked at: [{preset, text, value, holds}]."
    )
    at = models.DateTimeField(auto_now_add=True)

    objects = PlanDecisionQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["event", "-at"], name="plan_decision_of_event")]

    def __str__(self) -> str:
        return self.reason
