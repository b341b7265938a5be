"""What a row says, and everything that is wrong with it."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .columns import REQUIRED
from .rows import Problem, RawRow
from .times import BadTime, parse_time

MAX_EXPOSURE_S = 86400.0
# Clocks of telescopes are wrong by less.
AHEAD = timedelta(minutes=10)
_LONGEST = {"observation_id": 100, "telescope": 64, "field_id": 60, "filter": 40, "target_name": 100}
_BOUNDS: Mapping[str, tuple[float, float, str]] = {
    "ra": (0.0, 360.0, "degrees between 0 and 360"),
    "dec": (-90.0, 90.0, "degrees between -90 and 90"),
    "exposure_time": (0.0, MAX_EXPOSURE_S, "seconds above 0, at most a day"),
    "seeing": (0.0, 60.0, "arcseconds between 0 and 60"),
    "limmag": (0.0, 35.0, "a magnitude between 0 and 35"),
    "airmass": (1.0, 40.0, "1 or more"),
    "processed_fraction": (0.0, 1.0, "a part between 0 and 1"),
}


@dataclass(frozen=True)
class Checked:
    """An executed observation that can be: angles deg ICRS, times UTC, seconds, arcsec; None where nothing was said."""

    line: int
    raw: Mapping[str, Any]
    telescope: str
    observation_id: str
    field_id: str
    ra_deg: float | None
    dec_deg: float | None
    start: datetime
    exposure_s: float
    filter: str
    seeing_arcsec: float | None
    limiting_mag: float | None
    airmass: float | None
    target_name: str
    processed_fraction: float | None

    def digest(self) -> str:
        """A short name for all its values: two rows with the same say the same."""
        values = (
            self.telescope, self.observation_id, self.field_id, self.ra_deg, self.dec_deg,
            self.start.timestamp(), self.exposure_s, self.filter, self.seeing_arcsec, self.limiting_mag, self.airmass,
            self.target_name, self.processed_fraction,
        )  # fmt: skip
        return hashlib.sha1(repr(values).encode("utf-8", "replace"), usedforsecurity=False).hexdigest()


class _Row:
    """A row under examination; collects problems instead of stopping at the first."""

    def __init__(self, row: RawRow) -> None:
        self.row = row
        self.problems: list[Problem] = [row.problem] if row.problem else []

    def blame(self, column: str, reason: str, mend: str) -> None:
        self.problems.append(Problem(self.row.line, column, reason, mend))

    def text(self, column: str) -> str:
        value = self.row.cells.get(column, "")
        if isinstance(value, bool | dict | list):
            self.blame(column, "It is not a text.", "Write a word or a number.")
            return ""
        # JSON has no whole numbers of its own: 1234.0 is the id 1234.
        text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()
        if not text.isprintable():
            self.blame(column, "It holds characters that cannot be printed.", "Remove them.")
            return ""
        if len(text) > _LONGEST[column]:
            self.blame(column, f"It is longer than {_LONGEST[column]} characters.", "Shorten it.")
            return ""
        return text

    def number(self, column: str) -> float | None:
        value = self.row.cells.get(column)
        if value is None:
            return None
        low, high, words = _BOUNDS[column]
        try:
            number = math.nan if isinstance(value, bool) else float(value)
        except (TypeError, ValueError, OverflowError):
            self.blame(column, f"{str(value)[:40]!r} is not a number.", f"Write {words}.")
            return None
        is_in = low <= number <= high and not (column in ("exposure_time", "seeing") and number == 0)
        if not is_in:
            self.blame(column, f"{str(value)[:40]} cannot be.", f"Write {words}.")
            return None
        return number

    def start(self, now: datetime) -> datetime | None:
        value = self.row.cells.get("obstime")
        if value is None:
            return None
        try:
            if isinstance(value, bool | dict | list):
                raise BadTime("It is not a time.")
            start = parse_time(value)
        except BadTime as error:
            self.blame("obstime", str(error), "Write it as 2026-11-20T03:14:15, as MJD or as JD, in UTC.")
            return None
        if start > now + AHEAD:
            self.blame("obstime", f"{start:%Y-%m-%d %H:%M:%S} UTC lies in the future.", "Tell what was done, in UTC.")
            return None
        return start


def check(row: RawRow, now: datetime) -> Checked | list[Problem]:
    """Say what a row tells, or everything that is wrong with it.

    Parameters
    ----------
    row : RawRow
    now : datetime
        Aware; nothing was executed after it.
    """
    if row.problem and not row.problem.column:
        # Its cells may stand in the wrong columns: what they seem to say would only mislead.
        return [row.problem]
    under = _Row(row)
    for column in REQUIRED:
        if column not in row.cells:
            under.blame(column, "It is missing.", f"Every row needs {', '.join(REQUIRED)}.")
    has = [name in row.cells for name in ("ra", "dec", "field_id")]
    if has[0] != has[1]:
        under.blame("dec" if has[0] else "ra", "It is missing.", "Give both RA and Dec.")
    elif not any(has):
        under.blame("ra", "It says not where.", "Give RA and Dec in degrees, or the field_id of a plan.")
    names = {name: under.text(name) for name in _LONGEST}
    numbers = {name: under.number(name) for name in _BOUNDS}
    start = under.start(now)
    exposure = numbers["exposure_time"]
    if under.problems or start is None or exposure is None:
        return under.problems
    ra = numbers["ra"]
    return Checked(
        line=row.line,
        raw=row.raw,
        telescope=names["telescope"],
        observation_id=names["observation_id"],
        field_id=names["field_id"],
        ra_deg=None if ra is None else ra % 360.0,
        dec_deg=numbers["dec"],
        start=start,
        exposure_s=exposure,
        filter=names["filter"],
        seeing_arcsec=numbers["seeing"],
        limiting_mag=numbers["limmag"],
        airmass=numbers["airmass"],
        target_name=names["target_name"],
        processed_fraction=numbers["processed_fraction"],
    )
