"""Between aware datetimes and Modified Julian Dates, both UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

MJD_EPOCH = datetime(1858, 11, 17, tzinfo=UTC)


def to_mjd(moment: datetime) -> float:
    """Return the MJD (UTC) of an aware datetime, to a microsecond."""
    return (moment - MJD_EPOCH) / timedelta(days=1)


def from_mjd(mjd: float) -> datetime:
    """Return the aware datetime of an MJD (UTC), to the nearest millisecond."""
    return MJD_EPOCH + timedelta(milliseconds=round(mjd * 86_400_000.0))


def span_mjd(start: datetime, hours: float) -> tuple[float, float]:
    """Return start and end of a plan as MJD; it begins on a whole second, never before ``start``."""
    whole = start if not start.microsecond else start.replace(microsecond=0) + timedelta(seconds=1)
    end = start + timedelta(hours=hours)
    return to_mjd(min(whole, end)), to_mjd(end)
