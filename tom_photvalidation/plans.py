"""How PostgreSQL is to find rows of tables that grew faster than its statistics."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_WAYS = ("enable_seqscan", "enable_hashjoin", "enable_mergejoin")


@contextmanager
def by_index(cursor: Any) -> Iterator[None]:
    """Look every row up by its index; within a transaction.

    Of a table that was filled in this very transaction the planner believes that it is empty, and compares every row
    with every other: half a minute for 50,000 rows instead of half a second.
    """
    _switch(cursor, "off")
    yield
    _switch(cursor, "on")


def _switch(cursor: Any, to: str) -> None:
    cursor.execute("SELECT set_config(way, %s, true) FROM unnest(%s) AS way", [to, list(_WAYS)])
