"""Events that people enter by hand: stored as a message first, then read like any other."""

import logging
from collections.abc import Collection, Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, Group, User
from django.db.models import QuerySet

from tom_gcn.actions.messages import ReadResult, read_message, receive_message
from tom_gcn.actions.sharing import SOURCE
from tom_gcn.choices import MessageState
from tom_gcn.exceptions import GcnError, NotAllowed
from tom_gcn.models import Event, Notice
from tom_gcn.notices import Notice as ParsedNotice
from tom_gcn.notices import NoticeError, parse
from tom_gcn.notices.envelope import enclosed_in
from tom_gcn.notices.json_text import decode_json
from tom_gcn.notices.manual import TOPIC, as_message
from tom_grandma_facilities.people import shares_with

logger = logging.getLogger(__name__)


class NotUsable(GcnError):
    """What was entered makes no event."""

    code = "not-usable"


def may_add_event(user: User | AnonymousUser) -> bool:
    """Whether somebody may enter events by hand."""
    return user.has_perm("tom_gcn.add_event") and groups_for(user).exists()


def groups_for(user: User | AnonymousUser) -> QuerySet[Group]:
    """The groups somebody may enter events for: one's own; for administrators all."""
    if getattr(user, "is_superuser", False):
        return Group.objects.order_by("name")
    return Group.objects.filter(user=user.pk).order_by("name")


def default_groups(user: User | AnonymousUser) -> list[Group]:
    """Whom an event is for where nobody says: whom one chose; the network, for its members; one's only group."""
    if chosen := [group for group in shares_with(user) if groups_for(user).filter(pk=group.pk).exists()]:
        return chosen
    own = list(groups_for(user)[:2])
    network = groups_for(user).filter(name=settings.ICARE_DEFAULT_GROUP)
    return list(network) or (own if len(own) == 1 else [])


def add_event(content: Mapping[str, Any], *, by: User | AnonymousUser, groups: Collection[Group]) -> ReadResult:
    """Store what somebody entered as a message and read it; the same for the same groups is done once.

    Parameters
    ----------
    content : mapping
        As `tom_gcn.notices.manual` reads it, without its groups.
    by : User
        Who entered it; the stored message names them.
    groups : collection of Group
        Who is to see the event, of `groups_for(by)`.

    Raises
    ------
    NotAllowed
        When `by` may not enter events, or not for these groups, or not to this event.
    NotUsable
        When it makes no event; the code is that of the reader.
    """
    if not by.has_perm("tom_gcn.add_event"):
        raise NotAllowed("You may not enter events.", "Ask an administrator for the permission to add events.")
    keys = sorted({group.pk for group in groups})
    if not keys or groups_for(by).filter(pk__in=keys).count() != len(keys):
        raise NotAllowed("An event is entered for one or more of your own groups.", "Choose among them.")
    body = as_message({**content, "groups": keys})
    if known := _known_before(body):
        return _shown_to(by, known)
    headers = {"actor": by.get_username(), "actor_id": by.pk, "groups": keys}
    message, is_new = receive_message(body, source=SOURCE, topic=TOPIC, headers=headers)
    if is_new:
        logger.info("message %s was entered by %s", message.sha256[:8], by.get_username())
    return _shown_to(by, read_message(message))


def _known_before(body: bytes) -> ReadResult | None:
    """What a stream, or somebody, brought before, where the very same notice is pasted.

    Raises
    ------
    NotUsable
        When what was entered cannot be read; nothing is stored of it.
    """
    try:
        content = parse(body, TOPIC)
        inside = enclosed_in(decode_json(body))
        if inside is None or not isinstance(content, ParsedNotice):
            return None
        pasted = parse(*inside)
    except NoticeError as error:
        raise NotUsable(error.message, error.fix, error.code) from error
    row = Notice.objects.select_related("event", "message").filter(key=getattr(pasted, "key", "")).first()
    return ReadResult(row.message, row.event, row) if row and row.event else None


def _shown_to(user: User | AnonymousUser, result: ReadResult) -> ReadResult:
    message, event = result.message, result.event
    if message.state == MessageState.RECEIVED:
        raise NotUsable("The same is being read at this moment.", "Look at the list of events.", "being-read")
    if message.reason_code == "not-yours" or (
        event and not Event.objects.visible_to(user).filter(pk=event.pk).exists()
    ):
        raise NotAllowed("The event it is about is not open to your groups.", "Ask an administrator to open it.")
    if event is None:
        raise NotUsable(message.reason or "Nothing came of the message.", "", message.reason_code or "no-event")
    return result
