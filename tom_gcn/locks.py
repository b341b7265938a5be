"""PostgreSQL advisory locks: held by whoever works on a row, freed by the server the moment that process dies."""

import enum
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


class LockSpace(enum.IntEnum):
    """First key of a two-key advisory lock: what kind of row is worked on."""

    MESSAGE = 7101
    PLAN = 7102
    LISTENER = 7103
    SKYMAP_FETCH = 7104
    REFINEMENT = 7105


@contextmanager
def working_on(space: LockSpace, pk: int) -> Iterator[bool]:
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


def is_worked_on(space: LockSpace, pk: int) -> bool:
    """Tell whether any process holds the lock of a row."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND objid = %s"
            " AND objsubid = 2 AND granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))",
            [int(space), pk],
        )
        return bool(cursor.fetchone()[0])
