"""Nested HEALPix numbers and half-open ranges of them at order 29.

One word for one thing: a *tile* is a HEALPix cell of any order; its *range* is the interval ``[lower, upper)`` of the
order-29 nested cells it holds. Sets of tiles of mixed orders are then plain sorted intervals of 64-bit integers.
"""

from __future__ import annotations

import healpy
import numpy as np
from numpy.typing import ArrayLike, NDArray

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

MAX_ORDER = 29
SKY_CELLS = 12 << (2 * MAX_ORDER)
SKY_DEG2 = 4 * 180**2 / np.pi
# Cells of this order are 13 milliarcseconds wide, about the margin of a cone.
_FINEST_CONE_ORDER = 24
CELL_SR = 4 * np.pi / SKY_CELLS
CELL_DEG2 = SKY_DEG2 / SKY_CELLS

# UNIQ numbers of order k fill [4 * 4**k, 16 * 4**k); a table is exact where a logarithm of a 62-bit number is not.
_FIRST_UNIQ = np.array([4 << (2 * order) for order in range(MAX_ORDER + 1)], dtype=np.int64)


def uniq_to_nested(uniq: ArrayLike) -> tuple[IntArray, IntArray]:
    """Order and nested index of UNIQ numbers (MOC 2.0, IVOA Recommendation, section 4.2).

    Parameters
    ----------
    uniq : array_like of int, shape (n,)
        UNIQ numbers, 4 <= uniq < 16 * 4**29.

    Returns
    -------
    order, ipix : ndarray of int64, shape (n,)
    """
    numbers = np.asarray(uniq, dtype=np.int64)
    order = np.searchsorted(_FIRST_UNIQ, numbers, side="right").astype(np.int64) - 1
    return order, np.asarray(numbers - _FIRST_UNIQ[order])


def nested_to_uniq(order: ArrayLike, ipix: ArrayLike) -> IntArray:
    """UNIQ numbers of nested cells: ``4 * 4**order + ipix``."""
    return np.asarray(_FIRST_UNIQ[np.asarray(order, dtype=np.int64)] + np.asarray(ipix, dtype=np.int64))


def tile_ranges(order: ArrayLike, ipix: ArrayLike) -> IntArray:
    """Order-29 ranges of nested cells, shape (n, 2), in the order given."""
    shift = 2 * (MAX_ORDER - np.asarray(order, dtype=np.int64))
    first = np.asarray(ipix, dtype=np.int64)
    return np.asarray(np.stack([first << shift, (first + 1) << shift], axis=-1).reshape(-1, 2))


def merge_ranges(ranges: ArrayLike) -> IntArray:
    """Smallest sorted set of disjoint ranges that covers the same cells.

    Parameters
    ----------
    ranges : array_like of int, shape (n, 2)
        Half-open ranges in any order; they may overlap, touch, or be empty.

    Returns
    -------
    ndarray of int64, shape (m, 2)
        Disjoint, not touching, ascending.
    """
    pairs = np.asarray(ranges, dtype=np.int64).reshape(-1, 2)
    pairs = pairs[pairs[:, 0] < pairs[:, 1]]
    if len(pairs) == 0:
        return pairs
    pairs = pairs[np.argsort(pairs[:, 0], kind="stable")]
    reach = np.maximum.accumulate(pairs[:, 1])
    starts = np.flatnonzero(np.concatenate([[True], pairs[1:, 0] > reach[:-1]]))
    ends = np.concatenate([starts[1:] - 1, [len(pairs) - 1]])
    return np.column_stack([pairs[starts, 0], reach[ends]])


def area_deg2(ranges: ArrayLike) -> float:
    """Area of the union of ranges [deg2]."""
    merged = merge_ranges(ranges)
    return float(np.sum(merged[:, 1] - merged[:, 0])) * CELL_DEG2


def contains(ranges: ArrayLike, cells: ArrayLike) -> NDArray[np.bool_]:
    """Whether order-29 cells lie in merged ranges.

    Parameters
    ----------
    ranges : array_like of int, shape (m, 2)
        As `merge_ranges` returns them.
    cells : array_like of int, shape (n,)

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    flat = np.asarray(ranges, dtype=np.int64).reshape(-1)
    return np.asarray(np.searchsorted(flat, np.asarray(cells, dtype=np.int64), side="right") % 2 == 1)


def cover(ranges: ArrayLike, order: int) -> IntArray:
    """Nested cells of one order that touch the ranges, ascending and without repeats."""
    shift = 2 * (MAX_ORDER - order)
    pairs = merge_ranges(ranges)
    coarse = merge_ranges(np.column_stack([pairs[:, 0] >> shift, ((pairs[:, 1] - 1) >> shift) + 1]))
    return expand(coarse)


def coarsen(ranges: IntArray, most: int) -> IntArray:
    """A region of at most so many ranges that covers a finer one: whole cells of the finest order that gives it.

    Parameters
    ----------
    ranges : ndarray of int64, shape (n, 2)
        As `merge_ranges` returns them.
    most : int
        At least 12, the number of base cells, or the region of all of them is one range too many.

    Returns
    -------
    ndarray of int64, shape (m, 2)
        Merged; the ranges themselves when they are few enough.
    """
    order = _finest_order(ranges)
    while len(ranges) > most and order > 0:
        order -= 1
        shift = 2 * (MAX_ORDER - order)
        ranges = merge_ranges(np.column_stack([ranges[:, 0] >> shift, ((ranges[:, 1] - 1) >> shift) + 1])) << shift
    return ranges


def _finest_order(ranges: IntArray) -> int:
    """The lowest order whose cells the ends of ranges fall on."""
    bits = int(np.bitwise_or.reduce(ranges, axis=None, initial=SKY_CELLS))
    return MAX_ORDER - ((bits & -bits).bit_length() - 1) // 2


def expand(ranges: IntArray) -> IntArray:
    """Every number in disjoint half-open ranges."""
    lengths = ranges[:, 1] - ranges[:, 0]
    offsets = np.repeat(ranges[:, 0] - np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths)
    return offsets + np.arange(int(lengths.sum()), dtype=np.int64)


def hpx29(ra_deg: ArrayLike, dec_deg: ArrayLike) -> IntArray:
    """Order-29 nested HEALPix cells of positions.

    Parameters
    ----------
    ra_deg, dec_deg : array_like of float, shape (n,)
        ICRS [deg]; any right ascension, declination within [-90, 90].

    Returns
    -------
    ndarray of int64, shape (n,)

    Notes
    -----
    healpy, not astropy-healpix: the latter's version 1.1.3 gives wrong last cells at orders 27 to 29.
    """
    ra, dec = np.broadcast_arrays(np.asarray(ra_deg, dtype=float), np.asarray(dec_deg, dtype=float))
    cells = healpy.ang2pix(1 << MAX_ORDER, np.mod(ra, 360.0), dec, nest=True, lonlat=True)
    return np.asarray(cells, dtype=np.int64)


def cell_centres(order: ArrayLike, ipix: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Centres of nested cells: right ascension in [0, 360) and declination [deg]."""
    nside = np.left_shift(1, np.asarray(order, dtype=np.int64))
    ra, dec = healpy.pix2ang(nside, np.asarray(ipix, dtype=np.int64), nest=True, lonlat=True)
    return np.mod(ra, 360.0), np.asarray(dec)


def cone_ranges(ra_deg: float, dec_deg: float, radius_deg: float, refinement: int = 3) -> IntArray:
    """Ranges that cover a cone, and a little more along its edge.

    Parameters
    ----------
    ra_deg, dec_deg : float
        Centre, ICRS [deg].
    radius_deg : float
        Radius [deg], 0 to 180.
    refinement : int
        How many orders finer than the cone itself the edge is drawn; each adds about a factor 2 in ranges and takes
        the same factor from the surplus.

    Returns
    -------
    ndarray of int64, shape (m, 2)
        Merged ranges. Every position within `radius_deg` is inside; positions just outside may be.

    Raises
    ------
    ValueError
        If the centre or the radius is out of range.
    """
    if not (np.isfinite(ra_deg) and -90 <= dec_deg <= 90 and 0 <= radius_deg <= 180):
        raise ValueError("A cone needs a finite RA, a declination in [-90, 90] and a radius in [0, 180] degrees.")
    # The margin (7 milliarcseconds) absorbs rounding, so that the edge itself is inside: the disc search works with the
    # cosine of the radius, in which angles below a milliarcsecond are lost.
    radius = radius_deg * (1 + 1e-9) + 2e-6
    if radius >= 180:
        return np.array([[0, SKY_CELLS]], dtype=np.int64)
    order = int(np.clip(np.ceil(np.log2(58.6 / radius)) + refinement, 0, _FINEST_CONE_ORDER))
    # healpy, not cdshealpix: the cones of cdshealpix 0.9 lack whole base cells from a radius of about 150 deg.
    centre = healpy.ang2vec(ra_deg % 360.0, dec_deg, lonlat=True)
    cells = healpy.query_disc(1 << order, centre, np.radians(radius), inclusive=True, fact=4, nest=True)
    return merge_ranges(tile_ranges(np.full(len(cells), order), cells))
