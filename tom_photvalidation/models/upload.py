"""How photometry came: deliveries, the files as they came, and who sees what was delivered."""

import gzip
import io
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q
from django.utils import timezone

from tom_photvalidation.choices import UNFINISHED, Channel, Mode, UploadState
from tom_photvalidation.querysets import AudienceQuerySet, MappingQuerySet, UploadQuerySet

if TYPE_CHECKING:
    from django.db.models import QuerySet

PART_BYTES = 1 << 20


class Audience(models.Model):
    """A set of groups that sees the same points: one row per set, so that a point carries a number and not a list."""

    key = models.CharField(max_length=300, unique=True, help_text="Keys of the groups in order, by commas.")
    groups = models.ManyToManyField(Group, related_name="+", help_text="Who sees its points.")

    objects = AudienceQuerySet.as_manager()

    def __str__(self) -> str:
        return ", ".join(group.name for group in self.groups.all())


class PhotometryUpload(models.Model):
    """One delivery of photometry: who told, who may see it, and how far it is read."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False, help_text="In addresses.")
    source = models.CharField(max_length=255, blank=True, help_text="File name, or what came.")
    channel = models.CharField(max_length=10, choices=Channel.choices, default=Channel.API)
    audience = models.ForeignKey(Audience, on_delete=models.PROTECT, related_name="uploads", help_text="Who sees it.")
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    mode = models.CharField(max_length=8, choices=Mode.choices, default=Mode.PARTIAL)
    is_dry_run = models.BooleanField("only checked", default=False)
    idempotency_key = models.CharField(max_length=200, blank=True, help_text="The sender's, so that it counts once.")
    asked = models.JSONField(default=dict, blank=True, help_text="Options it was sent with.")
    format = models.CharField(max_length=20, blank=True, help_text="csv, json, votable ...")
    mapping = models.JSONField("columns", default=dict, blank=True, help_text="What each column was taken for.")
    notes = models.JSONField(default=list, blank=True, help_text="What was assumed while it was read.")

    state = models.CharField(max_length=10, choices=UploadState.choices, default=UploadState.DONE)
    progress = models.FloatField(default=0.0, help_text="0..1")
    doing = models.CharField(max_length=100, blank=True)
    starts = models.PositiveSmallIntegerField(default=0, help_text="How often the work was begun.")
    reason = models.TextField(blank=True, help_text="Why it failed.")
    n_rows = models.PositiveIntegerField("rows", default=0)
    n_created = models.PositiveIntegerField("new points", default=0, help_text="Those in quarantine not counted.")
    n_quarantined = models.PositiveIntegerField("new points in quarantine", default=0)
    n_exists = models.PositiveIntegerField("points known before", default=0)
    n_rejected = models.PositiveIntegerField("refused rows", default=0)
    created_at = models.DateTimeField(default=timezone.now)
    queued_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = UploadQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")
        indexes = [
            models.Index(fields=["state"], name="photometry_upload_unfinished", condition=Q(state__in=UNFINISHED)),
            models.Index(fields=["uploaded_by", "-created_at"], name="photometry_upload_of_user"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(progress__range=(0, 1)), name="photometry_upload_progress_is_a_part"),
            models.UniqueConstraint(
                fields=["uploaded_by", "idempotency_key"],
                condition=~Q(idempotency_key=""),
                name="photometry_upload_once_per_key",
            ),
        ]

    def __str__(self) -> str:
        return self.source or f"upload {self.pk}"

    @property
    def groups(self) -> "QuerySet[Group]":
        """Who sees it."""
        return self.audience.groups.order_by("name")

    @property
    def is_unfinished(self) -> bool:
        """Whether its rows are still being read."""
        return self.state in UNFINISHED

    @property
    def counts(self) -> dict[str, int]:
        """How many rows became what."""
        return {
            "created": self.n_created,
            "quarantined": self.n_quarantined,
            "exists": self.n_exists,
            "rejected": self.n_rejected,
        }


class PhotometryFile(models.Model):
    """The body of an upload as it came, and the answers to its rows; apart from the row that lists read."""

    upload = models.OneToOneField(PhotometryUpload, primary_key=True, on_delete=models.CASCADE, related_name="file")
    sha256 = models.CharField(max_length=64, db_index=True, help_text="Of the body as it came.")
    content_type = models.CharField(max_length=100, blank=True)
    body = models.BinaryField(help_text="As it came, gzip.")
    answers = models.BinaryField(null=True, blank=True, help_text="A line per row and problem, CSV, gzip.")

    def __str__(self) -> str:
        return self.sha256[:12]

    @property
    def content(self) -> bytes:
        """The body as it came."""
        return b"".join(self.parts())

    def parts(self) -> Iterator[bytes]:
        """Yield the body as it came part by part: unpacked, it may be as large as all the rest of a process."""
        with gzip.open(io.BytesIO(self.body)) as opened:
            while part := opened.read(PART_BYTES):
                yield part


class ColumnMapping(models.Model):
    """What a person said the columns of a table mean; taken again for tables with the same header."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    headers = models.JSONField(default=list, help_text="Names of the columns as they stand in the file.")
    signature = models.CharField(max_length=64, help_text="SHA-256 of the names.")
    mapping = models.JSONField(default=dict, help_text="Our column for each of theirs.")
    defaults = models.JSONField(default=dict, blank=True, help_text="Values for rows that give none.")
    used_at = models.DateTimeField(default=timezone.now)

    objects = MappingQuerySet.as_manager()

    class Meta:
        ordering = ("-used_at",)
        constraints = [models.UniqueConstraint(fields=["user", "signature"], name="column_mapping_once_per_header")]

    def __str__(self) -> str:
        return ", ".join(map(str, self.headers))[:80]
