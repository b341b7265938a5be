"""Who can observe it now, who within two hours, who later: the order in which an advocate asks."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from tom_grandma_facilities.observability.sight import Sight

SOON_DAYS = 2.0 / 24.0


class State(StrEnum):
    """How soon a position can be observed; the order is that of the table."""

    NOW = "now"
    SOON = "within 2 h"
    TONIGHT = "tonight"
    NOT = "not in 24 h"


_ORDER = list(State)


def state_of(sight: Sight) -> State:
    """Say how soon it can be observed, seen from the begin of its span."""
    if not sight.observable:
        return State.NOT
    wait = sight.observable[0][0] - float(sight.mjd[0])
    if wait <= 0.0:
        return State.NOW
    return State.SOON if wait <= SOON_DAYS else State.TONIGHT


def rank(sights: Iterable[Sight]) -> list[Sight]:
    """Return them in order: by state; now, those that see it highest; later, those that open first; then by name."""
    return sorted(sights, key=_key)


def _key(sight: Sight) -> tuple[int, bool, float, str]:
    state = state_of(sight)
    idle = sight.telescope.out_of_service
    name = sight.telescope.name.casefold()
    if state is State.NOT:
        return _ORDER.index(state), idle, 0.0, name
    by = -float(sight.altitude_deg[0]) if state is State.NOW else sight.observable[0][0]
    return _ORDER.index(state), idle, by, name


def why_not(sight: Sight) -> str:
    """One sentence why it cannot be observed, or an empty string when it can."""
    if sight.observable:
        return ""
    if not sight.reaches_declination:
        return f"The telescope reaches declinations from {_reach(sight)} deg only."
    if not sight.dark:
        return f"It does not get dark: the Sun does not sink below {sight.twilight_deg:g} deg."
    highest = sight.dark_altitude_deg
    if highest is None or highest < 0:
        return "It is below the horizon while it is dark."
    if highest < sight.min_altitude_deg:
        limit = f"the telescope's limit is {sight.min_altitude_deg:g} deg"
        return f"In the dark it stands no higher than {highest:.0f} deg; {limit}."
    nearest = float(sight.moon_separation_deg.min())
    return f"It is too near the Moon: {nearest:.0f} deg, and {sight.moon_limit_deg:g} deg are to be kept."


def _reach(sight: Sight) -> str:
    limits = sight.telescope.limits
    lowest, highest = limits.declination_min.value, limits.declination_max.value
    return f"{-90 if lowest is None else lowest.value:g} to {90 if highest is None else highest.value:g}"
