"""The sky map: tiles of mixed orders, each with a probability density and perhaps a distance."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .distance import marginal_moments, plausible
from .errors import SkyMapError
from .ranges import (
    CELL_DEG2,
    CELL_SR,
    MAX_ORDER,
    FloatArray,
    IntArray,
    cell_centres,
    cover,
    hpx29,
    merge_ranges,
    tile_ranges,
    uniq_to_nested,
)

MAX_PIXELS = 12 << 22


@dataclass(frozen=True, eq=False)
class SkyMap:
    """Probability of a source over the sky, never flattened.

    Parameters
    ----------
    uniq : ndarray of int64, shape (n,)
        UNIQ numbers of disjoint tiles, ascending by the start of their order-29 range. Where there is no tile the
        probability is zero.
    probdensity : ndarray of float64, shape (n,)
        Probability density [sr^-1]; the integral over the sky is 1.
    distmu, distsigma, distnorm : ndarray of float64, shape (n,), or None
        Parameters of the distance ansatz [Mpc, Mpc, Mpc^-2]; a value that is not finite means no distance there.
    distmean, diststd : float or None
        Mean and standard deviation of distance as the map's author states them [Mpc].
    """

    uniq: IntArray
    probdensity: FloatArray
    distmu: FloatArray | None = None
    distsigma: FloatArray | None = None
    distnorm: FloatArray | None = None
    distmean: float | None = None
    diststd: float | None = None

    @cached_property
    def _nested(self) -> tuple[IntArray, IntArray]:
        return uniq_to_nested(self.uniq)

    @property
    def order(self) -> IntArray:
        """HEALPix order of each tile, shape (n,)."""
        return self._nested[0]

    @property
    def ipix(self) -> IntArray:
        """Nested index of each tile at its own order, shape (n,)."""
        return self._nested[1]

    @cached_property
    def ranges(self) -> IntArray:
        """Order-29 range of each tile, shape (n, 2)."""
        return tile_ranges(self.order, self.ipix)

    @property
    def lower(self) -> IntArray:
        """First order-29 cell of each tile."""
        return self.ranges[:, 0]

    @property
    def upper(self) -> IntArray:
        """One past the last order-29 cell of each tile."""
        return self.ranges[:, 1]

    @cached_property
    def pixel_area_sr(self) -> FloatArray:
        """Area of each tile [sr]."""
        return np.asarray((self.upper - self.lower) * CELL_SR)

    @cached_property
    def probability(self) -> FloatArray:
        """Probability of each tile."""
        return self.probdensity * self.pixel_area_sr

    @property
    def max_order(self) -> int:
        """Order of the finest tile."""
        return int(self.order.max())

    @property
    def has_distance(self) -> bool:
        """Whether at least one tile with probability has a distance."""
        return self.distance() is not None

    @cached_property
    def _rank(self) -> IntArray:
        """Tiles by falling probability density; equal ones in the order of the sky."""
        return np.argsort(-self.probdensity, kind="stable")

    @cached_property
    def _ranked_probability(self) -> FloatArray:
        return np.asarray(np.minimum(np.cumsum(self.probability[self._rank]), 1.0))

    @cached_property
    def _ranked_area_deg2(self) -> FloatArray:
        # Whole cells add up exactly where areas would not.
        cells = np.cumsum((self.upper - self.lower)[self._rank])
        return np.asarray(cells * CELL_DEG2)

    def area_deg2(self, level: float) -> float:
        """Area of the smallest region that holds a probability [deg2].

        Linear in probability within the last tile, as ``ligo.skymap.postprocess.crossmatch`` has it, so that the
        numbers are those of GraceDB.

        Parameters
        ----------
        level : float
            Credible level, 0 to 1; the area of all tiles at 1.
        """
        probability = np.concatenate([[0.0], self._ranked_probability])
        area = np.concatenate([[0.0], self._ranked_area_deg2])
        return float(np.interp(_checked_level(level), probability, area))

    def probability_in_area(self, deg2: float) -> float:
        """Probability of the best region of a given area [deg2]."""
        probability = np.concatenate([[0.0], self._ranked_probability])
        area = np.concatenate([[0.0], self._ranked_area_deg2])
        return float(np.interp(deg2, area, probability, right=1.0))

    def tiles_to_level(self, level: float) -> IntArray:
        """Indices of the fewest tiles, densest first, whose probability reaches a level; all where none does."""
        reached = int(np.searchsorted(self._ranked_probability, _checked_level(level), side="left"))
        return self._rank[: reached + 1] if level > 0 else self._rank[:0]

    def region(self, level: float) -> IntArray:
        """Credible region: merged order-29 ranges of the tiles that reach a level.

        Whole tiles, so the region holds at least `level` (its last tile included), and a region of a lower level
        lies inside that of a higher one. `area_deg2` counts of the last tile only the part that is needed.

        Returns
        -------
        ndarray of int64, shape (m, 2)
        """
        return merge_ranges(self.ranges[self.tiles_to_level(level)])

    def peak(self) -> tuple[float, float]:
        """Centre of the tile with the highest probability density: RA, Dec [deg]."""
        best = int(self._rank[0])
        ra, dec = cell_centres(self.order[best], self.ipix[best])
        return float(ra), float(dec)

    @cached_property
    def _distance(self) -> tuple[float, float] | None:
        if stated := plausible(self.distmean, self.diststd):
            return stated
        if self.distmu is None or self.distsigma is None:
            return None
        return marginal_moments(self.probability, self.distmu, self.distsigma)

    def distance(self) -> tuple[float, float] | None:
        """Mean and standard deviation of distance [Mpc]: the author's where stated and possible, else of the tiles."""
        return self._distance

    @cached_property
    def _cumulative(self) -> FloatArray:
        return np.concatenate([[0.0], np.cumsum(self.probability)])

    def probability_below(self, cells: ArrayLike) -> FloatArray:
        """Probability of all order-29 cells with a lower number, shape as `cells`."""
        edges = np.asarray(cells, dtype=np.int64)
        tile = np.maximum(np.searchsorted(self.lower, edges, side="right") - 1, 0)
        inside = np.clip(edges - self.lower[tile], 0, (self.upper - self.lower)[tile])
        return np.asarray(self._cumulative[tile] + inside * (CELL_SR * self.probdensity[tile]))

    def probability_of_each(self, ranges: ArrayLike) -> FloatArray:
        """Probability of every order-29 range by itself, shape (m,)."""
        pairs = np.asarray(ranges, dtype=np.int64).reshape(-1, 2)
        return np.maximum(self.probability_below(pairs[:, 1]) - self.probability_below(pairs[:, 0]), 0.0)

    def probability_in_ranges(self, ranges: ArrayLike) -> float:
        """Probability of the union of order-29 ranges, which may overlap."""
        return float(min(self.probability_of_each(merge_ranges(ranges)).sum(), 1.0))

    def _tile_at(self, ra_deg: ArrayLike, dec_deg: ArrayLike) -> tuple[IntArray, NDArray[np.bool_]]:
        cells = hpx29(ra_deg, dec_deg)
        tile = np.maximum(np.searchsorted(self.lower, cells, side="right") - 1, 0)
        return tile, (cells >= self.lower[tile]) & (cells < self.upper[tile])

    @cached_property
    def _tile_level(self) -> FloatArray:
        levels = np.empty(len(self.uniq))
        levels[self._rank] = self._ranked_probability
        return levels

    def credible_level(self, ra_deg: ArrayLike, dec_deg: ArrayLike) -> FloatArray:
        """Probability of all places at least as probable as the tile of a position (the searched probability).

        Parameters
        ----------
        ra_deg, dec_deg : array_like of float, shape (m,)
            ICRS [deg].

        Returns
        -------
        ndarray of float64, shape (m,)
            0 to 1; 1 where there is no tile.
        """
        tile, found = self._tile_at(ra_deg, dec_deg)
        return np.where(found, self._tile_level[tile], 1.0)

    def density_at(self, ra_deg: ArrayLike, dec_deg: ArrayLike) -> FloatArray:
        """Probability density at positions [sr^-1], shape (m,)."""
        tile, found = self._tile_at(ra_deg, dec_deg)
        return np.where(found, self.probdensity[tile], 0.0)

    def pixels(self, order: int, level: float = 0.999) -> tuple[IntArray, FloatArray]:
        """Cells of one order that touch the credible region, with their whole probability.

        Parameters
        ----------
        order : int
            HEALPix order, 0 to 29.
        level : float
            Credible level of the region.

        Returns
        -------
        ipix : ndarray of int64, shape (m,)
            Nested indices, ascending.
        probability : ndarray of float64, shape (m,)
            Probability of each whole cell, so that the sum is at least `level` and at most 1.

        Raises
        ------
        SkyMapError
            ``too-large`` when the region has more cells than can be handled.
        """
        if not 0 <= order <= MAX_ORDER:
            raise ValueError(f"A HEALPix order is 0 to {MAX_ORDER}, not {order}.")
        region = self.region(level)
        count = (merge_ranges(region)[:, 1] - region[:, 0]).sum() >> (2 * (MAX_ORDER - order))
        if count > MAX_PIXELS:
            raise SkyMapError("too-large", f"The region has {count:,} cells at order {order}.", "Use a lower order.")
        ipix = cover(region, order)
        return ipix, self.probability_of_each(tile_ranges(order, ipix))


def _checked_level(level: float) -> float:
    if not 0 <= level <= 1:
        raise ValueError(f"A credible level is a probability between 0 and 1, not {level}.")
    return level
