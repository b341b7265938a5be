"""Footprints on the sky, and how much of a sky map they hold together.

A footprint is the camera's true outline: a square, a rectangle or a circle in the plane that touches the sphere at the
centre of the pointing (gnomonic projection), north up. Sides are then parts of great circles, and nothing special
happens across RA 0 or at a pole. On the sky map a footprint is the set of HEALPix cells whose centre lies inside.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import healpy
import numpy as np
from numpy.typing import NDArray

from tom_gcn.skymaps import SkyMap
from tom_gcn.skymaps.ranges import (
    CELL_DEG2,
    MAX_ORDER,
    FloatArray,
    IntArray,
    expand,
    merge_ranges,
    tile_ranges,
)

SHAPES = ("square", "rectangle", "circle")
# Cells across the shorter side: the outline is then right to about 1 % of the area.
_CELLS_ACROSS = 64
_ORDER_0_SIDE_DEG = 58.63
_CIRCLE_VERTICES = 36

Vertices = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Footprint:
    """Where one exposure looks.

    Parameters
    ----------
    shape : str
        ``"square"``, ``"rectangle"`` or ``"circle"``.
    width_deg, height_deg : float
        Full extent east-west and north-south through the centre [deg], above 0 and below 180; of a square and a circle
        only the width counts (side, diameter).
    ra_deg, dec_deg : float
        Centre, ICRS [deg].

    Raises
    ------
    ValueError
        If the shape is unknown or a number is out of range.
    """

    shape: str
    width_deg: float
    height_deg: float
    ra_deg: float
    dec_deg: float

    def __post_init__(self) -> None:
        if self.shape not in SHAPES:
            raise ValueError(f"A footprint is one of {', '.join(SHAPES)}, not {self.shape}.")
        if not (0 < self.width_deg < 180 and 0 < self._height_deg < 180):
            raise ValueError(f"A footprint of {self.width_deg} x {self.height_deg} deg has no outline on the sky.")
        if not (np.isfinite(self.ra_deg) and -90 <= self.dec_deg <= 90):
            raise ValueError(f"There is no place RA {self.ra_deg}, Dec {self.dec_deg} on the sky.")

    @property
    def _height_deg(self) -> float:
        return self.height_deg if self.shape == "rectangle" else self.width_deg

    @cached_property
    def _half_plane(self) -> tuple[float, float]:
        """Half extents in the tangent plane, in units of its distance."""
        return float(np.tan(np.radians(self.width_deg / 2))), float(np.tan(np.radians(self._height_deg / 2)))

    @property
    def reach_deg(self) -> float:
        """Distance of the farthest point of the outline from the centre [deg]."""
        x, y = self._half_plane
        return self.width_deg / 2 if self.shape == "circle" else float(np.degrees(np.arctan(np.hypot(x, y))))

    @property
    def area_deg2(self) -> float:
        """Area inside the outline [deg2].

        A rectangle in the tangent plane spans the solid angle ``4 asin(sin(a) sin(b))`` with a, b the half extents
        as angles; a circle ``2 pi (1 - cos r)``.
        """
        if self.shape == "circle":
            solid = 4 * np.pi * np.sin(np.radians(self.width_deg) / 4) ** 2
        else:
            a, b = np.radians(self.width_deg / 2), np.radians(self._height_deg / 2)
            solid = 4 * np.arcsin(np.sin(a) * np.sin(b))
        return float(solid * (180 / np.pi) ** 2)

    def contains(self, vectors: FloatArray) -> NDArray[np.bool_]:
        """Whether directions lie inside the outline or on it.

        Parameters
        ----------
        vectors : ndarray of float64, shape (3, n)
            Unit vectors, ICRS.

        Returns
        -------
        ndarray of bool, shape (n,)
        """
        east, north, centre = _axes(self.ra_deg, self.dec_deg)
        depth = centre @ vectors
        if self.shape == "circle":
            return np.asarray(depth >= np.cos(np.radians(self.width_deg / 2)))
        x, y = self._half_plane
        inside = (np.abs(east @ vectors) <= x * depth) & (np.abs(north @ vectors) <= y * depth)
        return np.asarray(inside & (depth > 0))

    def vertices(self) -> Vertices:
        """Corners of the outline (36 points for a circle): RA in [0, 360) and Dec [deg].

        From the north-east corner through the south-east one, that is counter-clockwise on a sky chart with east to the
        left; sides between them are parts of great circles.
        """
        x, y = self._half_plane
        if self.shape == "circle":
            angle = np.arange(_CIRCLE_VERTICES) * 2 * np.pi / _CIRCLE_VERTICES
            plane = np.stack([x * np.sin(angle), x * np.cos(angle)])
        else:
            plane = np.array([[x, x, -x, -x], [y, -y, -y, y]])
        east, north, centre = _axes(self.ra_deg, self.dec_deg)
        points = centre[:, None] + np.outer(east, plane[0]) + np.outer(north, plane[1])
        ra = np.degrees(np.arctan2(points[1], points[0])) % 360.0
        dec = np.degrees(np.arctan2(points[2], np.hypot(points[0], points[1])))
        return tuple(zip(ra.tolist(), dec.tolist(), strict=True))

    def fine_order(self) -> int:
        """Order at which the outline is drawn to about 1 % of the area."""
        cell = min(self.width_deg, self._height_deg) / _CELLS_ACROSS
        return int(np.clip(np.ceil(np.log2(_ORDER_0_SIDE_DEG / cell)), 0, MAX_ORDER))

    def pixels(self, order: int) -> IntArray:
        """Nested cells of one order whose centre lies inside, ascending, shape (n,)."""
        nside = 1 << order
        vector = healpy.ang2vec(self.ra_deg, self.dec_deg, lonlat=True)
        # One cell more than the reach, so that rounding in the disc search cannot lose a cell of the outline.
        radius = min(np.radians(self.reach_deg) + 1.0 / nside, np.pi)
        near = np.asarray(healpy.query_disc(nside, vector, radius, nest=True), dtype=np.int64)
        near.sort()
        return near[self.contains(np.array(healpy.pix2vec(nside, near, nest=True)))]

    def ranges(self, order: int | None = None) -> IntArray:
        """Order-29 ranges of the cells inside, at `order` or at the footprint's own fine order, shape (m, 2)."""
        depth = self.fine_order() if order is None else order
        return merge_ranges(tile_ranges(depth, self.pixels(depth)))


def _axes(ra_deg: float, dec_deg: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Unit vectors to the east, to the north, and to the place itself."""
    sin_ra, cos_ra = np.sin(np.radians(ra_deg)), np.cos(np.radians(ra_deg))
    sin_dec, cos_dec = np.sin(np.radians(dec_deg)), np.cos(np.radians(dec_deg))
    return (
        np.array([-sin_ra, cos_ra, 0.0]),
        np.array([-sin_dec * cos_ra, -sin_dec * sin_ra, cos_dec]),
        np.array([cos_dec * cos_ra, cos_dec * sin_ra, sin_dec]),
    )


def footprint(shape: str, width_deg: float, height_deg: float, ra_deg: float, dec_deg: float) -> Vertices:
    """Vertices of a footprint; see `Footprint.vertices`."""
    return Footprint(shape, width_deg, height_deg, ra_deg, dec_deg).vertices()


def union_ranges(footprints: Iterable[Footprint], order: int | None = None) -> IntArray:
    """Merged order-29 ranges of everything the footprints see."""
    parts = [shape.ranges(order) for shape in footprints]
    return merge_ranges(np.concatenate(parts)) if parts else np.zeros((0, 2), dtype=np.int64)


def union_probability(skymap: SkyMap, footprints: Iterable[Footprint], order: int | None = None) -> float:
    """Probability inside at least one footprint; what is seen twice counts once."""
    return skymap.probability_in_ranges(union_ranges(footprints, order))


def union_area_deg2(footprints: Iterable[Footprint], order: int | None = None) -> float:
    """Area inside at least one footprint [deg2]."""
    ranges = union_ranges(footprints, order)
    return float((ranges[:, 1] - ranges[:, 0]).sum()) * CELL_DEG2


def new_probabilities(skymap: SkyMap, footprints: Sequence[Footprint], order: int | None = None) -> FloatArray:
    """What each footprint adds to those before it.

    Parameters
    ----------
    skymap : SkyMap
    footprints : sequence of Footprint, length n
        In the order in which they are observed.
    order : int, optional
        Order of the cells; each footprint's own fine order if not given.

    Returns
    -------
    ndarray of float64, shape (n,)
        Sums to `union_probability` of the same footprints at the same order.
    """
    return new_probabilities_in(skymap, [shape.ranges(order) for shape in footprints])


def new_probabilities_in(skymap: SkyMap, parts: Sequence[IntArray]) -> FloatArray:
    """What each part of the sky, given as merged order-29 ranges, adds to those before it; see `new_probabilities`."""
    if not parts:
        return np.zeros(0)
    edges = np.unique(np.concatenate([part.reshape(-1) for part in parts]))
    # The sky is cut at every edge; painting from the last footprint to the first leaves each piece to its first owner.
    owner = np.full(len(edges), -1, dtype=np.int64)
    for index in range(len(parts) - 1, -1, -1):
        owner[expand(np.searchsorted(edges, parts[index]).astype(np.int64))] = index
    seen = np.flatnonzero(owner[:-1] >= 0) if len(edges) else np.zeros(0, dtype=np.int64)
    probability = skymap.probability_of_each(np.column_stack([edges[seen], edges[seen + 1]]))
    return np.bincount(owner[seen], weights=probability, minlength=len(parts)).astype(np.float64)
