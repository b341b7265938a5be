"""Mails about people: written here, sent by a worker so that no page waits for a mail server."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string

from icare_tom.members.preferences import address_for
from icare_tom.members.roles import Role
from icare_tom.members.signals import mail_written


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


def managers_of(groups: Iterable[Group]) -> list[str]:
    """Return the addresses of those who manage the members of some groups, or of the network when none is named."""
    wanted = [group.pk for group in groups]
    admins = Q(memberships__role=Role.GROUP_ADMIN) | Q(memberships__rights__contains=["manage-members"])
    if wanted:
        admins &= Q(memberships__group__in=wanted)
    people = User.objects.filter(admins | Q(is_superuser=True), is_active=True).exclude(email="")
    return sorted({address_for(person) for person in people})
