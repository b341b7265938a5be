"""Admin pages: raw messages and why some could not be read, events, localizations and plans. Science is read-only."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import Truncator

from tom_gcn import relation_admin  # noqa: F401  registers tags, coincidences, galaxies and maps
from tom_gcn.actions import renew_fetches, reread_message
from tom_gcn.actions.replay import NotReplayable, original_of, plan_replay, send
from tom_gcn.actions.sharing import is_manual
from tom_gcn.exceptions import NotAllowed
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
    PlanDecision,
    PlanPreset,
    Refusal,
    SkyMapFetch,
    UnreadableMessage,
)
from tom_grandma_facilities.read_only_admin import ScienceAdmin

BEGINNING_BYTES = 2000
MOST_REPLAYED = 100


class MessageAdminBase(ScienceAdmin):
    """What both lists of messages show; the body is loaded for one message only."""

    list_display = [
        "received_at", "source", "topic", "state", "reason_code", "short_reason", "attempts", "event", "size_bytes",
    ]  # fmt: skip
    list_filter = ["state", "reason_code", "received_at", "source", "topic"]
    search_fields = ["source", "topic", "sha256", "reason"]
    exclude = ["body", "starts"]
    readonly_fields = ["attempts", "event", "actor", "beginning"]
    date_hierarchy = "received_at"
    list_per_page = 50
    show_full_result_count = False
    actions = ["read_again", "replay", "replay_again"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The rows one may see, without their bytes."""
        return super().get_queryset(request).defer("body", "headers").select_related("notice__event")

    @admin.display(description="reason")
    def short_reason(self, message: Message) -> str:
        """The reason, short enough for a list."""
        return Truncator(message.reason).chars(120)

    @admin.display(description="attempts", ordering="starts")
    def attempts(self, message: Message) -> int:
        """How often reading was begun, or its content asked for."""
        return message.starts

    @admin.display(description="event")
    def event(self, message: Message) -> str:
        """Where it led, as a link."""
        notice = getattr(message, "notice", None)
        if notice is None or notice.event is None:
            return "-"
        return format_html('<a href="{}">{}</a>', notice.event.get_absolute_url(), notice.event)

    @admin.display(description="entered by")
    def actor(self, message: Message) -> str:
        """Who entered it by hand."""
        return str(message.headers.get("actor", "-")) if is_manual(message) else "-"

    @admin.display(description="beginning of the message")
    def beginning(self, message: Message) -> str:
        """The first bytes as text; Django escapes it."""
        return bytes(message.body[:BEGINNING_BYTES]).decode("utf-8", errors="backslashreplace")

    @admin.action(description="Read the chosen messages again", permissions=["view"])
    def read_again(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Try again, after the reader was mended; of what was read in part the rest is added."""
        try:
            results = [reread_message(Message.objects.get(pk=row.pk), by=request.user) for row in queryset]
        except NotAllowed as error:
            self.message_user(request, str(error), messages.ERROR)
            return
        clean = sum(result.is_clean for result in results)
        level = messages.SUCCESS if clean == len(results) else messages.WARNING
        self.message_user(request, f"{clean} of {len(results)} messages could be read now.", level)

    def has_replay_permission(self, request: HttpRequest) -> bool:
        """A drill makes an event, so it takes the permission to add one."""
        return bool(request.user.has_perm("tom_gcn.add_event"))

    @admin.action(description="Replay the chosen messages now, as a drill", permissions=["replay"])
    def replay(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """All at once; with waits between them by `manage.py replay`."""
        self._replay(request, queryset, again=False)

    @admin.action(description="Replay the chosen messages as one more drill of today", permissions=["replay"])
    def replay_again(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """The same under the next free number."""
        self._replay(request, queryset, again=True)

    def _replay(self, request: HttpRequest, queryset: QuerySet[Any], *, again: bool) -> None:
        originals = []
        for row in queryset[:MOST_REPLAYED]:
            try:
                originals.append(original_of(Message.objects.get(pk=row.pk)))
            except NotReplayable as error:
                self.message_user(request, str(error), messages.WARNING)
        if not originals:
            self.message_user(request, "Nothing was replayed.", messages.ERROR)
            return
        try:
            replay = plan_replay(originals, timezone.now(), speed=0, again=again)
        except NotReplayable as error:
            self.message_user(request, str(error), messages.ERROR)
            return
        events = {str(result.event) for step in replay.steps if (result := send(replay, step, timezone.now())).event}
        self.message_user(request, f"Replayed {len(originals)} messages as drills: {', '.join(sorted(events))}.")


@admin.register(Message)
class MessageAdmin(MessageAdminBase):
    """Every message ever stored."""


@admin.register(UnreadableMessage)
class UnreadableMessageAdmin(MessageAdminBase):
    """The inbox: messages that could not be read, wholly or in part; those that are no alert are not among them."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Only what could not be read."""
        return super().get_queryset(request).filter(pk__in=Message.objects.not_understood())


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
        "name", "namespace", "event_id", "display_name", "keys", "kind", "state", "t0", "is_test", "drill_of",
        "created_at", "updated_at",
    ]  # fmt: skip
    inlines = [EventAliasInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        """Only what one may see: staff are no exception."""
        return Event.objects.visible_to(request.user)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Events come from notices."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing that came in is lost."""
        return False


@admin.register(Notice)
class NoticeAdmin(ScienceAdmin):
    """Notices as they were understood."""

    list_display = ["event", "source", "notice_type", "status", "time_created", "is_significant", "far_hz", "is_test"]
    list_filter = ["source", "status", "format", "is_test"]
    search_fields = ["event__name", "event__display_name", "key"]
    list_select_related = ["event"]


@admin.register(Localization)
class LocalizationAdmin(ScienceAdmin):
    """Localizations of events."""

    list_display = ["event", "kind", "ra_deg", "dec_deg", "error_deg", "containment", "is_current", "notice"]
    list_filter = ["kind", "is_current"]
    search_fields = ["event__name"]
    list_select_related = ["event", "notice"]


@admin.register(ObservationPlan)
class ObservationPlanAdmin(ScienceAdmin):
    """Plans and how the work on them went."""

    list_display = [
        "event",
        "version",
        "state",
        "is_of_record",
        "engine",
        "cause",
        "covered_probability",
        "n_pointings",
        "requested_by",
        "starts",
        "seconds",
    ]
    list_filter = ["state", "engine", "cause", "is_of_record", "preset"]
    search_fields = ["event__name", "why", "reason"]
    list_select_related = ["event", "requested_by"]
    raw_id_fields = ["previous", "localization"]


@admin.register(PlanPreset)
class PlanPresetAdmin(admin.ModelAdmin[PlanPreset]):
    """Standing rules: for which events plans are made by themselves, and with which settings."""

    list_display = ["name", "kind", "order", "is_active", "conditions", "significant_only", "for_drills", "updated_at"]
    list_editable = ["order", "is_active"]
    list_filter = ["kind", "is_active"]
    search_fields = ["name", "conditions"]


@admin.register(PlanDecision)
class PlanDecisionAdmin(ScienceAdmin):
    """Why events got a plan by themselves, or none."""

    list_display = ["event", "at", "is_planned", "preset", "short_reason"]
    list_filter = ["is_planned", "preset"]
    search_fields = ["event__name", "reason"]
    list_select_related = ["event", "preset"]

    @admin.display(description="reason", ordering="reason")
    def short_reason(self, decision: PlanDecision) -> str:
        """Short enough for a list; the row's own page has it whole."""
        return Truncator(decision.reason).chars(120)


@admin.register(Refusal)
class RefusalAdmin(ScienceAdmin):
    """Telescopes that could not observe an event."""

    list_display = ["event", "telescope", "reason_code", "reason", "until", "by", "at", "withdrawn_at"]
    list_filter = ["reason_code", "telescope"]
    search_fields = ["event__name", "telescope", "reason"]
    list_select_related = ["event", "by"]


@admin.register(Circular)
class CircularAdmin(ScienceAdmin):
    """Circulars and the events they were attached to."""

    list_display = ["circular_id", "version", "subject", "event_name", "sent_at"]
    search_fields = ["=circular_id", "subject", "event_name"]
    date_hierarchy = "sent_at"
    raw_id_fields = ["message"]


@admin.register(HermesMessage)
class HermesMessageAdmin(ScienceAdmin):
    """Messages of Hermes."""

    list_display = ["title", "topic", "event_name", "submitter", "sent_at", "is_test"]
    list_filter = ["topic", "is_test"]
    search_fields = ["title", "event_name", "text"]


@admin.register(SkyMapFetch)
class SkyMapFetchAdmin(ScienceAdmin):
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
