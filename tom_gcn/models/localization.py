"""Where the event may be: the stored map (once per content) and the localization that uses it."""

from functools import cached_property

from django.db import models
from django.db.models import Q

from tom_gcn.choices import LocalizationKind
from tom_gcn.models.event import Event
from tom_gcn.models.fields import HealpixRangesField
from tom_gcn.models.notice import Notice
from tom_gcn.querysets import LocalizationQuerySet, StoredSkyMapQuerySet
from tom_gcn.skymaps import SkyMap, unpack


class StoredSkyMap(models.Model):
    """One sky map, stored once per sha256: the FITS bytes, packed arrays, and the figures pages show."""

    sha256 = models.CharField(max_length=64, unique=True)
    fits = models.BinaryField(help_text="The FITS file as it came.")
    packed = models.BinaryField(help_text="UNIQ, probability density and distance columns, packed.")
    n_tiles = models.PositiveIntegerField()
    max_order = models.PositiveSmallIntegerField(help_text="Finest HEALPix order in the map.")
    area_50_deg2 = models.FloatField("area of the 50 % region", help_text="deg2")
    area_90_deg2 = models.FloatField("area of the 90 % region", help_text="deg2")
    probability_500_deg2 = models.FloatField(help_text="Probability in the most probable 500 deg2.")
    peak_ra_deg = models.FloatField(help_text="deg, ICRS")
    peak_dec_deg = models.FloatField(help_text="deg, ICRS")
    distance_mean_mpc = models.FloatField(null=True, blank=True, help_text="Mpc")
    distance_sigma_mpc = models.FloatField(null=True, blank=True, help_text="Mpc")
    region_50 = HealpixRangesField(help_text="50 % region as order-29 ranges.")
    region_90 = HealpixRangesField(help_text="90 % region as order-29 ranges.")
    contours = models.JSONField(
        null=True,
        help_text="Lines of the 50 % and 90 % regions: level -> list of [[ra, dec], ...], deg; empty until they are"
        " drawn (`actions.outlines_of`).",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = StoredSkyMapQuerySet.as_manager()

    class Meta:
        verbose_name = "sky map"

    def __str__(self) -> str:
        return f"sky map {self.sha256[:8]}"

    @cached_property
    def data(self) -> SkyMap:
        """The map as arrays."""
        return unpack(bytes(self.packed))


class Localization(models.Model):
    """Where an event may be, from one notice: the figures as given, and the map made of them or published as such.

    A position without an error has no area and is none; it stays with its notice, in `Notice.region`.
    """

    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="localizations")
    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="localizations")
    skymap = models.ForeignKey(StoredSkyMap, on_delete=models.PROTECT, related_name="localizations")
    kind = models.CharField(max_length=10, choices=LocalizationKind, default=LocalizationKind.SKYMAP)
    ra_deg = models.FloatField(null=True, blank=True, help_text="Centre as given, deg, ICRS")
    dec_deg = models.FloatField(null=True, blank=True, help_text="Centre as given, deg, ICRS")
    error_deg = models.FloatField(
        null=True,
        blank=True,
        help_text="Error as given, deg: radius of a circle, longer semi-axis of an ellipse, half width of an annulus",
    )
    containment = models.FloatField(
        null=True, blank=True, help_text="Probability within that error as its sender means it; empty if not said"
    )
    is_current = models.BooleanField(default=False, help_text="The one plans are made for.")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = LocalizationQuerySet.as_manager()

    class Meta:
        ordering = ["notice__time_created", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["notice", "kind"], name="localization_once_per_notice"),
            models.UniqueConstraint(
                fields=["event"], condition=Q(is_current=True), name="localization_one_current_per_event"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of notice {self.notice_id}"
