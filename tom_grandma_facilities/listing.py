"""The list of telescopes: rows, filters and order. 77 values in memory; the database is asked for states only. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from astropy import units as u

from tom_grandma_facilities.telescope import Mode, Telescope, UsageClass
from tom_grandma_facilities.tonight import TelescopeNow

USAGE_ORDER = list(UsageClass)
FAR_AWAY = float("inf")


@dataclass(frozen=True, slots=True)
class TelescopeRow:
    """One line of the list. ``status`` is the row of the database that was reported, if any."""

    telescope: Telescope
    moment: TelescopeNow | None
    status: Any

    @property
    def aperture_m(self) -> float | None:
        """Aperture in metres."""
        value = self.telescope.aperture.value
        return None if value is None else float(value.to_value(u.m))

    @property
    def field_deg(self) -> float | None:
        """Width of the field that plans use, in degrees."""
        camera = self.telescope.planning_camera
        return None if camera is None or camera.width.value is None else float(camera.width.value.to_value(u.deg))

    @property
    def latitude_deg(self) -> float | None:
        """Latitude in degrees."""
        return self.telescope.site.latitude_deg if self.telescope.site.known else None

    @property
    def longitude_deg(self) -> float | None:
        """Longitude in degrees, positive to the east."""
        return self.telescope.site.longitude_deg if self.telescope.site.known else None

    @property
    def limiting_magnitude(self) -> float | None:
        """Limiting magnitude used for planning."""
        return self.telescope.limiting_magnitude.value

    @property
    def usage(self) -> UsageClass:
        """Usage class."""
        return self.telescope.usage.value or UsageClass.UNKNOWN

    @property
    def mode(self) -> Mode:
        """Tiling or galaxy targeting."""
        return self.telescope.mode.value or Mode.UNKNOWN

    @property
    def plan(self) -> str:
        """One of "asked", "can" and "cannot": its part in plans."""
        if self.telescope.in_network:
            return "asked"
        return "cannot" if self.telescope.why_not_plannable() else "can"


Key = Callable[[TelescopeRow], Any]


def _darkness(row: TelescopeRow) -> float:
    """Dark ones first, then by when it gets dark, then those that do not."""
    if row.moment is None:
        return FAR_AWAY
    if row.moment.is_dark:
        return 0.0
    return row.moment.changes_at.timestamp() if row.moment.changes_at else FAR_AWAY - 1.0


SORTS: Mapping[str, Key] = {
    "name": lambda row: row.telescope.name.casefold(),
    "latitude": lambda row: row.latitude_deg,
    "longitude": lambda row: row.longitude_deg,
    "aperture": lambda row: row.aperture_m,
    "field": lambda row: row.field_deg,
    "limit": lambda row: row.limiting_magnitude,
    "usage": lambda row: USAGE_ORDER.index(row.usage),
    "dark": _darkness,
}


def make_rows(
    telescopes: Iterable[Telescope], moments: Sequence[TelescopeNow], statuses: Mapping[str, Any]
) -> list[TelescopeRow]:
    """Join telescopes with where they stand now and with what was reported about them."""
    by_name = {moment.telescope.name: moment for moment in moments}
    return [TelescopeRow(scope, by_name.get(scope.name), statuses.get(scope.name)) for scope in telescopes]


def matches(row: TelescopeRow, filters: Mapping[str, str]) -> bool:
    """Say whether a row passes: ``q`` words in its names, ``usage``, ``mode``, ``plan``, ``hemisphere``, ``dark``."""
    telescope = row.telescope
    names = " ".join((telescope.name, telescope.full_name, *telescope.aliases)).casefold()
    latitude = row.latitude_deg
    checks: dict[str, Callable[[str], bool]] = {
        "q": lambda wanted: all(word in names for word in wanted.casefold().split()),
        "usage": lambda wanted: row.usage.value == wanted,
        "mode": lambda wanted: row.mode.value == wanted,
        "plan": lambda wanted: row.plan == wanted or (wanted == "can" and row.plan == "asked"),
        "hemisphere": lambda wanted: latitude is not None and (latitude >= 0) == (wanted == "north"),
        "dark": lambda wanted: row.moment is not None and row.moment.is_dark == (wanted == "now"),
    }
    return all(check(filters[name]) for name, check in checks.items() if filters.get(name))


def sort_rows(rows: Sequence[TelescopeRow], order: str) -> list[TelescopeRow]:
    """Sort by a key of `SORTS`, backwards with a leading "-"; unknown values come last either way."""
    key = SORTS.get(order.lstrip("-"), SORTS["name"])
    named = sorted(rows, key=SORTS["name"])
    known = [row for row in named if key(row) is not None]
    return sorted(known, key=key, reverse=order.startswith("-")) + [row for row in named if key(row) is None]
