"""What the site knows of one person: handed out as a file, and forgotten on their wish.

The rows that are about a person (`ABOUT`) go, and the account loses its name. What a person did for science stays and
points at the nameless account: plans, requests, observations, points, decisions. So does the log of changes, until its
time is over (docs/operating/members.md).
"""

import io
import json
import logging
import zipfile
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.utils import timezone
from django_comments.models import Comment

from icare_tom.members.admission_models import AdmissionEntry, Invitation
from icare_tom.members.scope import scope_of
from icare_tom.members.sessions import end_sessions, sessions_of

logger = logging.getLogger(__name__)

# Models about a person: the field that names the person, and what is never handed out, since it opens doors.
ABOUT: dict[str, tuple[str, frozenset[str]]] = {
    "icare_tom.AdmissionRequest": ("user", frozenset()),
    "icare_tom.ApiToken": ("owner", frozenset({"digest"})),
    "icare_tom.JoinRequest": ("user", frozenset()),
    "icare_tom.Membership": ("user", frozenset()),
    "icare_tom.Preferences": ("user", frozenset()),
    "account.EmailAddress": ("user", frozenset()),
    "socialaccount.SocialAccount": ("user", frozenset()),
    "mfa.Authenticator": ("user", frozenset({"data"})),
    "authtoken.Token": ("user", frozenset({"key"})),
    "guardian.UserObjectPermission": ("user", frozenset()),
    "tom_common.Profile": ("user", frozenset()),
    "tom_common.TermsOfServiceAcceptance": ("user", frozenset()),
    "tom_gcn.SavedSearch": ("user", frozenset()),
}
ACCOUNT = ("username", "first_name", "last_name", "email", "date_joined", "last_login", "is_active", "is_superuser")
README = """What this site knows of you.

about-you.json   your account, and every row that is about you
works.json       what you did: for each kind of row the keys of those that name you, and as what
comments.json    what you wrote below targets

Times are UTC. Passwords, keys of tokens and second factors are not in it: they open doors.
"""


def export(user: User) -> bytes:
    """Return a zip file of what the site knows of somebody."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("README.txt", README)
        for name, content in (("about-you", _about(user)), ("works", _works(user)), ("comments", _comments(user))):
            file.writestr(f"{name}.json", json.dumps(content, cls=DjangoJSONEncoder, indent=1, ensure_ascii=False))
    return out.getvalue()


def forget(user: User, *, by: User) -> None:
    """Take the name from an account and delete what is about the person; science rows stay. There is no way back.

    Raises
    ------
    PermissionDenied
        When it is somebody else's account and `by` is no super admin, or the request came with a token.
    ValidationError
        When nobody would be left to look after the site.
    """
    if scope_of(by) is not None or not (by.is_active and (by.pk == user.pk or by.is_superuser)):
        raise PermissionDenied("Only its owner deletes an account, signed in on the site.")
    others = User.objects.filter(is_superuser=True, is_active=True).exclude(pk=user.pk)
    if user.is_superuser and not others.exists():
        raise ValidationError("You are the last super admin. Make somebody else one first, in the administration.")
    with transaction.atomic():
        end_sessions(user)
        _delete_about(user)
        _unname(user)
    logger.info("the account of user %s was emptied on the wish of user %s", user.pk, by.pk)


def _delete_about(user: User) -> None:
    Invitation.objects.filter(email__iexact=user.email).exclude(email="").delete()
    Invitation.objects.filter(used_by=user).delete()
    for label, (field, _) in ABOUT.items():
        for row in apps.get_model(label)._default_manager.filter(**{field: user.pk}):
            row.delete()
    user.groups.clear()
    user.user_permissions.clear()


def _unname(user: User) -> None:
    Comment.objects.filter(user=user).update(user_name="", user_email="", user_url="", ip_address=None)
    held = User.objects.get(pk=user.pk)
    held.username, held.first_name, held.last_name, held.email = f"gone-{user.pk}", "", "", ""
    held.is_active = held.is_staff = held.is_superuser = False
    held.last_login = None
    held.set_unusable_password()
    held.save()


def _about(user: User) -> dict[str, Any]:
    content: dict[str, Any] = {"written_at": timezone.now(), "account": {name: getattr(user, name) for name in ACCOUNT}}
    for label, (field, hidden) in ABOUT.items():
        model = apps.get_model(label)
        names = [column.attname for column in model._meta.concrete_fields if column.name not in hidden]
        content[label] = list(model._default_manager.filter(**{field: user.pk}).values(*names))
    content["icare_tom.AdmissionEntry"] = list(
        AdmissionEntry.objects.filter(request__user=user.pk).values("at", "state", "note")
    )
    content["sessions"] = [
        {"since": one.since, "until": one.until, "address": one.address, "agent": one.agent}
        for one in sessions_of(user)
    ]
    return content


def _works(user: User) -> dict[str, dict[str, list[Any]]]:
    works: dict[str, dict[str, list[Any]]] = {}
    for model, field in works_of():
        if keys := list(model._default_manager.filter(**{field: user.pk}).order_by("pk").values_list("pk", flat=True)):
            works.setdefault(model._meta.label, {})[field] = keys
    return works


def works_of() -> Iterator[tuple[type[models.Model], str]]:
    """Yield the models and fields that name people and are not about them."""
    for model in apps.get_models():
        if model._meta.proxy or model._meta.label in ABOUT or not model._meta.managed:
            continue
        for field in model._meta.concrete_fields:
            if isinstance(field, models.ForeignKey) and field.related_model is User:
                yield model, field.name


def _comments(user: User) -> list[dict[str, Any]]:
    return list(Comment.objects.filter(user=user).values("submit_date", "comment", "object_pk", "is_removed"))
