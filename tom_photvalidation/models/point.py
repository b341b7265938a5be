"""Measurements, one row per version of each, and the checks they failed."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from tom_targets.base_models import BaseTarget

from tom_photvalidation.choices import Kind, Severity, Status, TimeReference
from tom_photvalidation.models.upload import Audience, PhotometryUpload
from tom_photvalidation.querysets import FindingQuerySet, PointQuerySet


def _text(length: int, words: str = "") -> "models.CharField[str, str]":
    return models.CharField(max_length=length, blank=True, default="", help_text=words)


def _number(words: str = "") -> "models.FloatField[float | None, float | None]":
    return models.FloatField(null=True, blank=True, help_text=words)


class PhotometryPoint(models.Model):
    """A version of a measurement; never changed but for its status, never deleted. Made by actions only, by COPY."""

    # Nothing of photometry is deleted: a target with points stays. Both are kept by triggers that look at whole
    # statements, not at each row as constraints would: migration 0005.
    target = models.ForeignKey(
        BaseTarget, on_delete=models.PROTECT, related_name="photometry_points", db_index=False, db_constraint=False
    )
    upload = models.ForeignKey(
        PhotometryUpload, on_delete=models.PROTECT, related_name="points", db_constraint=False
    )  # fmt: skip
    # Without a constraint of its own, which would be looked at for every row: it is the upload's, which has one.
    audience = models.ForeignKey(
        Audience, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False,
        help_text="Who sees it: the upload's.",
    )  # fmt: skip
    line = models.PositiveIntegerField(help_text="Of the file or body, as a person counts.")
    submitted = models.TextField(blank=True, default="", help_text="The row as it came.")

    telescope = _text(64, "Name in the registry where it is known there.")
    instrument = _text(100)
    filter = models.CharField(max_length=40, help_text="Name in the table of bandpasses.")
    filter_given = _text(60, "As it was written.")
    t_given = models.DateTimeField(help_text="Time that was told, as UTC.")
    time_reference = models.CharField(max_length=7, choices=TimeReference.choices, default=TimeReference.UNKNOWN)
    t_mid = models.DateTimeField(help_text="Middle of the exposure where that can be told, else the time given; UTC.")
    exposure_s = _number("All exposures together, s.")
    n_exposures = models.PositiveIntegerField(null=True, blank=True)

    kind = models.CharField(max_length=9, choices=Kind.choices)
    magsys = models.CharField("magnitude system", max_length=8, help_text="As submitted: AB or Vega.")
    magsys_given = _text(20, "As it was written; empty: the usual one of the filter was taken.")
    mag = _number("As submitted, mag")
    magerr = _number("mag, 1 sigma")
    limiting_mag = _number("As submitted, mag")
    limit_sigma = _number("Of the limiting magnitude, sigma")
    flux_ujy = _number("AB, microjansky; may be negative")
    fluxerr_ujy = _number("microjansky, 1 sigma")

    ra_deg = _number("Measured, deg, ICRS")
    dec_deg = _number("Measured, deg, ICRS")
    position_err_arcsec = _number("arcsec")
    subtracted = models.BooleanField(null=True, blank=True, help_text="A template was subtracted; empty: not told.")
    template = _text(100)
    calibration_catalogue = _text(60)
    colour_term = _number("mag per mag of colour")
    n_calibration_stars = models.PositiveIntegerField(null=True, blank=True)
    zero_point_scatter = _number("mag")
    fwhm_arcsec = _number("arcsec")
    extinction_corrected = models.BooleanField(null=True, blank=True)
    ebv = _number("E(B-V), mag")
    airmass = _number()
    pipeline = _text(100, "Of the reduction, with its version.")
    reducer = _text(100)
    observer = _text(200)
    origin = _text(60, "GCN, STDWeb, a survey ...")
    reference = _text(200, "Circular, paper or address.")
    extra = models.JSONField(default=dict, blank=True, help_text="Columns without a meaning of ours.")

    status = models.CharField(max_length=11, choices=Status.choices, default=Status.UNREVIEWED)
    checks = models.BigIntegerField(default=0, help_text="A bit per failed check.")
    severity = models.CharField(max_length=1, choices=Severity.choices, blank=True, default="", help_text="The worst.")
    fingerprint = models.UUIDField(help_text="The same measurement has the same.")
    version = models.PositiveSmallIntegerField(default=1)
    supersedes = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="successor", help_text="Earlier version."
    )
    twin = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False,
        help_text="A point that differs by rounding only: one of the two is a repetition.",
    )  # fmt: skip
    datum = models.BigIntegerField(
        null=True, blank=True, help_text="Key of the row another TOM app wrote and this was taken from."
    )
    created_at = models.DateTimeField(default=timezone.now)

    objects = PointQuerySet.as_manager()

    class Meta:
        ordering = ("pk",)
        permissions = [
            ("review_photometry", "Can review photometry"),
            ("bulk_delete_photometry", "Can withdraw photometry in bulk"),
        ]
        constraints = [
            # Each set of groups has its own: whoever sends a point others keep to themselves must not learn of theirs.
            # A later version may differ in what the fingerprint does not hold, such as the exposure.
            models.UniqueConstraint(
                fields=["fingerprint", "audience", "version"], name="photometry_point_version_once"
            ),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="photometry_point_kind"),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="photometry_point_status"),
            models.CheckConstraint(condition=~Q(supersedes=F("id")), name="photometry_point_is_not_its_own_past"),
        ]
        indexes = [
            models.Index(fields=["target", "t_mid"], name="photometry_point_curve"),
            models.Index(
                fields=["telescope", "t_mid"], name="photometry_point_quarantine", condition=Q(status="quarantined")
            ),
            models.Index(fields=["datum"], name="photometry_point_datum", condition=Q(datum__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"p{self.pk}"


class PointFinding(models.Model):
    """A check a point failed, in words. Checked again, the earlier finding is ended and kept."""

    point = models.ForeignKey(PhotometryPoint, on_delete=models.CASCADE, related_name="findings")
    check_id = models.CharField("check", max_length=40)
    check_version = models.PositiveSmallIntegerField(default=1)
    bit = models.PositiveSmallIntegerField(help_text="Of the point's mask.")
    severity = models.CharField(max_length=1, choices=Severity.choices)
    score = models.FloatField(null=True, blank=True)
    sentence = models.TextField(help_text="What is wrong, with numbers.")
    fix = models.JSONField(null=True, blank=True, help_text="Values by which it would pass.")
    found_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True, help_text="Checked again since; empty: it stands.")

    objects = FindingQuerySet.as_manager()

    class Meta:
        ordering = ("point", "bit", "pk")

    def __str__(self) -> str:
        return f"{self.check_id}: {self.sentence}"
