"""Positions and distances drawn from a sky map."""

from __future__ import annotations

from dataclasses import dataclass

import healpy
import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from tom_gcn.skymaps import SkyMap
from tom_gcn.skymaps.distance import conditional_moments
from tom_gcn.skymaps.ranges import MAX_ORDER

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

COUNT = 20_000
SEED = 170817
_STEPS = 256
_SIGMAS = 8.0


class NoDistance(ValueError):
    """The map says nothing of the distance, and nobody else did."""


@dataclass(frozen=True, eq=False)
class Injections:
    """Sources drawn from a map, ordered on the sky.

    Attributes
    ----------
    cells : ndarray of int64, shape (n,)
        Order-29 nested cells, ascending.
    vectors : ndarray of float64, shape (3, n)
        Unit vectors, ICRS.
    distance_mpc : ndarray of float64, shape (n,)
        Luminosity distances [Mpc].
    """

    cells: IntArray
    vectors: FloatArray
    distance_mpc: FloatArray

    def __len__(self) -> int:
        return len(self.cells)


def inject(
    skymap: SkyMap, count: int = COUNT, *, seed: int = SEED, distance_mpc: tuple[float, float] | None = None
) -> Injections:
    """Draw sources from a map; the same arguments give the same sources.

    Parameters
    ----------
    skymap : SkyMap
    count : int
    seed : int
    distance_mpc : (mean, sigma), optional
        Distance of every place [Mpc] instead of the map's own, normal and above 0; needed for maps without distances.

    Raises
    ------
    NoDistance
        When the map has no distances and none is given.

    Notes
    -----
    Places are drawn by systematic sampling of the cumulative probability (one in each of ``count`` equal parts), which
    keeps the noise far below that of independent draws, then evenly within their tile. Distances follow the map's own
    ``p(r) = N r^2 Normal(r; mu, sigma)`` (Singer et al. 2016, doi:10.3847/0067-0049/226/1/10), by inversion of its
    cumulative sum on 256 steps; in tiles that say nothing of it, that of the whole map.
    """
    if distance_mpc is None and not skymap.has_distance:
        raise NoDistance("The map has no distances. Give one.")
    rng = np.random.default_rng(seed)
    tile = _tiles(skymap, count, rng)
    width = skymap.upper[tile] - skymap.lower[tile]
    cells = skymap.lower[tile] + np.floor(rng.uniform(0, 1, count) * width).astype(np.int64)
    part = rng.permutation((np.arange(count) + rng.uniform(0, 1, count)) / count)
    distance = _given(distance_mpc, part) if distance_mpc else _of_tiles(skymap, tile, part)
    order = np.argsort(cells, kind="stable")
    vectors = np.array(healpy.pix2vec(1 << MAX_ORDER, cells[order], nest=True))
    return Injections(cells[order], vectors, distance[order])


def _tiles(skymap: SkyMap, count: int, rng: np.random.Generator) -> IntArray:
    total = np.cumsum(skymap.probability)
    drawn = (np.arange(count) + rng.uniform(0, 1, count)) / count * total[-1]
    return np.asarray(np.minimum(np.searchsorted(total, drawn, side="right"), len(total) - 1), dtype=np.int64)


def _given(distance_mpc: tuple[float, float], part: FloatArray) -> FloatArray:
    mean, sigma = distance_mpc
    if not (mean > 0 and sigma >= 0 and np.isfinite(mean) and np.isfinite(sigma)):
        raise NoDistance("A distance is a number of Mpc above 0, its error 0 or more.")
    if sigma == 0:
        return np.full(len(part), float(mean))
    # Normal, cut at zero: the parts below zero are shared among those above.

    below = float(ndtr(-mean / sigma))
    return np.asarray(np.maximum(mean + sigma * ndtri(below + part * (1 - below)), 1e-6), dtype=np.float64)


def _of_tiles(skymap: SkyMap, tile: IntArray, part: FloatArray) -> FloatArray:
    """Distances by inversion of the cumulative distribution along each line of sight."""
    assert skymap.distmu is not None
    assert skymap.distsigma is not None
    mu, sigma = skymap.distmu[tile], skymap.distsigma[tile]
    known = np.isfinite(mu) & np.isfinite(sigma) & (sigma > 0)
    distance = np.empty(len(tile))
    whole = skymap.distance()
    assert whole is not None
    distance[~known] = _given(whole, part[~known])
    # Neighbours share a tile: the grid of each tile is made once.
    tiles, index = np.unique(tile[known], return_inverse=True)
    mu, sigma = skymap.distmu[tiles], skymap.distsigma[tiles]
    mean, spread = conditional_moments(mu, sigma)
    low = np.maximum(mean - _SIGMAS * spread, 0.0)
    step = (mean + _SIGMAS * spread - low) / _STEPS
    grid = low[:, None] + step[:, None] * (np.arange(_STEPS) + 0.5)
    # The logarithm, relative to its highest value: sigma far below mu would leave nothing but zeros.
    log = 2 * np.log(grid) - 0.5 * ((grid - mu[:, None]) / sigma[:, None]) ** 2
    total = np.cumsum(np.exp(log - log.max(axis=1, keepdims=True)), axis=1)
    total = np.concatenate([np.zeros((len(tiles), 1)), total / total[:, -1:]], axis=1)
    wanted = part[known]
    place = _search(total, index, wanted)
    before, after = total[index, place], total[index, place + 1]
    share = (wanted - before) / np.maximum(after - before, 1e-300)
    distance[known] = low[index] + step[index] * (place + np.clip(share, 0, 1))
    return np.maximum(distance, 1e-6)


def _search(total: FloatArray, index: IntArray, wanted: FloatArray) -> IntArray:
    """For each draw the last step of its own row that is not above it."""
    # Rows shifted by their number make one ascending array.
    flat = (total[:, :-1] + 2 * np.arange(len(total))[:, None]).reshape(-1)
    found = np.searchsorted(flat, wanted + 2 * index, side="right") - 1
    return np.clip(found - index * _STEPS, 0, _STEPS - 1)
