"""Outlines of pointings as polygons that other programs draw, and as parts of the sky. Pure.

A stored pointing has the corners of its footprint. From them the camera's field is found again, so that areas do not
depend on how finely a circle was drawn.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import atan, cos, degrees, radians, sin

import numpy as np
from numpy.typing import NDArray

from tom_gcn.coverage import Footprint, union_ranges

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Corners = Sequence[Sequence[float]]
Ring = list[list[float]]

STEP_DEG = 1.0
"""Sides are great circles: a vertex is set at least this often, since a map draws straight lines in RA and Dec."""
LEAST_COSINE = 0.01
DECIMALS = 6
LEAST_DEG2 = 1e-8
"""Slivers that rounding leaves beyond a cut are none."""
SAME_SIDE_DEG = 1e-4
"""Sides that differ by less, in degrees, are those of a square: corners are stored to 1e-5 deg."""


def field_of(ra_deg: float, dec_deg: float, corners: Corners) -> Footprint:
    """Return the camera's field at a position from the corners of its footprint.

    Parameters
    ----------
    ra_deg, dec_deg : float
        Centre, ICRS.
    corners : sequence of (ra, dec), length n
        Four corners of a rectangle, or points of a circle.

    Raises
    ------
    ValueError
        When the corners make no field.
    """
    vectors = _vectors(corners)
    centre = _vectors([(ra_deg, dec_deg)])[0]
    if len(vectors) < 4:
        raise ValueError("A footprint has at least four corners.")
    if len(vectors) > 4:
        radius = degrees(float(np.mean(np.arccos(np.clip(vectors @ centre, -1.0, 1.0)))))
        return Footprint("circle", 2.0 * radius, 2.0 * radius, ra_deg, dec_deg)
    east, north = _axes(ra_deg, dec_deg)
    depth = vectors @ centre
    width = 2.0 * degrees(atan(float(np.abs(vectors @ east / depth).mean())))
    height = 2.0 * degrees(atan(float(np.abs(vectors @ north / depth).mean())))
    shape = "square" if abs(width - height) < SAME_SIDE_DEG else "rectangle"
    return Footprint(shape, width, height if shape == "rectangle" else width, ra_deg, dec_deg)


def sky_of(pointings: Iterable[tuple[float, float, Corners]]) -> IntArray:
    """Return the merged order-29 ranges of everything that some pointings (RA, Dec, corners) see."""
    return union_ranges([field_of(ra, dec, corners) for ra, dec, corners in pointings])


def polygons(corners: Corners) -> list[Ring]:
    """Return an outline as closed rings in a plane of longitude (-180 to 180) and latitude.

    As RFC 7946 wants it: cut where it crosses the antimeridian (section 3.1.9), counter-clockwise (3.1.6). An outline
    about a pole reaches up to the pole's edge of the map. Sides are drawn as great circles.

    Parameters
    ----------
    corners : sequence of (ra, dec), length n
        Degrees, in either sense, not closed.
    """
    path = _along_great_circles(_vectors(corners))
    longitude = np.degrees(np.arctan2(path[:, 1], path[:, 0]))
    latitude = np.degrees(np.arcsin(np.clip(path[:, 2], -1.0, 1.0)))
    unwrapped = np.degrees(np.unwrap(np.radians(np.append(longitude, longitude[0]))))
    if abs(unwrapped[-1] - unwrapped[0]) > 180.0:
        return [_about_pole(list(zip(longitude.tolist(), latitude.tolist(), strict=True)))]
    return _cut(list(zip(unwrapped.tolist(), np.append(latitude, latitude[0]).tolist(), strict=True)))


def _about_pole(points: list[tuple[float, float]]) -> Ring:
    """Close an outline about a pole along the edges of the map.

    A field with the pole inside is met once in every longitude: its vertices are in order when sorted by it.
    """
    path = sorted(points)
    (first, low), (last, high) = path[0], path[-1]
    gap = first + 360.0 - last
    crossing = high + (180.0 - last) / gap * (low - high) if gap else high
    pole = 90.0 if sum(latitude for _, latitude in path) > 0.0 else -90.0
    ring = _tidy([[-180.0, crossing], *map(list, path), [180.0, crossing], [180.0, pole], [-180.0, pole]])
    ring.append(ring[0])
    return ring if _signed_area(ring) > 0.0 else ring[::-1]


def _vectors(corners: Corners) -> FloatArray:
    ra, dec = np.radians(np.asarray(corners, dtype=float)).T
    return np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=1)


def _axes(ra_deg: float, dec_deg: float) -> tuple[FloatArray, FloatArray]:
    """Unit vectors to the east and to the north of a position."""
    ra, dec = radians(ra_deg), radians(dec_deg)
    east = np.array([-sin(ra), cos(ra), 0.0])
    return east, np.array([-sin(dec) * cos(ra), -sin(dec) * sin(ra), cos(dec)])


def _along_great_circles(vectors: FloatArray) -> FloatArray:
    """Set vertices along every side, shape (m, 3); the ring is not closed."""
    parts = []
    for one, other in zip(vectors, np.roll(vectors, -1, axis=0), strict=True):
        angle = degrees(float(np.arccos(np.clip(one @ other, -1.0, 1.0))))
        looked = _side(one, other, 16)
        # near a pole a degree on the sky is many degrees of longitude
        narrowest = float(np.hypot(looked[:, 0], looked[:, 1]).min())
        parts.append(_side(one, other, int(np.ceil(angle / (STEP_DEG * max(narrowest, LEAST_COSINE)))) or 1))
    return np.concatenate(parts)


def _side(one: FloatArray, other: FloatArray, count: int) -> FloatArray:
    """Points of a great circle from one vector to shortly before another, even enough along a side of a field."""
    points = one + np.linspace(0.0, 1.0, count, endpoint=False)[:, None] * (other - one)
    return np.asarray(points / np.linalg.norm(points, axis=1, keepdims=True))


def _cut(points: list[tuple[float, float]]) -> list[Ring]:
    """Cut a closed path into the parts in each turn of longitude, moved to -180 to 180."""
    longitudes = [longitude for longitude, _ in points]
    first = int(np.floor((min(longitudes) + 180.0) / 360.0))
    last = int(np.ceil((max(longitudes) + 180.0) / 360.0))
    rings = []
    for turn in range(first, last):
        west, east = 360.0 * turn - 180.0, 360.0 * turn + 180.0
        part = _clipped(_clipped(points, west, 1.0), east, -1.0)
        ring = _tidy([[longitude - 360.0 * turn, latitude] for longitude, latitude in part])
        if abs(_signed_area(ring)) > LEAST_DEG2:
            rings.append(ring if _signed_area(ring) > 0.0 else ring[::-1])
    return rings


def _tidy(ring: Ring) -> Ring:
    """Round, and leave out vertices at which the path stands still: a cut through a vertex makes two of it."""
    rounded = [[round(longitude, DECIMALS), round(latitude, DECIMALS)] for longitude, latitude in ring]
    return rounded[:1] + [point for before, point in pairwise(rounded) if point != before]


def _clipped(points: list[tuple[float, float]], edge: float, side: float) -> list[tuple[float, float]]:
    """Keep what lies on one side of a meridian (Sutherland and Hodgman 1974); closed in, closed out."""
    kept: list[tuple[float, float]] = []
    for (x0, y0), (x1, y1) in pairwise(points):
        inside0, inside1 = side * (x0 - edge) >= 0.0, side * (x1 - edge) >= 0.0
        if inside0:
            kept.append((x0, y0))
        if inside0 != inside1:
            kept.append((edge, y0 + (edge - x0) / (x1 - x0) * (y1 - y0)))
    return [*kept, kept[0]] if kept else []


def _signed_area(ring: Ring) -> float:
    """Twice the area in the plane, positive when counter-clockwise."""
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairwise(ring))
