"""Everything a plan is made from, as one value that every engine takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property

import numpy as np

from tom_gcn.coverage import Footprint, union_ranges
from tom_gcn.planning.geometry import FloatArray, IntArray
from tom_gcn.planning.limits import why_not_asked, with_limits
from tom_gcn.planning.options import PlanOptions
from tom_gcn.planning.result import Pointing
from tom_gcn.planning.telescopes import PlanTelescope
from tom_gcn.skymaps import SkyMap

LONGEST_HOURS = 240.0
MOST_GALAXIES = 20_000
"""Galaxies that count; the rest of a large catalogue adds nothing that a pointing would be made for."""


@dataclass(frozen=True, slots=True)
class Done:
    """A field that was executed already, by whomever: its sky holds nothing any more and is never planned again.

    ``shape``, ``width_deg`` and ``height_deg`` are the camera's as in `PlanTelescope`; times are aware UTC.
    """

    telescope: str
    ra_deg: float
    dec_deg: float
    shape: str
    width_deg: float
    height_deg: float
    start: datetime
    end: datetime
    filter: str = ""
    limiting_mag: float | None = None

    def footprint(self) -> Footprint:
        """Return the outline on the sky."""
        return Footprint(self.shape, self.width_deg, self.height_deg, self.ra_deg, self.dec_deg)


@dataclass(frozen=True, eq=False)
class GalaxyTargets:
    """Galaxies in the localization with the probability of each to be the host, if the host is in the catalogue.

    Attributes
    ----------
    name : tuple of str, length n
    ra_deg, dec_deg, weight : ndarray, shape (n,)
        Weights are at least 0 and add up to at most 1.
    completeness : float
        Probability that the host is in the catalogue at all, 0..1.
    catalogue : str
        Its name, for the plan's notes.
    """

    name: tuple[str, ...]
    ra_deg: FloatArray
    dec_deg: FloatArray
    weight: FloatArray
    completeness: float
    catalogue: str

    def __post_init__(self) -> None:
        if not len(self.name) == len(self.ra_deg) == len(self.dec_deg) == len(self.weight):
            raise ValueError("Names, positions and weights of galaxies differ in number.")
        if not 0.0 <= self.completeness <= 1.0:
            raise ValueError(f"A completeness lies between 0 and 1, not at {self.completeness:g}.")
        if len(self.weight) and not (np.all(self.weight >= 0.0) and self.weight.sum() <= 1.0 + 1e-9):
            raise ValueError("The weights of galaxies must not be negative and add up to at most 1.")

    def __len__(self) -> int:
        return len(self.name)

    def likeliest(self, most: int) -> GalaxyTargets:
        """Return the galaxies with most weight, in that order."""
        rank = np.argsort(-self.weight, kind="stable")[:most]
        names = tuple(self.name[int(index)] for index in rank)
        return replace(self, name=names, ra_deg=self.ra_deg[rank], dec_deg=self.dec_deg[rank], weight=self.weight[rank])


@dataclass(frozen=True, eq=False)
class Problem:
    """What is to be planned.

    Attributes
    ----------
    skymap : SkyMap
    telescopes : tuple of PlanTelescope
    start : datetime
        Aware; no pointing begins before it.
    hours : float
        Length of the plan.
    options : PlanOptions
    excluded : mapping
        Telescopes that take no part, with the sentence that says why; they appear in the result.
    galaxies : GalaxyTargets or None
        For telescopes with narrow fields.
    done : tuple of Done
        Executed already: counts as covered, and its fields are not planned again.
    kept : tuple of Pointing
        Pointings of an earlier plan that are under way or sent: they stay as they are, take their time and their sky
        and count against the number of pointings.
    previous : tuple of Pointing
        The standing plan; its open fields are kept unless others gain more than ``options.stability``.

    Raises
    ------
    ValueError
        When ``start`` is naive, ``hours`` is not within (0, 240], or two telescopes share a name.
    """

    skymap: SkyMap
    telescopes: tuple[PlanTelescope, ...]
    start: datetime
    hours: float = 24.0
    options: PlanOptions = field(default_factory=PlanOptions)
    excluded: Mapping[str, str] = field(default_factory=dict)
    galaxies: GalaxyTargets | None = None
    done: tuple[Done, ...] = ()
    kept: tuple[Pointing, ...] = ()
    previous: tuple[Pointing, ...] = ()

    def __post_init__(self) -> None:
        if self.start.tzinfo is None:
            raise ValueError("The start of a plan needs a time zone.")
        if not 0.0 < self.hours <= LONGEST_HOURS:
            raise ValueError(f"A plan spans more than 0 and at most {LONGEST_HOURS:g} hours, not {self.hours:g}.")
        if len({telescope.name for telescope in self.telescopes}) != len(self.telescopes):
            raise ValueError("Two telescopes have the same name.")

    @cached_property
    def asked(self) -> tuple[PlanTelescope, ...]:
        """The telescopes that the options' rules allow, with the options' limits on top of their own."""
        options = self.options
        return tuple(with_limits(one, options) for one in self.telescopes if not why_not_asked(one, options))

    @cached_property
    def left_out(self) -> Mapping[str, str]:
        """The sentence of every telescope that takes no part, from outside or by the options' rules."""
        by_rule = {one.name: why_not_asked(one, self.options) for one in self.telescopes}
        return {**self.excluded, **{name: reason for name, reason in by_rule.items() if reason}}

    @cached_property
    def targets(self) -> GalaxyTargets | None:
        """The likeliest galaxies, or None when none are given, none are asked for, or their catalogue holds nothing."""
        given = self.galaxies if self.options.galaxies else None
        if given is None or not len(given) or given.completeness == 0.0 or not given.weight.sum() > 0.0:
            return None
        return given.likeliest(MOST_GALAXIES)

    @cached_property
    def executed(self) -> IntArray:
        """Merged order-29 ranges of everything that was executed, shape (m, 2)."""
        return union_ranges(dict.fromkeys(one.footprint() for one in self.done))

    @property
    def end(self) -> datetime:
        """When the plan ends."""
        return self.start + timedelta(hours=self.hours)
