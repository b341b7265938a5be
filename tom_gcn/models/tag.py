"""Tags of events: by rules people keep, and by hand."""

from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q

from tom_gcn.choices import EventTag
from tom_gcn.conditions import ConditionError, read_conditions
from tom_gcn.models.event import Event
from tom_gcn.models.summary import LONGEST_TAG, EventSummary
from tom_gcn.querysets import VisibleThroughEvent

_OWN_WORDS = {word.casefold() for tag in EventTag for word in (tag.value, tag.label)}
TAG_TEXT = RegexValidator(
    r"^[^\W_][\w .+<>=/°²-]*\Z",
    "A tag begins with a letter or digit and holds those, spaces and . + < > = / ° ² - _",
)


def not_one_of_ours(text: str) -> None:
    """Refuse what is said of events by itself.

    Raises
    ------
    ValidationError
        When it is one of `EventTag`.
    """
    if text.casefold() in _OWN_WORDS:
        raise ValidationError(f"“{text}” is set by itself, from the figures of an event. Choose another tag.")


def readable_conditions(text: str) -> None:
    """Refuse conditions nobody can read.

    Raises
    ------
    ValidationError
        Saying which, and what would be one.
    """
    try:
        conditions = read_conditions(text)
    except ConditionError as error:
        raise ValidationError(str(error)) from None
    if not conditions:
        raise ValidationError("Write at least one condition, for instance FAR < 1/yr.")


class TagRuleQuerySet(models.QuerySet[Any]):
    """Rules."""

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Return the rules whose tag stands on an event `user` may see; members who may change rules see all."""
        if isinstance(user, User) and user.has_perm("tom_gcn.change_tagrule") and _is_member(user):
            return self
        if not user.is_authenticated or not user.is_active:
            return self.none()
        # By the groups of each event, so that the first one found will do: 20,000 events need not be gathered first.
        membership = Event.groups.through.objects.filter(event_id=OuterRef("pk"), group__user=user.pk)
        tagged = EventSummary.objects.filter(Exists(membership), tags__contains=[OuterRef("tag")])
        return self.filter(Exists(tagged))


def _is_member(user: User) -> bool:
    """Whether a right counts for rules, which are the network's: one held in another group does not."""
    return user.is_superuser or user.groups.filter(name=settings.ICARE_DEFAULT_GROUP).exists()


class TagRule(models.Model):
    """A tag for all events that meet conditions; it goes when they are no longer met."""

    name = models.CharField(max_length=60, unique=True, help_text="What the rule is for, in the admin only.")
    tag = models.CharField(
        max_length=LONGEST_TAG, validators=[TAG_TEXT, not_one_of_ours], help_text="What stands on the events."
    )
    conditions = models.CharField(
        max_length=300,
        validators=[readable_conditions],
        help_text="As in the event list; all must hold: kind = gw, FAR < 1/yr, HasNS >= 0.5, area < 500, class = BNS.",
    )
    is_active = models.BooleanField(default=True, help_text="Off: its tag is taken from all events.")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = TagRuleQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class HandTagQuerySet(VisibleThroughEvent):
    """Tags set by hand."""

    def standing(self) -> Self:
        """Return those that were not removed."""
        return self.filter(removed_at=None)


class HandTag(models.Model):
    """A tag somebody set on an event, and who removed it; kept as its history."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="hand_tags")
    tag = models.CharField(max_length=LONGEST_TAG, validators=[TAG_TEXT, not_one_of_ours])
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    added_at = models.DateTimeField(auto_now_add=True)
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = HandTagQuerySet.as_manager()

    class Meta:
        ordering = ["added_at", "pk"]
        verbose_name = "tag set by hand"
        verbose_name_plural = "tags set by hand"
        constraints = [
            models.UniqueConstraint(fields=["event", "tag"], condition=Q(removed_at=None), name="hand_tag_once")
        ]

    def __str__(self) -> str:
        return self.tag
