"""Rounds of joint choice: wide fields together on the whole region, narrow ones after them where probability is left.

Greedy takes fields by falling gain, and gain falls with area, so that choosing octave by octave of the field's side is
what one joint round would do; but every octave can have pixels of its own size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import floor, log2, pi

import numpy as np

from tom_gcn.coverage import Footprint
from tom_gcn.planning.candidates import SMALL_RADIUS_DEG, Centre, candidates_of, centre_of, centred_of, is_centred
from tom_gcn.planning.geometry import IntArray, unit_vectors
from tom_gcn.planning.measure import name_of, outline
from tom_gcn.planning.options import PlanOptions
from tom_gcn.planning.pixels import PixelTable, Worth, children, order_for_field, pixel_deg2
from tom_gcn.planning.problem import Done
from tom_gcn.planning.reasons import why_not_dark, why_nothing_is_planned
from tom_gcn.planning.schedule import Candidates, Chosen, Slots, choose
from tom_gcn.planning.telescopes import PlanTelescope
from tom_gcn.planning.timing import Draft, arrange
from tom_gcn.planning.visibility import SECOND, Sky
from tom_gcn.planning.visits import Rhythm, rhythm_of
from tom_gcn.skymaps import tile_ranges

WIDE_DEG = 0.75
"""Fields at least this wide are chosen in the first round."""
SEARCH_FACTOR = 2.5
"""Area searched for narrow fields, in units of what they could cover together."""
UNLIMITED_SEARCH = 100
"""Pointings per narrow telescope that the searched area allows for when their number is not limited."""
SEARCHED_PER_SIDE = 6.0
"""Pixels on a side of the smallest of several narrow fields; twice as many cover no more and take twice as long."""
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
    """The state of one plan while fields are being chosen.

    Attributes
    ----------
    worth : Worth
        The map and the galaxies.
    telescopes : tuple of PlanTelescope
    skies : list of Sky
        One per telescope, without the time that fixed pointings take.
    options : PlanOptions
    fixed : tuple of Draft
        Pointings that stay as they are; their sky is covered and they count against the number of pointings.
    done : tuple of Done
        Executed already.
    """

    worth: Worth
    telescopes: tuple[PlanTelescope, ...]
    skies: list[Sky]
    options: PlanOptions
    fixed: tuple[Draft, ...] = ()
    done: tuple[Done, ...] = ()
    base: PixelTable = field(init=False)
    centre: Centre = field(init=False)
    centred: list[bool] = field(init=False)
    rhythms: list[Rhythm] = field(init=False)
    slots: list[Slots] = field(init=False)
    chosen: list[Chosen] = field(init=False)

    def __post_init__(self) -> None:
        wide = [side_deg(telescope) for telescope in self.telescopes if octave(telescope) == 0]
        self.centre = centre_of(self.worth.skymap)
        # a small localization is drawn finely too, so that fields smaller than it and about its size are counted well
        smallest = min(*wide, WIDE_DEG, self.centre.radius_deg) if self._is_small() else min(wide, default=WIDE_DEG)
        self.base = self.worth.region_table(self.options.level, smallest)
        self.centred = [is_centred(self.base, telescope, self.centre) for telescope in self.telescopes]
        pairs = zip(self.telescopes, self.centred, strict=True)
        self.rhythms = [rhythm_of(telescope, self.options, centred) for telescope, centred in pairs]
        self.skies = [self._without_fixed(n, sky) for n, sky in enumerate(self.skies)]
        self.slots = [self._slots(n, sky) for n, sky in enumerate(self.skies)]
        self.chosen = [Chosen() for _ in self.skies]
        self.base.cover(self.taken)

    def _is_small(self) -> bool:
        """Whether some telescope may take the centre of the localization and nothing else."""
        widest = max((side_deg(telescope) for telescope in self.telescopes), default=0.0)
        return self.centre.radius_deg < max(SMALL_RADIUS_DEG, widest / 2.0)

    @cached_property
    def taken(self) -> list[Footprint]:
        """Outlines of what is covered before anything is chosen."""
        return [one.footprint() for one in self.done] + [outline(draft, self.telescopes) for draft in self.fixed]

    def _slots(self, number: int, sky: Sky) -> Slots:
        rhythm, duration = self.rhythms[number], sky.telescope.duration_s * SECOND
        return Slots(sky.slots, self._limit(number), lambda row: rhythm.rows(row, sky.start_mjd, duration))

    def _limit(self, number: int) -> int:
        own, common = self.telescopes[number].max_pointings, self.options.max_pointings
        limit = own if own is not None else common
        slots = self.skies[number].slots
        used = sum(draft.telescope == number for draft in self.fixed)
        return slots if limit is None else max(0, min(slots, limit - used))

    def _without_fixed(self, number: int, sky: Sky) -> Sky:
        """Take out the time of a telescope's fixed pointings, with the longest way to them and back."""
        blocks = []
        for draft in self.fixed:
            if draft.telescope == number:
                away = (self.base.coarse[0] @ unit_vectors(draft.ra_deg, draft.dec_deg)).min()
                farthest = float(np.degrees(np.arccos(np.clip(away, -1.0, 1.0)))) + self.telescopes[number].reach_deg
                gap = (sky.telescope.gap_s(farthest) + sky.telescope.filter_change_s) * SECOND
                blocks.append((draft.start_mjd - gap, draft.end_mjd + gap))
        return sky.without(tuple(blocks))

    def choose_all(self, tell: Progress) -> None:
        """Choose fields for every telescope, round by round."""
        self._choose_centred()
        able = [n for n, telescope in enumerate(self.telescopes) if self._may_search(n, telescope)]
        rounds = sorted({octave(self.telescopes[n]) for n in able})
        for done, number in enumerate(rounds):
            tell(0.1 + 0.7 * done / len(rounds), f"fields, round {done + 1} of {len(rounds)}")
            taking_part = [n for n in able if octave(self.telescopes[n]) == number]
            self._choose(taking_part, self.base if number == 0 else self._searched(taking_part))

    def _may_search(self, number: int, telescope: PlanTelescope) -> bool:
        """Tell whether a telescope looks for fields, and one would be worth it where the map or a galaxy peaks."""
        densest_per_deg2 = float(self.worth.skymap.probdensity.max()) * DEG2_SR * self.worth.of_map
        best = densest_per_deg2 * telescope.field_deg2 + float(self.worth.shares.max(initial=0.0))
        return not self.centred[number] and best >= self.options.min_new_probability

    def _choose_centred(self) -> None:
        """Give every telescope for which the localization is small the field about its centre, whoever takes it too.

        Only a telescope that has taken it already is not asked again.
        """
        for number, sky in enumerate(self.skies):
            if not self._takes_centre(number):
                continue
            floor = self.worth.floor(self.base, number)
            fields = centred_of(self.base, sky, self.centre, self.options, floor)
            if fields is not None and (visits := self.slots[number].add_visits(fields.feasible[0])):
                self.chosen[number].append(fields, 0, fields.gain(0, self.base.original), visits)
                fields.take(0, self.base.weight)

    def _takes_centre(self, number: int) -> bool:
        name, centre = self.telescopes[number].name, unit_vectors(self.centre.ra_deg, self.centre.dec_deg)[:, None]
        own = [one.footprint() for one in self.done if one.telescope == name]
        own += [outline(draft, self.telescopes) for draft in self.fixed if draft.telescope == number]
        return self.centred[number] and not any(one.contains(centre).any() for one in own)

    def _choose(self, taking_part: list[int], table: PixelTable) -> None:
        candidates: list[Candidates | None] = [None] * len(self.skies)
        for number in taking_part:
            floor = self.worth.floor(table, number)
            candidates[number] = candidates_of(table, self.skies[number], self.options, floor)
        choose(candidates, self.slots, self.chosen, table.weight, self.options.min_new_probability)
        if table is not self.base:
            self._cover(self.base, taking_part)

    def _cover(self, table: PixelTable, telescopes: Iterable[int]) -> None:
        """Take from a table what the chosen fields of some telescopes cover."""
        for number in telescopes:
            chosen, camera = self.chosen[number], self.telescopes[number]
            places = zip(chosen.ra_deg, chosen.dec_deg, strict=True)
            outlines = (Footprint(camera.shape, camera.width_deg, camera.height_deg, *place) for place in places)
            if len(chosen):
                table.cover(outlines, self.worth.floor(table, number))

    def _searched(self, taking_part: list[int]) -> PixelTable:
        """Return fine pixels of the part of the region where a round's telescopes can still find most."""
        finest = min(side_deg(self.telescopes[number]) for number in taking_part)
        order = max(self.base.order, order_for_field(finest, SEARCHED_PER_SIDE))
        wanted = SEARCH_FACTOR * sum(self._reachable_deg2(number) for number in taking_part)
        cells = np.unique(np.concatenate([self._refined(number, wanted, order) for number in taking_part]))
        table = self.worth.table(order, cells)
        table.cover(self.taken)
        self._cover(table, range(len(self.skies)))
        return table

    def _refined(self, number: int, wanted_deg2: float, order: int) -> IntArray:
        """Pixels of one order in which a telescope's fields are looked for: level by level the best are kept."""
        cells = self.base.ipix[self._cells_for(number, _cells_in(wanted_deg2, self.base.order))]
        for finer in range(self.base.order + 1, order + 1):
            cells = children(cells)
            probability = self.worth.skymap.probability_of_each(tile_ranges(finer, cells))
            cells = cells[np.argsort(-probability, kind="stable")[: _cells_in(wanted_deg2, finer)]]
        return cells

    def _cells_for(self, number: int, count: int) -> IntArray:
        """Indices of the base pixels with most free probability that a telescope ever sees."""
        parents, parent = np.unique(self.base.ipix >> (2 * SIGHT_ORDERS), return_inverse=True)
        centres = PixelTable.centres(self.base.order - SIGHT_ORDERS, parents)
        seen, free = self.skies[number].ever_visible(centres)[parent], self.base.open_pixels
        open_cells = np.flatnonzero(seen & (free > 0.0))
        best = np.argsort(-free[open_cells], kind="stable")[:count]
        return np.asarray(open_cells[best])

    def _reachable_deg2(self, number: int) -> float:
        limit = min(self.slots[number].limit, UNLIMITED_SEARCH)
        return self.telescopes[number].field_deg2 * limit

    def timed(self, number: int, careful: bool = False) -> list[Draft]:
        """Return the chosen fields of a telescope with their times, on request with wider margins."""
        sky = self.skies[number].careful() if careful else self.skies[number]
        return arrange(number, sky, self.chosen[number], self.rhythms[number])

    def reason(self, number: int, drafts: Sequence[Draft]) -> str:
        """Return the sentence for a telescope that has no pointing in the plan."""
        sky = self.skies[number]
        if why := why_not_dark(sky):
            return why
        if self.slots[number].limit == 0:
            return "No pointing is allowed: its maximum number of pointings is 0."
        if self.worth.sight is not None and self.worth.sight.shares[number].max() < self.options.min_new_probability:
            return "The source is too faint for it at the map's distance."
        if self.centred[number] and any(one.telescope == sky.telescope.name for one in self.done):
            return "Nothing left to do: it has observed the localization already."
        covered = [(one.telescope, one.footprint()) for one in self.done]
        covered += [(name_of(draft, self.telescopes), outline(draft, self.telescopes)) for draft in drafts]
        return why_nothing_is_planned(sky, self.base, self.options.min_new_probability, covered)
