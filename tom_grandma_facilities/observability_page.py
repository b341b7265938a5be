"""What pages and the API say about observability: figures that are kept for minutes, and what members reported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.cache import caches
from django.utils.safestring import SafeString

from tom_grandma_facilities import almanac
from tom_grandma_facilities.models import TelescopeStatus
from tom_grandma_facilities.observability import Position, Sight, State, look_at, look_from, network, rank
from tom_grandma_facilities.observability.chart import network_chart, night_chart, sight_chart
from tom_grandma_facilities.observability.lines import Line, ranked_lines
from tom_grandma_facilities.observability.stations import stations_of
from tom_grandma_facilities.telescope import Telescope, UsageClass
from tom_grandma_facilities.tonight import tonight

KEPT_MINUTES = 5
"""Figures are of the last full five minutes: "now" is never older, and one computation serves everybody."""
LAYOUT = 1
"""Raised with the fields of `Line` and with the drawing: what an older version kept is not read."""
EDGE = timedelta(minutes=30)
DAY = timedelta(hours=24)


@dataclass(frozen=True)
class Board:
    """Every telescope for one position: its figures in the order in which one asks, and the drawing."""

    at: datetime
    lines: tuple[Line, ...]
    chart: SafeString

    def count(self, state: State) -> int:
        """How many telescopes are in a state."""
        return sum(line.state is state for line in self.lines)


@dataclass(frozen=True)
class Row:
    """A line with what was reported about its telescope."""

    line: Line
    status: TelescopeStatus | None
    is_closed: bool

    @property
    def usage(self) -> UsageClass:
        """How often it may be asked: as operators set it, or as it is declared."""
        return UsageClass(self.status.usage) if self.status and self.status.usage else self.line.usage


@dataclass(frozen=True)
class Night:
    """The targets of one telescope's night: in the order given, with their numbers in the drawing."""

    telescope: Telescope
    start: datetime
    end: datetime
    sights: Sequence[Sight]
    chart: SafeString


def board_of(ra_deg: float, dec_deg: float, now: datetime) -> Board:
    """Return all telescopes for a position, seen from the last full five minutes before `now`.

    What is kept knows a position and no name, so that it may serve everybody.
    """
    at = _floor(now)
    kept, key = caches["drawings"], f"observability:{LAYOUT}:{ra_deg:.6f}:{dec_deg:.6f}:{at:%Y%m%d%H%M}"
    board: Board | None = kept.get(key)
    if board is None:
        sights = look_at(Position("", ra_deg, dec_deg), at, network())
        # The drawing holds numbers and the names of the registry only.
        board = Board(at, ranked_lines(sights), SafeString(network_chart(rank(sights))))
        kept.set(key, board, KEPT_MINUTES * 60)
    return board


def rows_of(board: Board, user: AbstractBaseUser | AnonymousUser) -> list[Row]:
    """Join the lines with the states that `user` may see; telescopes reported closed come last in their state."""
    statuses = {status.telescope: status for status in TelescopeStatus.objects.visible_to(user)}
    rows = [_row(line, statuses.get(line.telescope_name), board.at) for line in board.lines]
    order = list(State)
    return sorted(rows, key=lambda row: (order.index(row.line.state), row.is_closed))


def _row(line: Line, status: TelescopeStatus | None, at: datetime) -> Row:
    return Row(line, status, status is not None and status.is_closed_at(at))


def sight_of(telescope: Telescope, ra_deg: float, dec_deg: float, now: datetime) -> tuple[Sight, SafeString]:
    """Return one telescope's 24 hours for a position, and their drawing."""
    (sight,) = look_at(Position("", ra_deg, dec_deg), _floor(now), stations_of([telescope]))
    return sight, SafeString(sight_chart(sight))


def night_of(telescope: Telescope, positions: Sequence[Position], moment: datetime) -> Night:
    """Return the targets of a telescope's night: the one around `moment`, or the coming one when that is over.

    The drawing reaches from half an hour before sunset to half an hour after sunrise, or over the 24 hours from noon
    to noon where the Sun does not set or not rise.
    """
    dark = tonight(telescope, moment)
    start, end = dark.start, dark.end
    if len(dark.twilight) == 1 and dark.twilight[0] != (start, end):
        start, end = dark.twilight[0][0] - EDGE, dark.twilight[0][1] + EDGE
    sights = look_from(telescope, positions, start, (end - start).total_seconds() / 3600.0)
    # The names of targets are escaped where they are drawn.
    return Night(telescope, start, end, sights, SafeString(night_chart(sights)))


def evening(telescope: Telescope, day: datetime) -> datetime:
    """Return a moment just after the local mean noon of a day, so that `night_of` takes the night that begins then."""
    midnight = almanac.mjd_of(day.replace(hour=0, minute=0, second=0, microsecond=0))
    noon = midnight + 0.5 - telescope.site.longitude_deg / 360.0
    return almanac.datetime_of(noon) + timedelta(minutes=1)


def day_of(telescope: Telescope, start: datetime) -> date:
    """Return the day, at the telescope, on which a night begins that starts at a moment: what people call the night."""
    # Half an hour covers nights that are counted from a little before noon.
    local = start + timedelta(days=telescope.site.longitude_deg / 360.0 - 0.5, minutes=30)
    return local.date()


def _floor(now: datetime) -> datetime:
    return now.replace(minute=now.minute // KEPT_MINUTES * KEPT_MINUTES, second=0, microsecond=0)
