"""Lets go of what is too old; the database keeps entries for a year and addresses for a month at least."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from icare_tom.audit.models import AuditEntry


def prune() -> tuple[int, int]:
    """Remove old entries, and the addresses of less old ones; return how many of each."""
    now = timezone.now()
    removed, _ = AuditEntry.objects.filter(at__lt=now - timedelta(days=settings.ICARE_AUDIT_DAYS)).delete()
    old = AuditEntry.objects.filter(at__lt=now - timedelta(days=settings.ICARE_AUDIT_ADDRESS_DAYS))
    return removed, old.exclude(address=None).update(address=None)
