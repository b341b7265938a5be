"""What telescopes did: one row per exposure of a field, and the uploads that told of them."""

import gzip
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q
from django.utils import timezone

from tom_grandma_facilities.choices import UNFINISHED_UPLOADS, UploadState
from tom_grandma_facilities.executed import Pointing
from tom_grandma_facilities.querysets import ExecutedObservationQuerySet, ObservationUploadQuerySet


class ObservationUpload(models.Model):
    """One delivery of executed observations: who told, who may see what was told, and how far it is read."""

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

    link = models.ForeignKey(
        "tom_grandma_facilities.AnswerLink",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="uploads",
        help_text="The signed link it came by, where nobody was signed in.",
    )

    state = models.CharField(max_length=10, choices=UploadState.choices, default=UploadState.DONE)
    telescope = models.CharField(max_length=64, blank=True, help_text="Of all rows; empty: every row names its own.")
    is_dry_run = models.BooleanField("only checked", default=False)
    progress = models.FloatField(default=0.0, help_text="0..1")
    doing = models.CharField(max_length=100, blank=True)
    starts = models.PositiveSmallIntegerField(default=0, help_text="How often the work was begun.")
    queued_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(blank=True, help_text="Why it failed.")
    unknown = models.JSONField("columns nobody knows", default=list, blank=True)

    objects = ObservationUploadQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")
        indexes = [
            models.Index(
                fields=["state"], name="observation_upload_unfinished", condition=Q(state__in=UNFINISHED_UPLOADS)
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(progress__range=(0, 1)), name="observation_upload_progress_is_a_part"),
        ]

    def __str__(self) -> str:
        return self.source or f"upload {self.pk}"

    @property
    def is_unfinished(self) -> bool:
        """Whether its rows are still being read."""
        return self.state in UNFINISHED_UPLOADS

    @property
    def counts(self) -> dict[str, int]:
        """How many rows became what."""
        return {
            "created": self.n_created, "changed": self.n_changed, "exists": self.n_exists, "rejected": self.n_rejected,
        }  # fmt: skip


class UploadedFile(models.Model):
    """The file of an upload as it came, and the file of answers; apart from the row that lists read."""

    upload = models.OneToOneField(ObservationUpload, primary_key=True, on_delete=models.CASCADE, related_name="file")
    sha256 = models.CharField(max_length=64, db_index=True, help_text="Of the file as it came.")
    body = models.BinaryField(help_text="The file as it came, gzip.")
    answers = models.BinaryField(null=True, blank=True, help_text="A line per row and problem, CSV, gzip.")

    def __str__(self) -> str:
        return self.sha256[:12]

    @property
    def content(self) -> bytes:
        """The file as it came."""
        return gzip.decompress(bytes(self.body))


class ExecutedObservation(models.Model):
    """An exposure that was taken: where, when, through which filter and how deep; the camera's field as it was then."""

    telescope = models.CharField(max_length=64, help_text="Name in the registry, such as TAROT-TCA.")
    observation_id = models.CharField(
        max_length=100, help_text="The telescope team's own; unique per telescope and owner."
    )
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
    owner = models.CharField(
        max_length=32, default="", db_default="", help_text="Of the groups the upload told (MD5 of their keys)."
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
                fields=["telescope", "observation_id", "owner"], name="executed_observation_once_per_owner"
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
