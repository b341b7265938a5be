"""The localization as pixels with weights: what the planner counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy.spatial import cKDTree

from tom_gcn.coverage import Footprint
from tom_gcn.planning.geometry import FloatArray, IntArray, angles_deg, by_camera, members, unit_vectors
from tom_gcn.planning.sight import Sight
from tom_gcn.skymaps import SkyMap, area_deg2, cell_centres, cover, hpx29, tile_ranges

BASE_ORDER = 8
FINEST_ORDER = 20
PIXEL_BUDGET = 200_000
PIXELS_PER_SIDE = 12.0
COARSE_CELLS = 3000
"""About so many cells at most where a localization is only looked at."""
PIXEL_SIDE_DEG = 58.6323
"""Square root of the area of an order-0 pixel; halves with every order."""


@dataclass(eq=False)
class PixelTable:
    """Pixels of one order, and galaxies as points after them, with the weight that is still free to be covered.

    Attributes
    ----------
    order : int
        HEALPix order, nested.
    ipix : ndarray of int, shape (n,)
        Rising.
    weight : ndarray, shape (n + g,)
        Weight in each pixel, and of each galaxy, that no footprint covers; the schedule sets what is covered to zero.
    points : ndarray, shape (g, 3)
        Directions of galaxies.
    original : ndarray, shape (n + g,)
        Weights before anything was covered.
    """

    order: int
    ipix: IntArray
    weight: FloatArray
    points: FloatArray = field(default_factory=lambda: np.empty((0, 3)), repr=False)
    original: FloatArray = field(init=False, repr=False)
    vectors: FloatArray = field(init=False, repr=False)
    tree: cKDTree = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.original = self.weight.copy()
        self.vectors = np.concatenate([self.centres(self.order, self.ipix), self.points])
        self.tree = cKDTree(self.vectors, balanced_tree=False, compact_nodes=False)

    def __len__(self) -> int:
        return len(self.ipix)

    @property
    def probability(self) -> FloatArray:
        """Weight of the pixels before anything was covered, shape (n,)."""
        return self.original[: len(self)]

    @property
    def open_pixels(self) -> FloatArray:
        """Weight of the pixels that is still free, shape (n,)."""
        return self.weight[: len(self)]

    @property
    def open_points(self) -> FloatArray:
        """Weight of the galaxies that is still free, shape (g,)."""
        return self.weight[len(self) :]

    def cover(self, outlines: Iterable[Footprint], floor: FloatArray | None = None) -> None:
        """Take what lies inside some outlines, all of it or down to a floor."""
        for (shape, width, height), places in by_camera(outlines).items():
            ra, dec = np.array(places).T
            _, inside = members(ra, dec, shape, (width, height), self.tree)
            self.weight[inside] = 0.0 if floor is None else np.minimum(self.weight[inside], floor[inside])

    @cached_property
    def cells(self) -> IntArray:
        """Order-29 cells at the centres of the pixels and at the galaxies, shape (n + g,)."""
        middle = tile_ranges(self.order, self.ipix).sum(axis=1) // 2
        return np.concatenate([middle, hpx29(*angles_deg(self.points))]) if len(self.points) else middle

    @staticmethod
    def centres(order: int | IntArray, ipix: IntArray) -> FloatArray:
        """Return unit vectors, shape (n, 3), to the centres of pixels."""
        return unit_vectors(*cell_centres(order, ipix))

    @cached_property
    def coarse(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """A few thousand larger cells: vectors (m, 3), probability (m,), that of the densest pixel in each (m,)."""
        levels = max(0, int(np.ceil(np.log2(max(len(self), 1) / COARSE_CELLS) / 2.0)))
        cells, cell = np.unique(self.ipix >> (2 * levels), return_inverse=True)
        densest = np.zeros(len(cells))
        np.maximum.at(densest, cell, self.probability)
        total: FloatArray = np.bincount(cell, weights=self.probability).astype(np.float64)
        return self.centres(self.order - levels, cells), total, densest

    @property
    def pixel_deg2(self) -> float:
        """Area of one pixel."""
        return pixel_deg2(self.order)


def pixel_deg2(order: int) -> float:
    """Return the area of one pixel of an order."""
    return float((PIXEL_SIDE_DEG / 2.0**order) ** 2)


@dataclass(frozen=True, eq=False)
class Worth:
    """What the sky is worth: the map, and with galaxies ``(1 - c) x map + c x galaxies``, c being the completeness.

    Attributes
    ----------
    skymap : SkyMap
    points : ndarray, shape (g, 3)
        Directions of galaxies.
    shares : ndarray, shape (g,)
        Their weights, already times the completeness.
    of_map : float
        What the map's probability is multiplied by.
    sight : Sight or None
        What telescopes can see, where that is weighed.
    """

    skymap: SkyMap
    points: FloatArray
    shares: FloatArray
    of_map: float = 1.0
    sight: Sight | None = None

    def floor(self, table: PixelTable, telescope: int) -> FloatArray | None:
        """Return the weight that a telescope cannot take from a table because it would not see the source."""
        return None if self.sight is None else table.original * (1.0 - self.sight.of(telescope, table.cells))

    def table(self, order: int, ipix: IntArray) -> PixelTable:
        """Build a table with the worth of each pixel and galaxy."""
        weight = self.of_map * self.skymap.probability_of_each(tile_ranges(order, ipix))
        return PixelTable(order, ipix, np.concatenate([weight, self.shares]), self.points)

    def region_table(self, level: float, smallest_side_deg: float) -> PixelTable:
        """Return the pixels of a credible region, as fine as the smallest field asks and the number of them allows."""
        return self.table(*region_pixels(self.skymap, level, smallest_side_deg))


def order_for_field(side_deg: float, per_side: float = PIXELS_PER_SIDE) -> int:
    """Return the order whose pixels divide a field's side into at least ``per_side``."""
    return int(np.clip(np.ceil(np.log2(PIXEL_SIDE_DEG * per_side / side_deg)), BASE_ORDER, FINEST_ORDER))


def region_pixels(skymap: SkyMap, level: float, smallest_side_deg: float) -> tuple[int, IntArray]:
    """Return order and pixels of a credible region, at most `PIXEL_BUDGET` or so."""
    ranges = skymap.region(level)
    affordable = int(np.floor(0.5 * np.log2(PIXEL_BUDGET * PIXEL_SIDE_DEG**2 / area_deg2(ranges))))
    order = min(max(BASE_ORDER, affordable), order_for_field(smallest_side_deg))
    return order, cover(ranges, order)


def region_table(skymap: SkyMap, level: float, smallest_side_deg: float) -> PixelTable:
    """Return the pixels of a credible region with the map's probability alone."""
    return Worth(skymap, np.empty((0, 3)), np.empty(0)).region_table(level, smallest_side_deg)


def children(ipix: IntArray) -> IntArray:
    """Return the four pixels of the next order inside each pixel."""
    return ((ipix[:, None] << 2) + np.arange(4, dtype=np.int64)).ravel()
