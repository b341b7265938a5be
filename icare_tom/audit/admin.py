"""Entries about changes in the administration: searched and looked at, by super admins."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from icare_tom.audit.models import AuditEntry
from icare_tom.audit.reading import objects_of, tell_each
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


class TellingChangeList(ChangeList):
    """A page of entries with what they say in words, and what they are about by its name."""

    def get_results(self, request: HttpRequest) -> None:
        """Ask for all names of the page at once."""
        super().get_results(request)
        self.result_list = list(self.result_list)
        objects = objects_of(self.result_list)
        for entry, told in zip(self.result_list, tell_each(self.result_list, request.user), strict=True):
            entry.object_told, entry.told = objects.get(entry.about, ("", "")), told.what


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """Who changed what, when and from where."""

    list_display = ["at", "who", "address", "action", "what", "about_what", "n_rows", "via", "token"]
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

    @admin.display(description="what")
    def what(self, entry: AuditEntry) -> str:
        """Which kind of row, in words, and its name."""
        told: str = getattr(entry, "told", "") or f"{entry.model} {entry.name or entry.object_id}"
        return told

    @admin.display(description="about", ordering="about")
    def about_what(self, entry: AuditEntry) -> str:
        """The object, by its name, leading to it; as entries name it when it is gone."""
        name, address = getattr(entry, "object_told", ("", ""))
        if not name:
            return entry.about
        return format_html('<a href="{}">{}</a>', address, name) if address else name

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """The list that asks for names once a page."""
        return TellingChangeList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """All of them, to super admins."""
        return AuditEntry.objects.visible_to(request.user).select_related("actor")
