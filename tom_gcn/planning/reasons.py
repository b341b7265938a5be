"""Why a telescope has no pointing: one sentence each, most fundamental cause first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tom_gcn.planning.geometry import BoolArray, FloatArray, IntArray, angles_deg, members, unit_vectors
from tom_gcn.planning.pixels import PixelTable
from tom_gcn.planning.telescopes import PlanTelescope
from tom_gcn.planning.timing import Draft
from tom_gcn.planning.visibility import Sky
from tom_grandma_facilities.almanac import separation_deg

LOOKED_AT = 2000
"""Pixels, evenly taken from the whole region, that stand for the localization."""


def why_not_dark(sky: Sky) -> str:
    """Return the sentence for a telescope that has no slot at all, or an empty string."""
    telescope = sky.telescope
    if not sky.nights:
        return f"No night in the window: the Sun never goes {-telescope.twilight_deg:g} deg below its horizon."
    if not sky.slots:
        longest = max(high - low for low, high in sky.nights) * 1440.0
        return (
            f"Its darkness in the window lasts {longest:.0f} min, "
            f"too short for one pointing of {telescope.duration_s / 60.0:.1f} min."
        )
    return ""


def why_not_visible(sky: Sky, table: PixelTable) -> str:
    """Return the sentence for a telescope that can take no field of the localization, or an empty string."""
    vectors = table.vectors[_sample(table)]
    telescope, sky = sky.telescope, sky.sampled
    reachable = sky.in_declination(vectors)
    if not reachable.any():
        low, high = telescope.dec_min_deg, telescope.dec_max_deg
        return f"The localization lies outside its declination limits ({low:g} to {high:g} deg)."
    up = sky.up(vectors[reachable])
    if not up.any():
        return f"The localization is never above {telescope.min_altitude_deg:g} deg while it is dark."
    clear = sky.clear_of_moon(vectors[reachable])
    if not (up & clear).any():
        nearest = _moon_distance(sky, vectors[reachable], up)
        return f"Moon at {nearest:.0f} deg from the localization (its limit is {telescope.moon_separation_deg:g} deg)."
    return ""


def _moon_distance(sky: Sky, vectors: FloatArray, up: BoolArray) -> float:
    """Distance of the Moon from the most probable pixel that is up, at the time when it is farthest."""
    pixel = int(np.argmax(up.any(axis=1)))
    cosines = sky.moon[up[pixel]] @ vectors[pixel]
    return float(np.degrees(np.arccos(np.clip(cosines.min(), -1.0, 1.0))))


def _sample(table: PixelTable) -> IntArray:
    """Pixels that stand for the region, the most probable first."""
    some = np.arange(0, len(table), max(1, len(table) // LOOKED_AT))
    return some[np.argsort(-table.probability[some], kind="stable")]


def why_nothing_is_added(
    sky: Sky,
    table: PixelTable,
    min_new_probability: float,
    drafts: Sequence[Draft],
    telescopes: Sequence[PlanTelescope],
) -> str:
    """Return the sentence for a telescope that sees the localization but adds too little.

    Parameters
    ----------
    sky : Sky
    table : PixelTable
    min_new_probability : float
    drafts, telescopes
        The pointings of the plan and the telescopes that their numbers mean.
    """
    sample = _sample(table)
    visible = sample[sky.ever_visible(table.vectors[sample])]
    if not len(visible):
        return "No field that touches the localization can be taken in the window."
    ra, dec = angles_deg(table.vectors[visible[:1]])
    least = f"{100.0 * min_new_probability:.2g} %"
    if _held_at(ra, dec, sky.telescope, table) < min_new_probability:
        return f"Nothing to add: no field it can take holds {least} of the probability."
    reach = sky.telescope.reach_deg
    names = sorted({telescopes[d.telescope].name for d in drafts if _touches(d, telescopes, ra[0], dec[0], reach)})
    if names:
        return f"Nothing left to add: already covered by {', '.join(names)}."
    return f"Nothing left to add: no free field holds {least} of the probability."


def _held_at(ra: FloatArray, dec: FloatArray, telescope: PlanTelescope, table: PixelTable) -> float:
    """Probability inside a field centred on one position; of a field below a pixel its share of the pixel."""
    size = (telescope.width_deg, telescope.height_deg)
    _, inside = members(ra, dec, telescope.shape, size, table.tree)
    _, nearest = table.tree.query(unit_vectors(ra, dec))
    share = min(1.0, telescope.field_deg2 / table.pixel_deg2)
    return max(float(table.probability[inside].sum()), float(table.probability[nearest][0])) * share


def _touches(draft: Draft, telescopes: Sequence[PlanTelescope], ra: float, dec: float, reach: float) -> bool:
    distance = float(separation_deg(draft.ra_deg, draft.dec_deg, ra, dec))
    return distance < max(reach, telescopes[draft.telescope].reach_deg)
