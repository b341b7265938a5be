"""Modified Julian Dates and aware datetimes, to the microsecond."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

MJD_ZERO = datetime(1858, 11, 17, tzinfo=UTC)


def mjd_of(when: datetime) -> float:
    """MJD UTC of an aware datetime. Raises ValueError for a naive one."""
    if when.tzinfo is None:
        raise ValueError("A time without a time zone is ambiguous; give an aware datetime.")
    return (when - MJD_ZERO) / timedelta(days=1)


def datetime_of(mjd: float) -> datetime:
    """Aware UTC datetime of an MJD, rounded to the millisecond (a float MJD keeps about a microsecond)."""
    return MJD_ZERO + timedelta(milliseconds=round(float(mjd) * 86_400_000.0))
