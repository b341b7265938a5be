"""Admin pages of telescope states and executed observations."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from tom_grandma_facilities.actions import set_telescope_status
from tom_grandma_facilities.models import ExecutedObservation, ObservationUpload, TelescopeStatus
from tom_grandma_facilities.read_only_admin import ScienceAdmin


@admin.register(TelescopeStatus)
class TelescopeStatusAdmin(admin.ModelAdmin[TelescopeStatus]):
    """Change the state of a telescope; rows are made by `load_network` and never deleted."""

    list_display = ("telescope", "state", "reason", "since", "until", "updated_by", "updated_at")
    list_filter = ("state",)
    list_select_related = ("updated_by",)
    search_fields = ("telescope", "reason")
    readonly_fields = ("telescope", "updated_by", "updated_at")

    def save_model(self, request: HttpRequest, obj: TelescopeStatus, form: Any, change: bool) -> None:
        """Go through the action, as every other door does."""
        set_telescope_status(
            obj.telescope, obj.state, by=request.user, reason=obj.reason, since=obj.since, until=obj.until
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: a telescope is added by declaring it."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: TelescopeStatus | None = None) -> bool:
        """Refuse: observations may point at the name for ever."""
        return False


@admin.register(ObservationUpload)
class ObservationUploadAdmin(ScienceAdmin):
    """Who told what; an upload with its observations is kept."""

    list_display = ("source", "state", "uploaded_by", "created_at", "n_created", "n_changed", "n_exists", "n_rejected")
    list_filter = ("state",)
    list_select_related = ("uploaded_by",)
    search_fields = ("source", "uploaded_by__username")
    date_hierarchy = "created_at"


@admin.register(ExecutedObservation)
class ExecutedObservationAdmin(ScienceAdmin):
    """Executed observations; wrong ones may be deleted by those with the permission."""

    list_display = ("telescope", "observation_id", "start", "filter", "exposure_s", "limiting_mag")
    list_filter = ("telescope",)
    search_fields = ("observation_id", "target_name")
    show_full_result_count = False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What never happened is taken away by those with the permission; corrections are told by uploading again."""
        return request.user.has_perm("tom_grandma_facilities.delete_executedobservation")
