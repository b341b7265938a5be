"""Pointings on the sky: where their centres are, how far they reach, and which of them hold a position.

A field is the camera's outline in the plane that touches the sphere at its centre (gnomonic projection), north up, as
in `tom_gcn.coverage`; there many directions are tested against one field, here one direction against many fields.
"""

from __future__ import annotations

from dataclasses import dataclass

import healpy
import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

SHAPES = ("square", "rectangle", "circle")
MAX_ORDER = 29
# A field's edge is part of it; this is a milliarcsecond.
_EDGE = 5e-9
_FINEST_ORDER = 14
_ORDER_0_SIDE_DEG = 58.63


@dataclass(frozen=True)
class Pointing:
    """One field: shape (``square``, ``rectangle``, ``circle``), width, height, centre [deg, ICRS]."""

    shape: str
    width_deg: float
    height_deg: float
    ra_deg: float
    dec_deg: float

    @property
    def reach_deg(self) -> float:
        """Distance of its farthest point from the centre [deg]."""
        return reach_deg(self.shape, self.width_deg, self.height_deg)


@dataclass(frozen=True, eq=False)
class Pointings:
    """Many fields, a column each; `is_circle` tells circles (width is the diameter) from rectangles and squares."""

    is_circle: NDArray[np.bool_]
    width_deg: FloatArray
    height_deg: FloatArray
    ra_deg: FloatArray
    dec_deg: FloatArray

    def contain(self, ra_deg: float, dec_deg: float) -> NDArray[np.bool_]:
        """Which of the fields hold a position, their edges included; shape (n,).

        Notes
        -----
        With the field's centre as the tangent point, ``xi = cos(d) sin(a - a0) / c`` and
        ``eta = (cos(d0) sin(d) - sin(d0) cos(d) cos(a - a0)) / c``, ``c`` the cosine of the distance from the centre.
        """
        across = np.radians(ra_deg - self.ra_deg)
        dec, centre = np.radians(dec_deg), np.radians(self.dec_deg)
        depth = np.sin(centre) * np.sin(dec) + np.cos(centre) * np.cos(dec) * np.cos(across)
        xi = np.cos(dec) * np.sin(across)
        eta = np.cos(centre) * np.sin(dec) - np.sin(centre) * np.cos(dec) * np.cos(across)
        x = np.tan(np.radians(self.width_deg / 2)) * depth + _EDGE
        y = np.tan(np.radians(self.height_deg / 2)) * depth + _EDGE
        inside = np.where(self.is_circle, np.hypot(xi, eta) <= x, (np.abs(xi) <= x) & (np.abs(eta) <= y))
        return np.asarray(inside & (depth > 0))


def reach_deg(shape: str, width_deg: float, height_deg: float) -> float:
    """Distance of the farthest point of a field from its centre [deg]."""
    if shape == "circle":
        return width_deg / 2
    x = np.tan(np.radians(width_deg / 2))
    y = np.tan(np.radians((height_deg if shape == "rectangle" else width_deg) / 2))
    return float(np.degrees(np.arctan(np.hypot(x, y))))


def size_class(shape: str, width_deg: float, height_deg: float) -> int:
    """Smallest k with ``2**(k/2)`` deg at least the reach of the field: fields of a class are searched for together."""
    return int(np.ceil(2 * np.log2(reach_deg(shape, width_deg, height_deg)) - 1e-9))


def class_reach_deg(size: int) -> float:
    """How far fields of a class reach at most [deg]."""
    return float(2.0 ** (size / 2))


def cells(ra_deg: ArrayLike, dec_deg: ArrayLike) -> IntArray:
    """Order-29 nested HEALPix cells of positions [deg], shape as given."""
    ra = np.mod(np.asarray(ra_deg, dtype=float), 360.0)
    found = healpy.ang2pix(1 << MAX_ORDER, ra, np.asarray(dec_deg, dtype=float), nest=True, lonlat=True)
    return np.asarray(found, dtype=np.int64)


def ranges_around(ra_deg: float, dec_deg: float, radius_deg: float) -> IntArray:
    """Half-open ranges of order-29 cells that cover a cone, and a little more, shape (m, 2)."""
    radius = radius_deg * (1 + 1e-9) + 2e-6
    if radius >= 180:
        return np.array([[0, 12 << (2 * MAX_ORDER)]], dtype=np.int64)
    order = int(np.clip(np.ceil(np.log2(_ORDER_0_SIDE_DEG / radius)) + 2, 0, _FINEST_ORDER))
    centre = healpy.ang2vec(ra_deg % 360.0, dec_deg, lonlat=True)
    near = healpy.query_disc(1 << order, centre, np.radians(radius), inclusive=True, fact=4, nest=True)
    near = np.sort(np.asarray(near, dtype=np.int64))
    # Neighbouring numbers make one range.
    breaks = np.flatnonzero(np.diff(near) > 1) + 1
    first = near[np.concatenate([[0], breaks])]
    last = near[np.concatenate([breaks - 1, [len(near) - 1]])]
    shift = 2 * (MAX_ORDER - order)
    return np.column_stack([first << shift, (last + 1) << shift])
