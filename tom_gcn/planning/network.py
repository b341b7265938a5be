"""Rounds of joint choice: wide fields together on the whole region, narrow ones after them where probability is left.

Greedy takes fields by falling gain, and gain falls with area, so that choosing octave by octave of the field's side is
what one joint round would do; but every octave can have pixels of its own size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from math import floor, log2, pi

import numpy as np

from tom_gcn.planning.candidates import Centre, candidates_of, centre_of
from tom_gcn.planning.geometry import IntArray, members
from tom_gcn.planning.options import PlanOptions
from tom_gcn.planning.pixels import PixelTable, children, order_for_field, pixel_deg2, region_table, table_of
from tom_gcn.planning.reasons import why_not_dark, why_not_visible, why_nothing_is_added
from tom_gcn.planning.schedule import Candidates, Chosen, Slots, choose
from tom_gcn.planning.telescopes import PlanTelescope
from tom_gcn.planning.timing import Draft
from tom_gcn.planning.visibility import Sky
from tom_gcn.skymaps import SkyMap, tile_ranges

WIDE_DEG = 0.75
"""Fields at least this wide are chosen in the first round."""
SEARCH_FACTOR = 2.5
"""Area searched for narrow fields, in units of what they could cover together."""
UNLIMITED_SEARCH = 100
"""Pointings per narrow telescope that the searched area allows for when their number is not limited."""
FEWEST_CELLS = 16
"""Pixels kept at every level of the search for narrow fields at least."""

SIGHT_ORDERS = 2
"""Pixels so many orders above the base pixels (at most 0.9 deg) decide where a search for narrow fields begins."""
DEG2_SR = (pi / 180.0) ** 2

Progress = Callable[[float, str], None]


def side_deg(telescope: PlanTelescope) -> float:
    """Return the shorter side of a telescope's field."""
    return min(telescope.width_deg, telescope.height_deg)


def octave(telescope: PlanTelescope) -> int:
    """Return the round in which a telescope takes part: 0 for wide fields, one more for every halving below."""
    side = side_deg(telescope)
    return 0 if side >= WIDE_DEG else 1 + floor(log2(WIDE_DEG / side))


def _cells_in(deg2: float, order: int) -> int:
    """Number of pixels of an order that fill an area, but never very few."""
    return max(FEWEST_CELLS, int(np.ceil(deg2 / pixel_deg2(order))))


@dataclass(eq=False)
class Network:
    """The state of one plan while fields are being chosen."""

    skymap: SkyMap
    telescopes: tuple[PlanTelescope, ...]
    skies: list[Sky]
    options: PlanOptions
    base: PixelTable = field(init=False)
    centre: Centre = field(init=False)
    slots: list[Slots] = field(init=False)
    chosen: list[Chosen] = field(init=False)

    def __post_init__(self) -> None:
        wide = [side_deg(telescope) for telescope in self.telescopes if octave(telescope) == 0]
        self.base = region_table(self.skymap, self.options.level, min(wide, default=WIDE_DEG))
        self.centre = centre_of(self.base)
        self.slots = [Slots(sky.slots, self._limit(sky)) for sky in self.skies]
        self.chosen = [Chosen() for _ in self.skies]

    def _limit(self, sky: Sky) -> int:
        own, common = sky.telescope.max_pointings, self.options.max_pointings
        limits = [limit for limit in (own if own is not None else common,) if limit is not None]
        return min([sky.slots, *limits])

    def choose_all(self, tell: Progress) -> None:
        """Choose fields for every telescope, round by round."""
        able = [n for n, telescope in enumerate(self.telescopes) if self._can_hold_enough(telescope)]
        rounds = sorted({octave(self.telescopes[n]) for n in able})
        for done, number in enumerate(rounds):
            tell(0.1 + 0.7 * done / len(rounds), f"fields, round {done + 1} of {len(rounds)}")
            taking_part = [n for n in able if octave(self.telescopes[n]) == number]
            self._choose(taking_part, self.base if number == 0 else self._searched(taking_part))

    def _can_hold_enough(self, telescope: PlanTelescope) -> bool:
        """Tell whether a field would be worth a pointing if the whole of it had the map's highest density."""
        densest_per_deg2 = float(self.skymap.probdensity.max()) * DEG2_SR
        return densest_per_deg2 * telescope.field_deg2 >= self.options.min_new_probability

    def _choose(self, taking_part: list[int], table: PixelTable) -> None:
        candidates: list[Candidates | None] = [None] * len(self.skies)
        for number in taking_part:
            candidates[number] = candidates_of(table, self.skies[number], self.centre, self.options)
        choose(candidates, self.slots, self.chosen, table.weight, self.options.min_new_probability)
        if table is not self.base:
            self._cover(self.base, taking_part)

    def _cover(self, table: PixelTable, telescopes: Iterable[int]) -> None:
        """Take from a table what the chosen fields of some telescopes cover."""
        for number in telescopes:
            chosen, telescope = self.chosen[number], self.telescopes[number]
            if len(chosen):
                size = (telescope.width_deg, telescope.height_deg)
                ra, dec = np.array(chosen.ra_deg), np.array(chosen.dec_deg)
                _, inside = members(ra, dec, telescope.shape, size, table.tree)
                table.weight[inside] = 0.0

    def _searched(self, taking_part: list[int]) -> PixelTable:
        """Return fine pixels of the part of the region where a round's telescopes can still find most."""
        finest = min(side_deg(self.telescopes[number]) for number in taking_part)
        order = max(self.base.order, order_for_field(finest))
        wanted = SEARCH_FACTOR * sum(self._reachable_deg2(number) for number in taking_part)
        cells = np.unique(np.concatenate([self._refined(number, wanted, order) for number in taking_part]))
        table = table_of(self.skymap, order, cells)
        self._cover(table, range(len(self.skies)))
        return table

    def _refined(self, number: int, wanted_deg2: float, order: int) -> IntArray:
        """Pixels of one order in which a telescope's fields are looked for: level by level the best are kept."""
        cells = self.base.ipix[self._cells_for(number, _cells_in(wanted_deg2, self.base.order))]
        for finer in range(self.base.order + 1, order + 1):
            cells = children(cells)
            probability = self.skymap.probability_of_each(tile_ranges(finer, cells))
            cells = cells[np.argsort(-probability, kind="stable")[: _cells_in(wanted_deg2, finer)]]
        return cells

    def _cells_for(self, number: int, count: int) -> IntArray:
        """Indices of the base pixels with most free probability that a telescope ever sees."""
        parents, parent = np.unique(self.base.ipix >> (2 * SIGHT_ORDERS), return_inverse=True)
        centres = PixelTable.centres(self.base.order - SIGHT_ORDERS, parents)
        seen = self.skies[number].ever_visible(centres)[parent]
        open_cells = np.flatnonzero(seen & (self.base.weight > 0.0))
        best = np.argsort(-self.base.weight[open_cells], kind="stable")[:count]
        return np.asarray(open_cells[best])

    def _reachable_deg2(self, number: int) -> float:
        limit = min(self.slots[number].limit, UNLIMITED_SEARCH)
        return self.telescopes[number].field_deg2 * limit

    def reason(self, number: int, drafts: list[Draft]) -> str:
        """Return the sentence for a telescope that has no pointing in the plan."""
        sky = self.skies[number]
        if why := why_not_dark(sky):
            return why
        if self.slots[number].limit == 0:
            return "No pointing is allowed: its maximum number of pointings is 0."
        least = self.options.min_new_probability
        return why_not_visible(sky, self.base) or why_nothing_is_added(sky, self.base, least, drafts, self.telescopes)
