"""Entries about changes in the administration: searched and looked at, by super admins."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from icare_tom.audit.models import AuditEntry
from icare_tom.audit.watched import WATCHED
from tom_grandma_facilities.read_only_admin import ReadOnlyAdmin


class ModelFilter(admin.SimpleListFilter):
    """By model, from the table of those that are watched: to ask the entries themselves would read all of them."""

    title = "model"
    parameter_name = "model"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The models, by their labels."""
        return [(label, label) for label in sorted(WATCHED)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Entries of the chosen one."""
        return queryset.filter(model=self.value()) if self.value() else queryset


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """Who changed what, when and from where."""

    list_display = ["at", "who", "address", "action", "model", "object_id", "name", "n_rows", "via", "token"]
    list_filter = ["action", "at", ModelFilter]
    search_fields = ["=object_id", "=token", "=address", "name", "=about", "=actor__username", "=via"]
    search_help_text = "A key, a name, a token, an address, a user name, or such as tom_targets.basetarget:12."
    list_select_related = ["actor"]
    # The newest matter; counting all of many millions for the foot of the page takes seconds.
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    @admin.display(description="who", ordering="actor")
    def who(self, entry: AuditEntry) -> str:
        """The person, or the number of an account that is gone."""
        if entry.actor is not None:
            return entry.actor.get_username()
        return f"account {entry.actor_id}, gone" if entry.actor_id else ""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """All of them, to super admins."""
        return AuditEntry.objects.visible_to(request.user).select_related("actor")
