"""Why a telescope has no pointing: one sentence each, most fundamental cause first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tom_gcn.planning.geometry import BoolArray, FloatArray, field_reach_deg
from tom_gcn.planning.pixels import PixelTable
from tom_gcn.planning.telescopes import PlanTelescope
from tom_gcn.planning.timing import Draft
from tom_gcn.planning.visibility import Sky
from tom_grandma_facilities.almanac import separation_deg

LOOKED_AT = 4000
"""Pixels, evenly taken from the whole region, that stand for the localization."""


def why_dark_is_missing(sky: Sky) -> str:
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


def why_nothing_is_visible(sky: Sky, table: PixelTable) -> str:
    """Return the sentence for a telescope that can take no field of the localization, or an empty string."""
    some = np.arange(0, len(table), max(1, len(table) // LOOKED_AT))
    some = some[np.argsort(-table.probability[some], kind="stable")]
    vectors = table.vectors[some]
    telescope = sky.telescope
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


def why_nothing_is_added(
    telescope: PlanTelescope,
    field: tuple[float, float],
    own_probability: float,
    min_new_probability: float,
    drafts: Sequence[Draft],
    telescopes: Sequence[PlanTelescope],
) -> str:
    """Return the sentence for a telescope that sees the localization but adds too little.

    Parameters
    ----------
    telescope : PlanTelescope
    field : tuple of float
        RA and Dec of its most probable field in degrees.
    own_probability : float
        The probability of that field by itself.
    drafts, telescopes
        The pointings of the plan and the telescopes that their numbers mean.
    """
    least = f"{100.0 * min_new_probability:.2g} %"
    if own_probability < min_new_probability:
        return f"Nothing to add: no field it can take holds {least} of the probability."
    reach = field_reach_deg(telescope.shape, telescope.width_deg, telescope.height_deg)
    names = sorted({telescopes[d.telescope].name for d in drafts if _overlap(d, telescopes, field, reach)})
    by = f" already covered by {', '.join(names)}" if names else f" no free field holds {least} of the probability"
    return f"Nothing left to add:{by}."


def _overlap(draft: Draft, telescopes: Sequence[PlanTelescope], field: tuple[float, float], reach: float) -> bool:
    other = telescopes[draft.telescope]
    distance = float(separation_deg(draft.ra_deg, draft.dec_deg, *field))
    return distance < max(reach, field_reach_deg(other.shape, other.width_deg, other.height_deg))
