"""Times as teams write them."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

# No telescope of the network took a picture of an alert before; what lies outside is another scale or a slip.
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
_MJD_0 = datetime(1858, 11, 17, tzinfo=UTC)
_JD_OF_MJD_0 = 2400000.5
_YEAR_LIKE = (1990.0, 2100.0)


class BadTime(ValueError):
    """The text or number is no time; the message says why."""


def parse_time(value: object) -> datetime:
    """Read a time: ISO 8601 (naive means UTC), MJD, JD, Unix seconds, decimal year, or another form astropy knows.

    Parameters
    ----------
    value : str, int or float
        A number is told by its size: years are below 2100, MJD below 1e5, JD below 1e7, Unix seconds above.

    Returns
    -------
    datetime
        Aware, UTC.

    Raises
    ------
    BadTime
        With a sentence.
    """
    text = str(value).strip()
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    moment = _of_number(number) if math.isfinite(number) else _of_text(text)
    if not EARLIEST <= moment < LATEST:
        raise BadTime(f"{text[:40]} is the time {moment:%Y-%m-%d}, which cannot be.")
    return moment


def _of_number(number: float) -> datetime:
    try:
        if _YEAR_LIKE[0] <= number < _YEAR_LIKE[1]:
            return _by_astropy(number, "decimalyear")
        if 0 < number < 1e5:
            return _MJD_0 + timedelta(days=number)
        if 2.4e6 < number < 1e7:
            return _MJD_0 + timedelta(days=number - _JD_OF_MJD_0)
        if 6e8 < number < 5e9:
            return datetime.fromtimestamp(number, UTC)
    except OverflowError:
        pass
    raise BadTime(f"{number:g} is neither an MJD, a JD nor Unix seconds.")


def _of_text(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return _by_astropy(text.removesuffix("Z"), None)
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError as error:
        raise BadTime(f"{text[:40]!r} lies outside of the calendar.") from error


def _by_astropy(value: str | float, form: str | None) -> datetime:
    # Imported where it is needed: nearly all times are ISO 8601 or numbers.
    from astropy.time import Time

    try:
        moment: datetime = Time(value, format=form, scale="utc").to_datetime(timezone=UTC)
    except (ValueError, TypeError, OverflowError) as error:
        raise BadTime(f"{str(value)[:40]!r} is not a time.") from error
    return moment
