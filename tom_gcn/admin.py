"""Admin pages: raw messages and why some could not be read, events, localizations and plans. Science is read-only."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.text import Truncator

from tom_gcn.actions import reread_message
from tom_gcn.models import Event, Localization, Message, Notice, ObservationPlan, UnreadableMessage

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


@admin.register(Event)
class EventAdmin(admin.ModelAdmin[Event]):
    """Events: who may see them is edited here."""

    list_display = ["name", "kind", "t0", "state", "is_test", "drill_of"]
    list_filter = ["kind", "state", "is_test"]
    search_fields = ["name"]
    filter_horizontal = ["groups"]
    readonly_fields = ["name", "t0", "is_test", "drill_of", "created_at", "updated_at"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Events come from notices."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing that came in is lost."""
        return False


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    """Notices as they were understood."""

    list_display = ["event", "notice_type", "time_created", "is_significant", "far_hz", "is_test"]
    list_filter = ["notice_type", "is_test"]
    search_fields = ["event__name", "key"]
    list_select_related = ["event"]


@admin.register(Localization)
class LocalizationAdmin(ReadOnlyAdmin):
    """Localizations of events."""

    list_display = ["event", "kind", "is_current", "notice", "created_at"]
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
