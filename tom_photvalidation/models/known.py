"""What is known beside the points: instruments, and the time each target's light curve is counted from."""

from django.db import models
from django.utils import timezone
from tom_targets.base_models import BaseTarget

from tom_photvalidation.choices import TimeReference
from tom_photvalidation.querysets import ProfileQuerySet, TargetEpochQuerySet


class InstrumentProfile(models.Model):
    """What is known of a telescope's instrument, declared or learnt; without an instrument: of all of the telescope."""

    telescope = models.CharField(max_length=64)
    instrument = models.CharField(max_length=100, blank=True, default="")
    filters = models.JSONField(default=list, blank=True, help_text="Names in the table of bandpasses; empty: unknown.")
    default_magsys = models.CharField(max_length=8, blank=True, default="", help_text="AB or Vega; empty: by filter.")
    magnitude_range = models.JSONField(default=dict, blank=True, help_text="Brightest and faintest per filter, AB mag.")
    error_floor = models.FloatField(null=True, blank=True, help_text="Smallest error that can be, mag.")
    first_light = models.DateTimeField(null=True, blank=True, help_text="UTC")
    time_scale = models.CharField(max_length=8, default="utc", help_text="Of its times: utc, tai, tt.")
    time_reference = models.CharField(
        max_length=7, choices=TimeReference.choices, default=TimeReference.UNKNOWN, help_text="Where rows do not tell."
    )
    zero_point_offset = models.JSONField(default=dict, blank=True, help_text="Running mean per filter, mag.")
    accepts_by_itself = models.BooleanField(
        "accepted without review", default=False, help_text="Points without a finding are accepted as they come."
    )
    source = models.CharField(max_length=200, blank=True, help_text="Where this is from.")
    modified_at = models.DateTimeField(default=timezone.now)

    objects = ProfileQuerySet.as_manager()

    class Meta:
        ordering = ("telescope", "instrument")
        constraints = [models.UniqueConstraint(fields=["telescope", "instrument"], name="instrument_profile_once")]

    def __str__(self) -> str:
        return f"{self.telescope} {self.instrument}".strip()


class TargetEpoch(models.Model):
    """The time a target's light curve is counted from; written by whoever knows the event, or by hand."""

    target = models.OneToOneField(BaseTarget, primary_key=True, on_delete=models.CASCADE, related_name="epoch_t0")
    t0 = models.DateTimeField(help_text="UTC")
    source = models.CharField(max_length=200, blank=True, help_text="Where it is from: an event, a person.")
    is_by_hand = models.BooleanField(default=False, help_text="No event overwrites it.")
    modified_at = models.DateTimeField(default=timezone.now)

    objects = TargetEpochQuerySet.as_manager()

    def __str__(self) -> str:
        return f"T0 {self.t0:%Y-%m-%d %H:%M:%S}"
