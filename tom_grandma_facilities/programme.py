"""What a telescope is asked to do, checked: exposures, pointings, window and constraints. Pure; no rows.

Whatever comes from forms, scripts or plans passes here before it is kept, so that what is kept can be sent.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tom_grandma_facilities.exceptions import InvalidRequest

MOST_EXPOSURES = 50
MOST_COUNT = 1000
MOST_POINTINGS = 5000
LONGEST_EXPOSURE_S = 3600.0
LONGEST_WINDOW = timedelta(days=30)
LONGEST_FILTER = 40
# A form may have been open for a while before it is sent.
GRACE = timedelta(hours=1)
# Two wishes for "from now on" that begin no further apart than this are the same wish.
SAME_START = timedelta(minutes=5)
# Name of each constraint: lowest and highest value that makes sense.
CONSTRAINTS: Mapping[str, tuple[float, float]] = {
    "airmass_max": (1.0, 20.0),
    "moon_separation_min_deg": (0.0, 180.0),
    "min_altitude_deg": (0.0, 90.0),
}


def check_exposures(exposures: Iterable[Mapping[str, Any]], filters: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Return exposures as they are kept: `filter`, `exposure_s` and `count` each.

    Parameters
    ----------
    exposures
        At least one; `count` is 1 unless given.
    filters
        Those the telescope has; nothing: its filters are not known and any name goes.

    Raises
    ------
    InvalidRequest
    """
    rows = list(exposures)
    if not rows:
        raise InvalidRequest("No exposures are asked for.", "Give at least one filter with its exposure.", "exposures")
    if len(rows) > MOST_EXPOSURES:
        raise InvalidRequest(f"More than {MOST_EXPOSURES} lines of exposures.", "Ask for fewer.", "exposures")
    return [_exposure(row, number, filters) for number, row in enumerate(rows, 1)]


def _exposure(row: Mapping[str, Any], number: int, filters: Sequence[str]) -> dict[str, Any]:
    where = f"exposure {number}"
    name = str(row.get("filter") or "").strip()
    if not name or len(name) > LONGEST_FILTER:
        raise InvalidRequest(f"In {where} the filter is missing or too long.", "Name one filter.", "exposures")
    if filters and name not in filters:
        mend = f"It has {', '.join(filters)}."
        raise InvalidRequest(f"In {where} the telescope has no filter {name}.", mend, "exposures")
    seconds = _number(row.get("exposure_s"), "exposure time", where, "exposures")
    if not 0 < seconds <= LONGEST_EXPOSURE_S:
        mend = f"Give seconds above 0, at most {LONGEST_EXPOSURE_S:g}."
        raise InvalidRequest(f"In {where} the exposure time is {seconds:g} s.", mend, "exposures")
    return {"filter": name, "exposure_s": seconds, "count": _count(row.get("count", 1), where, "exposures")}


def check_pointings(pointings: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the pointings of a plan as they are kept, in their order; times as ISO 8601 UTC.

    Raises
    ------
    InvalidRequest
    """
    rows = [_pointing(row, number) for number, row in enumerate(pointings, 1)]
    if not rows:
        raise InvalidRequest("No pointings are asked for.", "Choose a telescope that has some.", "pointings")
    if len(rows) > MOST_POINTINGS:
        raise InvalidRequest(f"More than {MOST_POINTINGS} pointings.", "Ask for fewer.", "pointings")
    if len({row["order"] for row in rows}) != len(rows):
        raise InvalidRequest("Two pointings have one number.", "Number them 1, 2, 3 ...", "pointings")
    return sorted(rows, key=lambda row: int(row["order"]))


def _pointing(row: Mapping[str, Any], number: int) -> dict[str, Any]:
    where = f"pointing {row.get('order', number)}"
    ra, dec = (_number(row.get(name), name, where, "pointings") for name in ("ra_deg", "dec_deg"))
    if not (0 <= ra < 360 and -90 <= dec <= 90):
        raise InvalidRequest(f"In {where} {ra:g} {dec:g} is no position.", "Give degrees.", "pointings")
    start, end = (_time(row.get(name), name, where) for name in ("start", "end"))
    if start and end and end <= start:
        raise InvalidRequest(f"In {where} the end is not after the start.", "Give times in order.", "pointings")
    return {
        "order": _count(row.get("order", number), where, "pointings", most=10**6),
        "field_id": str(row.get("field_id") or "")[:60],
        "ra_deg": ra,
        "dec_deg": dec,
        "start": start.isoformat() if start else None,
        "end": end.isoformat() if end else None,
        "filter": str(row.get("filter") or "")[:LONGEST_FILTER],
        "exposure_s": max(0.0, _number(row.get("exposure_s", 0.0), "exposure time", where, "pointings")),
        "count": _count(row.get("count", 1), where, "pointings"),
    }


def check_window(start: datetime, end: datetime, now: datetime, programme_s: float) -> None:
    """Refuse a window in the past, one that is too long, or too short for the exposures.

    Raises
    ------
    InvalidRequest
    """
    if start.tzinfo is None or end.tzinfo is None:
        raise InvalidRequest("The window has no time zone.", "Give times in UTC.", "window_start")
    if end <= start:
        raise InvalidRequest("The window ends before it begins.", "Give a later end.", "window_end")
    if end <= now:
        raise InvalidRequest("The window has passed.", "Give a later end.", "window_end")
    if start < now - GRACE:
        raise InvalidRequest("The window begins in the past.", "Let it begin now or later.", "window_start")
    if end - start > LONGEST_WINDOW:
        raise InvalidRequest(f"The window is longer than {LONGEST_WINDOW.days} days.", "Shorten it.", "window_end")
    if (end - start).total_seconds() < programme_s:
        mend = "Give a longer window or shorter exposures."
        raise InvalidRequest("The window is shorter than the exposures.", mend, "window_end")


def check_constraints(constraints: Mapping[str, Any] | None) -> dict[str, float]:
    """Return constraints as they are kept; those without a value are left out.

    Raises
    ------
    InvalidRequest
    """
    kept = {}
    for name, value in (constraints or {}).items():
        if name not in CONSTRAINTS:
            raise InvalidRequest(
                f"There is no constraint {name[:40]}.", f"Use {', '.join(CONSTRAINTS)}.", "constraints"
            )
        if value in (None, ""):
            continue
        number = _number(value, name, "the constraints", "constraints")
        low, high = CONSTRAINTS[name]
        if not low <= number <= high:
            raise InvalidRequest(f"{name} is {number:g}.", f"Give {low:g} to {high:g}.", "constraints")
        kept[name] = number
    return kept


def check_priority(priority: Any) -> int:
    """Return a priority of 1 (highest) to 5.

    Raises
    ------
    InvalidRequest
    """
    return _count(priority, "the request", "priority", most=5)


def programme_seconds(exposures: Iterable[Mapping[str, Any]], pointings: Iterable[Mapping[str, Any]] = ()) -> float:
    """Return the time of all exposures, s; readout and slews not counted."""
    return sum(float(row["exposure_s"]) * int(row["count"]) for row in (*exposures, *pointings))


def _number(value: Any, what: str, where: str, field: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if isinstance(value, bool) or not math.isfinite(number):
        raise InvalidRequest(f"In {where} {what} is no number.", "Give a number.", field)
    return number


def _count(value: Any, where: str, field: str, most: int = MOST_COUNT) -> int:
    number = _number(value, "priority" if field == "priority" else "count", where, field)
    if number != int(number) or not 1 <= number <= most:
        raise InvalidRequest(f"In {where} {number:g} is not a whole number of 1 to {most}.", "Mend it.", field)
    return int(number)


def _time(value: Any, name: str, where: str) -> datetime | None:
    if value in (None, ""):
        return None
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        raise InvalidRequest(f"In {where} {name} is no time.", "Write 2026-01-31T20:15:00Z.", "pointings") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
