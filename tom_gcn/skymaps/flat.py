"""Flat HEALPix maps to tiles of mixed orders, without loss: four equal neighbours become one tile."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .ranges import IntArray, nested_to_uniq

# Bit patterns, not numbers: NaN equals itself, and nothing is rounded.
Bits = NDArray[np.unsignedinteger[Any]]
Merged = tuple[IntArray, list[Bits]]

# Corner of each base face, in units of the face's side, after Gorski et al. 2005, ApJ 622, 759, figure 4.
_FACE_ROW = (2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4)
_FACE_COLUMN = (1, 3, 5, 7, 0, 2, 4, 6, 1, 3, 5, 7)


def merge_equal(columns: list[Bits], order: int, first: int) -> Merged:
    """Tiles of a run of nested pixels, sets of four equal siblings merged again and again.

    Parameters
    ----------
    columns : list of ndarray of unsigned int, shape (n,)
        Bit patterns of the columns at consecutive nested pixels.
    order : int
        HEALPix order of the pixels.
    first : int
        Nested index of the first pixel.

    Returns
    -------
    uniq : ndarray of int64, shape (m,)
        Ascending within each order only.
    columns : list of ndarray, shape (m,)
    """
    uniq: list[IntArray] = []
    kept: list[list[Bits]] = []
    alive = np.ones(len(columns[0]), dtype=bool)
    while True:
        can_merge = order > 0 and len(alive) % 4 == 0 and first % 4 == 0
        same = _equal_siblings(columns, alive) if can_merge else np.zeros(0, dtype=bool)
        rest = np.flatnonzero(alive & ~np.repeat(same, 4)) if same.any() else np.flatnonzero(alive)
        uniq.append(nested_to_uniq(order, rest + first))
        kept.append([column[rest] for column in columns])
        if not same.any():
            return np.concatenate(uniq), [np.concatenate(parts) for parts in zip(*kept, strict=True)]
        columns, alive, order, first = [column[::4] for column in columns], same, order - 1, first // 4


def _equal_siblings(columns: list[Bits], alive: NDArray[np.bool_]) -> NDArray[np.bool_]:
    same = np.ones(len(alive) // 4, dtype=bool) if alive.all() else alive.reshape(-1, 4).all(axis=1)
    for column in columns:
        four = column.reshape(-1, 4)
        for sibling in (1, 2, 3):
            same &= four[:, 0] == four[:, sibling]
    return same


def ring_faces(order: int) -> Iterator[IntArray]:
    """For each of the 12 base faces, the ring index of its pixels in nested sequence, shape (4**order,).

    A pixel's ring depends on x + y and its place in the ring on x - y, so two small tables serve a whole face (Gorski
    et al. 2005, section 5); this is several times faster than converting each index. The array is the same each time:
    use it before asking for the next.
    """
    nside = 1 << order
    diagonal, across = _face_coordinates(order)
    place = np.empty_like(diagonal)
    for row, column in zip(_FACE_ROW, _FACE_COLUMN, strict=True):
        ring = row * nside - 1 - np.arange(2 * nside - 1, dtype=np.int64)
        length = np.clip(np.minimum(ring, 4 * nside - ring), 1, nside)
        start = _ring_start(ring, nside)
        in_belt = (ring >= nside) & (ring <= 3 * nside)
        shift = np.where(in_belt, (ring - nside) & 1, 0)
        # Twice the place in the ring is column * length + (x - y) + 1 + shift, minus 2 to count from zero.
        twice = column * length + shift - 1
        np.take(twice + 2 * start, diagonal, out=place, mode="clip")
        place += across
        place >>= 1
        if column == 0:
            # The face around RA 0: what lies west of it is at the end of the ring.
            np.add(place, 4 * nside, out=place, where=place < start[diagonal])
        yield place


def _ring_start(ring: IntArray, nside: int) -> IntArray:
    """Index of the first pixel of each ring, counted from 1 at the north pole."""
    north = 2 * ring * (ring - 1)
    belt = 2 * nside * (nside - 1) + (ring - nside) * 4 * nside
    from_south = 4 * nside - ring
    south = 12 * nside * nside - 2 * from_south * (from_south + 1)
    return np.where(ring < nside, north, np.where(ring <= 3 * nside, belt, south))


@lru_cache(maxsize=1)
def _face_coordinates(order: int) -> tuple[IntArray, IntArray]:
    """x + y and x - y of the pixels of a face in nested sequence."""
    x = np.zeros(1, dtype=np.int64)
    y = np.zeros(1, dtype=np.int64)
    for level in range(order):
        step = 1 << level
        x = np.concatenate([x, x + step, x, x + step])
        y = np.concatenate([y, y, y + step, y + step])
    return x + y, x - y
