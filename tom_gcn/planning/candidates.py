"""Which fields each telescope could take: cells of its grid, free pointings, galaxies, or one on a small region."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from tom_gcn.planning.geometry import FloatArray, angles_deg, field_reach_deg, members, near, unit_vectors
from tom_gcn.planning.grids import field_grid
from tom_gcn.planning.options import PlanOptions
from tom_gcn.planning.pixels import PIXEL_SIDE_DEG, PixelTable
from tom_gcn.planning.schedule import Candidates, above
from tom_gcn.planning.targets import galaxy_pointings
from tom_gcn.planning.telescopes import PlanTelescope
from tom_gcn.planning.visibility import Sky
from tom_gcn.skymaps import SkyMap
from tom_gcn.skymaps.ranges import expand

Name = Callable[[int], str]
"""Names a field by its number among the candidates; only those worth taking are named."""

CELLS_PER_SIDE = 2.5
"""How densely free pointings are tried: centres of HEALPix cells this many times smaller than the field's side."""
FREE_POINTINGS = 500
"""Free pointings tried per telescope; the most probable visible cells."""
SMALL_RADIUS_DEG = 0.5
"""A localization smaller than this gets centred pointings only, from fields that hold at least half of it there."""
CENTRE = "centre"


@dataclass(frozen=True, slots=True)
class Centre:
    """Centre of a localization and the radius of the circle about it that holds the densest 90 %."""

    ra_deg: float
    dec_deg: float
    radius_deg: float


def centre_of(skymap: SkyMap, level: float = 0.9) -> Centre:
    """Return the probability-weighted centre of the densest tiles that hold a probability, and their radius.

    On the map's own tiles: the pixels in which fields are looked for can be larger than a small localization.
    """
    best = skymap.tiles_to_level(level)
    order, probability = skymap.order[best], skymap.probability[best]
    vectors = PixelTable.centres(order, skymap.ipix[best])
    mean = (probability[:, None] * vectors).sum(axis=0)
    mean /= max(float(np.linalg.norm(mean)), 1e-12)
    ra, dec = angles_deg(mean)
    half_chord = np.minimum(np.linalg.norm(vectors - mean, axis=1) / 2.0, 1.0)
    reach = np.degrees(2.0 * np.arcsin(half_chord)) + PIXEL_SIDE_DEG / np.exp2(order) / 2.0
    return Centre(float(ra), float(dec), float(reach.max()))


def is_centred(table: PixelTable, telescope: PlanTelescope, centre: Centre) -> bool:
    """Tell whether a localization is so small that the telescope takes its centre and nothing else."""
    if centre.radius_deg <= min(telescope.width_deg, telescope.height_deg) / 2.0:
        return True
    if centre.radius_deg >= SMALL_RADIUS_DEG:
        return False
    size = (telescope.width_deg, telescope.height_deg)
    place = (np.array([centre.ra_deg]), np.array([centre.dec_deg]))
    _, inside = members(*place, telescope.shape, size, table.tree)
    return float(table.original[inside].sum()) >= 0.5 * float(table.original.sum())


def centred_of(
    table: PixelTable, sky: Sky, centre: Centre, options: PlanOptions, floor: FloatArray | None = None
) -> Candidates | None:
    """Return the one field about the centre; None when it is never allowed or holds too little."""
    ra, dec = np.array([centre.ra_deg]), np.array([centre.dec_deg])
    return _worth_taking(table, sky, (ra, dec, _centre_name), options, table.original, floor)


def candidates_of(
    table: PixelTable, sky: Sky, options: PlanOptions, floor: FloatArray | None = None
) -> Candidates | None:
    """Return the fields a telescope could take that hold enough, above what it cannot see; None when there are none."""
    telescope = sky.telescope
    if not sky.slots or not len(table):
        return None
    if not telescope.narrow:
        return _worth_taking(table, sky, _grid_fields(table, telescope), options, table.weight, floor)
    ra, dec, name = _free_pointings(table, sky)
    if not len(table.points):
        return _worth_taking(table, sky, (ra, dec, name), options, table.weight, floor)
    host_ra, host_dec = galaxy_pointings(table, sky)
    ra, dec = np.concatenate([ra, host_ra]), np.concatenate([dec, host_dec])
    return _worth_taking(table, sky, (ra, dec, partial(_place_name, ra, dec)), options, table.weight, floor)


def _centre_name(_: int) -> str:
    return CENTRE


def _place_name(ra: FloatArray, dec: FloatArray, index: int) -> str:
    return f"{ra[index]:.3f}{dec[index]:+.3f}"


def _grid_fields(table: PixelTable, telescope: PlanTelescope) -> tuple[FloatArray, FloatArray, Name]:
    """Cells of the fixed grid that touch the table."""
    grid = field_grid(telescope.shape, telescope.width_deg, telescope.height_deg)
    reach = field_reach_deg(telescope.shape, telescope.width_deg, telescope.height_deg)
    touching = np.flatnonzero(near(table.tree, unit_vectors(grid.ra_deg, grid.dec_deg), reach))
    return grid.ra_deg[touching], grid.dec_deg[touching], lambda index: grid.field_id(int(touching[index]))


def _free_pointings(table: PixelTable, sky: Sky) -> tuple[FloatArray, FloatArray, Name]:
    """Centres of the cells with most free probability among those that are ever visible."""
    side = min(sky.telescope.width_deg, sky.telescope.height_deg)
    order = int(np.ceil(np.log2(PIXEL_SIDE_DEG * CELLS_PER_SIDE / side)))
    cells, cell = np.unique(table.ipix >> (2 * max(table.order - order, 0)), return_inverse=True)
    weight = np.bincount(cell, weights=table.open_pixels)
    rank = np.argsort(-weight, kind="stable")
    rank = rank[weight[rank] > 0.0][: 3 * FREE_POINTINGS]
    centres = PixelTable.centres(min(order, table.order), cells[rank])
    centres = centres[sky.ever_visible(centres)][:FREE_POINTINGS]
    ra, dec = angles_deg(centres)
    return ra, dec, partial(_place_name, ra, dec)


def _worth_taking(
    table: PixelTable,
    sky: Sky,
    places: tuple[FloatArray, FloatArray, Name],
    options: PlanOptions,
    weight: FloatArray,
    floor: FloatArray | None,
) -> Candidates | None:
    """Keep the fields that can be taken and hold enough; gains only shrink later, so nothing is lost by it."""
    telescope = sky.telescope
    ra, dec, name = places
    visible = np.flatnonzero(sky.ever_visible(unit_vectors(ra, dec)))
    if not len(visible):
        return None
    size = (telescope.width_deg, telescope.height_deg)
    indptr, indices = members(ra[visible], dec[visible], telescope.shape, size, table.tree)
    gains = np.diff(np.concatenate([[0.0], np.cumsum(above(weight, floor)[indices])])[indptr])
    worth = np.flatnonzero(gains >= options.min_new_probability)
    if not len(worth):
        return None
    fields = visible[worth]
    feasible = sky.feasible(unit_vectors(ra[fields], dec[fields]))
    first = sky.start_mjd[np.argmax(feasible, axis=1)]
    late = np.clip((first - sky.span[0]) / (sky.span[1] - sky.span[0]), 0.0, 1.0)
    lengths = np.diff(indptr)[worth]
    return Candidates(
        ra[fields],
        dec[fields],
        [name(int(index)) for index in fields],
        feasible,
        1.0 - options.earliness * late,
        np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        indices[expand(np.column_stack([indptr[worth], indptr[worth + 1]]))],
        floor,
    )
