"""Why a telescope has no pointing: one sentence each, naming the cause that takes away most of the probability."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from tom_gcn.coverage import Footprint
from tom_gcn.planning.clock import from_mjd
from tom_gcn.planning.geometry import BoolArray, FloatArray, IntArray, by_camera, members
from tom_gcn.planning.pixels import PixelTable
from tom_gcn.planning.visibility import Sky

NEARLY_ALL = 0.995
NAMES_TOLD = 3
LEAST_TOLD = 1e-3
"""Percentages below this many per cent are not written out."""


def why_not_dark(sky: Sky) -> str:
    """Return the sentence for a telescope that has no slot at all, or an empty string."""
    telescope = sky.telescope
    if not sky.nights and telescope.opens_mjd is not None:
        return f"No night in the window once it opens, at {from_mjd(telescope.opens_mjd):%Y-%m-%d %H:%M} UTC."
    if not sky.nights:
        return f"No night in the window: the Sun never goes {-telescope.twilight_deg:g} deg below its horizon."
    if not sky.slots:
        longest = max(high - low for low, high in sky.nights) * 1440.0
        return (
            f"Its darkness in the window lasts {longest:.0f} min, "
            f"too short for one pointing of {telescope.duration_s / 60.0:.1f} min."
        )
    return ""


@dataclass(frozen=True, eq=False)
class View:
    """A localization as one telescope sees it: cells with their probability, and what hides each of them.

    Attributes
    ----------
    vectors : ndarray, shape (n, 3)
    weight : ndarray, shape (n,)
        Probability in each cell, adding up to that of the region.
    held : ndarray, shape (n,)
        Probability that a field at the densest place of the cell would hold, at most.
    seen : ndarray of bool, shape (n,)
        Whether a field there is ever allowed.
    hidden : sequence of (ndarray of bool (n,), function)
        Cells that one limit hides, each cell once, and the sentence for it.
    """

    sky: Sky
    vectors: FloatArray
    weight: FloatArray
    held: FloatArray
    seen: BoolArray
    hidden: Sequence[tuple[BoolArray, Callable[[View, BoolArray], str]]]

    def share(self, cells: BoolArray) -> str:
        """Return words for the share of the probability in some cells."""
        part = float(self.weight[cells].sum() / self.weight.sum())
        if part > NEARLY_ALL:
            return "the localization"
        return f"{100.0 * part:.0f} % of the probability" if part >= 0.005 else "less than 1 % of the probability"

    def densest(self, cells: BoolArray) -> FloatArray:
        """Return the direction of the most probable of some cells."""
        return np.asarray(self.vectors[np.argmax(np.where(cells, self.held, -1.0))])


def view_of(sky: Sky, table: PixelTable) -> View:
    """Look at a localization with a telescope, at a few dozen times spread over its nights."""
    vectors, weight, densest = table.coarse
    sky = sky.sampled
    declination, plane = sky.in_declination(vectors), sky.off_the_plane(vectors)
    high = sky.high(vectors) & (declination & plane)[:, None]
    up = high & sky.up(vectors)
    seen = (up & sky.clear_of_moon(vectors)).any(axis=1)
    risen, near = high.any(axis=1), up.any(axis=1)
    return View(
        sky,
        vectors,
        weight,
        densest * sky.telescope.field_deg2 / table.pixel_deg2,
        seen,
        (
            (~declination, _outside_declination),
            (declination & ~plane, _in_the_plane),
            (declination & plane & ~risen, _too_low),
            (risen & ~near, _far_from_meridian),
            (near & ~seen, _near_the_moon),
        ),
    )


def why_not_visible(sky: Sky, table: PixelTable) -> str:
    """Return the sentence for a telescope that can see nothing of the localization, or an empty string."""
    view = view_of(sky, table)
    return "" if view.seen.any() else _hidden(view, np.ones(len(view.weight), dtype=bool))


def why_nothing_is_planned(
    sky: Sky,
    table: PixelTable,
    min_new_probability: float,
    covered_by: Sequence[tuple[str, Footprint]],
) -> str:
    """Return the sentence for a telescope with slots that adds too little.

    What counts is where a field would be worth a pointing: declination, altitude, Moon and the other telescopes each
    take away some of the probability there, and the sentence names the one that takes most.

    Parameters
    ----------
    sky : Sky
    table : PixelTable
    min_new_probability : float
    covered_by : sequence of (str, Footprint)
        What is executed or planned, with the names of the telescopes.
    """
    view = view_of(sky, table)
    worth = view.held >= min_new_probability
    if not view.seen.any():
        return _hidden(view, np.ones(len(worth), dtype=bool))
    least = f"{100.0 * min_new_probability:.2g} %"
    if not worth.any():
        best = 100.0 * float(view.held.max())
        words = f"{best:.2g} %" if best >= LEAST_TOLD else f"less than {LEAST_TOLD:g} %"
        return f"Nothing to add: no field it can take holds {least} of the probability (the best {words})."
    names = tuple(dict.fromkeys(name for name, _ in covered_by))
    owner = _owners(view, names, covered_by)
    kinds = (~view.seen, view.seen & (owner >= 0), view.seen & (owner < 0))
    hidden, covered, free = (float(view.weight[worth & cells].sum()) for cells in kinds)
    if hidden >= max(covered, free):
        return _hidden(view, worth)
    if covered >= free:
        return f"Nothing left to add: already covered by {_names(view, worth & view.seen, owner, names)}."
    return f"Nothing left to add: no free field holds {least} of the probability."


def _hidden(view: View, worth: BoolArray) -> str:
    """Name the constraint that hides most of the probability in some cells."""
    most = int(np.argmax([float(view.weight[worth & cells].sum()) for cells, _ in view.hidden]))
    cells, sentence = view.hidden[most]
    return sentence(view, cells)


def _outside_declination(view: View, cells: BoolArray) -> str:
    low, high = view.sky.telescope.dec_min_deg, view.sky.telescope.dec_max_deg
    return f"{_capital(view.share(cells))} lies outside its declination limits ({low:g} to {high:g} deg)."


def _in_the_plane(view: View, cells: BoolArray) -> str:
    least = view.sky.telescope.galactic_latitude_min_deg
    return f"{_capital(view.share(cells))} lies within {least:g} deg of the Galactic plane, which this plan leaves out."


def _too_low(view: View, cells: BoolArray) -> str:
    cosines = [float((zenith @ view.densest(cells)).max()) for zenith in view.sky.zenith]
    highest = float(np.degrees(np.arcsin(np.clip(max(cosines), -1.0, 1.0))))
    reached = f"reaches {highest:.0f} deg" if highest > 0.0 else "stays below the horizon"
    low = f"{_capital(view.share(cells))} is never above {view.sky.telescope.min_altitude_deg:g} deg while it is dark"
    return f"{low}; the most probable part {reached}."


def _far_from_meridian(view: View, cells: BoolArray) -> str:
    widest = view.sky.telescope.hour_angle_max_h
    return (
        f"{_capital(view.share(cells))} is never within {widest:g} h of the meridian while it is dark and high enough."
    )


def _near_the_moon(view: View, cells: BoolArray) -> str:
    """The Moon's distance from the most probable hidden place, when it is farthest while the place is up."""
    place = view.densest(cells)
    up = view.sky.up(place[None, :])[0]
    nearest = float(np.degrees(np.arccos(np.clip((view.sky.moon @ place)[up].min(), -1.0, 1.0))))
    share, limit = view.share(cells), float(view.sky.moon_limit_deg[up].min())
    by_phase = view.sky.telescope.moon_by_phase
    told = f"at its phase the limit is {limit:.0f} deg" if by_phase else f"its limit is {limit:g} deg"
    return f"Moon at {nearest:.0f} deg from the most probable part ({told}); {share} is too near."


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _owners(view: View, names: Sequence[str], covered_by: Sequence[tuple[str, Footprint]]) -> IntArray:
    """Return for every cell the number of the name whose outline covers its centre first, -1 where none does."""
    owner = np.full(len(view.weight), -1, dtype=np.int64)
    tree = cKDTree(view.vectors)
    for number, name in enumerate(names):
        for camera, places in by_camera(one for owner_name, one in covered_by if owner_name == name).items():
            ra, dec = np.array(places).T
            _, inside = members(ra, dec, camera[0], camera[1:], tree)
            owner[inside[owner[inside] < 0]] = number
    return owner


def _names(view: View, cells: BoolArray, owner: IntArray, names: Sequence[str]) -> str:
    """Telescopes that cover some cells, the one with most probability first."""
    cells = cells & (owner >= 0)
    held = np.bincount(owner[cells], weights=view.weight[cells], minlength=len(names))
    found = [names[int(number)] for number in np.argsort(-held, kind="stable") if held[number] > 0.0]
    others = len(found) - NAMES_TOLD
    told = ", ".join(found[:NAMES_TOLD])
    return f"{told} and {others} other{'s' if others > 1 else ''}" if others > 0 else told
