"""Where narrow cameras point for galaxies: at each of the likeliest, and where several fall into one field."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from tom_gcn.planning.geometry import FloatArray, angles_deg, members, unit_vectors
from tom_gcn.planning.pixels import PixelTable, Worth
from tom_gcn.planning.problem import Problem
from tom_gcn.planning.sight import sight_of
from tom_gcn.planning.visibility import Sky

MOST_TARGETS = 600
"""Galaxies tried per telescope; the likeliest visible ones."""
MOST_PAIRS = 600
"""Pairs of galaxies tried besides, by falling weight of the two."""


def worth_of(problem: Problem) -> Worth:
    """Return what the sky is worth in a problem: ``(1 - c) x map + c x galaxies`` with the completeness c.

    Where detection is weighed, with what each telescope asked can see.
    """
    galaxies, options, sight = problem.targets, problem.options, None
    if options.weigh == "detection":
        sight = sight_of(problem.skymap, problem.asked, options.source_absolute_mag)
    if galaxies is None:
        return Worth(problem.skymap, np.empty((0, 3)), np.empty(0), sight=sight)
    points = unit_vectors(galaxies.ra_deg, galaxies.dec_deg)
    shares = galaxies.completeness * galaxies.weight
    return Worth(problem.skymap, points, shares, 1.0 - galaxies.completeness, sight)


def notes_of(problem: Problem) -> list[str]:
    """Return sentences on what narrow cameras point at."""
    narrow = sum(telescope.narrow for telescope in problem.asked)
    galaxies = problem.targets
    if galaxies is not None:
        return [
            f"{len(galaxies)} galaxies of {galaxies.catalogue} count with the sky map "
            f"(completeness {100.0 * galaxies.completeness:.0f} %)."
        ]
    if not narrow:
        return []
    if not problem.options.galaxies:
        why = "Galaxies were not asked for"
    elif not problem.skymap.has_distance:
        why = "No distance is known, by which galaxies could be chosen"
    elif problem.galaxies is not None:
        why = "The galaxy catalogue holds none in the localization"
    else:
        why = "No galaxy of a catalogue was at hand"
    who = "The telescope with a narrow field points" if narrow == 1 else f"{narrow} telescopes with narrow fields point"
    return [f"{why}. {who} at the most probable places of the map."]


def galaxy_pointings(table: PixelTable, sky: Sky) -> tuple[FloatArray, FloatArray]:
    """Return places, RA and Dec in degrees, at which a narrow field holds likely galaxies.

    These are the galaxies themselves, the weighted mean of the galaxies in the field about each, and the middle of
    every pair that fits into one field.
    """
    weight, telescope = table.open_points, sky.telescope
    rank = np.argsort(-weight, kind="stable")
    rank = rank[weight[rank] > 0.0][: 4 * MOST_TARGETS]
    rank = rank[sky.ever_visible(table.points[rank])][:MOST_TARGETS]
    if not len(rank):
        return np.empty(0), np.empty(0)
    points, shares = table.points[rank], weight[rank]
    tree = cKDTree(points)
    ra, dec = angles_deg(points)
    indptr, inside = members(ra, dec, telescope.shape, (telescope.width_deg, telescope.height_deg), tree)
    sums = np.concatenate([np.zeros((1, 3)), np.cumsum(points[inside] * shares[inside, None], axis=0)])
    several = np.flatnonzero(np.diff(indptr) > 1)
    means = (sums[indptr[1:]] - sums[indptr[:-1]])[several]
    places = np.concatenate([points, means, _middles(points, shares, tree, 2.0 * telescope.reach_deg)])
    return angles_deg(places)


def _middles(points: FloatArray, shares: FloatArray, tree: cKDTree, most_deg: float) -> FloatArray:
    """Sums of the directions of two galaxies that are near enough to each other, shape (m, 3)."""
    pairs = tree.query_pairs(2.0 * np.sin(np.radians(min(most_deg, 180.0)) / 2.0), output_type="ndarray")
    # the tree gives no order; the weights and then the numbers make one
    rank = np.lexsort((pairs[:, 1], pairs[:, 0], -(shares[pairs[:, 0]] + shares[pairs[:, 1]])))[:MOST_PAIRS]
    chosen = pairs[rank]
    return np.asarray(points[chosen[:, 0]] + points[chosen[:, 1]])
