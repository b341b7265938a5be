"""Observation plans of the network: what was asked, how it went, every planned pointing and what became of it."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from tom_gcn.choices import (
    STANDING_POINTINGS,
    UNFINISHED_PLANS,
    UNFINISHED_REFINEMENTS,
    PlanCause,
    PlanState,
    PointingState,
    Refinement,
)
from tom_gcn.models.event import Event
from tom_gcn.models.localization import Localization
from tom_gcn.models.preset import PlanPreset
from tom_gcn.querysets import ObservationPlanQuerySet, PlannedPointingQuerySet, TelescopePlanQuerySet


class ObservationPlan(models.Model):
    """One joint plan for the network; also the row on which the background work writes its story."""

    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="plans")
    localization = models.ForeignKey(Localization, on_delete=models.PROTECT, related_name="plans")
    version = models.PositiveIntegerField(help_text="1, 2, 3 ... for each event.")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    requested_at = models.DateTimeField(auto_now_add=True)
    why = models.CharField(max_length=200, blank=True, help_text="What caused this plan, in words.")
    cause = models.CharField(max_length=12, choices=PlanCause, default=PlanCause.ASKED)
    preset = models.ForeignKey(
        PlanPreset,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="plans",
        help_text="The standing rule that asked for it.",
    )
    previous = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="successors",
        help_text="The plan it takes over from: what is sent or under way there stays.",
    )
    wish = models.JSONField(default=dict, blank=True, help_text="What was asked for; empty in plans of long ago.")
    engine = models.CharField(max_length=20, default="network", help_text="What makes it.")
    telescopes = models.JSONField(default=list, blank=True, help_text="Names asked for; empty: the whole network.")
    starts_when_made = models.BooleanField(default=True, help_text="No start was chosen: it begins when it is made.")
    window_start = models.DateTimeField(help_text="UTC")
    hours = models.FloatField(default=24.0, help_text="h")

    state = models.CharField(max_length=10, choices=PlanState, default=PlanState.QUEUED)
    progress = models.FloatField(default=0.0, help_text="0 to 1")
    doing = models.CharField(max_length=200, blank=True, help_text="What is being done now.")
    reason_code = models.CharField(max_length=40, blank=True)
    reason = models.TextField(blank=True, help_text="Why it failed, and what to do.")
    starts = models.PositiveSmallIntegerField(default=0, help_text="How often the work was begun.")
    queued_at = models.DateTimeField(help_text="When it was last put on the queue.")
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    cancel_requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    is_of_record = models.BooleanField(default=False, help_text="The plan the network goes by; one per event.")
    of_record_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Who keeps it by hand; empty: it is the newest.",
    )
    of_record_at = models.DateTimeField(null=True, blank=True)
    difference = models.JSONField(
        default=dict, blank=True, help_text="To the plan before: {summary, sentences by telescope}."
    )

    covered_probability = models.FloatField(null=True, blank=True, help_text="Of the union of all footprints, 0 to 1.")
    area_deg2 = models.FloatField(null=True, blank=True, help_text="Of the union of all footprints, deg2.")
    n_pointings = models.PositiveIntegerField(default=0)
    first_start = models.DateTimeField(null=True, blank=True, help_text="Start of the first exposure, UTC.")
    curve = models.JSONField(default=list, blank=True, help_text="Covered probability against time: [[UTC, p], ...].")
    seconds = models.FloatField(null=True, blank=True, help_text="Time the planning took, s.")
    executed_probability = models.FloatField(
        null=True, blank=True, help_text="Observed already when the plan was made, not counted in it, 0 to 1."
    )
    covered_galaxy_weight = models.FloatField(
        null=True, blank=True, help_text="Of the galaxies' weights, in the union of all footprints, 0 to 1."
    )
    own_sum = models.FloatField(null=True, blank=True, help_text="What the engine itself claims to cover, 0 to 1.")
    greedy_probability = models.FloatField(
        null=True, blank=True, help_text="Covered by the plan made first, before it was refined, 0 to 1."
    )
    bound = models.JSONField(
        null=True, blank=True, help_text="What no plan can exceed: {value, gap, seconds, how, exact_windows}."
    )
    refinement = models.CharField(max_length=8, choices=Refinement, blank=True, default=Refinement.NONE)
    refinement_note = models.TextField(blank=True, help_text="What became of the refinement, in words.")
    refinement_starts = models.PositiveSmallIntegerField(default=0, help_text="How often it was begun.")
    refined_at = models.DateTimeField(null=True, blank=True)
    notes = models.JSONField(default=list, blank=True, help_text="What the planner remarks, in sentences.")

    objects = ObservationPlanQuerySet.as_manager()

    class Meta:
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(fields=["event", "version"], name="plan_version_once_per_event"),
            models.CheckConstraint(condition=Q(hours__gt=0) & Q(hours__lte=240), name="plan_hours_in_range"),
            models.UniqueConstraint(fields=["event"], condition=Q(is_of_record=True), name="plan_of_record_once"),
        ]
        indexes = [
            models.Index(fields=["queued_at"], condition=Q(state__in=UNFINISHED_PLANS), name="plan_unfinished"),
            models.Index(
                fields=["finished_at"], condition=Q(refinement__in=UNFINISHED_REFINEMENTS), name="plan_being_refined"
            ),
        ]

    def __str__(self) -> str:
        return f"plan {self.version} of event {self.event_id}"

    @property
    def is_unfinished(self) -> bool:
        """Whether the work still goes on."""
        return self.state in UNFINISHED_PLANS

    @property
    def named_telescopes(self) -> list[str]:
        """The telescopes it is for alone; empty when it asks the network, or every one there is."""
        return [] if self.telescopes == ["all"] else list(self.telescopes)

    @property
    def is_being_refined(self) -> bool:
        """Whether a better plan is still being looked for."""
        return self.refinement in UNFINISHED_REFINEMENTS


class TelescopePlan(models.Model):
    """The part of one telescope in a plan, or the sentence that says why it has none."""

    plan = models.ForeignKey(ObservationPlan, on_delete=models.CASCADE, related_name="telescope_plans")
    telescope = models.CharField(max_length=60)
    reason = models.TextField(blank=True, help_text="Why nothing is planned for it; empty when something is.")
    n_pointings = models.PositiveIntegerField(default=0)
    probability = models.FloatField(default=0.0, help_text="Of the union of its own footprints.")
    new_probability = models.FloatField(default=0.0, help_text="What it adds to the network, in order of time.")
    first_start = models.DateTimeField(null=True, blank=True, help_text="UTC")
    nights = models.JSONField(
        default=list, blank=True, help_text="Its dark intervals in the window: [[start, end], ...]."
    )

    objects = TelescopePlanQuerySet.as_manager()

    class Meta:
        ordering = [F("first_start").asc(nulls_last=True), "telescope"]
        constraints = [models.UniqueConstraint(fields=["plan", "telescope"], name="telescope_plan_once")]

    def __str__(self) -> str:
        return f"{self.telescope} in plan {self.plan_id}"


class PlannedPointing(models.Model):
    """One exposure programme at one position, planned."""

    telescope_plan = models.ForeignKey(TelescopePlan, on_delete=models.CASCADE, related_name="pointings")
    order = models.PositiveIntegerField(help_text="1, 2, 3 ... in time, for its telescope.")
    field_id = models.CharField(max_length=40, blank=True, help_text="Field of the telescope's grid, if it has one.")
    ra_deg = models.FloatField(help_text="deg, ICRS")
    dec_deg = models.FloatField(help_text="deg, ICRS")
    start = models.DateTimeField(help_text="UTC")
    end = models.DateTimeField(help_text="UTC")
    filter = models.CharField(max_length=30, blank=True)
    exposure_s = models.FloatField(help_text="One exposure, s.")
    n_exposures = models.PositiveSmallIntegerField(default=1)
    altitude_start_deg = models.FloatField(help_text="deg")
    altitude_end_deg = models.FloatField(help_text="deg")
    airmass_start = models.FloatField()
    airmass_end = models.FloatField()
    moon_separation_deg = models.FloatField(help_text="deg")
    probability = models.FloatField(help_text="Of its footprint, 0 to 1.")
    new_probability = models.FloatField(help_text="What it adds to the network, in order of time.")
    cumulative_probability = models.FloatField(help_text="Covered by the network once it is done.")
    telescope_cumulative = models.FloatField(help_text="Covered by its telescope alone once it is done.")
    footprint = models.JSONField(help_text="Corners of the footprint: [[ra, dec], ...], deg.")
    epoch = models.PositiveSmallIntegerField(default=1, help_text="1: first visit of this field, 2: second ...")
    galaxies = models.JSONField(default=list, blank=True, help_text="Names of the galaxies it is for.")
    kept = models.BooleanField(default=False, help_text="Taken over from the plan before, where it was sent already.")
    carried_from = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="carried_to",
        help_text="The same pointing in the plan before.",
    )

    state = models.CharField(max_length=10, choices=PointingState, default=PointingState.PLANNED)
    note = models.CharField(max_length=300, blank=True, help_text="What was reported, or why it was cancelled.")
    reported_at = models.DateTimeField(null=True, blank=True)
    reported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = PlannedPointingQuerySet.as_manager()

    class Meta:
        ordering = ["telescope_plan", "order"]
        constraints = [
            models.UniqueConstraint(fields=["telescope_plan", "order"], name="pointing_order_once"),
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="pointing_ends_after_start"),
        ]
        indexes = [
            models.Index(fields=["start"], condition=Q(state__in=STANDING_POINTINGS), name="pointing_standing"),
        ]

    def __str__(self) -> str:
        return f"{self.order} at {self.ra_deg:.4f} {self.dec_deg:+.4f}"
