"""Which rows a user may see. Every page, route and export reads through `visible_to`."""

from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, Group
from django.contrib.auth.models import User as Account
from django.db import models
from django.db.models import Exists, OuterRef, Prefetch, Q

User = AbstractBaseUser | AnonymousUser


class VisibleThroughEvent(models.QuerySet[Any]):
    """Rows seen by whoever sees the event they belong to; `event_path` is the lookup that leads there."""

    event_path = "event"

    def visible_to(self, user: User) -> Self:
        """Return the rows `user` may see."""
        from tom_gcn.models import Event

        if getattr(user, "is_superuser", False) and user.is_active:
            return self
        return self.filter(**{f"{self.event_path}__in": Event.objects.visible_to(user)})


class EventQuerySet(models.QuerySet[Any]):
    """Events."""

    def visible_to(self, user: User) -> Self:
        """Return the events of the groups of `user`; a superuser sees all, a stranger none."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if getattr(user, "is_superuser", False):
            return self
        membership = self.model.groups.through.objects.filter(event_id=OuterRef("pk"), group__user=user.pk)
        return self.filter(Exists(membership))

    def real(self) -> Self:
        """Return the events that are neither tests nor drills."""
        return self.filter(is_test=False)

    def with_summary(self) -> Self:
        """Attach what a list row shows: latest notice, current localization, newest finished plan of the network."""
        from tom_gcn.choices import PlanState
        from tom_gcn.models import Localization, Notice, ObservationPlan

        latest_notice = Notice.objects.order_by("event_id", "-time_created", "-pk").distinct("event_id")
        current = Localization.objects.filter(is_current=True).select_related("skymap", "notice")
        heavy = [f"skymap__{column}" for column in ("fits", "packed", "region_50", "region_90", "contours")]
        latest_plan = ObservationPlan.objects.filter(state=PlanState.DONE).network_first().distinct("event_id")
        return self.prefetch_related(
            Prefetch("notices", latest_notice, to_attr="latest_notices"),
            Prefetch("localizations", current.defer(*heavy), to_attr="current_localizations"),
            Prefetch("plans", latest_plan, to_attr="latest_plans"),
        )

    def with_row(self) -> Self:
        """Attach what a row of a list shows: the summary and the newest finished plan of the network."""
        from tom_gcn.choices import PlanState
        from tom_gcn.models import ObservationPlan

        latest_plan = ObservationPlan.objects.filter(state=PlanState.DONE).network_first().distinct("event_id")
        return self.select_related("summary").prefetch_related(Prefetch("plans", latest_plan, to_attr="latest_plans"))


class NoticeQuerySet(VisibleThroughEvent):
    """Notices."""


class LocalizationQuerySet(VisibleThroughEvent):
    """Localizations."""


class EventSummaryQuerySet(VisibleThroughEvent):
    """Summaries of events."""


class SavedSearchQuerySet(models.QuerySet[Any]):
    """Searches people keep."""

    def visible_to(self, user: User) -> Self:
        """Return one's own, and nobody else's."""
        return self.filter(user=user.pk) if user.is_authenticated and user.is_active else self.none()


class EventAliasQuerySet(VisibleThroughEvent):
    """Other names of events."""


class SkyMapFetchQuerySet(VisibleThroughEvent):
    """Sky maps to be fetched."""

    event_path = "notice__event"


class TextQuerySet(models.QuerySet[Any]):
    """Circulars and messages of people: public texts, for members; attached to an event, for those who see it."""

    def visible_to(self, user: User) -> Self:
        """Return the texts `user` may read."""
        from tom_gcn.models import Event

        if not user.is_authenticated or not user.is_active:
            return self.none()
        if getattr(user, "is_superuser", False):
            return self
        here = {self.text_path: OuterRef("pk")}
        readable = models.Q(Exists(Event.objects.visible_to(user).filter(**here)))
        is_member = Exists(Group.objects.filter(user=user.pk, name=settings.ICARE_DEFAULT_GROUP))
        readable |= models.Q(is_member) & ~models.Q(Exists(Event.objects.filter(**here)))
        return self.filter(readable)

    @property
    def text_path(self) -> str:
        """The lookup that leads from an event to these texts."""
        return str(self.model._meta.get_field("events").related_query_name())


class ObservationPlanQuerySet(VisibleThroughEvent):
    """Observation plans."""

    def network_first(self) -> Self:
        """Order event by event: the plan of record, the network's, then those of chosen telescopes; empty ones last."""
        of_network = Q(telescopes=[]) | Q(telescopes=["all"])
        rank = models.Case(
            models.When(is_of_record=True, then=-1),
            models.When(of_network, n_pointings__gt=0, then=0),
            models.When(of_network, then=1),
            models.When(n_pointings__gt=0, then=2),
            default=3,
        )
        return self.order_by("event_id", rank, "-version")


class RefusalQuerySet(VisibleThroughEvent):
    """Refusals of telescopes."""

    def standing(self, moment: datetime) -> Self:
        """Return those that were not taken back and still hold at a moment."""
        return self.filter(models.Q(until=None) | models.Q(until__gt=moment), withdrawn_at=None)


class PlanDecisionQuerySet(VisibleThroughEvent):
    """Decisions on automatic plans."""


class TelescopePlanQuerySet(VisibleThroughEvent):
    """Telescope plans."""

    event_path = "plan__event"


class PlannedPointingQuerySet(VisibleThroughEvent):
    """Planned pointings."""

    event_path = "telescope_plan__plan__event"


class StoredSkyMapQuerySet(VisibleThroughEvent):
    """Stored sky maps: seen through any localization that uses them."""

    event_path = "localizations__event"

    def visible_to(self, user: User) -> Self:
        """Return the maps `user` may see, each once."""
        return super().visible_to(user).distinct()


class MessageQuerySet(models.QuerySet[Any]):
    """Raw messages."""

    def visible_to(self, user: User) -> Self:
        """Return the messages behind events the user sees; with the right to look at messages also those of no event.

        What a stream brought and no event came of is public. What somebody entered by hand, or had replayed, carries
        the groups it is for.
        """
        from tom_gcn.models import Event

        if not user.is_authenticated or not user.is_active:
            return self.none()
        if getattr(user, "is_superuser", False):
            return self
        of_events = models.Q(notice__event__in=Event.objects.visible_to(user))
        if not (isinstance(user, Account) and user.is_staff and user.has_perm("tom_gcn.view_message")):
            return self.filter(of_events)
        of_no_event = models.Q(notice=None) | models.Q(notice__event=None)
        return self.filter(of_events | (of_no_event & _for_groups_of(user) & _with_open_texts(user)))

    def not_understood(self) -> Self:
        """Return the messages that could not be read, wholly or in part."""
        from tom_gcn.choices import MessageState

        return self.filter(state__in=(MessageState.UNREADABLE, MessageState.PARTIAL))


def _for_groups_of(user: User) -> models.Q:
    """Messages for everybody, or for a group of the user."""
    found = models.Q(headers__groups__isnull=True) | models.Q(headers__actor_id=user.pk)
    for group in Group.objects.filter(user=user.pk).values_list("pk", flat=True):
        found |= models.Q(headers__groups__contains=[group])
    return found


def _with_open_texts(user: User) -> models.Q:
    """Messages whose circular or text of people, if there is one, the user may read."""
    from tom_gcn.models import Circular, HermesMessage

    found = models.Q()
    for text in (Circular, HermesMessage):
        here = text.objects.filter(message=OuterRef("pk"))
        found &= ~models.Q(Exists(here)) | models.Q(Exists(here.visible_to(user)))
    return found
