"""The targets of a night as a file for the telescope: CSV with everything, or the plain list that most mounts read."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import datetime

from tom_grandma_facilities.observability.sight import Sight

COLUMNS = (
    "order", "name", "ra_deg", "dec_deg", "ra_hms", "dec_dms", "equinox", "observable_from_utc", "observable_until_utc",
    "hours_observable", "best_utc", "max_altitude_deg", "airmass", "meridian_utc", "moon_distance_deg",
)  # fmt: skip
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def in_order(sights: Sequence[Sight]) -> list[Sight]:
    """Return what can be observed in the order of a night: first what leaves first; then by when it culminates."""
    seen = [sight for sight in sights if sight.observable]
    return sorted(seen, key=lambda sight: (sight.observable[-1][1], sight.best_mjd, sight.position.name))


def starlist_csv(sights: Sequence[Sight]) -> str:
    """Return a table with a header line; columns are `COLUMNS`, times ISO 8601 in UTC, positions ICRS."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for order, sight in enumerate(in_order(sights), start=1):
        place = sight.position
        writer.writerow([
            order, _harmless(place.name), f"{place.ra_deg:.6f}", f"{place.dec_deg:.6f}",
            sexagesimal(place.ra_deg / 15.0, ":", 2), sexagesimal(place.dec_deg, ":", 1, signed=True), "ICRS",
            _iso(sight.windows[0][0]), _iso(sight.windows[-1][1]), f"{sight.hours:.2f}", _iso(sight.best_at),
            f"{sight.best_altitude_deg:.1f}", f"{sight.best_airmass:.2f}", _iso(sight.meridian),
            f"{sight.moon_deg:.0f}",
        ])  # fmt: skip
    return text.getvalue()


def starlist_text(sights: Sequence[Sight]) -> str:
    """Return lines of name (16 columns), RA and Dec with blanks, equinox, and after "#" what an observer reads.

    The order of the columns is that of Keck's starlists, which many programs read. Names carry no blanks.
    """
    rows = in_order(sights)
    width = max([16, *(len(_one_word(sight.position.name)) for sight in rows)])
    return "".join(f"{_line(sight, width)}\n" for sight in rows)


def _line(sight: Sight, width: int) -> str:
    place = sight.position
    first, last = sight.windows[0][0], sight.windows[-1][1]
    return (
        f"{_one_word(place.name):<{width}} {sexagesimal(place.ra_deg / 15.0, ' ', 2)}"
        f" {sexagesimal(place.dec_deg, ' ', 1, signed=True)} 2000.0"
        f" # {first:%d %H:%M} to {last:%d %H:%M} UTC, best {sight.best_at:%H:%M} at {sight.best_altitude_deg:.0f} deg,"
        f" Moon {sight.moon_deg:.0f} deg"
    )


def sexagesimal(value: float, separator: str, digits: int, signed: bool = False) -> str:
    """Return hours or degrees with minutes and seconds; rounding carries over, so that no 60 appears."""
    scale = 10**digits
    total = round(abs(value) * 3600 * scale)
    if not signed:
        total %= 24 * 3600 * scale
    whole, rest = divmod(total, 3600 * scale)
    minutes, seconds = divmod(rest, 60 * scale)
    sign = ("-" if value < 0 else "+") if signed else ""
    return f"{sign}{whole:02d}{separator}{minutes:02d}{separator}{seconds / scale:0{digits + 3}.{digits}f}"


def _iso(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _one_word(name: str) -> str:
    return "".join(letter if letter.isprintable() and not letter.isspace() else "_" for letter in name).replace(
        "#", "_"
    )


def _harmless(name: str) -> str:
    """Return a name that no spreadsheet takes for a formula."""
    return f"'{name}" if name.startswith(FORMULA_STARTS) else name
