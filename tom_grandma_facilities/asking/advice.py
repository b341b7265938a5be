"""What speaks for and against asking a telescope, as sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tom_grandma_facilities.asking.depth import LONGEST_S, Exposures, deepest, seconds_for
from tom_grandma_facilities.asking.usage import usage_objection, usage_words
from tom_grandma_facilities.durations import duration_words
from tom_grandma_facilities.observability.lines import Line
from tom_grandma_facilities.observability.sight import Interval
from tom_grandma_facilities.telescope import Telescope, UsageClass


class Verdict(StrEnum):
    """How a request would fare."""

    GOOD = "good"
    DOUBTFUL = "doubtful"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Asked:
    """What would be asked: exposures in a window, for a source of a magnitude [AB] where one is expected."""

    start: datetime
    end: datetime
    exposures: Sequence[Exposures] = ()
    magnitude: float | None = None

    @property
    def total_s(self) -> float:
        """Time on the sky, s."""
        return sum(one.total_s for one in self.exposures)


@dataclass(frozen=True, slots=True)
class Advice:
    """The answer for one telescope. `objections` would refuse the request, `doubts` would not."""

    telescope: Telescope
    line: Line | None
    windows: tuple[Interval, ...]
    depth_mag: float | None
    magnitude: float | None
    objections: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    usage: str = ""
    allocation: str = ""

    @property
    def verdict(self) -> Verdict:
        """The worst of what was found."""
        if self.objections:
            return Verdict.NO
        return Verdict.DOUBTFUL if self.doubts else Verdict.GOOD

    @property
    def first(self) -> datetime | None:
        """When it can begin."""
        return self.windows[0][0] if self.windows else None


def advise(
    telescope: Telescope,
    asked: Asked,
    now: datetime,
    *,
    line: Line | None = None,
    before: Sequence[tuple[datetime, float]] = (),
    closed: str = "",
    allocation: str = "",
    faintest_first: float | None = None,
    objections: Sequence[str] = (),
) -> Advice:
    """Weigh a request.

    Parameters
    ----------
    line
        Its sight of the position in the day after the begin of the window; None when its site is unknown.
    before
        When it was asked before, and for how many seconds.
    closed
        Why it is reported closed, if it is.
    allocation
        What is left of the allocation it counts against.
    faintest_first
        It is not to be asked for anything brighter than this magnitude [AB].
    objections
        What was found before: no way to ask it, no allocation where one is needed.
    """
    windows = () if line is None else clipped(line.windows, asked.start, asked.end)
    depth = deepest(telescope, asked.exposures)
    refusals = list(objections)
    doubts = [_bright(faintest_first, asked.magnitude), closed, _shallow(telescope, depth, asked.magnitude)]
    usage = telescope.usage.value or UsageClass.UNKNOWN
    doubts.append(usage_objection(usage, before, now, asked.total_s))
    if line is not None and not windows:
        refusals.append(line.reason or "It cannot be observed from there within this window.")
    elif line is None:
        doubts.append("Its site is not known: nobody can say when the target is up there.")
    elif asked.total_s > _seconds(windows):
        doubts.append(f"It can be observed for {_seconds(windows) / 60:.0f} min, less than the exposures take.")
    doubts = [text for text in doubts if text]
    return Advice(
        telescope, line, windows, depth, asked.magnitude, tuple(refusals), tuple(doubts), usage_words(usage), allocation
    )


def clipped(windows: Sequence[Interval], start: datetime, end: datetime) -> tuple[Interval, ...]:
    """Return what of some intervals lies within a window."""
    parts = ((max(begin, start), min(finish, end)) for begin, finish in windows)
    return tuple((begin, finish) for begin, finish in parts if finish > begin)


def _seconds(windows: Sequence[Interval]) -> float:
    return sum((end - begin).total_seconds() for begin, end in windows)


def _bright(faintest_first: float | None, magnitude: float | None) -> str:
    if faintest_first is None:
        return ""
    rule = f"It is not to be asked before the source is fainter than {faintest_first:.1f} mag"
    if magnitude is None:
        return f"{rule}; nothing is known of its magnitude."
    return f"{rule}; {magnitude:.1f} is expected." if magnitude < faintest_first else ""


def _shallow(telescope: Telescope, depth: float | None, magnitude: float | None) -> str:
    """Say that the exposures do not reach the source, and what would; that it is too faint for the telescope."""
    if depth is None or magnitude is None or depth >= magnitude:
        return ""
    needed = seconds_for(telescope, magnitude)
    short = f"The exposures reach {depth:.1f} mag, {magnitude - depth:.1f} short of {magnitude:.1f}"
    if needed is None or needed > LONGEST_S:
        return f"{short}; the source is too faint for this telescope."
    return f"{short}; it would need {duration_words(needed)}."
