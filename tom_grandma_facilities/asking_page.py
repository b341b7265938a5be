"""What the forms say of telescopes before they are asked: their sight of the position, and what the rows tell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.utils import timezone

from tom_grandma_facilities.actions.allocations import transports
from tom_grandma_facilities.asking import Advice, Asked, advise
from tom_grandma_facilities.choices import RequestState
from tom_grandma_facilities.in_use import in_use
from tom_grandma_facilities.models import Allocation, Channel, FollowUpRequest, TelescopeStatus
from tom_grandma_facilities.observability.lines import Line
from tom_grandma_facilities.observability_page import board_of
from tom_grandma_facilities.registry import ASKABLE
from tom_grandma_facilities.telescope import Telescope

Visitor = AbstractBaseUser | AnonymousUser
Place = tuple[float, float]

LOOK_BACK = timedelta(days=190)
"""Longer than the rarest class waits."""
NEVER_ASKED = (RequestState.CANCELLED, RequestState.FAILED)
NO_PLACE = "The target has no position."
NO_CHANNEL = "No way to ask it is set up. A group admin sets one on the page of channels."


def lines_of(place: Place | None, moment: datetime) -> Mapping[str, Line]:
    """Return the sight of a position in the day after a moment, by telescope; kept for a few minutes for everybody."""
    if place is None:
        return {}
    return {line.telescope_name: line for line in board_of(*place, moment).lines}


@dataclass(frozen=True)
class Circumstances:
    """What the rows tell of telescopes, each kind in one query."""

    statuses: Mapping[str, TelescopeStatus]
    closed: Mapping[str, str]
    before: Mapping[str, list[tuple[datetime, float]]]
    channels: Mapping[str, Channel]
    allocations: Mapping[str, list[Allocation]]

    @classmethod
    def gather(cls, names: Collection[str], user: Visitor, now: datetime) -> Circumstances:
        """Read them as `user` may see them.

        How often a telescope was asked is counted over everybody's requests: the rule is the telescope's, and neither
        what was asked nor by whom is told.
        """
        rows = TelescopeStatus.objects.visible_to(user).filter(telescope__in=names)
        statuses = {row.telescope: row for row in rows}
        closed = {name: row.sentence for name, row in statuses.items() if row.is_closed_at(now)}
        before: dict[str, list[tuple[datetime, float]]] = defaultdict(list)
        asked = FollowUpRequest.objects.filter(telescope__in=names, created_at__gt=now - LOOK_BACK)
        for name, at, seconds in asked.exclude(state__in=NEVER_ASKED).values_list(
            "telescope", "created_at", "programme_s"
        ):
            before[name].append((at, seconds))
        channels = {row.telescope: row for row in Channel.objects.visible_to(user).filter(telescope__in=names)}
        allocations: dict[str, list[Allocation]] = defaultdict(list)
        for row in Allocation.objects.visible_to(user).filter(telescope__in=names).valid_at(now).with_use():
            allocations[row.telescope].append(row)
        return cls(statuses, closed, before, channels, allocations)

    def objections(self, name: str, asked: Asked) -> list[str]:
        """Say what makes asking impossible, whatever the sky."""
        channel = self.channels.get(name)
        if channel is None or not channel.is_active:
            return [NO_CHANNEL]
        if not channel.needs_allocation:
            return []
        left = [hours_left(row) for row in self.allocations.get(name, ())]
        if not left:
            return ["None of your groups has time on it now. Ask a group admin for an allocation."]
        if asked.total_s > 3600.0 * max(left):
            return [f"{asked.total_s / 3600:.1f} h are wished, and {max(left):.1f} h of your allocation are left."]
        return []

    def telescope(self, name: str) -> Telescope:
        """Return a telescope with the usage class that operators set."""
        return in_use(ASKABLE[name], self.statuses.get(name))

    def way(self, name: str) -> str:
        """Say how it is asked: "E-mail"; nothing where it cannot be."""
        channel = self.channels.get(name)
        kind = transports().get(channel.transport) if channel else None
        return kind.label if kind else ""

    def not_brighter_than(self, name: str) -> float | None:
        """Return the magnitude [AB] a source must be fainter than; None without such a rule."""
        channel = self.channels.get(name)
        return None if channel is None else channel.not_brighter_than_mag

    def allocation_words(self, name: str) -> str:
        """Say what is left of the time one has on it."""
        best = max(self.allocations.get(name, ()), key=hours_left, default=None)
        return "" if best is None else f"{hours_left(best):.1f} h of {best.hours:g} h left"


def hours_left(row: Allocation) -> float:
    """Return the hours of an allocation that can still be asked for; the row was read with its use."""
    return max(0.0, float(row.hours) - float(row.seconds_used) / 3600.0)


def advice_for(wishes: Mapping[str, Asked], place: Place | None, user: Visitor) -> dict[str, Advice]:
    """Weigh what one wishes of each telescope, by name."""
    now = timezone.now()
    known = Circumstances.gather(wishes, user, now)
    starts = {asked.start for asked in wishes.values()}
    lines = {start: lines_of(place, max(start, now)) for start in starts}
    return {
        name: advise(
            known.telescope(name),
            asked,
            now,
            line=lines[asked.start].get(name),
            before=known.before.get(name, ()),
            closed=known.closed.get(name, ""),
            allocation=known.allocation_words(name),
            faintest_first=known.not_brighter_than(name),
            objections=[*known.objections(name, asked), *([NO_PLACE] if place is None else [])],
        )
        for name, asked in wishes.items()
    }
