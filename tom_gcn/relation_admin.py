"""Admin pages of what belongs to events: tags and the rules for them, coincidences, galaxies, maps, searches."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.html import format_html

from tom_gcn.actions.tags import rules_changed
from tom_gcn.models import (
    Coincidence,
    Event,
    EventSummary,
    Galaxy,
    GalaxyCatalogue,
    HandTag,
    SavedSearch,
    StoredSkyMap,
    TagRule,
)
from tom_grandma_facilities.read_only_admin import ReadOnlyAdmin, ScienceAdmin


def _link(event: Event) -> str:
    return format_html('<a href="{}">{}</a>', event.get_absolute_url(), event)


@admin.register(TagRule)
class TagRuleAdmin(admin.ModelAdmin[TagRule]):
    """Tags that events get by themselves; a change reaches all events within seconds, in the background."""

    list_display = ["name", "tag", "conditions", "is_active", "events"]
    list_filter = ["is_active"]
    search_fields = ["name", "tag", "conditions"]
    readonly_fields = ["created_at", "updated_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[TagRule]:
        """The rules one may see, with the number of events that have their tag."""
        tagged = EventSummary.objects.filter(tags__contains=[OuterRef("tag")]).order_by().annotate(one=Value(1))
        count = Subquery(tagged.values("one").annotate(n=Count("pk")).values("n"))
        return TagRule.objects.visible_to(request.user).annotate(n_events=Coalesce(count, 0))

    @admin.display(description="events", ordering="n_events")
    def events(self, rule: Any) -> int:
        """How many events have the tag now."""
        return int(rule.n_events)

    def save_model(self, request: HttpRequest, obj: TagRule, form: Any, change: bool) -> None:
        """Save it and have the events looked at."""
        super().save_model(request, obj, form, change)
        rules_changed()

    def delete_model(self, request: HttpRequest, obj: TagRule) -> None:
        """Delete it and take its tag from the events."""
        super().delete_model(request, obj)
        rules_changed()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[TagRule]) -> None:
        """Delete them and take their tags from the events."""
        super().delete_queryset(request, queryset)
        rules_changed()


@admin.register(HandTag)
class HandTagAdmin(ScienceAdmin):
    """Tags set by hand: who set and who removed them. They are changed on the event pages."""

    list_display = ["tag", "event", "added_by", "added_at", "removed_by", "removed_at"]
    list_filter = ["added_at", ("removed_at", admin.EmptyFieldListFilter)]
    search_fields = ["tag", "event__name", "event__display_name", "added_by__username"]
    list_select_related = ["event", "added_by", "removed_by"]


@admin.register(EventSummary)
class EventSummaryAdmin(ScienceAdmin):
    """What lists show of events; rewritten with every notice."""

    list_display = [
        "event", "mission", "n_notices", "best_class", "far_hz", "localization_kind", "area_90_deg2", "updated_at",
    ]  # fmt: skip
    list_filter = ["localization_kind", "is_significant", "mission"]
    search_fields = ["event__name", "event__display_name", "mission", "tags"]
    list_select_related = ["event"]
    show_full_result_count = False


@admin.register(Coincidence)
class CoincidenceAdmin(ScienceAdmin):
    """Events that came together; of pairs one may see only half, nothing is shown."""

    list_display = ["first", "second", "delta_t_s", "overlap", "joint_far_hz", "area_90_deg2", "updated_at"]
    list_filter = ["one__kind", "other__kind", "updated_at"]
    search_fields = ["one__name", "other__name", "one__display_name", "other__display_name"]
    list_select_related = ["one", "other"]

    @admin.display(description="one", ordering="one__name")
    def first(self, row: Coincidence) -> str:
        """One of the two, as a link."""
        return _link(row.one)

    @admin.display(description="other", ordering="other__name")
    def second(self, row: Coincidence) -> str:
        """The other, as a link."""
        return _link(row.other)


@admin.register(StoredSkyMap)
class StoredSkyMapAdmin(ScienceAdmin):
    """Sky maps, each content once; the maps themselves are had on the event pages."""

    list_display = ["sha256", "n_tiles", "area_90_deg2", "distance_mean_mpc", "used", "created_at"]
    search_fields = ["sha256", "localizations__event__name"]
    exclude = ["fits", "packed", "region_50", "region_90", "contours"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The maps one may see, without their bytes, and how often each is used."""
        visible = StoredSkyMap.objects.visible_to(request.user).values("pk")
        rows = StoredSkyMap.objects.filter(pk__in=visible).defer(*self.exclude)
        return rows.annotate(n_used=Count("localizations")).order_by("-created_at")

    @admin.display(description="localizations", ordering="n_used")
    def used(self, row: Any) -> int:
        """By how many localizations it is used."""
        return int(row.n_used)


@admin.register(GalaxyCatalogue)
class GalaxyCatalogueAdmin(ReadOnlyAdmin):
    """Catalogues of galaxies; `manage.py load_galaxies` writes them."""

    list_display = ["name", "n_galaxies", "n_skipped", "is_sample", "file_name", "loaded_at"]
    list_filter = ["is_sample"]
    search_fields = ["name", "file_name"]


@admin.register(Galaxy)
class GalaxyAdmin(ReadOnlyAdmin):
    """Galaxies; by their whole name, for a catalogue has millions."""

    list_display = ["name", "catalogue", "ra_deg", "dec_deg", "distance_mpc", "mass_msun", "luminosity_b_lsun"]
    list_filter = ["catalogue"]
    list_select_related = ["catalogue"]
    search_fields = ["=name"]
    show_full_result_count = False
    ordering = ["catalogue", "hpx29"]


@admin.register(SavedSearch)
class SavedSearchAdmin(ScienceAdmin):
    """Searches of the event list: everybody's own, and nobody else's."""

    list_display = ["name", "query", "created_at"]
    search_fields = ["name", "query"]
