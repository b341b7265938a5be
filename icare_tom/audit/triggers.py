"""Puts the table of watched models into force after every migration.

Each statement that adds, changes or removes rows of a watched table runs ``icare_tom_audit_note`` once, with the rows
before and after in hand; what it must know of the model is handed over as arguments of the trigger.
"""

from typing import Any

from django.apps import AppConfig
from django.db import connections, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Model

from icare_tom.audit.models import AuditEntry
from icare_tom.audit.watched import Watch, watched_models

_PREFIX = "icare_audit_"
_ROWS = {"INSERT": "NEW TABLE AS new_rows", "UPDATE": "OLD TABLE AS old_rows NEW TABLE AS new_rows",
         "DELETE": "OLD TABLE AS old_rows"}  # fmt: skip
_INSTALLED = """
    SELECT c.relname, t.tgname, t.tgargs FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    WHERE starts_with(t.tgname, %s) AND c.relnamespace = to_regnamespace(current_schema())
"""

Triggers = dict[tuple[str, str], tuple[str, ...]]


def watch_rows(sender: AppConfig, using: str, **_kwargs: Any) -> None:
    """Make the triggers those of the table; nothing is written when they are already."""
    connection = connections[using]
    with transaction.atomic(using=using), connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        if AuditEntry._meta.db_table not in tables:
            return
        wanted, found = _wanted(tables), _installed(cursor)
        for (table, name), arguments in found.items():
            if wanted.get((table, name)) != arguments:
                cursor.execute(f'DROP TRIGGER "{name}" ON "{table}"')
        for (table, name), arguments in wanted.items():
            if found.get((table, name)) != arguments:
                _create(cursor, table, name, arguments)


def arguments_of(model: type[Model], watch: Watch) -> tuple[str, ...]:
    """Return what a trigger is told of a model: label, key, columns passed over, hidden ones, about, name."""
    primary = model._meta.pk
    assert primary is not None
    lists = (_array(watch.passing), _array(watch.hidden))
    return (model._meta.label_lower, str(primary.column), *lists, watch.about, watch.named_by)


def _wanted(tables: set[str]) -> Triggers:
    return {
        (model._meta.db_table, _PREFIX + operation.lower()): arguments_of(model, watch)
        for model, watch in watched_models()
        for operation in watch.operations
        if model._meta.db_table in tables
    }


def _installed(cursor: CursorWrapper) -> Triggers:
    cursor.execute(_INSTALLED, [_PREFIX])
    # PostgreSQL keeps the arguments as one string, each ended by a zero.
    return {(table, name): tuple(bytes(held).decode().split("\0")[:-1]) for table, name, held in cursor.fetchall()}


def _create(cursor: CursorWrapper, table: str, name: str, arguments: tuple[str, ...]) -> None:
    operation = name.removeprefix(_PREFIX).upper()
    places = ", ".join(["%s"] * len(arguments))
    cursor.execute(
        f'CREATE TRIGGER "{name}" AFTER {operation} ON "{table}" REFERENCING {_ROWS[operation]} '
        f"FOR EACH STATEMENT EXECUTE FUNCTION icare_tom_audit_note({places})",
        arguments,
    )


def _array(names: frozenset[str]) -> str:
    return "{" + ",".join(sorted(names)) + "}"
