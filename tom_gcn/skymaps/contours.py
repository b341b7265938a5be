"""Contours of credible regions, drawn on the sphere itself.

The centres of the tiles are joined to triangles on the sphere (their convex hull in space is the Delaunay
triangulation), and the contour is traced from triangle to triangle. There is no projection, so RA 0 and the poles are
places like any other, and the map's own resolution is used where it is fine.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull

from .ranges import CELL_SR, MAX_ORDER, FloatArray, IntArray, cell_centres, nested_to_uniq, tile_ranges, uniq_to_nested
from .skymap import SkyMap

Line = list[list[float]]

# A mesh of this size takes about 0.2 s and shows more than a screen does.
_MESH_TILES = 40_000
# The triangulation needs neighbours farther apart than the rounding of doubles on a unit sphere; this is 0.4 arcmin.
_FINEST_MESH_ORDER = 13
_COARSEST_MESH_ORDER = 4
# Distances of points in the plane of a contour are told apart to this part of the size of its region.
_DETAIL = 1 / 800
# A density of zero has no logarithm; this far below the contour it draws the line close to the denser tile.
_FLOOR = 1e-3


def contours(skymap: SkyMap, levels: Sequence[float] = (0.5, 0.9), max_points: int = 2500) -> dict[float, list[Line]]:
    """Outlines of credible regions as closed lines on the sphere.

    Parameters
    ----------
    skymap : SkyMap
    levels : sequence of float
        Credible levels, above 0 and below 1.
    max_points : int
        Points of all lines together; coarser lines are drawn until they fit. 2500 points are about 45 kB of JSON.

    Returns
    -------
    dict
        For each level its lines, longest first; each a list of ``[ra, dec]`` [deg] whose last point repeats the first.
        Segments are parts of great circles. Around a peak the line runs clockwise on a chart with east to the left
        (counter-clockwise on the globe seen from outside). A level that no line encloses, as in a map without
        structure, has no lines.
    """
    uniq, density = _mesh_tiles(skymap, max(levels))
    if len(uniq) < 4:
        return {level: [] for level in levels}
    points = _scattered(uniq)
    triangles = _triangles(points)
    loops = {level: _trace(points, triangles, density, _threshold(skymap, level)) for level in levels}
    return _simplified(loops, skymap, max_points)


def _threshold(skymap: SkyMap, level: float) -> float:
    """Density between the last tile inside the credible region and the first outside, so that none lies on the line."""
    inside = skymap.tiles_to_level(level)
    lowest = float(skymap.probdensity[inside[-1]])
    outside = skymap.probdensity[skymap.probdensity < lowest]
    highest = float(outside.max()) if len(outside) else 0.0
    return float(np.sqrt(lowest * max(highest, lowest * _FLOOR)))


def _mesh_tiles(skymap: SkyMap, level: float) -> tuple[IntArray, FloatArray]:
    """Tiles that cover the whole sky: fine inside the credible region and around it, coarse where nothing is drawn."""
    region = skymap.region(min(1.0, 0.5 * (1 + level)))
    finest_wanted = max(_COARSEST_MESH_ORDER, min(skymap.max_order, _FINEST_MESH_ORDER))
    for finest in range(finest_wanted, _COARSEST_MESH_ORDER - 1, -1):
        uniq = _sky_tiles(skymap, region, finest)
        if len(uniq) <= _MESH_TILES:
            break
    ranges = tile_ranges(*uniq_to_nested(uniq))
    area = (ranges[:, 1] - ranges[:, 0]).astype(float)
    density = skymap.probability_of_each(ranges) / (area * CELL_SR)
    return uniq, density


def _sky_tiles(skymap: SkyMap, region: IntArray, finest: int) -> IntArray:
    """Tiles of the map where they touch the region, none finer than `finest`; elsewhere tiles of the coarsest order."""
    order, ipix = skymap.order, skymap.ipix
    shift = np.maximum(order - finest, 0)
    wanted = np.unique(nested_to_uniq(order - shift, ipix >> (2 * shift)))
    order, ipix = uniq_to_nested(wanted)
    ranges = tile_ranges(order, ipix)
    near = _touches(ranges, _grown(region))
    kept = wanted[near & (order >= _COARSEST_MESH_ORDER)]
    return np.concatenate([kept, _fill(kept)])


def _grown(region: IntArray) -> IntArray:
    """The region with all cells of the coarsest order that it touches."""
    shift = 2 * (MAX_ORDER - _COARSEST_MESH_ORDER)
    return np.column_stack([region[:, 0] >> shift << shift, (((region[:, 1] - 1) >> shift) + 1) << shift])


def _touches(ranges: IntArray, others: IntArray) -> NDArray[np.bool_]:
    first = np.searchsorted(others[:, 1], ranges[:, 0], side="right")
    start = others[np.minimum(first, len(others) - 1), 0]
    return np.asarray((first < len(others)) & (start < ranges[:, 1]))


def _fill(kept: IntArray) -> IntArray:
    """Tiles of the coarsest order or finer that cover the sky outside those kept."""
    fill = []
    order = _COARSEST_MESH_ORDER
    cells = np.arange(12 << (2 * order), dtype=np.int64)
    taken = tile_ranges(*uniq_to_nested(kept))
    taken = taken[np.argsort(taken[:, 0])] if len(kept) else taken
    while len(cells):
        ranges = tile_ranges(np.full(len(cells), order), cells)
        if not len(taken):
            return nested_to_uniq(np.full(len(cells), order), cells)
        touched = _touches(ranges, taken)
        fill.append(nested_to_uniq(np.full(int((~touched).sum()), order), cells[~touched]))
        index = np.searchsorted(taken[:, 1], ranges[:, 0], side="right")
        inside = touched & (taken[np.minimum(index, len(taken) - 1), 0] <= ranges[:, 0])
        inside &= taken[np.minimum(index, len(taken) - 1), 1] >= ranges[:, 1]
        cells = (4 * cells[touched & ~inside, None] + np.arange(4)).reshape(-1)
        order += 1
    return np.concatenate(fill)


def _scattered(uniq: IntArray) -> FloatArray:
    """Centres of tiles as unit vectors, shape (n, 3), each moved by a thousandth of its side.

    HEALPix centres lie in rings, four and more on one circle, where a triangulation is not unique; moved a little,
    and always in the same way, they have exactly one.
    """
    order, ipix = uniq_to_nested(uniq)
    ra, dec = np.radians(cell_centres(order, ipix))
    points = np.column_stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)])
    side = np.exp2(-order.astype(float))[:, None]
    points += 1e-3 * side * np.random.default_rng(0).uniform(-1, 1, points.shape)
    return np.asarray(points / np.linalg.norm(points, axis=1, keepdims=True))


def _triangles(points: FloatArray) -> IntArray:
    """Delaunay triangles on the sphere, shape (m, 3), counter-clockwise seen from outside."""
    triangles: IntArray = ConvexHull(points).simplices.astype(np.int64)
    a, b, c = (points[triangles[:, i]] for i in range(3))
    inward = np.einsum("ij,ij->i", np.cross(b - a, c - a), a) < 0
    triangles[inward] = triangles[inward][:, [0, 2, 1]]
    return triangles


def _trace(points: FloatArray, triangles: IntArray, density: FloatArray, threshold: float) -> list[FloatArray]:
    """Closed lines where the density passes the threshold, the denser side on the left seen from outside."""
    inside = density > threshold
    count = inside[triangles].sum(axis=1)
    crossed = triangles[(count == 1) | (count == 2)]
    if len(crossed) == 0:
        return []
    # Turn each triangle so that its odd corner comes first: the line then cuts the two edges at that corner.
    odd_is_inside = inside[crossed].sum(axis=1) == 1
    odd = np.argmax(inside[crossed] == odd_is_inside[:, None], axis=1)
    corner, after, before = (crossed[np.arange(len(crossed)), (odd + i) % 3] for i in range(3))
    near, far = _edge(corner, after, len(points)), _edge(corner, before, len(points))
    start, end = np.where(odd_is_inside, near, far), np.where(odd_is_inside, far, near)
    edges, index = np.unique(np.concatenate([start, end]), return_inverse=True)
    follows = np.empty(len(edges), dtype=np.int64)
    follows[index[: len(start)]] = index[len(start) :]
    return [_cut(points, density, threshold, edges[loop]) for loop in _cycles(follows)]


def _edge(a: IntArray, b: IntArray, size: int) -> IntArray:
    return np.asarray(np.minimum(a, b) * size + np.maximum(a, b))


def _cycles(follows: IntArray) -> list[IntArray]:
    """Cycles of a permutation."""
    successor = follows.tolist()
    seen = [False] * len(successor)
    cycles = []
    for first in range(len(successor)):
        cycle = []
        step = first
        while not seen[step]:
            seen[step] = True
            cycle.append(step)
            step = successor[step]
        if cycle:
            cycles.append(np.array(cycle, dtype=np.int64))
    return cycles


def _cut(points: FloatArray, density: FloatArray, threshold: float, edges: IntArray) -> FloatArray:
    """Where the logarithm of the density passes the threshold on each edge, as unit vectors, shape (n, 3)."""
    a, b = np.divmod(edges, len(points))
    log = np.log(np.maximum(density, threshold * _FLOOR) / threshold)
    fraction = log[a] / (log[a] - log[b])
    cut = points[a] + np.clip(fraction, 0.02, 0.98)[:, None] * (points[b] - points[a])
    return np.asarray(cut / np.linalg.norm(cut, axis=1, keepdims=True))


def _simplified(loops: dict[float, list[FloatArray]], skymap: SkyMap, max_points: int) -> dict[float, list[Line]]:
    """Lines with as few points as their size needs, and never more than `max_points` in all."""
    area = {level: np.radians(np.sqrt(max(skymap.area_deg2(level), 1e-12))) for level in loops}
    coarseness = 1.0
    while True:
        kept = {
            level: [line for loop in lines if (line := _simplify(loop, coarseness * _DETAIL * area[level])) is not None]
            for level, lines in loops.items()
        }
        if sum(len(line) for lines in kept.values() for line in lines) <= max_points:
            return {level: [_degrees(line) for line in sorted(lines, key=len)[::-1]] for level, lines in kept.items()}
        coarseness *= 1.5


def _simplify(loop: FloatArray, tolerance: float) -> FloatArray | None:
    """Douglas and Peucker's line within a tolerance [rad] of a closed one; None when nothing is left of it."""
    far = int(np.argmax(np.linalg.norm(loop - loop[0], axis=1)))
    if np.linalg.norm(loop[far] - loop[0]) < 2 * tolerance:
        return None
    closed = np.concatenate([loop, loop[:1]])
    keep = np.zeros(len(closed), dtype=bool)
    keep[[0, far, -1]] = True
    todo = [(0, far), (far, len(loop))]
    while todo:
        first, last = todo.pop()
        if last - first < 2:
            continue
        offset = _offsets(closed[first : last + 1])
        worst = int(np.argmax(offset))
        if offset[worst] > tolerance:
            keep[first + worst] = True
            todo += [(first, first + worst), (first + worst, last)]
    return closed[keep] if keep.sum() > 3 else None


def _offsets(line: FloatArray) -> FloatArray:
    """Distance of each point from the straight piece between the first and the last."""
    along = line[-1] - line[0]
    length = float(along @ along)
    part = np.clip((line - line[0]) @ along / length, 0, 1) if length > 0 else np.zeros(len(line))
    return np.asarray(np.linalg.norm(line - line[0] - part[:, None] * along, axis=1))


def _degrees(line: FloatArray) -> Line:
    ra = np.degrees(np.arctan2(line[:, 1], line[:, 0])) % 360.0
    dec = np.degrees(np.arctan2(line[:, 2], np.hypot(line[:, 0], line[:, 1])))
    # Four decimals are 0.4 arcsec, finer than the mesh.
    rounded: Line = np.column_stack([np.round(ra, 4) % 360.0, np.round(dec, 4)]).tolist()
    return rounded
