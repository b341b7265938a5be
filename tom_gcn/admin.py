"""Admin pages: raw messages and why some could not be read, events, localizations and plans. Science is read-only."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.text import Truncator

from tom_gcn.actions import renew_fetches, reread_message
from tom_gcn.listening import admin as admin_of_listeners  # noqa: F401  registers topics and listeners
from tom_gcn.models import (
    Circular,
    Event,
    EventAlias,
    HermesMessage,
    Localization,
    Message,
    Notice,
    ObservationPlan,
    SkyMapFetch,
    UnreadableMessage,
)

BEGINNING_BYTES = 2000


class ReadOnlyAdmin(admin.ModelAdmin[Any]):
    """Rows made by the system: looked at here, changed by actions only."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody adds such rows by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody edits such rows by hand."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Raw input and what was made of it are kept."""
        return False


class MessageAdminBase(ReadOnlyAdmin):
    """What both lists of messages show; the body is loaded for one message only."""

    list_display = ["received_at", "source", "topic", "state", "reason_code", "short_reason", "size_bytes"]
    list_filter = ["state", "reason_code", "topic"]
    search_fields = ["source", "sha256", "reason"]
    exclude = ["body"]
    readonly_fields = ["beginning"]
    date_hierarchy = "received_at"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The rows without their bytes."""
        return super().get_queryset(request).defer("body")

    @admin.display(description="reason")
    def short_reason(self, message: Message) -> str:
        """The reason, short enough for a list."""
        return Truncator(message.reason).chars(120)

    @admin.display(description="beginning of the message")
    def beginning(self, message: Message) -> str:
        """The first bytes as text; Django escapes it."""
        return bytes(message.body[:BEGINNING_BYTES]).decode("utf-8", errors="backslashreplace")


@admin.register(Message)
class MessageAdmin(MessageAdminBase):
    """Every message ever stored."""


@admin.register(UnreadableMessage)
class UnreadableMessageAdmin(MessageAdminBase):
    """The messages that could not be read, wholly or in part, with a button to try again."""

    actions = ["read_again"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Only what could not be read."""
        return super().get_queryset(request).filter(pk__in=Message.objects.not_understood())

    @admin.action(description="Read the chosen messages again", permissions=["view"])
    def read_again(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Try again, after the reader was mended."""
        results = [reread_message(Message.objects.get(pk=row.pk), by=request.user) for row in queryset]
        clean = sum(result.is_clean for result in results)
        level = messages.SUCCESS if clean == len(results) else messages.WARNING
        self.message_user(request, f"{clean} of {len(results)} messages could be read now.", level)


class EventAliasInline(admin.TabularInline[EventAlias, Event]):
    """Other names of an event; wrong ones can be taken away."""

    model = EventAlias
    extra = 0
    readonly_fields = ["name", "key", "source", "created_at"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Names come from notices and circulars."""
        return False


@admin.register(Event)
class EventAdmin(admin.ModelAdmin[Event]):
    """Events: who may see them is edited here."""

    list_display = ["name", "display_name", "kind", "t0", "state", "is_test", "drill_of"]
    list_filter = ["kind", "state", "is_test", "namespace"]
    search_fields = ["name", "display_name", "event_id", "aliases__name"]
    filter_horizontal = ["groups"]
    readonly_fields = [
        "name", "namespace", "event_id", "display_name", "keys", "t0", "is_test", "drill_of", "created_at",
        "updated_at",
    ]  # fmt: skip
    inlines = [EventAliasInline]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Events come from notices."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing that came in is lost."""
        return False


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    """Notices as they were understood."""

    list_display = ["event", "source", "notice_type", "status", "time_created", "is_significant", "far_hz", "is_test"]
    list_filter = ["source", "status", "format", "is_test"]
    search_fields = ["event__name", "event__display_name", "key"]
    list_select_related = ["event"]


@admin.register(Localization)
class LocalizationAdmin(ReadOnlyAdmin):
    """Localizations of events."""

    list_display = ["event", "kind", "ra_deg", "dec_deg", "error_deg", "containment", "is_current", "notice"]
    list_filter = ["kind", "is_current"]
    search_fields = ["event__name"]
    list_select_related = ["event", "notice"]


@admin.register(ObservationPlan)
class ObservationPlanAdmin(ReadOnlyAdmin):
    """Plans and how the work on them went."""

    list_display = [
        "event",
        "version",
        "state",
        "covered_probability",
        "n_pointings",
        "requested_by",
        "starts",
        "seconds",
    ]
    list_filter = ["state"]
    search_fields = ["event__name"]
    list_select_related = ["event", "requested_by"]


@admin.register(Circular)
class CircularAdmin(ReadOnlyAdmin):
    """Circulars and the events they were attached to."""

    list_display = ["circular_id", "version", "subject", "event_name", "sent_at"]
    search_fields = ["=circular_id", "subject", "event_name"]
    date_hierarchy = "sent_at"
    raw_id_fields = ["message"]


@admin.register(HermesMessage)
class HermesMessageAdmin(ReadOnlyAdmin):
    """Messages of Hermes."""

    list_display = ["title", "topic", "event_name", "submitter", "sent_at", "is_test"]
    list_filter = ["topic", "is_test"]
    search_fields = ["title", "event_name", "text"]


@admin.register(SkyMapFetch)
class SkyMapFetchAdmin(ReadOnlyAdmin):
    """Sky maps that are fetched by address, and why some are not there."""

    list_display = ["url", "notice", "state", "attempts", "next_try_at", "reason_code"]
    list_filter = ["state", "reason_code"]
    search_fields = ["url", "notice__event__name"]
    list_select_related = ["notice"]
    actions = ["ask_again"]

    @admin.action(description="Fetch the chosen sky maps again", permissions=["view"])
    def ask_again(self, request: HttpRequest, queryset: QuerySet[SkyMapFetch]) -> None:
        """Begin anew with what was given up."""
        again = renew_fetches(queryset, by=request.user)
        self.message_user(request, f"{again} sky maps will be asked for again.", messages.SUCCESS)
