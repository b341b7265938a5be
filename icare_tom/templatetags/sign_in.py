"""What pages about signing in show: how one's request stands, and the identities one has."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialAccount
from django import template
from django.contrib.auth.models import User
from django.http import HttpRequest

from icare_tom.members.admission_models import AdmissionRequest, Invitation
from icare_tom.members.mails import mail_place
from icare_tom.members.sign_up import ADMISSION, invitation_of

register = template.Library()


@dataclass(frozen=True)
class Identity:
    """One of the ways somebody signs in through others."""

    pk: int
    provider: str
    label: str
    is_on: bool
    since: datetime
    last_login: datetime


@register.simple_tag
def own_admission(request: HttpRequest) -> AdmissionRequest | None:
    """Return the request of whoever has just proved to be the owner of a closed account."""
    held = request.session.get(ADMISSION)
    return AdmissionRequest.objects.filter(pk=held).first() if held else None


@register.simple_tag
def brought_invitation(request: HttpRequest) -> Invitation | None:
    """Return the open invitation that somebody brought along to sign up with."""
    return invitation_of(request)


@register.simple_tag(name="mail_place")
def place_of_mails() -> Path | None:
    """Return the folder where mails are on a site that sends none."""
    return mail_place()


@register.simple_tag
def identities(user: User) -> list[Identity]:
    """Return somebody's identities, those of providers that are switched off too."""
    names = {app.provider_id or app.provider: app.name for app in get_adapter().list_apps(None)}
    rows = SocialAccount.objects.filter(user=user).order_by("date_joined")
    return [
        Identity(row.pk, names.get(row.provider, row.provider), label_of(row), row.provider in names,
                 row.date_joined, row.last_login)
        for row in rows
    ]  # fmt: skip


def label_of(identity: SocialAccount) -> str:
    """Return what its owner recognises an identity by: name there, e-mail, or the subject."""
    said = identity.extra_data
    return next((said[key] for key in ("preferred_username", "name", "email") if said.get(key)), identity.uid)
