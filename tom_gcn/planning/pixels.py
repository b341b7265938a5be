"""The localization as pixels with weights: what the planner counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy.spatial import cKDTree

from tom_gcn.planning.geometry import FloatArray, IntArray, unit_vectors
from tom_gcn.skymaps import SkyMap, area_deg2, cell_centres, cover, tile_ranges

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
    """Pixels of one order with the probability that is still free to be covered.

    Attributes
    ----------
    order : int
        HEALPix order, nested.
    ipix : ndarray of int, shape (n,)
        Rising.
    weight : ndarray, shape (n,)
        Probability in each pixel that no chosen footprint covers; the schedule sets covered pixels to zero.
    probability : ndarray, shape (n,)
        The same before anything was covered.
    """

    order: int
    ipix: IntArray
    weight: FloatArray
    probability: FloatArray = field(init=False, repr=False)
    vectors: FloatArray = field(init=False, repr=False)
    tree: cKDTree = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.probability = self.weight.copy()
        self.vectors = self.centres(self.order, self.ipix)
        self.tree = cKDTree(self.vectors, balanced_tree=False, compact_nodes=False)

    def __len__(self) -> int:
        return len(self.ipix)

    @staticmethod
    def centres(order: int, ipix: IntArray) -> FloatArray:
        """Return unit vectors, shape (n, 3), to the centres of pixels."""
        return unit_vectors(*cell_centres(order, ipix))

    @cached_property
    def coarse(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """A few thousand larger cells: vectors (m, 3), probability (m,), that of the densest pixel in each (m,)."""
        levels = max(0, int(np.ceil(np.log2(len(self) / COARSE_CELLS) / 2.0)))
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


def table_of(skymap: SkyMap, order: int, ipix: IntArray) -> PixelTable:
    """Build a table with the map's probability in each pixel."""
    return PixelTable(order, ipix, skymap.probability_of_each(tile_ranges(order, ipix)))


def order_for_field(side_deg: float) -> int:
    """Return the order whose pixels divide a field's side into at least `PIXELS_PER_SIDE`."""
    return int(np.clip(np.ceil(np.log2(PIXEL_SIDE_DEG * PIXELS_PER_SIDE / side_deg)), BASE_ORDER, FINEST_ORDER))


def region_table(skymap: SkyMap, level: float, smallest_side_deg: float) -> PixelTable:
    """Return the pixels of a credible region, as fine as the smallest field asks and the number of pixels allows."""
    ranges = skymap.region(level)
    affordable = int(np.floor(0.5 * np.log2(PIXEL_BUDGET * PIXEL_SIDE_DEG**2 / area_deg2(ranges))))
    order = min(max(BASE_ORDER, affordable), order_for_field(smallest_side_deg))
    return table_of(skymap, order, cover(ranges, order))


def children(ipix: IntArray) -> IntArray:
    """Return the four pixels of the next order inside each pixel."""
    return ((ipix[:, None] << 2) + np.arange(4, dtype=np.int64)).ravel()
