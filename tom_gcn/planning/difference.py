"""What a plan changes against the one before it, in words for each telescope and for the network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from tom_gcn.planning.problem import Done
from tom_gcn.planning.result import NetworkPlan, Pointing

PLACES = 4
"""Decimals of a degree to which two pointings have the same place (0.4 arcsec)."""
SAME_TIME_S = 1.0
SAME_VISIT = timedelta(minutes=15)

Place = tuple[str, float, float]
Key = tuple[str, float, float, int]


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed.

    Attributes
    ----------
    sentences : mapping of str to str
        For every telescope that has, or had, a pointing. Numbers are the orders of its pointings in the new plan.
    summary : str
        One sentence on the network.
    unchanged, moved, new, dropped, executed : int
        Pointings that stay with field and time, get another time, are new, are not wanted any more, have been observed.
    """

    sentences: Mapping[str, str]
    summary: str
    unchanged: int
    moved: int
    new: int
    dropped: int
    executed: int

    @property
    def is_nothing(self) -> bool:
        """Whether nothing has to be told to anybody."""
        return not (self.moved or self.new or self.dropped)


def describe(previous: Sequence[Pointing], plan: NetworkPlan, done: Sequence[Done] = ()) -> Difference:
    """Compare a plan with the pointings of the one before it; what was executed since (``done``) is not called dropped.

    Two pointings are the same when telescope, place, filter and number of the visit are. A field observed once has had
    its first visit; the second is still to come.
    """
    return compare(previous, plan.pointings, done)


def compare(previous: Sequence[Pointing], following: Sequence[Pointing], done: Sequence[Done] = ()) -> Difference:
    """Compare the pointings of two plans, as `describe`."""
    before = {_key(pointing): pointing for pointing in previous}
    after = {_key(pointing): pointing for pointing in following}
    observed = visits_of(done)
    parts: dict[str, _Part] = {}
    for key, pointing in after.items():
        parts.setdefault(key[0], _Part()).add(pointing, before.get(key))
    for key in before.keys() - after.keys():
        part = parts.setdefault(key[0], _Part())
        if key[3] <= observed[key[:3]]:
            part.executed += 1
        else:
            part.dropped += 1
    return _told(dict(sorted(parts.items())))


def _key(pointing: Pointing) -> Key:
    return (*place_of(pointing.telescope, pointing.ra_deg, pointing.dec_deg), pointing.epoch)


def visits_of(done: Iterable[Done]) -> Counter[Place]:
    """Return how often each telescope has observed each place.

    What begins within a quarter of an hour after the end of another is of the same visit: reports and uploads tell of
    one visit several times, exposure by exposure.
    """
    visits: Counter[Place] = Counter()
    until: dict[Place, datetime] = {}
    for one in sorted(done, key=lambda one: one.start):
        place = place_of(one.telescope, one.ra_deg, one.dec_deg)
        if place not in until or one.start > until[place] + SAME_VISIT:
            visits[place] += 1
        until[place] = max(until.get(place, one.end), one.end)
    return visits


def place_of(telescope: str, ra_deg: float, dec_deg: float) -> Place:
    """Return what tells the place of a telescope's pointing from others."""
    return telescope, round(ra_deg % 360.0, PLACES), round(dec_deg, PLACES)


class _Part:
    """The change of one telescope: the orders of its pointings by what became of them."""

    def __init__(self) -> None:
        self.orders: dict[str, list[int]] = {"unchanged": [], "at another time": [], "new": []}
        self.dropped = 0
        self.executed = 0

    def add(self, pointing: Pointing, before: Pointing | None) -> None:
        if before is None or before.filter != pointing.filter:
            kind = "new"
        elif abs((pointing.start - before.start).total_seconds()) < SAME_TIME_S:
            kind = "unchanged"
        else:
            kind = "at another time"
        self.orders[kind].append(pointing.order)

    @property
    def is_change(self) -> bool:
        """Whether the telescope has to be told anything."""
        return bool(self.dropped or self.orders["new"] or self.orders["at another time"])

    def sentence(self) -> str:
        """Words such as "Fields 1-3 unchanged, 4-9 new; 2 earlier fields dropped." """
        present = {kind: orders for kind, orders in self.orders.items() if orders}
        if len(present) == 1:
            ((kind, orders),) = present.items()
            words = f"{'All ' if len(orders) > 1 and kind != 'new' else ''}{_fields(len(orders))} {kind}"
        elif present:
            words = "Fields " + ", ".join(f"{_runs(orders)} {kind}" for kind, orders in present.items())
        else:
            words = "No field left"
        gone = [f"{_fields(self.dropped, 'earlier ')} dropped"] if self.dropped else []
        gone += [f"{_fields(self.executed)} observed"] if self.executed else []
        return "; ".join([words, *gone]) + "."


def _fields(count: int, kind: str = "") -> str:
    return f"{count} {kind}field{'' if count == 1 else 's'}"


def _runs(orders: Iterable[int]) -> str:
    """Write 1, 2, 3, 5 as "1-3, 5"; several runs are joined by "and" at the end."""
    runs: list[str] = []
    for _, group in groupby(enumerate(sorted(orders)), lambda pair: pair[1] - pair[0]):
        numbers = [number for _, number in group]
        runs.append(str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]}-{numbers[-1]}")
    return runs[0] if len(runs) == 1 else f"{', '.join(runs[:-1])} and {runs[-1]}"


def _told(parts: Mapping[str, _Part]) -> Difference:
    unchanged, moved, new = (
        sum(len(part.orders[kind]) for part in parts.values()) for kind in ("unchanged", "at another time", "new")
    )
    dropped, executed = sum(part.dropped for part in parts.values()), sum(part.executed for part in parts.values())
    counts = [(unchanged, "unchanged"), (moved, "at another time"), (new, "new"), (dropped, "dropped")]
    told = [f"{count} {words}" for count, words in [*counts, (executed, "observed")] if count]
    if not told:
        summary = "No field before, none now."
    elif not (moved or new or dropped):
        summary = f"Nothing changes: {', '.join(told)}."
    else:
        names = [name for name, part in parts.items() if part.is_change]
        summary = f"Fields: {', '.join(told)}. Changed for {', '.join(names)}."
    return Difference(
        {name: part.sentence() for name, part in parts.items()}, summary, unchanged, moved, new, dropped, executed
    )
