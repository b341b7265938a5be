"""What telescopes did: one row per exposure of a field, and the uploads that told of them."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q
from django.utils import timezone

from tom_grandma_facilities.executed import Pointing
from tom_grandma_facilities.querysets import ExecutedObservationQuerySet, ObservationUploadQuerySet


class ObservationUpload(models.Model):
    """One delivery of executed observations: who told, and who may see what was told."""

    source = models.CharField(max_length=255, blank=True, help_text="File name, or how it came: page, api, command.")
    groups = models.ManyToManyField(Group, related_name="+", help_text="Who sees its observations.")
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    n_created = models.PositiveIntegerField("new observations", default=0)
    n_changed = models.PositiveIntegerField("changed observations", default=0)
    n_exists = models.PositiveIntegerField("observations known before", default=0)
    n_rejected = models.PositiveIntegerField("rejected rows", default=0)
    rejected = models.JSONField(
        default=list, blank=True, help_text="Rejected rows as they came, each with its line and what is wrong with it."
    )

    objects = ObservationUploadQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")

    def __str__(self) -> str:
        return self.source or f"upload {self.pk}"


class ExecutedObservation(models.Model):
    """An exposure that was taken: where, when, through which filter and how deep; the camera's field as it was then."""

    telescope = models.CharField(max_length=64, help_text="Name in the registry, such as TAROT-TCA.")
    observation_id = models.CharField(max_length=100, help_text="The telescope team's own; unique per telescope.")
    field_id = models.CharField(max_length=60, blank=True, help_text="Field of the telescope's grid, if it has one.")
    ra_deg = models.FloatField(help_text="Centre, deg, ICRS")
    dec_deg = models.FloatField(help_text="Centre, deg, ICRS")
    start = models.DateTimeField(help_text="Start of the exposure, UTC.")
    exposure_s = models.FloatField("exposure", help_text="s")
    filter = models.CharField(max_length=40, help_text="As the telescope's team names it.")
    seeing_arcsec = models.FloatField("seeing", null=True, blank=True, help_text="arcsec")
    limiting_mag = models.FloatField("limiting magnitude", null=True, blank=True, help_text="AB, 5 sigma if not said")
    airmass = models.FloatField(null=True, blank=True)
    target_name = models.CharField(max_length=100, blank=True)
    processed_fraction = models.FloatField(null=True, blank=True, help_text="Part of the image that was usable, 0..1")
    shape = models.CharField(max_length=10, blank=True, help_text="Outline of the camera's field; empty: unknown.")
    width_deg = models.FloatField(null=True, blank=True, help_text="deg")
    height_deg = models.FloatField(null=True, blank=True, help_text="deg")
    hpx29 = models.BigIntegerField(help_text="Nested HEALPix cell of order 29 of the centre.")
    size_class = models.SmallIntegerField(
        null=True, blank=True, help_text="Half powers of two of a degree that the field reaches; empty: no field known."
    )
    upload = models.ForeignKey(ObservationUpload, on_delete=models.PROTECT, related_name="observations")
    changed_by = models.ForeignKey(
        ObservationUpload,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="corrections",
        help_text="The upload that corrected it last.",
    )
    raw = models.JSONField(default=dict, help_text="The row as it came.")
    earlier = models.JSONField(default=list, blank=True, help_text="Rows it was corrected from, the oldest first.")
    digest = models.CharField(max_length=40, help_text="Of its values: tells a correction from a repetition.")
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    objects = ExecutedObservationQuerySet.as_manager()

    class Meta:
        ordering = ("-start", "-pk")
        constraints = [
            models.UniqueConstraint(
                fields=["telescope", "observation_id"], name="executed_observation_once_per_telescope"
            ),
            models.CheckConstraint(
                condition=Q(ra_deg__gte=0, ra_deg__lt=360, dec_deg__gte=-90, dec_deg__lte=90),
                name="executed_observation_is_on_the_sky",
            ),
            models.CheckConstraint(condition=Q(exposure_s__gt=0), name="executed_observation_has_an_exposure"),
            models.CheckConstraint(
                condition=Q(shape="", width_deg=None, height_deg=None, size_class=None)
                | Q(width_deg__gt=0, height_deg__gt=0, size_class__isnull=False),
                name="executed_observation_field_is_whole_or_unknown",
            ),
        ]
        indexes = [
            models.Index(fields=["size_class", "hpx29"], name="executed_observation_place"),
            models.Index(fields=["start"], name="executed_observation_start"),
            models.Index(fields=["telescope", "start"], name="executed_observation_telescope"),
        ]

    def __str__(self) -> str:
        return f"{self.telescope} {self.observation_id}"

    @property
    def end(self) -> datetime:
        """When the exposure ended; readout not counted."""
        return self.start + timedelta(seconds=self.exposure_s)

    @property
    def pointing(self) -> Pointing | None:
        """Its field on the sky; None when the camera's field of view is unknown."""
        if self.width_deg is None or self.height_deg is None:
            return None
        return Pointing(self.shape, self.width_deg, self.height_deg, self.ra_deg, self.dec_deg)
