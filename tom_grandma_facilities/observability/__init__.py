"""When which telescope can observe a position: in the dark, above its own limit, away from the Moon. Pure; no Django.

``stations``: telescopes as columns of numbers. ``sight``: `look_at` answers for one position and many telescopes,
`look_from` for one telescope and many positions, both for the coming hours, as `Sight` values. ``ranking``: who can
observe now, soon and later, in that order. ``chart``: the same as drawings. ``starlist``: the same as files.

Everything rests on ``tom_grandma_facilities.almanac``; astropy and astroplan are the independent check in the tests.
"""

from tom_grandma_facilities.observability.ranking import State, rank, state_of, why_not
from tom_grandma_facilities.observability.sight import Interval, Position, Sight, look_at, look_from
from tom_grandma_facilities.observability.starlist import starlist_csv, starlist_text
from tom_grandma_facilities.observability.stations import Stations, network, stations_of

__all__ = [
    "Interval",
    "Position",
    "Sight",
    "State",
    "Stations",
    "look_at",
    "look_from",
    "network",
    "rank",
    "starlist_csv",
    "starlist_text",
    "state_of",
    "stations_of",
    "why_not",
]
