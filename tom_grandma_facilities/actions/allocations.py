"""How a telescope is asked and on whose time: channels, allocations, and the credentials of both."""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from cryptography.fernet import InvalidToken
from django.contrib.auth.models import AnonymousUser, Group, User
from django.db import transaction
from django.db.models import QuerySet

from tom_grandma_facilities.exceptions import InvalidRequest, NoAllocation, NoChannel, NotAllowed
from tom_grandma_facilities.models import Allocation, Channel
from tom_grandma_facilities.registry import UnknownTelescope, get_telescope
from tom_grandma_facilities.rights import groups_where
from tom_grandma_facilities.transports.base import Line, Refused, Transport

logger = logging.getLogger(__name__)

CHANNEL_PERMISSION = "tom_grandma_facilities.change_channel"
ALLOCATION_PERMISSION = "tom_grandma_facilities.change_allocation"
ASK_PERMISSION = "tom_grandma_facilities.add_followuprequest"
Person = User | AnonymousUser | None
# Settings of transports that say which computer is asked.
_ADDRESSES = ("url", "api", "host")


def may_set_channels(user: User | AnonymousUser) -> bool:
    """Say whether `user` may say how telescopes are asked."""
    return bool(user.is_active and user.has_perm(CHANNEL_PERMISSION))


def may_set_allocation(user: User | AnonymousUser, group: Group) -> bool:
    """Say whether `user` may enter time of a group: with the right in that group; of any for superusers."""
    return groups_where(user, ALLOCATION_PERMISSION).filter(pk=group.pk).exists()


def set_channel(
    telescope: str,
    *,
    transport: str,
    by: Person,
    settings: Mapping[str, Any] | None = None,
    secrets: Mapping[str, str | None] | None = None,
    **more: Any,
) -> Channel:
    """Say how a telescope is asked; credentials not named stay, those with nothing in them are forgotten.

    What was entered for one place is sent to no other: when the channel leads elsewhere, all its credentials that are
    not named are forgotten, and those of the allocations that go by it.

    `more` are other columns of `Channel`: is_active, needs_allocation, timezone, reminder_hours_before_twilight,
    not_brighter_than_mag, note.

    Raises
    ------
    NotAllowed
    InvalidRequest
        When there is no such telescope, transport, setting or time zone.
    """
    if by is not None and not may_set_channels(by):
        raise NotAllowed("You may not say how telescopes are asked; an administrator may.")
    name, kind = known_telescope(telescope), known_transport(transport)
    kept = {setting: str(value).strip() for setting, value in (settings or {}).items() if str(value).strip()}
    check_channel(kind, kept, secrets or {}, more.get("timezone", ""))
    with transaction.atomic():
        row, is_new = (
            Channel.objects.defer("secret")
            .select_for_update()
            .get_or_create(telescope=name, defaults={"transport": transport, "is_active": more.get("is_active", True)})
        )
        if not is_new and leads_to(row.transport, row.settings) != leads_to(transport, kept):
            forget_secrets(row)
        row.transport, row.settings, row.updated_by_id = transport, kept, by.pk if by else None
        for column, value in more.items():
            setattr(row, column, value)
        if secrets:
            row.keep_secrets(secrets)
        row.full_clean()
        row.save()
    logger.info("%s is asked by %s now, said %s", name, transport, by or "the system")
    return row


def leads_to(transport: str, settings: Mapping[str, Any]) -> tuple[str, ...]:
    """Return where a channel leads: its transport, and the computers that its settings name."""
    named = (str(settings.get(name, "")).strip().lower() for name in _ADDRESSES)
    return (transport, *(("{0.scheme}://{0.netloc}".format(urlsplit(one)) if "://" in one else one) for one in named))


def forget_secrets(row: Channel) -> None:
    """Forget the credentials that go by a channel; the channel itself is not yet saved."""
    row.secret = None
    Allocation.objects.filter(telescope=row.telescope).update(secret=None)
    logger.warning("%s leads elsewhere now: its credentials, and those of its allocations, are forgotten", row)


def check_channel(kind: Transport, settings: Mapping[str, Any], secrets: Mapping[str, Any], timezone: str = "") -> None:
    """Refuse names the transport does not know: a credential written among the settings would be shown to everybody.

    Raises
    ------
    InvalidRequest
    """
    open_names = {one.name for one in kind.settings if not one.secret}
    secret_names = {one.name for one in kind.settings if one.secret}
    for wrong in sorted(set(settings) - open_names):
        mend = f"It has {', '.join(sorted(open_names)) or 'none'}."
        raise InvalidRequest(f"{kind.label} has no setting {wrong[:40]}.", mend, "settings")
    for wrong in sorted(set(secrets) - secret_names):
        mend = f"It has {', '.join(sorted(secret_names)) or 'none'}."
        raise InvalidRequest(f"{kind.label} has no credential {wrong[:40]}.", mend, "secrets")
    if timezone and timezone not in available_timezones():
        raise InvalidRequest(f"There is no time zone {timezone[:40]}.", "Such as Europe/Paris.", "timezone")


def set_allocation(
    allocation: Allocation, *, by: Person, secrets: Mapping[str, str | None] | None = None
) -> Allocation:
    """Enter or change time of a group on a telescope.

    Raises
    ------
    NotAllowed, InvalidRequest
    django.core.exceptions.ValidationError
    """
    if by is not None and not may_set_allocation(by, allocation.group):
        raise NotAllowed("You may not enter time of this group; its administrator may.")
    allocation.telescope = known_telescope(allocation.telescope)
    if allocation.pk is None:
        allocation.created_by_id = by.pk if by else None
    if secrets:
        allocation.keep_secrets(secrets)
    allocation.full_clean()
    allocation.save()
    logger.info("%s: %s h, entered by %s", allocation, allocation.hours, by or "the system")
    return allocation


def known_telescope(name: str) -> str:
    """Return the registry's name of a telescope.

    Raises
    ------
    InvalidRequest
    """
    try:
        return get_telescope(name).name
    except UnknownTelescope as unknown:
        raise InvalidRequest(str(unknown), field="telescope") from unknown


def transports() -> Mapping[str, Transport]:
    """Return all transports by name; what they need is loaded where something is sent, not with every page."""
    from tom_grandma_facilities.transports.registry import TRANSPORTS

    return TRANSPORTS


def known_transport(name: str) -> Transport:
    """Return a transport by its name.

    Raises
    ------
    InvalidRequest
    """
    kind = transports().get(name)
    if kind is None:
        known = ", ".join(transports())
        raise InvalidRequest(f"There is no transport {name[:40]}.", f"Use one of {known}.", "transport")
    return kind


def channel_of(telescope: str, *, lock: bool = False) -> Channel:
    """Return the channel of a telescope that can be asked, with its credentials.

    Raises
    ------
    NoChannel
    """
    rows = Channel.objects.defer("secret")
    if lock:
        rows = rows.select_for_update()
    row = rows.filter(telescope=telescope, is_active=True).first()
    if row is None or row.transport not in transports():
        mend = "An administrator sets up its channel; until then tell its team yourself."
        raise NoChannel(f"{telescope} cannot be asked from here.", mend, "telescope")
    return row


def line_of(channel: Channel, allocation: Allocation | None = None) -> Line:
    """Return settings and credentials; those of the allocation go before those of the channel.

    Raises
    ------
    NoChannel
        When the credentials cannot be read any more.
    """
    try:
        secret = channel.secrets | (allocation.secrets if allocation else {})
    except InvalidToken as error:
        raise NoChannel(
            f"The credentials for {channel.telescope} cannot be read: the site's key was changed.",
            "An administrator enters them again.",
        ) from error
    return Line(settings={name: str(value) for name, value in channel.settings.items()}, secret=secret)


def usable_allocations(telescope: str, by: Person, moment: datetime) -> QuerySet[Allocation]:
    """Return the allocations that a person may use at a moment, with `seconds_used`, the longest valid first."""
    rows = Allocation.objects.defer("secret").filter(telescope=telescope).valid_at(moment).with_use()
    rows = rows.order_by("-valid_to", "pk")
    if by is None or getattr(by, "is_superuser", False):
        return rows
    return rows.filter(group__in=groups_where(by, ASK_PERMISSION).values("pk"))


def choose_allocation(
    channel: Channel,
    by: Person,
    *,
    start: datetime,
    end: datetime,
    programme_s: float,
    asked: Allocation | None = None,
    held_s: float = 0.0,
) -> Allocation | None:
    """Return the allocation that a request counts against; None when it needs none and there is none.

    `held_s` is what the request itself holds of `asked` already, s. The channel's row must be locked: of two requests
    at once the second sees what the first took.

    Raises
    ------
    NoAllocation
    """
    rows = [row for row in usable_allocations(channel.telescope, by, start) if row.valid_to >= end]
    if asked is not None:
        rows = [row for row in rows if row.pk == asked.pk]
    if not rows and (channel.needs_allocation or asked is not None):
        raise NoAllocation(
            f"None of your groups has time on {channel.telescope} for this window.",
            "Ask its administrator to enter an allocation, or choose another window. Nothing was sent.",
            "allocation",
        )
    left = {row.pk: row.hours * 3600 - row.seconds_used + (held_s if row == asked else 0.0) for row in rows}
    enough = [row for row in rows if left[row.pk] >= programme_s]
    if enough or not (channel.needs_allocation or asked is not None):
        return enough[0] if enough else None
    most = max(left.values())
    raise NoAllocation(
        f"The exposures take {programme_s / 3600:.2f} h, and {max(0.0, most) / 3600:.2f} h are left on "
        f"{channel.telescope}.",
        "Ask for less, or have the allocation enlarged. Nothing was sent.",
        "allocation",
    )


def check_line(kind: Transport, line: Line) -> None:
    """Refuse a channel that lacks something, before anybody waits for an answer that cannot come.

    Raises
    ------
    NoChannel
    """
    try:
        kind.check(line)
    except Refused as refused:
        raise NoChannel(refused.reason, field="telescope") from refused
