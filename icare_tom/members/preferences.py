"""What somebody prefers: saved on the profile, carried in the session so that no page asks the database for it."""

from contextlib import suppress
from importlib import import_module
from typing import Any
from zoneinfo import available_timezones

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.backends.base import UpdateError
from django.core.exceptions import ValidationError
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest

from icare_tom.members.preference_models import Brightness, Coordinates, Preferences
from icare_tom.members.sessions import session_keys_of

KEPT = "preferences"


def save_preferences(
    user: User,
    *,
    time_zone: str,
    coordinates: str,
    notification_email: str,
    share_groups: list[Group],
    brightness: str = Brightness.AB,
) -> Preferences:
    """Keep what somebody prefers, and tell it to all their sessions.

    Raises
    ------
    ValidationError
        When the time zone is unknown, the address is no confirmed one of the account, or a group is not theirs.
    """
    if time_zone and time_zone not in available_timezones():
        raise ValidationError({"time_zone": f"{time_zone} is no time zone. Choose one such as Europe/Paris."})
    if notification_email and notification_email not in addresses_of_account(user):
        raise ValidationError({"notification_email": "Confirm this address first, on the page of your e-mails."})
    mine = set(user.groups.values_list("pk", flat=True))
    if foreign := [group.name for group in share_groups if group.pk not in mine]:
        raise ValidationError({"share_groups": f"You are not in {', '.join(foreign)}."})
    values = {
        "time_zone": time_zone,
        "coordinates": coordinates,
        "brightness": brightness,
        "notification_email": notification_email,
    }
    with transaction.atomic():
        row, _ = Preferences.objects.update_or_create(user=user, defaults=values)
        row.share_groups.set(share_groups)
        transaction.on_commit(lambda: _tell_sessions(user, row))
    return row


def addresses_of_account(user: User) -> list[str]:
    """Return the addresses mails may go to: the account's own first, then the others that were confirmed."""
    confirmed = EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)
    return list(dict.fromkeys(filter(None, [user.email, *confirmed])))


def address_for(user: User) -> str:
    """Return where mails to somebody go; the address they chose only while it is a confirmed one of theirs."""
    row = Preferences.objects.filter(user=user).exclude(notification_email="").first()
    chosen = row.notification_email if row else ""
    return chosen if chosen and chosen in addresses_of_account(user) else user.email


def share_groups_of(user: Any) -> list[Group]:
    """Return the groups somebody shares with by default, of those they are still in; empty when they chose none."""
    return list(Group.objects.filter(pk__in=Preferences.objects.filter(user=user.pk).values("share_groups"), user=user))


def preferred(request: HttpRequest | None) -> dict[str, str]:
    """Return what the person of a request prefers."""
    session = getattr(request, "session", None)
    kept = session.get(KEPT, {}) if session is not None else {}
    return {
        "time_zone": "",
        "coordinates": Coordinates.SEXAGESIMAL.value,
        "brightness": Brightness.AB.value,
        **kept,
    }


@receiver(user_logged_in, dispatch_uid="icare_tom.members.carry_preferences")
def carry_preferences(sender: type[User], request: HttpRequest, user: User, **_: Any) -> None:
    """Put what somebody prefers into the session that begins."""
    if row := Preferences.objects.filter(user=user).first():
        request.session[KEPT] = carried(row)


def carried(row: Preferences) -> dict[str, str]:
    """Return what of somebody's preferences a session carries."""
    return {"time_zone": row.time_zone, "coordinates": row.coordinates, "brightness": row.brightness}


def _tell_sessions(user: User, row: Preferences) -> None:
    store = import_module(settings.SESSION_ENGINE).SessionStore
    for key in session_keys_of(user):
        session = store(key)
        session[KEPT] = carried(row)
        # One that ended in the meantime stays ended.
        with suppress(UpdateError):
            session.save()
