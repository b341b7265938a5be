"""Who sees what somebody entered by hand; and that the network sees what its streams bring, whoever was faster."""

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, Group, User
from django.db import transaction

from tom_gcn.models import Event, Message, Notice
from tom_gcn.notices import NoticeError
from tom_gcn.notices.manual import TOPIC
from tom_grandma_facilities.sharing import SharingRefused, check_change, holds_in

SOURCE = "manual"
REPLAY_SOURCE = "replay"
SHARE_PERMISSION = "tom_gcn.change_event"


def is_manual(message: Message) -> bool:
    """Whether somebody entered it here; no stream and no file can write both."""
    return message.source == SOURCE and message.topic == TOPIC


def share_event(event: Event, notice: Notice | None, message: Message) -> None:
    """Settle who sees the event of a notice just read, in the running transaction.

    A new event entered by hand belongs to the groups chosen for it. One that is here already keeps its groups, and may
    only be added to by those who see it. What a stream brings is the network's, also when somebody entered it before.

    Raises
    ------
    NoticeError
        ``not-yours`` when the message was entered by somebody who may not see its event.
    """
    earlier = event.notices.exclude(pk=notice.pk) if notice and notice.message_id == message.pk else event.notices
    if is_manual(message):
        if earlier.exists():
            _refuse_strangers(event, message)
        else:
            event.groups.set(Group.objects.filter(pk__in=message.headers["groups"]))
    elif message.source == REPLAY_SOURCE and "groups" in message.headers:
        if not earlier.exists():
            event.groups.set(Group.objects.filter(pk__in=message.headers["groups"]))
    elif earlier.exists() and not earlier.exclude(message__source=SOURCE, message__topic=TOPIC).exists():
        event.groups.add(Group.objects.get_or_create(name=settings.ICARE_DEFAULT_GROUP)[0])


def _refuse_strangers(event: Event, message: Message) -> None:
    actor = User.objects.filter(pk=message.headers["actor_id"]).first()
    if actor is None or not Event.objects.visible_to(actor).filter(pk=event.pk).exists():
        raise NoticeError(
            "not-yours", "The event it is about is not open to your groups.", "Ask an administrator to open it."
        )


def may_share_event(user: User | AnonymousUser, event: Event) -> bool:
    """Whether somebody may let groups into an event: sees it, and manages events in one of its groups."""
    is_seen = Event.objects.visible_to(user).filter(pk=event.pk).exists()
    return is_seen and holds_in(user, SHARE_PERMISSION, event.groups.all())


def share_with(event: Event, group: Group, *, by: User | AnonymousUser, let_in: bool = True) -> None:
    """Let a group into an event, with all that came in and was planned for it; or shut it out.

    Raises
    ------
    SharingRefused
    """
    with transaction.atomic():
        Event.objects.select_for_update().get(pk=event.pk)
        if not may_share_event(by, event):
            raise SharingRefused("not-allowed", "Whoever manages events in one of its groups may share it.")
        check_change(by, event.groups.all(), group, let_in=let_in)
        (event.groups.add if let_in else event.groups.remove)(group)
