"""``manage.py reread``: read again what could not be read, wholly or in part, after the reader was mended."""

from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand
from django.db.models import QuerySet

from tom_gcn.actions import reread
from tom_gcn.choices import MessageState
from tom_gcn.models import Message

STATES = (MessageState.PARTIAL, MessageState.UNREADABLE, MessageState.NO_ALERT)


class Command(BaseCommand):
    """Reads the messages of the inbox again, one after the other; each is a transaction of its own."""

    help = "Read messages again that were read in part or not at all, for instance after an update."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which messages."""
        parser.add_argument(
            "--state",
            action="append",
            choices=[state.value for state in STATES],
            help="messages in this state (may be given more than once; default: partial and unreadable)",
        )
        parser.add_argument("--reason", help="only those with this reason code, e.g. reader-error")
        parser.add_argument("--dry-run", action="store_true", help="only count them")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read them again, the oldest first, and say what became of them."""
        waiting = self._chosen(options).order_by("received_at", "pk")
        if options["dry_run"]:
            for state, code in waiting.values_list("state", "reason_code"):
                self.stdout.write(f"{MessageState(state).label}: {code or 'no reason given'}")
            self.stdout.write(f"{waiting.count()} messages would be read again.")
            return
        became: Counter[str] = Counter()
        for pk in list(waiting.values_list("pk", flat=True)):
            message = Message.objects.defer("body").get(pk=pk)
            before = message.get_state_display()
            became[f"{before} -> {reread(message).message.get_state_display()}"] += 1
        for change, number in sorted(became.items()):
            self.stdout.write(f"{number:>8,}  {change}")
        self.stdout.write(f"{became.total():,} messages were read again.")

    def _chosen(self, options: dict[str, Any]) -> QuerySet[Message]:
        states = options["state"] or [MessageState.PARTIAL.value, MessageState.UNREADABLE.value]
        rows = Message.objects.filter(state__in=states)
        return rows.filter(reason_code=options["reason"]) if options["reason"] else rows
