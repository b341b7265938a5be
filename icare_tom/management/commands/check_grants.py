"""Compare the table of who was shown which target with what it is made from."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from icare_tom.guards.grants import grants_out_of_step


class Command(BaseCommand):
    """Count rows that differ, which is only ever so after triggers were switched off; put them right when asked."""

    help = "Compare who sees which target with the permissions it follows from; --repair puts it right."

    def add_arguments(self, parser: CommandParser) -> None:
        """One switch."""
        parser.add_argument("--repair", action="store_true", help="Put right what differs.")

    def handle(self, *_args: Any, repair: bool, **_options: Any) -> None:
        """Compare, and say what to do."""
        count = grants_out_of_step(repair)
        if not count:
            self.stdout.write("Who sees which target is as permitted.")
        elif repair:
            self.stdout.write(f"{count} rows differed from the permissions and were put right.")
        else:
            self.stdout.write(f"{count} rows differ from the permissions. Put them right with --repair.")
