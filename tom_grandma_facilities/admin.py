"""Admin page of telescope states."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from tom_grandma_facilities.actions import set_telescope_status
from tom_grandma_facilities.models import TelescopeStatus


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
