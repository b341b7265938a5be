"""Times as people write them -> MJD UTC, a whole column at a time, refusing what could be half a day wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import numpy as np

from tom_photvalidation.cells import Mask, not_given, numbers
from tom_photvalidation.measurements import Floats, Texts

MJD_OF_1970 = 40587.0
JD_OF_MJD_0 = 2400000.5
EARLIEST, LATEST = 15020.0, 88069.0  # MJD of 1900 and of 2100
US = np.timedelta64(1, "us")
DAY = np.timedelta64(86_400_000_000, "us")

ISO = re.compile(
    r"(\d{4})[-/](\d{2})[-/](\d{2})[T ]\s*(\d{2}):(\d{2})(?::(\d{2})([.,]\d+)?)?\s*(Z|UTC?|[+-]\d{2}:?\d{2})?",
    re.ASCII | re.IGNORECASE,
)
DECIMAL_DAY = re.compile(r"(\d{4})[-/ ](\d{1,2}|[A-Za-z]{3,9})[-/ ](\d{1,2})(\.\d+)", re.ASCII)
DATE_ONLY = re.compile(r"\d{4}[-/ ]?(\d{2}|[A-Za-z]{3,9})[-/ ]?\d{1,2}", re.ASCII)
CLOCK = re.compile(r"\d{2}:\d{2}(:\d{2}(\.\d+)?)?Z?", re.ASCII)
MONTHS = {
    name: at + 1
    for at, name in enumerate(("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"))
}

# MJD from which TAI - UTC has each value, seconds (IERS Bulletin C); none has been announced since 2017.
LEAP_SECONDS = (
    (41317, 10), (41499, 11), (41683, 12), (42048, 13), (42413, 14), (42778, 15), (43144, 16), (43509, 17), (43874, 18),
    (44239, 19), (44786, 20), (45151, 21), (45516, 22), (46247, 23), (47161, 24), (47892, 25), (48257, 26), (48804, 27),
    (49169, 28), (49534, 29), (50083, 30), (50630, 31), (51179, 32), (53736, 33), (54832, 34), (56109, 35), (57204, 36),
    (57754, 37),
)  # fmt: skip
TT_MINUS_TAI_S = 32.184


@dataclass(frozen=True, eq=False, slots=True)
class Times:
    """A column of times: MJD, NaN where nothing is given or nothing can be read; `codes` says why it cannot."""

    mjd: Floats
    codes: Texts  # "" or the code of a problem


# What is wrong, and how to mend it.
TIME_PROBLEMS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "time-unreadable": ("This is not a time.", "Write MJD (60169.7306) or UTC as 2023-08-13T17:32:00."),
        "time-is-jd": ("This is a Julian date where an MJD belongs.", "Name the column jd, or subtract 2400000.5."),
        "time-is-mjd": ("This is an MJD where a Julian date belongs.", "Name the column mjd, or add 2400000.5."),
        "time-is-unix": ("These are seconds since 1970 where days belong.", "Name the column unix, or write MJD."),
        "time-out-of-range": (
            "This time is before 1900 or after 2100.",
            "Write MJD (60169.7306) or UTC as 2023-08-13T17:32:00.",
        ),
        "time-without-hour": (
            "A date without an hour can be a day wrong.",
            "Add the time of day in UTC: 2023-08-13T17:32:00 or 2023-08-13.7306.",
        ),
        "time-is-infinite": ("A time cannot be infinite.", "Write MJD (60169.7306) or UTC as 2023-08-13T17:32:00."),
    }
)


def from_number(values: Floats, scale: str) -> Times:
    """Turn numbers into MJD.

    Parameters
    ----------
    values : (n,) numbers, NaN where not given
    scale : mjd, jd, rjd, unix, or "time" when only the size of the number tells which of the first two it is
    """
    codes = np.full(len(values), "", dtype=object)
    with np.errstate(invalid="ignore"):
        as_mjd = (values >= EARLIEST) & (values <= LATEST)
        as_jd = (values >= EARLIEST + JD_OF_MJD_0) & (values <= LATEST + JD_OF_MJD_0)
        as_unix = values >= 1e8
        mjd = {
            "mjd": values,
            "jd": values - JD_OF_MJD_0,
            "rjd": values - 0.5,
            "unix": values / 86400.0 + MJD_OF_1970,
            "time": np.where(as_jd, values - JD_OF_MJD_0, values),
        }[scale]
        outside = ~np.isnan(values) & ~((mjd >= EARLIEST) & (mjd <= LATEST))
    codes[outside] = "time-out-of-range"
    if scale in ("mjd", "rjd"):
        codes[outside & as_jd] = "time-is-jd"
    if scale == "jd":
        codes[outside & as_mjd] = "time-is-mjd"
    if scale != "unix":
        codes[outside & as_unix & ~as_jd] = "time-is-unix"
    return Times(np.where(outside, np.nan, mjd), codes)


def from_column(column: Any, scale: str, decimal_comma: bool = False) -> Times:
    """Read a column of times. Dates are understood in every column, for they cannot be taken for anything else."""
    read = numbers(column, decimal_comma)
    times = _dates_that_are_numbers(read.values) if scale == "isot" else from_number(read.values, scale)
    if not read.bad.any():
        return times
    mjd, codes = times.mjd.copy(), times.codes.copy()
    rows = np.flatnonzero(read.bad)
    if column.dtype == object:
        mjd[rows], codes[rows] = from_dates(column[rows])
    else:
        codes[rows] = "time-is-infinite"
    return Times(mjd, codes)


def _dates_that_are_numbers(values: Floats) -> Times:
    """Read numbers in a column of dates: MJD and JD are told by their size; 20230813 is a date without an hour."""
    times = from_number(values, "time")
    with np.errstate(invalid="ignore"):
        compact = (values >= 1.9e7) & (values < 2.1e7)
    codes = times.codes.copy()
    codes[compact] = "time-without-hour"
    return Times(times.mjd, codes)


def from_dates(texts: Texts) -> tuple[Floats, Texts]:
    """Turn dates into MJD, and say why where that cannot be."""
    fast = _fast_dates(texts)
    if fast is not None:
        return fast, np.full(len(texts), "", dtype=object)
    parsed = [_date(text) for text in texts]
    mjd = np.array([one if isinstance(one, float) else np.nan for one in parsed])
    codes = np.empty(len(texts), dtype=object)
    codes[:] = [one if isinstance(one, str) else "" for one in parsed]
    return mjd, codes


def _fast_dates(texts: Texts) -> Floats | None:
    """Read a column of YYYY-MM-DDThh:mm:ss[.ffffff]; None when a cell is written otherwise."""
    if any(len(text) < 19 or len(text) > 26 or text[10] not in "T " or text[16] != ":" for text in texts):
        return None
    fractions = "".join(text[19:] for text in texts)
    if not "".join(texts).isascii() or (fractions and not fractions.replace(".", "").isdigit()):
        return None
    try:
        instants = np.array(texts, dtype="datetime64[us]")
    except ValueError:
        return None
    return _mjd_of(instants)


def _mjd_of(instants: Any) -> Floats:
    since = instants - np.datetime64("1970-01-01", "us")
    day = since // DAY
    mjd = day + MJD_OF_1970 + ((since - day * DAY) / US) / 86_400_000_000
    return np.where((mjd >= EARLIEST) & (mjd <= LATEST), mjd, np.nan)


def _date(text: str) -> float | str:
    """Return the MJD of one date, or the code of what is wrong with it."""
    text = text.strip()
    if found := ISO.fullmatch(text):
        return _iso(found)
    if found := DECIMAL_DAY.fullmatch(text):
        return _decimal_day(found)
    return "time-without-hour" if DATE_ONLY.fullmatch(text) else "time-unreadable"


def _iso(found: re.Match[str]) -> float | str:
    year, month, day, hour, minute = (int(found[at]) for at in range(1, 6))
    second = int(found[6] or 0)
    if second > 60 or not 1900 <= year < 2100:
        return "time-out-of-range" if second <= 60 else "time-unreadable"
    try:
        instant = datetime(year, month, day, hour, minute) + timedelta(seconds=second)  # noqa: DTZ001
    except ValueError:
        return "time-unreadable"
    zone = (found[8] or "").upper().replace(":", "")
    if zone[:1] in ("+", "-") and zone[:1]:
        ahead = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:5]))
        instant -= ahead if zone[0] == "+" else -ahead
    fraction = float("0." + found[7][1:]) if found[7] else 0.0
    since = instant - datetime(1858, 11, 17)  # noqa: DTZ001
    return since.days + (since.seconds + fraction) / 86400.0


def _decimal_day(found: re.Match[str]) -> float | str:
    month = int(found[2]) if found[2].isdigit() else MONTHS.get(found[2][:3].lower(), 0)
    try:
        since = datetime(int(found[1]), month, int(found[3])) - datetime(1858, 11, 17)  # noqa: DTZ001
    except ValueError:
        return "time-unreadable"
    mjd = since.days + float(found[4])
    return mjd if EARLIEST <= mjd <= LATEST else "time-out-of-range"


def seconds_ahead_of_utc(mjd: Floats, scale: str) -> Floats:
    """Return how far a clock is ahead of UTC, seconds; NaN for one that needs the place of the target."""
    starts = np.array([start for start, _ in LEAP_SECONDS])
    values = np.array([float(ahead) for _, ahead in LEAP_SECONDS])
    tai = values[np.clip(np.searchsorted(starts, np.nan_to_num(mjd), side="right") - 1, 0, None)]
    if scale in ("", "utc"):
        return np.zeros(len(mjd))
    if scale == "tai":
        return tai
    if scale in ("tt", "tdb"):  # TDB is within 2 ms of TT
        return tai + TT_MINUS_TAI_S
    return np.full(len(mjd), np.nan)


def given(column: Any) -> Mask:
    """Tell which cells of a column of times say anything."""
    if isinstance(column, np.ndarray) and column.dtype.kind in "fiu":
        return ~np.isnan(column.astype(np.float64))
    return ~not_given(column)
