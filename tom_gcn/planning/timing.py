"""Give the chosen fields of one telescope their times: early and well up, with room for every slew."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, floor

import numpy as np
from scipy.optimize import linear_sum_assignment

from tom_gcn.planning.geometry import FloatArray, unit_vectors
from tom_gcn.planning.result import Pointing
from tom_gcn.planning.schedule import Chosen
from tom_gcn.planning.telescopes import PlanTelescope
from tom_gcn.planning.visibility import SECOND, Sky
from tom_gcn.planning.visits import Rhythm
from tom_grandma_facilities.almanac import airmass, altitude_azimuth, separation_deg

WELL_UP_AIRMASS = 2.0
"""Airmass (altitude 30 deg) below which no field is waited for."""
AIRMASS_HOURS = 2.0
"""Hours of waiting that one unit of airmass above that is worth."""
PATIENCE_S = 1200.0
"""How long a rising field may wait for the next one: telescopes work in blocks and do not stand idle between."""
CHANGE_HOURS = 2.0
"""Hours that a visit is rather waited for than put amid visits through another filter, where changes take time."""
FORBIDDEN = 1e9


@dataclass(frozen=True, slots=True)
class Draft:
    """A pointing before its probabilities are measured. Times are MJD UTC.

    ``telescope`` is the number of the telescope in the problem, -1 for one that takes no part any more. ``original`` is
    the pointing of an earlier plan that is kept as it is.
    """

    telescope: int
    field_id: str
    ra_deg: float
    dec_deg: float
    start_mjd: float
    end_mjd: float
    gain: float = 0.0
    epoch: int = 1
    filter: str = ""
    original: Pointing | None = None


def arrange(number: int, sky: Sky, chosen: Chosen, rhythm: Rhythm) -> list[Draft]:
    """Order and time the chosen fields of telescope ``number``; what cannot be fitted in is left out.

    First with slots that allow for a slew to a neighbouring field, and when longer slews push something out of its
    window, with slots that allow for the longest slew between any two chosen fields; the better one is kept.
    """
    if not len(chosen) or not sky.slots:
        return []
    ra, dec = np.array(chosen.ra_deg), np.array(chosen.dec_deg)
    vectors = unit_vectors(ra, dec)
    best = _timed(number, sky, chosen, vectors, rhythm)
    if len(best) == sum(chosen.visits):
        return best
    longest = float(np.max(separation_deg(ra[:, None], dec[:, None], ra[None, :], dec[None, :])))
    spacious = _timed(number, sky.with_slew(longest), chosen, vectors, rhythm)
    return max(best, spacious, key=_usefulness)


def _usefulness(drafts: list[Draft]) -> tuple[float, int]:
    return sum(draft.gain for draft in drafts if draft.epoch == 1), len(drafts)


def _timed(number: int, sky: Sky, chosen: Chosen, vectors: FloatArray, rhythm: Rhythm) -> list[Draft]:
    """Assign slots at least cost, then move pointings back where a slew takes longer than the slot allows."""
    drafts: list[Draft] = []
    seen: dict[int, Draft] = {}
    for start, index, visit in _placed(sky, chosen, vectors, rhythm):
        before = seen.get(index)
        draft = Draft(
            number,
            chosen.names[index],
            chosen.ra_deg[index],
            chosen.dec_deg[index],
            start,
            start + sky.telescope.duration_s * SECOND,
            chosen.gain[index],
            before.epoch + 1 if before else 1,
            rhythm.filters[visit],
        )
        moved = _not_before(draft, before.end_mjd + rhythm.gap_days) if before else draft
        moved = _after(moved, drafts[-1], sky) if drafts else moved
        if moved is draft or sky.allowed_at(vectors[index], moved.start_mjd):
            drafts.append(moved)
            seen[index] = moved
    return _in_blocks(drafts, sky) if rhythm.visits == 1 else drafts


def _placed(sky: Sky, chosen: Chosen, vectors: FloatArray, rhythm: Rhythm) -> list[tuple[float, int, int]]:
    """Give every visit of every field a slot of its own: sorted (start, field, number of the visit from 0)."""
    gain = np.array(chosen.gain)
    share = gain / max(float(gain.mean()), 1e-12)
    cost = _cost(sky, chosen, vectors, share)
    # where not all can be placed, those with less go
    forbidden = FORBIDDEN * (1.0 + share[:, None])
    duration = sky.telescope.duration_s * SECOND
    allowed = zip(cost < FORBIDDEN, chosen.visits, strict=True)
    rows = [rhythm.rows(row, sky.start_mjd, duration)[:visits] for row, visits in allowed]
    earliest = np.full(len(chosen), -np.inf)
    taken = np.zeros(sky.slots, dtype=bool)
    placed: list[tuple[float, int, int]] = []
    for visit in range(max(chosen.visits)):
        fields = np.array([n for n, row in enumerate(rows) if len(row) > visit and earliest[n] < np.inf], dtype=int)
        if not len(fields):
            break
        free = np.array([rows[n][visit] for n in fields]) & ~taken & (sky.start_mjd >= earliest[fields, None])
        part = np.where(free, cost[fields] + _change_cost(sky, placed, rhythm, visit), forbidden[fields])
        earliest[fields] = np.inf
        for row, slot in zip(*linear_sum_assignment(part), strict=True):
            if part[row, slot] < FORBIDDEN:
                start = float(sky.start_mjd[slot])
                placed.append((start, int(fields[row]), visit))
                taken[slot], earliest[fields[row]] = True, start + duration + rhythm.gap_days
    return sorted(placed)


def _change_cost(sky: Sky, placed: list[tuple[float, int, int]], rhythm: Rhythm, visit: int) -> FloatArray:
    """Price of a slot amid the visits through another filter: every such visit costs two changes."""
    hours = np.zeros(sky.slots)
    if visit and rhythm.filters[visit] != rhythm.filters[visit - 1] and sky.telescope.filter_change_s > 0.0:
        hours[sky.start_mjd < max(start for start, _, _ in placed)] = CHANGE_HOURS
    return hours


def _in_blocks(drafts: list[Draft], sky: Sky) -> list[Draft]:
    """Let rising fields wait a little where otherwise the telescope would wait for the next one."""
    blocks = drafts[-1:]
    for draft in reversed(drafts[:-1]):
        blocks.append(_joined(draft, blocks[-1], sky))
    return blocks[::-1]


def _joined(draft: Draft, following: Draft, sky: Sky) -> Draft:
    """Return the draft, moved up to the following one if that is near enough in time and the field rises until then."""
    latest = following.start_mjd - gap_between(draft, following, sky.telescope) - sky.telescope.duration_s * SECOND
    late = floor((latest - draft.start_mjd) / SECOND + 5e-4)
    if not 0 < late <= PATIENCE_S:
        return draft
    moved = _later(draft, late)
    site = (sky.telescope.latitude_deg, sky.telescope.longitude_deg)
    before, after = altitude_azimuth(draft.ra_deg, draft.dec_deg, np.array([draft.start_mjd, moved.end_mjd]), *site)[0]
    vector = unit_vectors(draft.ra_deg, draft.dec_deg)
    return moved if after >= before and sky.allowed_at(vector, moved.start_mjd) else draft


def _later(draft: Draft, seconds: int) -> Draft:
    return replace(draft, start_mjd=draft.start_mjd + seconds * SECOND, end_mjd=draft.end_mjd + seconds * SECOND)


def gap_between(before: Draft, after: Draft, telescope: PlanTelescope) -> float:
    """Return the days from the end of one pointing to the earliest start of another: slew, read-out, filter change."""
    distance = float(separation_deg(before.ra_deg, before.dec_deg, after.ra_deg, after.dec_deg))
    change = telescope.filter_change_s if after.filter != before.filter else 0.0
    return (telescope.gap_s(distance) + change) * SECOND


def in_time(one: Draft, other: Draft, telescope: PlanTelescope) -> bool:
    """Tell whether a telescope can take two pointings when they stand."""
    first, second = sorted((one, other), key=lambda draft: draft.start_mjd)
    return second.start_mjd >= first.end_mjd + gap_between(first, second, telescope) - 1e-3 * SECOND


def _after(draft: Draft, previous: Draft, sky: Sky) -> Draft:
    """Return the draft, later if the telescope needs longer to come from the previous one."""
    return _not_before(draft, previous.end_mjd + gap_between(previous, draft, sky.telescope))


def _not_before(draft: Draft, earliest_mjd: float) -> Draft:
    # half a millisecond: the resolution of a double-precision MJD is 0.6 microseconds
    late = ceil((earliest_mjd - draft.start_mjd) / SECOND - 5e-4)
    return _later(draft, late) if late > 0 else draft


def _cost(sky: Sky, chosen: Chosen, vectors: FloatArray, share: FloatArray) -> FloatArray:
    """Hours of waiting plus the price of airmass, weighted by the field's share: the best fields go first."""
    site = (sky.telescope.latitude_deg, sky.telescope.longitude_deg)
    altitude, _ = altitude_azimuth(
        np.array(chosen.ra_deg)[:, None], np.array(chosen.dec_deg)[:, None], sky.start_mjd[None, :], *site
    )
    hours = (sky.start_mjd - sky.start_mjd[0]) * 24.0
    too_low = np.maximum(airmass(np.maximum(altitude, 1.0)) - WELL_UP_AIRMASS, 0.0)
    wait = hours[None, :] + AIRMASS_HOURS * too_low
    cost: FloatArray = np.where(sky.feasible(vectors), share[:, None] * wait, FORBIDDEN)
    return cost
