"""Fixed grids of fields: rings of fields at constant declination that leave no gap on the sphere.

A field is the gnomonic rectangle ``|xi| <= tan(width/2)``, ``|eta| <= tan(height/2)`` about its centre, its sides great
circles, north up. An edge ``eta = const`` whose highest point is at declination ``d`` follows
``tan(dec) = tan(d) cos(ra - ra0)``; that one formula gives the declination up to which a ring leaves no gap, and so the
next ring. Round fields use the square inscribed in the circle.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import acos, atan, atan2, ceil, cos, degrees, pi, radians, sin, sqrt, tan

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

OVERLAP = 0.02
"""Fraction of a field's side shared with its neighbours, so that rounding never opens a gap."""


@dataclass(frozen=True, eq=False)
class Grid:
    """Centres of all fields of a camera.

    Attributes
    ----------
    version : str
        Changes when and only when the declared camera changes; part of every field's name.
    ra_deg, dec_deg : ndarray, shape (n,)
        Centres, ICRS, ordered from the south to the north and by right ascension.
    """

    version: str
    ra_deg: FloatArray
    dec_deg: FloatArray

    def __len__(self) -> int:
        return len(self.ra_deg)

    def field_id(self, index: int) -> str:
        """Return the field's name: the grid's version and the number of the field in it, counted from 1."""
        return f"{self.version}-{index + 1}"


def _fields_in_ring(dec: float, half_width: float, half_height: float) -> int:
    """Number of fields that close a ring: counted where a field is narrowest in right ascension.

    Wide and low fields at high declination would bend so much that the ring closes below its own middle; then more
    fields are taken, so that every ring reaches at least half way up to its upper edge.
    """
    narrowest = min(atan2(tan(half_width), cos(dec) - eta * sin(dec)) for eta in (-tan(half_height), tan(half_height)))
    count = max(1, ceil(pi / narrowest))
    top = dec + half_height
    if top >= pi / 2.0 - 1e-12:
        return count
    return max(count, ceil(pi / acos(tan(dec + half_height / 2.0) / tan(top))))


def _closed_up_to(dec: float, half_height: float, count: int) -> float:
    """Declination up to which a ring of ``count`` fields centred at ``dec`` >= 0 has no gap (radians)."""
    top = dec + half_height
    if top >= pi / 2.0 - 1e-12:
        return pi / 2.0
    return atan(tan(top) * cos(pi / count))


def _northern_rings(half_width: float, half_height: float) -> list[tuple[float, int]]:
    """Rings from the equator to the pole: (declination in radians, number of fields)."""
    rings: list[tuple[float, int]] = []
    pole, dec = pi / 2.0, 0.0
    while True:
        count = _fields_in_ring(dec, half_width, half_height)
        rings.append((dec, count))
        edge = _closed_up_to(dec, half_height, count)
        if edge >= pole:
            return rings
        if pole - edge <= min(half_width, half_height):
            return [*rings, (pole, 1)]
        dec = min(edge + half_height, pole - half_height)


def packed_size(shape: str, width_deg: float, height_deg: float) -> tuple[float, float]:
    """Return the sides in degrees of the rectangle that is packed: for a circle the square inscribed in it."""
    if shape != "circle":
        return width_deg, height_deg
    side = degrees(2.0 * atan(tan(radians(width_deg / 2.0)) / sqrt(2.0)))
    return side, side


def grid_version(shape: str, width_deg: float, height_deg: float) -> str:
    """Name a grid by the camera that defines it, e.g. ``s1.9`` or ``r1.2x0.8``."""
    if shape == "circle":
        return f"c{width_deg:g}"
    return f"s{width_deg:g}" if width_deg == height_deg else f"r{width_deg:g}x{height_deg:g}"


@lru_cache(maxsize=64)
def field_grid(shape: str, width_deg: float, height_deg: float) -> Grid:
    """Return the grid of fields of a camera; the whole sky lies in at least one field.

    Parameters
    ----------
    shape : str
        ``square``, ``rectangle`` or ``circle``.
    width_deg, height_deg : float
        Full extent in right ascension at the field's centre and in declination; for a circle the diameter.

    Raises
    ------
    ValueError
        When a side is not within (0, 90) degrees.
    """
    if not (0.0 < width_deg < 90.0 and 0.0 < height_deg < 90.0):
        raise ValueError(f"A field of {width_deg:g} x {height_deg:g} deg cannot be packed.")
    width, height = packed_size(shape, width_deg, height_deg)
    shrink = radians(0.5) * (1.0 - OVERLAP)
    north = _northern_rings(width * shrink, height * shrink)
    rings = [(-dec, count) for dec, count in reversed(north[1:])] + north
    ra = np.concatenate([np.arange(count) * (360.0 / count) for _, count in rings])
    dec = np.concatenate([np.full(count, degrees(dec)) for dec, count in rings])
    return Grid(grid_version(shape, width_deg, height_deg), ra, dec)
