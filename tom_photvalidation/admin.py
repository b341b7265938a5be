"""Admin pages of photometry: points are looked at, instruments and epochs are edited."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from tom_grandma_facilities.read_only_admin import ReadOnlyAdmin, ScienceAdmin
from tom_photvalidation.actions.profiles import REGISTRY
from tom_photvalidation.models import (
    Audience,
    ColumnMapping,
    InstrumentProfile,
    PhotometryPoint,
    PhotometryReview,
    PhotometryUpload,
    PointFinding,
    ReviewCell,
    TargetEpoch,
)


@admin.register(PhotometryUpload)
class PhotometryUploadAdmin(ScienceAdmin):
    """Who sent what, and what became of it."""

    list_display = ("source", "channel", "state", "uploaded_by", "created_at", "n_rows", "n_created", "n_quarantined",
                    "n_exists", "n_rejected")  # fmt: skip
    list_filter = ("state", "channel")
    list_select_related = ("uploaded_by",)
    search_fields = ("source", "uploaded_by__username")
    date_hierarchy = "created_at"


@admin.register(PhotometryPoint)
class PhotometryPointAdmin(ScienceAdmin):
    """Measurements; decided about on the page of reviews, corrected by later versions."""

    list_display = ("__str__", "target", "telescope", "filter", "t_mid", "mag", "magerr", "limiting_mag", "status")
    list_filter = ("status", "kind")
    list_select_related = ("target",)
    search_fields = ("target__name", "telescope", "observer", "reference")
    show_full_result_count = False


@admin.register(PointFinding)
class PointFindingAdmin(ScienceAdmin):
    """Failed checks of points, those that were ended too."""

    list_display = ("point", "check_id", "severity", "sentence", "found_at", "ended_at")
    list_filter = ("severity", "check_id")
    search_fields = ("sentence", "check_id")
    show_full_result_count = False


@admin.register(Audience)
class AudienceAdmin(ReadOnlyAdmin):
    """Sets of groups that see the same points."""

    list_display = ("__str__",)
    search_fields = ("groups__name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Those with a group of one's own."""
        return Audience.objects.of(request.user).prefetch_related("groups")


@admin.register(ColumnMapping)
class ColumnMappingAdmin(ReadOnlyAdmin):
    """What people said the columns of their tables mean."""

    list_display = ("__str__", "user", "used_at")
    list_select_related = ("user",)
    search_fields = ("user__username",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ColumnMapping]:
        """One's own; all to a superuser."""
        rows = ColumnMapping.objects.all()
        return rows if request.user.is_superuser else rows.filter(user=request.user.pk)


@admin.register(InstrumentProfile)
class InstrumentProfileAdmin(admin.ModelAdmin[InstrumentProfile]):
    """What the checks know of instruments."""

    list_display = ("telescope", "instrument", "default_magsys", "accepts_by_itself", "time_reference", "source")
    list_filter = ("accepts_by_itself", "default_magsys")
    search_fields = ("telescope", "instrument")

    def save_model(self, request: HttpRequest, obj: InstrumentProfile, form: Any, change: bool) -> None:
        """Filters that were changed here are not the registry's any more, and do not follow it."""
        if change and "filters" in form.changed_data and obj.source.startswith(REGISTRY):
            obj.source = "Changed by hand"
        super().save_model(request, obj, form, change)


@admin.register(TargetEpoch)
class TargetEpochAdmin(ScienceAdmin):
    """Times that light curves are counted from."""

    list_display = ("target", "t0", "source", "is_by_hand")
    list_select_related = ("target",)
    search_fields = ("target__name",)


@admin.register(PhotometryReview)
class PhotometryReviewAdmin(ScienceAdmin):
    """The log of decisions: only ever added to."""

    list_display = ("at", "reviewer_name", "step", "point", "cell", "from_status", "to_status", "reason")
    list_filter = ("step", "reason")
    list_select_related = ("point", "cell")
    search_fields = ("reviewer_name", "note")
    show_full_result_count = False


@admin.register(ReviewCell)
class ReviewCellAdmin(ScienceAdmin):
    """Sign-offs of a target's points through one telescope and filter."""

    list_display = ("target", "telescope", "filter", "keep", "is_consistent", "signed_by_name", "signed_at")
    list_select_related = ("target",)
    search_fields = ("target__name", "telescope")
