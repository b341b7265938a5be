"""Admin pages of telescope states, executed observations, follow-up requests, and the ways to the telescopes."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from tom_grandma_facilities.actions import set_allocation, set_channel, set_telescope_status
from tom_grandma_facilities.admin_forms import AllocationAdminForm, ChannelAdminForm
from tom_grandma_facilities.models import (
    Allocation,
    AnswerLink,
    Channel,
    ExecutedObservation,
    FacilityTransaction,
    FollowUpRequest,
    NightMark,
    ObservationUpload,
    RequestEntry,
    TelescopeStatus,
)
from tom_grandma_facilities.read_only_admin import ScienceAdmin


@admin.register(TelescopeStatus)
class TelescopeStatusAdmin(admin.ModelAdmin[TelescopeStatus]):
    """Change the state of a telescope; rows are made by `load_network` and never deleted."""

    list_display = ("telescope", "state", "reason", "since", "until", "usage", "updated_by", "updated_at")
    list_filter = ("state", "usage")
    list_select_related = ("updated_by",)
    search_fields = ("telescope", "reason")
    readonly_fields = ("telescope", "updated_by", "updated_at")

    def save_model(self, request: HttpRequest, obj: TelescopeStatus, form: Any, change: bool) -> None:
        """Go through the action, as every other door does."""
        set_telescope_status(
            obj.telescope, obj.state, by=request.user, reason=obj.reason, since=obj.since, until=obj.until,
            usage=obj.usage,
        )  # fmt: skip

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


@admin.register(FollowUpRequest)
class FollowUpRequestAdmin(ScienceAdmin):
    """What telescopes are asked for; changed on its own page."""

    list_display = ("telescope", "subject", "state", "priority", "window_end", "created_by", "created_at")
    list_filter = ("state", "transport", "telescope")
    list_select_related = ("created_by",)
    search_fields = ("telescope", "subject", "plan_key", "external_id")
    date_hierarchy = "created_at"
    # Its credentials would be read for nothing.
    exclude = ("allocation",)


@admin.register(RequestEntry)
class RequestEntryAdmin(ScienceAdmin):
    """The log of requests."""

    list_display = ("request", "at", "old_state", "new_state", "via", "by")
    list_filter = ("via", "new_state")
    list_select_related = ("request", "by")
    search_fields = ("request__telescope", "note")


@admin.register(FacilityTransaction)
class FacilityTransactionAdmin(ScienceAdmin):
    """What was said to telescopes, and what they answered."""

    list_display = ("key", "action", "transport", "attempt", "ok", "status_code", "at")
    list_filter = ("action", "transport", "ok")
    search_fields = ("key", "external_id", "reason")


@admin.register(AnswerLink)
class AnswerLinkAdmin(ScienceAdmin):
    """Signed links that were given out: which, not the links themselves."""

    list_display = ("telescope", "purpose", "request", "made_at", "expires_at", "revoked_at", "used_at")
    list_filter = ("purpose",)
    list_select_related = ("request",)
    search_fields = ("telescope",)
    exclude = ("nonce", "sha256")


@admin.register(Channel)
class ChannelAdmin(admin.ModelAdmin[Channel]):
    """How telescopes are asked. Credentials are written here, and never shown."""

    form = ChannelAdminForm
    list_display = ("telescope", "transport", "is_active", "needs_allocation", "updated_by", "updated_at")
    list_filter = ("transport", "is_active")
    list_select_related = ("updated_by",)
    search_fields = ("telescope",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Channel]:
        """What the user may see, without credentials."""
        return Channel.objects.visible_to(request.user)

    def get_readonly_fields(self, request: HttpRequest, obj: Channel | None = None) -> tuple[str, ...]:
        """A channel stays with its telescope."""
        return ("telescope",) if obj else ()

    def save_model(self, request: HttpRequest, obj: Channel, form: ChannelAdminForm, change: bool) -> None:
        """Go through the action, as every other door does."""
        row = set_channel(obj.telescope, by=request.user, **form.wish())
        obj.pk = row.pk


@admin.register(Allocation)
class AllocationAdmin(admin.ModelAdmin[Allocation]):
    """Time of groups on telescopes. Credentials are written here, and never shown."""

    form = AllocationAdminForm
    list_display = ("telescope", "group", "title", "hours", "valid_from", "valid_to", "is_active")
    list_filter = ("telescope", "is_active")
    list_select_related = ("group",)
    search_fields = ("telescope", "title", "pi", "group__name")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Allocation]:
        """What the user may see, without credentials."""
        return Allocation.objects.visible_to(request.user)

    def save_model(self, request: HttpRequest, obj: Allocation, form: AllocationAdminForm, change: bool) -> None:
        """Go through the action, as every other door does."""
        set_allocation(obj, by=request.user, secrets=form.cleaned_data["new_secrets"])

    def has_delete_permission(self, request: HttpRequest, obj: Allocation | None = None) -> bool:
        """Requests count against it for ever: it is switched off instead."""
        return False


@admin.register(NightMark)
class NightMarkAdmin(ScienceAdmin):
    """What observers ticked off, and what they took back."""

    list_display = ("telescope", "night", "target", "is_observed", "is_current", "marked_by", "marked_at", "note")
    list_filter = ("is_observed", "is_current")
    list_select_related = ("target", "marked_by")
    search_fields = ("telescope", "target__name", "note")
    date_hierarchy = "night"
