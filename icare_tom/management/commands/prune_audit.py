"""``manage.py prune_audit``: let go of entries about changes that are too old, and of old addresses."""

from typing import Any

from django.core.management.base import BaseCommand

from icare_tom.audit.retention import prune


class Command(BaseCommand):
    """The watchdog does it once a day; how long is kept is said by ICARE_AUDIT_DAYS and ICARE_AUDIT_ADDRESS_DAYS."""

    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        """Prune, and say what went."""
        removed, forgotten = prune()
        self.stdout.write(f"{removed} entries removed, {forgotten} addresses forgotten.")
