"""Where gwemopt may point: fields of a telescope's grid, or fields centred on galaxies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from tom_gcn.planning.geometry import FloatArray, IntArray, members, near, unit_vectors
from tom_gcn.planning.grids import field_grid
from tom_gcn.planning.pixels import PixelTable
from tom_gcn.planning.problem import GalaxyTargets
from tom_gcn.planning.visibility import Sky

MOST_GALAXY_FIELDS = 500
"""Fields with galaxies that gwemopt is given for one telescope, best first; it looks at each at every slot."""


@dataclass(frozen=True, eq=False)
class Fields:
    """Where one telescope may point: numbers for gwemopt, positions, and what each is called.

    Attributes
    ----------
    number : ndarray of int64, shape (n,)
    ra_deg, dec_deg : ndarray of float64, shape (n,)
    weight : ndarray of float64, shape (n,), or None
        What each field is worth; None: what the sky map holds inside.
    name : mapping of int to str
    """

    number: IntArray
    ra_deg: FloatArray
    dec_deg: FloatArray
    weight: FloatArray | None
    name: Mapping[int, str]

    def __len__(self) -> int:
        return len(self.number)


def tiling_fields(table: PixelTable, sky: Sky) -> Fields:
    """Return the fields of a telescope's grid that touch the region and lie within its reach."""
    telescope = sky.telescope
    grid = field_grid(telescope.shape, telescope.width_deg, telescope.height_deg)
    vectors = unit_vectors(grid.ra_deg, grid.dec_deg)
    touching = np.flatnonzero(near(table.tree, vectors, telescope.reach_deg) & sky.in_reach(vectors))
    names = {int(index): grid.field_id(int(index)) for index in touching}
    return Fields(touching, grid.ra_deg[touching], grid.dec_deg[touching], None, names)


def galaxy_fields(galaxies: GalaxyTargets, sky: Sky) -> Fields:
    """Group galaxies into fields: the heaviest free galaxy is a centre, and its field takes those around it.

    Parameters
    ----------
    galaxies : GalaxyTargets
    sky : Sky
        The telescope's; galaxies out of its reach are left out.

    Returns
    -------
    Fields
        At most `MOST_GALAXY_FIELDS`, heaviest centre first; ``weight`` the sum over the galaxies of the field.
    """
    telescope, vectors = sky.telescope, unit_vectors(galaxies.ra_deg, galaxies.dec_deg)
    tree = cKDTree(vectors)
    size = (telescope.width_deg, telescope.height_deg)
    free = (galaxies.weight > 0.0) & sky.in_reach(vectors)
    centres: list[int] = []
    weights: list[float] = []
    for index in np.argsort(-galaxies.weight, kind="stable"):
        if not free[index]:
            continue
        if len(centres) == MOST_GALAXY_FIELDS:
            break
        place = galaxies.ra_deg[index : index + 1], galaxies.dec_deg[index : index + 1]
        _, inside = members(*place, telescope.shape, size, tree)
        inside = np.union1d(inside[free[inside]], [index])
        centres.append(int(index))
        weights.append(float(galaxies.weight[inside].sum()))
        free[inside] = False
    # gwemopt takes field 0 for "no field yet" in its greedy schedule
    numbers = np.arange(1, len(centres) + 1)
    names = {number: galaxies.name[index][:40] for number, index in zip(numbers.tolist(), centres, strict=True)}
    return Fields(numbers, galaxies.ra_deg[centres], galaxies.dec_deg[centres], np.array(weights), names)
