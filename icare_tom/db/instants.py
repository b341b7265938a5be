"""Instants as PostgreSQL takes them: it refuses offsets of 16 hours and more, which ISO 8601 and Python know."""

from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg2.extensions import ISQLQuote, adapters, register_adapter

# PostgreSQL's MAX_TZDISP_HOUR.
MOST = timedelta(hours=15, minutes=59, seconds=59)
FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def in_reach(moment: datetime) -> datetime:
    """Return the same instant, in UTC where its offset is out of PostgreSQL's reach.

    Beyond the first and the last day of the calendar there is no such instant: the end of the calendar stands for it.
    """
    offset = moment.utcoffset()
    if offset is None or abs(offset) <= MOST:
        return moment
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return LAST if offset < timedelta() else FIRST


def register() -> None:
    """Have every instant that goes to the database brought into its reach."""
    usual = adapters[datetime, ISQLQuote]

    def adapted(moment: datetime) -> Any:
        return usual(in_reach(moment))

    register_adapter(datetime, adapted)
