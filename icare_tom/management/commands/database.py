"""``manage.py database status|stop|path``: look after the embedded PostgreSQL."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, connections

from icare_tom.db.embedded.errors import EmbeddedServerError
from icare_tom.db.embedded.server import EmbeddedServer


class Command(BaseCommand):
    """Says how the embedded server is, starts it or stops it."""

    requires_system_checks = []
    help = "Look after the embedded PostgreSQL: status, start, stop (unless somebody is attached)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to do."""
        parser.add_argument("action", choices=["status", "start", "stop"])
        parser.add_argument("--force", action="store_true", help="stop even when others are attached")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it and say what came of it."""
        if "EMBEDDED" not in connection.settings_dict:
            raise CommandError("DATABASE_URL is set: the database is a server of your own, not the embedded one.")
        from icare_tom.db.embedded.base import server_of

        server = server_of(connection.settings_dict)
        connections.close_all()
        try:
            self.stdout.write(getattr(self, f"_{options['action']}")(server, options["force"]))
        except EmbeddedServerError as error:
            raise CommandError(str(error)) from error

    def _status(self, server: EmbeddedServer, force: bool) -> str:
        pid = server.running_pid()
        if pid is None or server.attach() is None:
            return f"The embedded PostgreSQL does not run. Its folder: {server.home}"
        return (
            f"The embedded PostgreSQL runs (process {pid}, {server.attached_clients()} attached). Folder: {server.home}"
        )

    def _start(self, server: EmbeddedServer, force: bool) -> str:
        server.ensure(connection.settings_dict["NAME"])
        return self._status(server, force)

    def _stop(self, server: EmbeddedServer, force: bool) -> str:
        if not server.stop(even_if_attached=force):
            raise CommandError(
                f"{server.attached_clients()} connection(s) use the database; it was left running. "
                "Stop ./run and what else uses it, or add --force."
            )
        return "The embedded PostgreSQL is stopped."
