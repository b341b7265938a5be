"""Directions as unit vectors and the shape of fields on the sphere."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from tom_gcn.coverage import Footprint

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


def unit_vectors(ra_deg: npt.ArrayLike, dec_deg: npt.ArrayLike) -> FloatArray:
    """Return unit vectors, shape (..., 3), of positions in degrees."""
    ra, dec = np.radians(np.asarray(ra_deg, dtype=float)), np.radians(np.asarray(dec_deg, dtype=float))
    return np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=-1)


def angles_deg(vectors: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return right ascension (0..360) and declination in degrees of vectors, shape (..., 3), of any length."""
    ra = np.degrees(np.arctan2(vectors[..., 1], vectors[..., 0])) % 360.0
    return ra, np.degrees(np.arctan2(vectors[..., 2], np.hypot(vectors[..., 0], vectors[..., 1])))


def cosines(vectors: FloatArray, others: FloatArray) -> npt.NDArray[np.float32]:
    """Return the scalar products of unit vectors, (n, 3) and (m, 3), shape (n, m), to 1e-7.

    Written out: the threads of a BLAS product gain nothing on sums of three, and on a busy machine they wait for each
    other.
    """
    one, other = vectors.astype(np.float32), others.astype(np.float32)
    result: npt.NDArray[np.float32] = one[:, 0, None] * other[:, 0]
    for axis in (1, 2):
        result += one[:, axis, None] * other[:, axis]
    return result


def tangent_axes(ra_deg: FloatArray, dec_deg: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return unit vectors to the east and to the north, shape (n, 3) each, of the tangent planes at n positions."""
    ra, dec = np.radians(ra_deg), np.radians(dec_deg)
    east = np.stack([-np.sin(ra), np.cos(ra), np.zeros_like(ra)], axis=-1)
    north = np.stack([-np.sin(dec) * np.cos(ra), -np.sin(dec) * np.sin(ra), np.cos(dec)], axis=-1)
    return east, north


def _chord(angle_deg: float) -> float:
    return float(2.0 * np.sin(np.radians(angle_deg) / 2.0))


def field_reach_deg(shape: str, width_deg: float, height_deg: float) -> float:
    """Return the radius in degrees of the smallest circle about a field's centre that holds the field."""
    if shape == "circle":
        return width_deg / 2.0
    return float(np.degrees(np.arctan(np.hypot(*np.tan(np.radians([width_deg / 2.0, height_deg / 2.0]))))))


def near(tree: cKDTree, vectors: FloatArray, radius_deg: float) -> BoolArray:
    """Tell for each vector whether the tree holds a point within ``radius_deg``, shape (n,)."""
    distance, _ = tree.query(vectors, k=1, distance_upper_bound=_chord(radius_deg))
    return np.asarray(np.isfinite(distance))


def by_camera(outlines: Iterable[Footprint]) -> dict[tuple[str, float, float], list[tuple[float, float]]]:
    """Return the centres of outlines, sorted by shape, width and height."""
    found: dict[tuple[str, float, float], list[tuple[float, float]]] = {}
    for one in outlines:
        found.setdefault((one.shape, one.width_deg, one.height_deg), []).append((one.ra_deg, one.dec_deg))
    return found


def members(
    ra_deg: FloatArray,
    dec_deg: FloatArray,
    shape: str,
    size_deg: tuple[float, float],
    tree: cKDTree,
) -> tuple[IntArray, IntArray]:
    """Find the points of a tree that lie in each field.

    Parameters
    ----------
    ra_deg, dec_deg : ndarray, shape (n,)
        Centres of the fields.
    shape : str
        ``square``, ``rectangle`` (gnomonic, sides along great circles, north up) or ``circle``.
    size_deg : tuple of float
        Full width and height; the diameter twice for a circle.
    tree : cKDTree
        Of unit vectors.

    Returns
    -------
    indptr : ndarray of int, shape (n + 1,)
    indices : ndarray of int
        Points ``indices[indptr[i]:indptr[i + 1]]`` lie in field i, in rising order.
    """
    width, height = size_deg
    centres = unit_vectors(ra_deg, dec_deg)
    reach = field_reach_deg(shape, width, height)
    pairs = cKDTree(centres).sparse_distance_matrix(tree, _chord(reach * (1 + 1e-9)), output_type="ndarray")
    field, point = pairs["i"], pairs["j"]
    if shape != "circle":
        inside = _in_rectangle(ra_deg, dec_deg, centres, size_deg, field, tree.data[point])
        field, point = field[inside], point[inside]
    order = np.lexsort((point, field))
    indptr = np.concatenate([[0], np.cumsum(np.bincount(field, minlength=len(ra_deg)))]).astype(np.int64)
    return indptr, point[order].astype(np.int64)


def _in_rectangle(
    ra_deg: FloatArray,
    dec_deg: FloatArray,
    centres: FloatArray,
    size_deg: tuple[float, float],
    field: IntArray,
    points: FloatArray,
) -> BoolArray:
    """Gnomonic test of pairs: ``|xi| <= tan(width / 2)`` and ``|eta| <= tan(height / 2)``."""
    east, north = tangent_axes(ra_deg, dec_deg)
    along = np.einsum("ij,ij->i", centres[field], points)
    xi = np.abs(np.einsum("ij,ij->i", east[field], points))
    eta = np.abs(np.einsum("ij,ij->i", north[field], points))
    half_width, half_height = np.tan(np.radians(size_deg[0] / 2.0)), np.tan(np.radians(size_deg[1] / 2.0))
    inside: BoolArray = (xi <= along * half_width) & (eta <= along * half_height)
    return inside
