"""What people decided about points, and the collaboration's sign-off per target, telescope and filter."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from tom_targets.base_models import BaseTarget

from tom_photvalidation.choices import Extinction, ReviewReason, ReviewStep, Status
from tom_photvalidation.models.point import PhotometryPoint
from tom_photvalidation.models.upload import Audience
from tom_photvalidation.querysets import CellQuerySet, ReviewQuerySet


class ReviewCell(models.Model):
    """All points of one target through one telescope and filter, signed off together. Its history is in the log."""

    target = models.ForeignKey(BaseTarget, on_delete=models.CASCADE, related_name="review_cells", db_index=False)
    telescope = models.CharField(max_length=64, blank=True)
    filter = models.CharField(max_length=40)
    audience = models.ForeignKey(
        Audience, on_delete=models.PROTECT, related_name="+", help_text="Who sees it: those who see its points."
    )
    is_consistent = models.BooleanField(null=True, blank=True, help_text="With other telescopes; empty: not checked.")
    keep = models.BooleanField(null=True, blank=True, help_text="For publication; empty: not decided.")
    extinction = models.CharField(max_length=12, choices=Extinction.choices, default=Extinction.UNKNOWN)
    comment = models.CharField(max_length=500, blank=True)
    signed_by_name = models.CharField(max_length=150, blank=True)
    signed_at = models.DateTimeField(null=True, blank=True)

    objects = CellQuerySet.as_manager()

    class Meta:
        ordering = ("target", "telescope", "filter")
        constraints = [
            models.UniqueConstraint(fields=["target", "telescope", "filter", "audience"], name="review_cell_once")
        ]

    def __str__(self) -> str:
        return f"{self.telescope or 'unknown telescope'}, {self.filter}"


class PhotometryReview(models.Model):
    """One step of a review. Rows are only ever added: a trigger refuses to change or delete them."""

    batch = models.UUIDField(db_index=True, help_text="Steps taken at once have the same.")
    step = models.CharField(max_length=10, choices=ReviewStep.choices)
    point = models.ForeignKey(
        PhotometryPoint, null=True, blank=True, on_delete=models.PROTECT, related_name="reviews", help_text="Or a cell."
    )
    cell = models.ForeignKey(ReviewCell, null=True, blank=True, on_delete=models.PROTECT, related_name="reviews")
    from_status = models.CharField(max_length=11, choices=Status.choices, blank=True)
    to_status = models.CharField(max_length=11, choices=Status.choices, blank=True)
    # The account may go; the log keeps its number and name.
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
    )
    reviewer_name = models.CharField(max_length=150, blank=True, help_text="Empty: the site itself.")
    reason = models.CharField(max_length=12, choices=ReviewReason.choices, blank=True)
    note = models.CharField(max_length=500, blank=True)
    change = models.JSONField(default=dict, blank=True, help_text="What a correction or a sign-off set.")
    undoes = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="undone_by")
    at = models.DateTimeField(default=timezone.now, help_text="UTC")

    objects = ReviewQuerySet.as_manager()

    class Meta:
        ordering = ("-pk",)
        constraints = [
            models.CheckConstraint(
                condition=Q(point__isnull=False, cell__isnull=True) | Q(point__isnull=True, cell__isnull=False),
                name="photometry_review_of_a_point_or_a_cell",
            ),
        ]
        indexes = [models.Index(fields=["reviewer", "-id"], name="photometry_review_reviewer")]

    def __str__(self) -> str:
        return f"{self.get_step_display()}: {self.point or self.cell}"
