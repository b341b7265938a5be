"""What telescopes are asked for: one row per request, and the log of everything that happened to it."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from tom_observations.models import ObservationRecord
from tom_targets.models import BaseTarget

from tom_grandma_facilities.choices import OPEN_REQUESTS, DeclineReason, RequestKind, RequestState, Via
from tom_grandma_facilities.models.channel import Allocation
from tom_grandma_facilities.querysets import FollowUpRequestQuerySet, RequestEntryQuerySet


class FollowUpRequest(models.Model):
    """One telescope asked to observe a target, or its part of a plan; changed by `actions` only."""

    telescope = models.CharField(max_length=64, help_text="Name in the registry, such as TAROT-TCA.")
    kind = models.CharField(max_length=10, choices=RequestKind, default=RequestKind.TARGET)
    target = models.ForeignKey(
        BaseTarget, null=True, blank=True, on_delete=models.SET_NULL, related_name="follow_up_requests"
    )
    subject = models.CharField(max_length=200, help_text="Name of the target, or of the event and the plan.")
    subject_url = models.CharField(max_length=300, blank=True, help_text="Address of its page on this site.")
    plan_key = models.CharField(max_length=100, blank=True, help_text="The part of a plan, in its app's words.")
    exposures = models.JSONField(default=list, blank=True, help_text="[{filter, exposure_s, count}, ...]")
    pointings = models.JSONField(
        default=list,
        blank=True,
        help_text="[{order, field_id, ra_deg, dec_deg, start, end, filter, exposure_s, count}, ...]",
    )
    programme_s = models.FloatField(default=0.0, help_text="Time of all its exposures, s; counts for allocations.")
    window_start = models.DateTimeField(help_text="Not before, UTC.")
    window_end = models.DateTimeField(help_text="Not after, UTC.")
    constraints = models.JSONField(
        default=dict, blank=True, help_text="{airmass_max, moon_separation_min_deg, min_altitude_deg}"
    )
    priority = models.PositiveSmallIntegerField(default=3, help_text="1 (highest) to 5.")
    note = models.TextField(blank=True, help_text="Free text for those who observe.")

    state = models.CharField(max_length=10, choices=RequestState, default=RequestState.QUEUED)
    reason_code = models.CharField(max_length=10, choices=DeclineReason, blank=True)
    reason = models.TextField(blank=True, help_text="Why it cannot be observed, was cancelled or failed.")
    progress = models.CharField(max_length=100, blank=True, help_text="What is being observed now: tile 3.")
    will_observe_at = models.DateTimeField(null=True, blank=True, help_text="When those asked will observe, UTC.")

    allocation = models.ForeignKey(Allocation, null=True, blank=True, on_delete=models.PROTECT, related_name="requests")
    transport = models.CharField(max_length=40, blank=True, help_text="How it leaves or left.")
    external_id = models.CharField(max_length=200, blank=True, help_text="Its name on the telescope's side.")
    revision = models.PositiveIntegerField(default=1, help_text="Counts edits.")
    sent_revision = models.PositiveIntegerField(default=0, help_text="The revision the telescope's side has; 0: none.")
    attempts = models.PositiveIntegerField(default=0, help_text="To send this revision.")
    queued_at = models.DateTimeField(default=timezone.now, help_text="When it was last put on the queue.")
    next_attempt_at = models.DateTimeField(null=True, blank=True, help_text="When it is tried again, UTC.")
    problem = models.TextField(blank=True, help_text="Why the last attempt to send it did not work.")
    may_have_been_sent = models.BooleanField(
        default=False, help_text="Nobody can tell whether the telescope's side has it: a person must look."
    )
    is_to_be_withdrawn = models.BooleanField(
        default=False, help_text="It is cancelled here, and the telescope's side is still to be told."
    )
    sent_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    status_at = models.DateTimeField(null=True, blank=True, help_text="When the telescope's side was last asked.")
    reminded_at = models.DateTimeField(null=True, blank=True)
    escalated_at = models.DateTimeField(null=True, blank=True)

    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    groups = models.ManyToManyField(Group, related_name="+", help_text="Who sees it.")
    record = models.OneToOneField(
        ObservationRecord,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="follow_up_request",
        help_text="The row that TOM Toolkit's own pages show.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    modified_at = models.DateTimeField(auto_now=True)

    objects = FollowUpRequestQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")
        verbose_name = "follow-up request"
        constraints = [
            models.CheckConstraint(condition=Q(window_end__gt=F("window_start")), name="request_window_has_length"),
            models.CheckConstraint(condition=Q(priority__range=(1, 5)), name="request_priority_in_range"),
            models.CheckConstraint(condition=Q(state__in=RequestState.values), name="request_state_is_known"),
            models.CheckConstraint(condition=Q(sent_revision__lte=F("revision")), name="request_sent_what_exists"),
            models.UniqueConstraint(
                fields=["telescope", "plan_key"],
                condition=Q(state__in=OPEN_REQUESTS) & ~Q(plan_key=""),
                name="request_once_per_part_of_a_plan",
            ),
        ]
        indexes = [
            models.Index(fields=["next_attempt_at"], condition=Q(state__in=OPEN_REQUESTS), name="request_open"),
            models.Index(fields=["plan_key"], condition=~Q(plan_key=""), name="request_of_a_plan"),
            models.Index(fields=["telescope", "-created_at"], name="request_of_a_telescope"),
            models.Index(fields=["-created_at"], name="request_newest"),
        ]

    def __str__(self) -> str:
        return f"request {self.pk}: {self.subject} with {self.telescope}"

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("requests:detail", kwargs={"pk": self.pk})

    @property
    def is_open(self) -> bool:
        """Whether it may still be observed."""
        return self.state in OPEN_REQUESTS

    @property
    def is_silent(self) -> bool:
        """Whether it was sent and nobody has answered yet."""
        return self.state == RequestState.SENT and self.answered_at is None

    @property
    def key(self) -> str:
        """What tells this revision from all others on the telescope's side, so that it is never taken twice."""
        return f"{self.pk}-{self.revision}"

    @property
    def programme(self) -> timedelta:
        """Time of all its exposures."""
        return timedelta(seconds=self.programme_s)

    def is_over_at(self, moment: datetime) -> bool:
        """Say whether its window has passed."""
        return self.window_end <= moment


class RequestEntry(models.Model):
    """One line in the log of a request: written once, never changed."""

    request = models.ForeignKey(FollowUpRequest, on_delete=models.CASCADE, related_name="entries")
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    by_text = models.CharField(max_length=100, blank=True, help_text="Who it was, where there is no account.")
    via = models.CharField(max_length=10, choices=Via, default=Via.SYSTEM)
    old_state = models.CharField(max_length=10, choices=RequestState, blank=True)
    new_state = models.CharField(max_length=10, choices=RequestState)
    note = models.TextField(blank=True)

    objects = RequestEntryQuerySet.as_manager()

    class Meta:
        ordering = ("at", "pk")
        verbose_name_plural = "request entries"
        indexes = [models.Index(fields=["request", "at"], name="request_entry_in_order")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} UTC {self.get_new_state_display()}"

    @property
    def is_change(self) -> bool:
        """Whether it tells of a new state, not only of a remark or an edit."""
        return self.old_state != self.new_state
