"""Django's PostgreSQL backend on the embedded server, which the first connection starts or attaches to.

``DATABASES["default"]``: ``ENGINE`` "icare_tom.db.embedded", ``NAME``, and ``EMBEDDED`` with ``data_dir`` and
``fsync``.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.db.backends.postgresql import base, client
from django.db.utils import OperationalError as DjangoOperationalError
from psycopg2 import OperationalError

from icare_tom.db.embedded.errors import EmbeddedServerError
from icare_tom.db.embedded.server import Address, EmbeddedServer

_known: dict[str, Address] = {}


def server_of(settings_dict: dict[str, Any]) -> EmbeddedServer:
    """The embedded server a database's settings name."""
    embedded = settings_dict["EMBEDDED"]
    return EmbeddedServer(Path(embedded["data_dir"]) / "postgres", fsync=embedded.get("fsync", True))


def address_of(settings_dict: dict[str, Any], again: bool = False) -> Address:
    """Address of the server, found out once per process unless asked to look ``again``."""
    key = str(settings_dict["EMBEDDED"]["data_dir"])
    if again or key not in _known:
        _known[key] = server_of(settings_dict).ensure(settings_dict["NAME"])
    return _known[key]


class DatabaseClient(client.DatabaseClient):
    """``manage.py dbshell`` with the wheel's psql."""

    @classmethod
    def settings_to_cmd_args_env(
        cls, settings_dict: dict[str, Any], parameters: Iterable[str]
    ) -> tuple[list[str], dict[str, str] | None]:
        """Command line and environment of psql."""
        address = address_of(settings_dict)
        located = settings_dict | {
            "HOST": str(address.socket_folder),
            "PORT": str(address.port),
            "USER": address.user,
            "PASSWORD": address.password,
        }
        arguments, environment = super().settings_to_cmd_args_env(located, parameters)
        return [str(server_of(settings_dict).pg_program("psql")), *arguments[1:]], environment


class DatabaseWrapper(base.DatabaseWrapper):
    """PostgreSQL wrapper that knows where its server is only once it needs it."""

    client_class = DatabaseClient

    def get_connection_params(self) -> dict[str, Any]:
        """Parameters for psycopg2, after starting or attaching to the server."""
        return super().get_connection_params() | self._whereabouts()

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Connect; when the server is gone, which a crash or a stop explains, start it again and connect once more."""
        try:
            return super().get_new_connection(conn_params)
        except OperationalError:
            if server_of(self.settings_dict).attach() is not None:
                raise
        return super().get_new_connection(conn_params | self._whereabouts(again=True))

    def _whereabouts(self, again: bool = False) -> dict[str, Any]:
        try:
            address = address_of(self.settings_dict, again)
        except EmbeddedServerError as error:
            raise DjangoOperationalError(str(error)) from error
        return {
            "host": str(address.socket_folder),
            "port": address.port,
            "user": address.user,
            "password": address.password,
        }
