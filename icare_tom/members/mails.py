"""Mails about people: written here, sent by a worker so that no page waits for a mail server."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string

from icare_tom.members.preferences import address_for
from icare_tom.members.roles import Role
from icare_tom.members.signals import mail_written

_FILES = "django.core.mail.backends.filebased.EmailBackend"
_OUTPUT = "django.core.mail.backends.console.EmailBackend"


def write(name: str, to: Iterable[str], **context: Any) -> None:
    """Write a mail from ``members/mail/<name>.txt`` (its first line is the subject) and hand it to a worker."""
    addresses = sorted({address for address in to if address})
    if not addresses:
        return
    values = {"site": settings.TOM_NAME, "home": settings.ICARE_SITE_URL.rstrip("/"), **context}
    subject, _, body = render_to_string(f"members/mail/{name}.txt", values).strip().partition("\n")
    for address in addresses:
        mail = {"subject": " ".join(subject.split()), "body": body.strip() + "\n", "to": address}
        transaction.on_commit(lambda mail=mail: mail_written.send(None, **mail))  # type: ignore[misc]


def mail_place() -> Path | None:
    """Return the folder where mails are on a site that sends none; None where they go out.

    Django can write them to files, or to the output of web server and workers, which goes to their logs.
    """
    folders = {_FILES: settings.EMAIL_FILE_PATH, _OUTPUT: settings.DATA_DIR / "log"}
    folder = folders.get(settings.EMAIL_BACKEND)
    return Path(folder) if folder else None


def managers_of(groups: Iterable[Group]) -> list[str]:
    """Return the addresses of those who manage the members of some groups, or of the network when none is named."""
    wanted = [group.pk for group in groups]
    admins = Q(memberships__role=Role.GROUP_ADMIN) | Q(memberships__rights__contains=["manage-members"])
    if wanted:
        admins &= Q(memberships__group__in=wanted)
    people = User.objects.filter(admins | Q(is_superuser=True), is_active=True).exclude(email="")
    return sorted({address_for(person) for person in people})
