"""PostgreSQL advisory locks: held by whoever works on a row, freed by the server the moment that process dies."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

# First key of a two-key advisory lock; those of `tom_gcn.locks.LockSpace` are others.
UPLOAD = 7201
REQUEST = 7202


@contextmanager
def working_on(space: int, pk: int) -> Iterator[bool]:
    """Hold the lock of a row; yields False, without waiting, when another process holds it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [int(space), pk])
        held = bool(cursor.fetchone()[0])
    try:
        yield held
    finally:
        # After a lost connection the server has freed the lock by itself.
        if held and connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [int(space), pk])


def is_worked_on(space: int, pk: int) -> bool:
    """Tell whether any process holds the lock of a row."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND objid = %s"
            " AND objsubid = 2 AND granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))",
            [int(space), pk],
        )
        return bool(cursor.fetchone()[0])
