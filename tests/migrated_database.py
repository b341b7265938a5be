"""A migrated database kept beside those of the tests: a run begins with a copy, not with 200 migrations.

Only on the embedded server, which is ours alone. Whatever a migration is made of is in the name, so that a change of it
makes another; `--create-db` takes none.
"""

import hashlib
import logging
import os
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import django
from django.apps import apps
from django.conf import settings
from django.db import ProgrammingError, connection
from django.db.migrations.loader import MigrationLoader

PREFIX = "icare_migrated_"
KEPT = 3
"""Others may be about to copy an earlier one."""
SQL = re.compile(r"CREATE (OR REPLACE )?(FUNCTION|TRIGGER|TABLE|INDEX|VIEW|TYPE|UNIQUE)")

logger = logging.getLogger(__name__)


def name_now() -> str:
    """The name of a database made by today's migrations."""
    digest = hashlib.sha256(django.get_version().encode())
    for path in sorted(_ingredients()):
        digest.update(path.name.encode() + path.read_bytes())
    return PREFIX + digest.hexdigest()[:20]


def _ingredients() -> Iterator[Path]:
    """Every migration, and each module of ours that writes SQL for one."""
    for app in apps.get_app_configs():
        module, _ = MigrationLoader.migrations_module(app.label)
        try:
            package = import_module(module) if module else None
        except ModuleNotFoundError:
            continue
        if package is not None and package.__file__:
            yield from Path(package.__file__).parent.glob("*.py")
        if Path(app.path).is_relative_to(settings.BASE_DIR):
            yield from (path for path in Path(app.path).rglob("*.py") if SQL.search(path.read_text("utf-8")))


def begin_with_it() -> None:
    """Let Django make the test database as a copy of it, when it is there."""
    if "EMBEDDED" in connection.settings_dict and (name := name_now()) in _kept():
        connection.settings_dict["TEST"]["TEMPLATE"] = name


def keep() -> None:
    """Copy the test database, just made and empty, unless it is a copy itself."""
    made, test = connection.settings_dict["NAME"], connection.settings_dict["TEST"]
    if "EMBEDDED" not in connection.settings_dict or made != test["NAME"] or test.get("TEMPLATE"):
        return
    name, unfinished = name_now(), f"{PREFIX}of_{os.getpid()}"
    connection.close()
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{unfinished}" TEMPLATE "{made}"')
        try:
            cursor.execute(f'ALTER DATABASE "{unfinished}" RENAME TO "{name}"')
        except ProgrammingError:
            logger.info("another run was faster with %s", name)
            cursor.execute(f'DROP DATABASE "{unfinished}"')
    for old in _kept()[:-KEPT]:
        with connection._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{old}"')


def _kept() -> list[str]:
    """Those that are there, the oldest first."""
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s ORDER BY oid", [f"{PREFIX}%"])
        return [name for (name,) in cursor.fetchall() if not name.startswith(f"{PREFIX}of_")]
