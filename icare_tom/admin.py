"""Admin pages of the roof: targets of events and where their positions are from, the sky index, the workers."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from rest_framework.authtoken.models import TokenProxy

from icare_tom.audit.admin import AuditEntryAdmin  # noqa: F401
from icare_tom.auto_targets import EventTarget, TargetPosition
from icare_tom.guards.access import visible_targets
from icare_tom.members.admission_models import AdmissionEntry, AdmissionRequest, GroupProfile, Invitation, JoinRequest
from icare_tom.members.memberships import end_membership, set_membership
from icare_tom.members.models import Membership
from icare_tom.members.people_admin import PersonAdmin  # noqa: F401
from icare_tom.members.preference_models import Preferences
from icare_tom.members.social import admin as _identities  # noqa: F401  registers pages of its own
from icare_tom.members.token_models import ApiToken
from icare_tom.members.tokens import revoke_token
from icare_tom.members.who import person
from icare_tom.sky import TargetSkyIndex
from icare_tom.workers.models import TaskClaim, WorkerHeartbeat
from tom_grandma_facilities.read_only_admin import ReadOnlyAdmin, ScienceAdmin

# They open nothing here: tokens are made on one's profile.
admin.site.unregister(TokenProxy)


@admin.register(Membership)
class MembershipAdmin(admin.ModelAdmin[Membership]):
    """Who is what in which group; changed through the same action as on the pages."""

    list_display = ["user", "group", "role", "rights", "until", "given_by", "since"]
    list_filter = ["role"]
    search_fields = ["user__username", "user__last_name", "group__name"]
    list_select_related = ["user", "group", "given_by"]
    autocomplete_fields = ["user", "group"]
    fields = ["user", "group", "role", "rights", "until"]

    def get_readonly_fields(self, request: HttpRequest, obj: Membership | None = None) -> list[str]:
        """Who and where are chosen once."""
        return ["user", "group"] if obj else []

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        """Of one's own groups."""
        return Membership.objects.visible_to(request.user)

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        """Give the role in the name of whoever saves it."""
        kept = set_membership(obj.user, obj.group, obj.role, by=person(request), rights=obj.rights, until=obj.until)
        obj.pk = kept.pk

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        """Take somebody out of the group."""
        end_membership(obj.user, obj.group, by=person(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Membership]) -> None:
        """Take several people out of their groups."""
        for membership in queryset:
            self.delete_model(request, membership)


class EntryInline(admin.TabularInline[AdmissionEntry, AdmissionRequest]):
    """The log of a request, looked at only."""

    model = AdmissionEntry
    verbose_name_plural = "what happened"
    extra = 0
    can_delete = False
    readonly_fields = ["at", "by", "state", "note"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: it writes itself."""
        return False


@admin.register(AdmissionRequest)
class AdmissionRequestAdmin(ScienceAdmin):
    """Requests for accounts; they are decided on their pages, to which each leads."""

    list_display = ["user", "email", "state", "came_by", "made_at", "decided_by", "decided_at", "decide"]
    list_filter = ["state", "came_by", "made_at"]
    search_fields = ["user__username", "email", "affiliation"]
    list_select_related = ["user", "decided_by"]
    inlines = [EntryInline]

    def view_on_site(self, obj: AdmissionRequest) -> str:
        """Where it is decided."""
        return reverse("members:admission", args=[obj.pk])

    @admin.display(description="")
    def decide(self, obj: AdmissionRequest) -> str:
        """Lead to where it is decided, while it is open."""
        return format_html('<a href="{}">Decide</a>', self.view_on_site(obj)) if obj.is_open else ""


class OnPageOfGroup(ScienceAdmin):
    """Rows that are changed on the page of their group, to which each leads."""

    def view_on_site(self, obj: Any) -> str:
        """Where it is changed."""
        return reverse("members:group", args=[obj.group_id])


@admin.register(Invitation)
class InvitationAdmin(OnPageOfGroup):
    """Invitations; they are made and taken back on the pages of groups."""

    list_display = ["email", "group", "role", "made_by", "made_at", "expires_at", "used_at", "revoked_at"]
    list_filter = ["role", "made_at"]
    search_fields = ["email", "group__name"]
    list_select_related = ["group", "made_by"]
    exclude = ["digest"]


@admin.register(JoinRequest)
class JoinRequestAdmin(OnPageOfGroup):
    """Wishes to join groups; they are decided on the pages of groups."""

    list_display = ["user", "group", "state", "made_at", "decided_by"]
    list_filter = ["state", "made_at"]
    search_fields = ["user__username", "group__name"]
    list_select_related = ["user", "group", "decided_by"]


@admin.register(GroupProfile)
class GroupProfileAdmin(OnPageOfGroup):
    """What groups say of themselves; written on their pages."""

    list_display = ["group", "is_public", "accepts_at_once"]
    list_filter = ["is_public"]
    search_fields = ["group__name", "description"]
    list_select_related = ["group"]


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin):
    """Tokens, which are made by their owners on their profile; here they are looked at and revoked."""

    list_display = ["name", "owner", "is_read_only", "telescope", "made_at", "expires_at", "last_used_at", "revoked_at"]
    list_filter = ["is_read_only", "revoked_at"]
    search_fields = ["name", "owner__username", "public_id"]
    list_select_related = ["owner"]
    exclude = ["digest"]
    actions = ["revoke"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiToken]:
        """One's own; all to a superuser."""
        return ApiToken.objects.visible_to(request.user)

    @admin.action(description="Revoke the chosen tokens", permissions=["view"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        """End them now."""
        for token in queryset:
            revoke_token(token, by=person(request))


@admin.register(Preferences)
class PreferencesAdmin(ReadOnlyAdmin):
    """What people prefer; they choose on their profile."""

    list_display = ["user", "time_zone", "coordinates", "brightness", "notification_email"]
    search_fields = ["user__username", "notification_email"]
    list_select_related = ["user"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Preferences]:
        """One's own; all to a superuser."""
        return Preferences.objects.visible_to(request.user)


@admin.register(EventTarget)
class EventTargetAdmin(ScienceAdmin):
    """Targets that stand for events; of links of which one may see only one end, nothing is shown."""

    list_display = ["target", "event", "is_automatic", "is_kept", "created_at"]
    list_filter = ["is_automatic", "is_kept", "created_at"]
    search_fields = ["target__name", "event__name", "event__display_name"]
    list_select_related = ["target", "event"]


@admin.register(TargetPosition)
class TargetPositionAdmin(ScienceAdmin):
    """Positions that targets of events got, and the localization each is from."""

    list_display = ["link", "ra_deg", "dec_deg", "radius_90_deg", "is_used", "created_at"]
    list_filter = ["is_used", "created_at"]
    search_fields = ["link__target__name", "link__event__name"]
    list_select_related = ["link", "localization"]


@admin.register(TargetSkyIndex)
class TargetSkyIndexAdmin(ReadOnlyAdmin):
    """Where targets lie, for cones and sky maps; kept up to date with the targets."""

    list_display = ["target", "hpx29"]
    search_fields = ["target__name"]
    list_select_related = ["target"]
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Of the targets the user may see."""
        return TargetSkyIndex.objects.filter(target__in=visible_targets(request.user).values("pk"))


@admin.register(WorkerHeartbeat)
class WorkerHeartbeatAdmin(ReadOnlyAdmin):
    """The watchdogs of background workers that live."""

    list_display = ["cluster", "host", "pid", "pool_size", "restarts", "started_at", "beat_at"]
    list_filter = ["cluster"]
    search_fields = ["host", "holder"]


@admin.register(TaskClaim)
class TaskClaimAdmin(ReadOnlyAdmin):
    """Which queued task is in whose hands."""

    list_display = ["pk", "cluster", "holder", "starts", "claimed_at", "started_at", "finished_at"]
    list_filter = ["cluster"]
    search_fields = ["holder"]
