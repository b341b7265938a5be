"""Give the chosen fields of one telescope their times: early and well up, with room for every slew."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, floor

import numpy as np
from scipy.optimize import linear_sum_assignment

from tom_gcn.planning.geometry import FloatArray, unit_vectors
from tom_gcn.planning.schedule import Chosen
from tom_gcn.planning.visibility import SECOND, Sky
from tom_grandma_facilities.almanac import airmass, altitude_azimuth, separation_deg

WELL_UP_AIRMASS = 2.0
"""Airmass (altitude 30 deg) below which no field is waited for."""
AIRMASS_HOURS = 2.0
"""Hours of waiting that one unit of airmass above that is worth."""
PATIENCE_S = 1200.0
"""How long a rising field may wait for the next one: telescopes work in blocks and do not stand idle between."""
FORBIDDEN = 1e9


@dataclass(frozen=True, slots=True)
class Draft:
    """A pointing before its probabilities are measured. Times are MJD UTC."""

    telescope: int
    field_id: str
    ra_deg: float
    dec_deg: float
    start_mjd: float
    end_mjd: float
    gain: float = 0.0


def arrange(number: int, sky: Sky, chosen: Chosen) -> list[Draft]:
    """Order and time the chosen fields of telescope ``number``; what cannot be fitted in is left out.

    First with slots that allow for a slew to a neighbouring field, and when longer slews push something out of its
    window, with slots that allow for the longest slew between any two chosen fields; the better one is kept.
    """
    if not len(chosen) or not sky.slots:
        return []
    ra, dec = np.array(chosen.ra_deg), np.array(chosen.dec_deg)
    vectors = unit_vectors(ra, dec)
    best = _timed(number, sky, chosen, vectors)
    if len(best) == len(chosen):
        return best
    longest = float(np.max(separation_deg(ra[:, None], dec[:, None], ra[None, :], dec[None, :])))
    spacious = _timed(number, sky.with_slew(longest), chosen, vectors)
    return max(best, spacious, key=lambda drafts: sum(draft.gain for draft in drafts))


def _timed(number: int, sky: Sky, chosen: Chosen, vectors: FloatArray) -> list[Draft]:
    """Assign slots at least cost, then move pointings back where a slew takes longer than the slot allows."""
    cost = _cost(sky, chosen, vectors)
    field, slot = linear_sum_assignment(cost)
    placed = sorted(
        (float(sky.start_mjd[s]), int(f)) for f, s in zip(field, slot, strict=True) if cost[f, s] < FORBIDDEN
    )
    drafts: list[Draft] = []
    for start, index in placed:
        draft = Draft(
            number,
            chosen.names[index],
            chosen.ra_deg[index],
            chosen.dec_deg[index],
            start,
            start + sky.telescope.duration_s * SECOND,
            chosen.gain[index],
        )
        moved = _after(draft, drafts[-1], sky) if drafts else draft
        if moved is draft or sky.allowed_at(vectors[index], moved.start_mjd):
            drafts.append(moved)
    return _in_blocks(drafts, sky)


def _in_blocks(drafts: list[Draft], sky: Sky) -> list[Draft]:
    """Let rising fields wait a little where otherwise the telescope would wait for the next one."""
    blocks = drafts[-1:]
    for draft in reversed(drafts[:-1]):
        blocks.append(_joined(draft, blocks[-1], sky))
    return blocks[::-1]


def _joined(draft: Draft, following: Draft, sky: Sky) -> Draft:
    """Return the draft, moved up to the following one if that is near enough in time and the field rises until then."""
    distance = float(separation_deg(draft.ra_deg, draft.dec_deg, following.ra_deg, following.dec_deg))
    latest = following.start_mjd - (sky.telescope.gap_s(distance) + sky.telescope.duration_s) * SECOND
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


def _after(draft: Draft, previous: Draft, sky: Sky) -> Draft:
    """Return the draft, later if the telescope needs longer to come from the previous one."""
    distance = float(separation_deg(previous.ra_deg, previous.dec_deg, draft.ra_deg, draft.dec_deg))
    earliest = previous.end_mjd + sky.telescope.gap_s(distance) * SECOND
    # half a millisecond: the resolution of a double-precision MJD is 0.6 microseconds
    late = ceil((earliest - draft.start_mjd) / SECOND - 5e-4)
    return _later(draft, late) if late > 0 else draft


def _cost(sky: Sky, chosen: Chosen, vectors: FloatArray) -> FloatArray:
    """Hours of waiting plus the price of airmass, weighted by the field's share: the best fields go first."""
    feasible = sky.feasible(vectors)
    site = (sky.telescope.latitude_deg, sky.telescope.longitude_deg)
    altitude, _ = altitude_azimuth(
        np.array(chosen.ra_deg)[:, None], np.array(chosen.dec_deg)[:, None], sky.start_mjd[None, :], *site
    )
    hours = (sky.start_mjd - sky.start_mjd[0]) * 24.0
    gain = np.array(chosen.gain)
    share = gain / max(float(gain.mean()), 1e-12)
    too_low = np.maximum(airmass(np.maximum(altitude, 1.0)) - WELL_UP_AIRMASS, 0.0)
    wait = hours[None, :] + AIRMASS_HOURS * too_low
    cost: FloatArray = np.where(feasible, share[:, None] * wait, FORBIDDEN * (1.0 + share[:, None]))
    return cost
