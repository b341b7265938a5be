"""Tags of events: those that follow from figures and rules, and those people set."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from tom_gcn import signals
from tom_gcn.choices import EventTag
from tom_gcn.conditions import Condition, ConditionError, met_by, read_conditions
from tom_gcn.exceptions import GcnError, NotAllowed
from tom_gcn.models import Event, EventSummary, HandTag, TagRule
from tom_gcn.printable import is_text
from tom_grandma_facilities.held import holds_for_one_of

logger = logging.getLogger(__name__)

AREA_TAGS = {100: EventTag.AREA_100, 200: EventTag.AREA_200, 500: EventTag.AREA_500, 1000: EventTag.AREA_1000}
NEAR_MPC = 200.0
PROBABLE = 0.5
MOST_HAND_TAGS = 20
_BATCH = 1000
# What rules and tags look at, of a summary and of its event.
_FIGURES = (
    "mission", "far_hz", "is_significant", "best_class", "probabilities", "error_deg", "area_90_deg2",
    "distance_mean_mpc",
)  # fmt: skip


class BadTag(GcnError):
    """A tag that cannot be set."""

    code = "bad-tag"


@dataclass(frozen=True)
class Rule:
    """A rule, read."""

    tag: str
    conditions: tuple[Condition, ...]

    def applies(self, figures: Mapping[str, Any]) -> bool:
        """Whether an event with these figures gets the tag."""
        return all(met_by(condition, figures) for condition in self.conditions)


def rules() -> list[Rule]:
    """The active rules; one that can no longer be read gives no tag, and the log says so."""
    found = []
    for row in TagRule.objects.filter(is_active=True).order_by("pk"):
        try:
            found.append(Rule(row.tag, tuple(read_conditions(row.conditions))))
        except ConditionError as error:
            logger.warning("the tag rule %s cannot be read: %s", row.name, error)
    return found


def tags_of(figures: Mapping[str, Any], by_rule: Iterable[Rule] = (), by_hand: Iterable[str] = ()) -> list[str]:
    """The tags of an event, each once: those that follow from its figures, those of rules, those of people."""
    own = [tag.value for tag in tags_of_figures(figures)]
    ruled = (rule.tag for rule in by_rule if rule.applies(figures))
    return list(dict.fromkeys([*own, *ruled, *by_hand]))


def tags_of_figures(figures: Mapping[str, Any]) -> list[EventTag]:
    """The tags that follow from the figures of an event."""
    area, distance = figures["area_90_deg2"], figures["distance_mean_mpc"]
    tags = [tag for limit, tag in AREA_TAGS.items() if area is not None and area < limit]
    if distance is not None and distance < NEAR_MPC:
        tags.append(EventTag.NEAR)
    if figures["is_significant"]:
        tags.append(EventTag.SIGNIFICANT)
    if figures["probabilities"].get("HasNS", 0) >= PROBABLE:
        tags.append(EventTag.HAS_NS)
    return tags


def hand_tags_of(event: Event) -> list[str]:
    """The tags people set on an event."""
    return list(HandTag.objects.standing().filter(event=event).values_list("tag", flat=True))


def may_tag(user: User | AnonymousUser, event: Event) -> bool:
    """Whether somebody may set and remove tags of an event: sees it, and holds the right in one of its groups."""
    return holds_for_one_of(user, "tom_gcn.add_handtag", Event.objects.visible_to(user).filter(pk=event.pk))


def add_tag(event: Event, tag: str, *, by: User | AnonymousUser) -> HandTag:
    """Set a tag; one that stands already stays as it is.

    Raises
    ------
    NotAllowed
        When `by` may not tag this event.
    BadTag
        When the text is no tag, or the event has as many as it may.
    """
    actor = _allowed(by, event)
    tag = _typed(tag)
    with transaction.atomic():
        Event.objects.select_for_update().get(pk=event.pk)
        standing = HandTag.objects.standing().filter(event=event)
        if known := standing.filter(tag__iexact=tag).first():
            return cast(HandTag, known)
        if standing.count() >= MOST_HAND_TAGS:
            raise BadTag(f"The event has {MOST_HAND_TAGS} tags set by hand.", "Remove one first.")
        row = HandTag(event=event, tag=tag, added_by=actor)
        try:
            row.clean_fields(exclude=["event", "added_by"])
        except ValidationError as error:
            raise BadTag(f"“{tag[:40]}” is no tag.", " ".join(error.messages)) from error
        row.save()
        _retag([event.pk])
    logger.info("%s tagged %s as %s", by, event.name, tag)
    return row


def remove_tag(event: Event, tag: str, *, by: User | AnonymousUser) -> bool:
    """Remove a tag somebody set, and say whether there was one; those of rules go by themselves.

    Raises
    ------
    NotAllowed
        When `by` may not tag this event.
    BadTag
        When the text is no tag.
    """
    actor, tag = _allowed(by, event), _typed(tag)
    with transaction.atomic():
        Event.objects.select_for_update().get(pk=event.pk)
        rows = HandTag.objects.standing().filter(event=event, tag=tag)
        removed = rows.update(removed_at=timezone.now(), removed_by=actor)
        _retag([event.pk])
    if removed:
        logger.info("%s removed the tag %s of %s", by, tag, event.name)
    return bool(removed)


def _typed(tag: str) -> str:
    """The tag with single blanks.

    Raises
    ------
    BadTag
        When it holds what is no character.
    """
    if not is_text(tag):
        raise BadTag("The tag holds characters that cannot be printed.", "Type it again.")
    return " ".join(tag.split())


def _allowed(by: User | AnonymousUser, event: Event) -> User:
    if not may_tag(by, event):
        raise NotAllowed("You may not tag this event.", "Ask an administrator for the right to set tags.")
    return cast(User, by)


def rules_changed() -> None:
    """Have all events looked at again in the background; called in the transaction that changed a rule."""
    signals.tag_rules_changed.send(TagRule)


def retag_all() -> int:
    """Bring the tags of all events in line with the rules as they are; return how many events changed."""
    changed, last = 0, 0
    while pks := list(EventSummary.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:_BATCH]):
        with transaction.atomic():
            changed += _retag(pks)
        last = pks[-1]
    logger.info("the tags of %d events changed with the rules", changed)
    return changed


def _retag(pks: list[int]) -> int:
    """Recompute the tags of events; locked, so that a notice read meanwhile does not undo it."""
    rows = EventSummary.objects.filter(pk__in=pks).select_related("event").order_by("pk")
    rows = rows.only("tags", *_FIGURES, "event__kind").select_for_update(of=("self",))
    by_rule, by_hand = rules(), _hand_tags(pks)
    # Few sets of tags, many events: one statement a set.
    changed: dict[tuple[str, ...], list[int]] = {}
    for row in rows:
        tags = tags_of(figures_of_row(row), by_rule, by_hand.get(row.pk, ()))
        if tags != row.tags:
            changed.setdefault(tuple(tags), []).append(row.pk)
    for wanted, found in changed.items():
        EventSummary.objects.filter(pk__in=found).update(tags=list(wanted))
    return sum(map(len, changed.values()))


def _hand_tags(pks: list[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    rows = HandTag.objects.standing().filter(event__in=pks).order_by("added_at", "pk")
    for event, tag in rows.values_list("event_id", "tag"):
        found.setdefault(event, []).append(tag)
    return found


def figures_of_row(row: EventSummary) -> dict[str, Any]:
    """What rules look at, of a stored summary."""
    return {name: getattr(row, name) for name in _FIGURES} | {"kind": row.event.kind}
