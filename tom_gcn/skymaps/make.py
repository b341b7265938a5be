"""Sky maps made from the figures of a notice: circles, ellipses, polygons and annuli as tiles with probabilities.

Circles and ellipses are Gaussians in the plane of Lambert's equal-area projection about their centre, where the
distance from the centre is the chord ``2 sin(theta / 2)``. For a circle this is the distribution of Fisher (1953,
doi:10.1098/rspa.1953.0064), the Gaussian of the sphere: ``P(<theta) = (1 - exp(-kappa (1 - cos theta))) / (1 -
exp(-2 kappa))``; for small angles it is Rayleigh's, ``1 - exp(-theta**2 / (2 sigma**2))``, so that a radius of 90 % is
2.146 sigma, of 68.3 % 1.515 sigma and of 50 % 1.177 sigma. A radius is always converted through its containment.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import healpy
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import erfinv

from .errors import SkyMapError
from .ranges import CELL_SR, MAX_ORDER, FloatArray, IntArray, nested_to_uniq, tile_ranges
from .skymap import SkyMap

# What is taken where the sender does not say: the default of GCN's schema and the habit of most missions.
ASSUMED_CONTAINMENT = 0.9
_HIGHEST_CONTAINMENT = 0.999

# Tiles of a quarter sigma give the area of a circle to better than 1 %; 4.9 sigma leave out 6e-6 of the probability.
_TILES_PER_SIGMA = 4.0
_REACH_SIGMAS = 4.9
_MOST_TILES = 40_000
# A thin ring is long: with this many the 90 % area of 1 arcmin half width is 10 % too large, of 3 arcmin 4 %.
_MOST_TILES_OF_RING = 320_000
# Two orders are kept for averaging inside tiles; tiles of this order are 13 milliarcseconds wide.
_FINEST_ORDER = 24
_AVERAGED_ORDERS = 2
_AVERAGED_AT_ONCE = 20_000

Vectors = NDArray[np.float64]
# Unit vectors (n, 3) -> relative density (n,)
Density = Callable[[Vectors], FloatArray]
# Unit vectors (n, 3), chord by which to enlarge -> whether the enlarged shape holds them (n,)
Touches = Callable[[Vectors, float], NDArray[np.bool_]]


@dataclass(frozen=True)
class _Shape:
    """What the tiling needs to know; `scale` is the chord tiles should not exceed."""

    density: Density
    touches: Touches
    scale: float
    is_flat: Touches | None = None
    most_tiles: int = _MOST_TILES


def cone(ra_deg: float, dec_deg: float, radius_deg: float, containment: float | None = None) -> SkyMap:
    """Gaussian about a position.

    Parameters
    ----------
    ra_deg, dec_deg : float
        Centre, ICRS [deg].
    radius_deg : float
        Radius [deg], above 0 and at most 180.
    containment : float or None
        Probability within that radius, above 0 and at most 1; `ASSUMED_CONTAINMENT` where the sender does not say.

    Raises
    ------
    SkyMapError
        ``bad-figures`` when a figure is out of range.

    Notes
    -----
    A radius whose circle holds at least the share of the sky that its containment states says nothing: the map is
    then uniform.
    """
    return ellipse(ra_deg, dec_deg, radius_deg, radius_deg, 0.0, containment)


def ellipse(
    ra_deg: float,
    dec_deg: float,
    major_deg: float,
    minor_deg: float,
    position_angle_deg: float,
    containment: float | None = None,
) -> SkyMap:
    """Gaussian with two semi-axes [deg]; the position angle of the major one is counted from North through East [deg].

    Raises
    ------
    SkyMapError
        ``bad-figures`` when a figure is out of range.
    """
    level = containment_of(containment)
    _check_centre(ra_deg, dec_deg)
    if not 0 < minor_deg <= major_deg <= 180:
        raise _bad(f"An error of {major_deg:g} by {minor_deg:g} deg is not one.")
    sigma = np.array([_sigma(major_deg, level), _sigma(minor_deg, level)])
    if not np.isfinite(sigma[0]):
        return _whole_sky()
    frame = frame_at(ra_deg, dec_deg, position_angle_deg)

    def density(vectors: Vectors) -> FloatArray:
        return np.asarray(np.exp(-0.5 * ((_lambert(vectors, frame) / sigma) ** 2).sum(axis=-1)))

    def touches(vectors: Vectors, margin: float) -> NDArray[np.bool_]:
        reach = _REACH_SIGMAS * sigma + 1.5 * margin
        return np.asarray(((_lambert(vectors, frame) / reach) ** 2).sum(axis=-1) <= 1)

    return _tiled(_Shape(density, touches, float(sigma[1]) / _TILES_PER_SIGMA))


def annulus(
    ra_deg: float, dec_deg: float, radius_deg: float, half_width_deg: float, containment: float | None = None
) -> SkyMap:
    """Ring about a centre, Gaussian across its width and even along it, as two spacecraft give it.

    Parameters
    ----------
    ra_deg, dec_deg : float
        Centre, ICRS [deg].
    radius_deg, half_width_deg : float
        Distance of the ring's middle from the centre and half its width [deg].
    containment : float or None
        Probability between ``radius - half_width`` and ``radius + half_width``; in one dimension 90 % are 1.645 sigma.

    Raises
    ------
    SkyMapError
        ``bad-figures`` when a figure is out of range.
    """
    level = containment_of(containment)
    _check_centre(ra_deg, dec_deg)
    if not (0 <= radius_deg <= 180 and 0 < half_width_deg <= 180):
        raise _bad(f"A ring of {radius_deg:g} ± {half_width_deg:g} deg is not one.")
    radius, sigma = np.radians(radius_deg), float(np.radians(half_width_deg) / (np.sqrt(2) * erfinv(level)))
    centre = _vector(ra_deg, dec_deg)

    def offset(vectors: Vectors) -> FloatArray:
        chord = np.linalg.norm(vectors - centre, axis=-1)
        return np.asarray(np.abs(2 * np.arcsin(np.minimum(chord / 2, 1.0)) - radius))

    def density(vectors: Vectors) -> FloatArray:
        return np.asarray(np.exp(-0.5 * (offset(vectors) / sigma) ** 2))

    def touches(vectors: Vectors, margin: float) -> NDArray[np.bool_]:
        # An arc is at most pi/2 times its chord.
        return np.asarray(offset(vectors) <= _REACH_SIGMAS * sigma + np.pi / 2 * margin)

    return _tiled(_Shape(density, touches, sigma / _TILES_PER_SIGMA, most_tiles=_MOST_TILES_OF_RING))


def polygon(corners: Sequence[tuple[float, float]]) -> SkyMap:
    """Even probability inside a polygon of great circles, none outside.

    Parameters
    ----------
    corners : sequence of (float, float)
        RA, Dec in order [deg], at least three, all on one half of the sky.

    Raises
    ------
    SkyMapError
        ``bad-figures`` when the corners do not enclose such an area.
    """
    if len(corners) < 3 or len(corners) > 1000:
        raise _bad(f"A polygon has 3 to 1000 corners, not {len(corners)}.")
    for ra, dec in corners:
        _check_centre(ra, dec)
    points = np.array([_vector(ra, dec) for ra, dec in corners])
    middle = points.sum(axis=0)
    size = float(np.linalg.norm(middle))
    # In the gnomonic plane great circles are straight, but only one half of the sky is in it.
    if size < 1e-9 or (points @ middle / size).min() < 0.01:
        raise _bad("The corners of the polygon do not lie on one half of the sky.")
    frame = _frame_of(middle / size)
    flat = _gnomonic(points, frame)[0]
    if abs(_area(flat)) < 1e-18:
        raise _bad("The polygon has no area.")

    def inside(vectors: Vectors) -> NDArray[np.bool_]:
        places, in_front = _gnomonic(vectors, frame)
        return in_front & _in_polygon(places, flat)

    def touches(vectors: Vectors, margin: float) -> NDArray[np.bool_]:
        return inside(vectors) | (_to_edges(vectors, points) <= margin)

    def is_flat(vectors: Vectors, margin: float) -> NDArray[np.bool_]:
        return inside(vectors) & (_to_edges(vectors, points) > margin)

    extent = float(np.linalg.norm(points - points.mean(axis=0), axis=-1).max())
    return _tiled(_Shape(lambda vectors: inside(vectors).astype(float), touches, extent / 64, is_flat))


def scaled_radius_deg(radius_deg: float, containment: float | None, level: float) -> float:
    """Radius of another containment of the same cone [deg]; 180 where a cone says nothing.

    For the small ellipses of notices it scales the semi-axes as well.

    Raises
    ------
    SkyMapError
        ``bad-figures`` when a figure is out of range.
    """
    sigma = _sigma(radius_deg, containment_of(containment))
    if not np.isfinite(sigma):
        return 180.0
    inside = -np.expm1(-2 / sigma**2)
    haversine = -(sigma**2) * np.log1p(-level * inside) / 2
    return float(np.degrees(2 * np.arcsin(np.sqrt(min(haversine, 1.0)))))


def containment_of(given: float | None) -> float:
    """The containment as the maps take it; what is assumed where the sender does not say.

    Raises
    ------
    SkyMapError
        ``bad-figures`` when it is no probability.
    """
    level = ASSUMED_CONTAINMENT if given is None else given
    if not 0 < level <= 1:
        raise _bad(f"A containment is a probability between 0 and 1, not {level:g}.")
    # No Gaussian ends anywhere: who says 100 % means that nearly all is inside.
    return min(level, _HIGHEST_CONTAINMENT)


def _check_centre(ra_deg: float, dec_deg: float) -> None:
    if not (np.isfinite(ra_deg) and -90 <= dec_deg <= 90):
        raise _bad(f"RA {ra_deg:g}, Dec {dec_deg:g} is not a position.")


def _bad(message: str) -> SkyMapError:
    return SkyMapError("bad-figures", message, "Compare the figures with the notice.")


def _sigma(radius_deg: float, level: float) -> float:
    """Width of the Gaussian in the equal-area plane whose circle of a radius holds a probability; infinite for none."""
    if not 0 < radius_deg <= 180:
        raise _bad(f"A radius of {radius_deg:g} deg is not one.")
    cap = 2 * np.sin(np.radians(radius_deg) / 2) ** 2
    if cap / 2 >= level:
        return float("inf")
    flat = -np.log1p(-level) / cap
    # Where the far side of the sky matters, Fisher's normalisation raises or lowers the width a little.
    if flat > 15:
        return float(flat**-0.5)
    kappa = brentq(lambda k: np.expm1(-k * cap) / np.expm1(-2 * k) - level, 1e-9, 20.0)
    return float(kappa**-0.5)


def _vector(ra_deg: float, dec_deg: float) -> Vectors:
    return np.asarray(healpy.ang2vec(ra_deg % 360.0, dec_deg, lonlat=True), dtype=float)


def frame_at(ra_deg: float, dec_deg: float, position_angle_deg: float) -> Vectors:
    """Unit vectors to the centre, along the position angle, and a quarter turn further east."""
    ra, dec, angle = np.radians([ra_deg, dec_deg, position_angle_deg])
    north = np.array([-np.sin(dec) * np.cos(ra), -np.sin(dec) * np.sin(ra), np.cos(dec)])
    east = np.array([-np.sin(ra), np.cos(ra), 0.0])
    along = np.cos(angle) * north + np.sin(angle) * east
    across = np.cos(angle) * east - np.sin(angle) * north
    return np.array([_vector(ra_deg, dec_deg), along, across])


def _frame_of(centre: Vectors) -> Vectors:
    ra, dec = np.degrees(np.arctan2(centre[1], centre[0])), np.degrees(np.arcsin(np.clip(centre[2], -1, 1)))
    return frame_at(float(ra), float(dec), 0.0)


def _lambert(vectors: Vectors, frame: Vectors) -> Vectors:
    """Places in the equal-area plane, shape (n, 2): their length is the chord to the centre."""
    # From the difference, not the product, for angles of milliarcseconds.
    away = vectors - frame[0]
    chord2 = np.minimum((away**2).sum(axis=-1), 4.0)
    stretch = 1 / np.sqrt(np.maximum(1 - chord2 / 4, 1e-12))
    return np.asarray(stretch[:, None] * (away @ frame[1:].T))


def _gnomonic(vectors: Vectors, frame: Vectors) -> tuple[Vectors, NDArray[np.bool_]]:
    height = vectors @ frame[0]
    in_front = height > 1e-6
    return np.asarray((vectors @ frame[1:].T) / np.where(in_front, height, 1.0)[:, None]), in_front


def _area(corners: Vectors) -> float:
    x, y = corners.T
    return float((x * np.roll(y, -1) - y * np.roll(x, -1)).sum() / 2)


def _in_polygon(places: Vectors, corners: Vectors) -> NDArray[np.bool_]:
    """Even number of edges to the right means outside."""
    inside = np.zeros(len(places), dtype=bool)
    x, y = places.T
    for (x1, y1), (x2, y2) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if y1 == y2:
            continue
        crosses = (y1 > y) != (y2 > y)
        inside ^= crosses & (x < (x2 - x1) * (y - y1) / (y2 - y1) + x1)
    return inside


def _to_edges(vectors: Vectors, corners: Vectors) -> FloatArray:
    """Distance to the nearest edge, as the length of a straight line through the sphere."""
    nearest = np.full(len(vectors), np.inf)
    for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        edge = end - start
        length2 = float(edge @ edge)
        part = np.clip((vectors - start) @ edge / length2, 0, 1) if length2 > 0 else np.zeros(len(vectors))
        foot = start + part[:, None] * edge
        foot = foot / np.linalg.norm(foot, axis=-1)[:, None]
        nearest = np.minimum(nearest, np.linalg.norm(vectors - foot, axis=-1))
    return nearest


def _whole_sky() -> SkyMap:
    order = np.zeros(12, dtype=np.int64)
    return SkyMap(nested_to_uniq(order, np.arange(12)), np.full(12, 1 / (4 * np.pi)))


def _tiled(shape: _Shape) -> SkyMap:
    """Split tiles from the whole sky down wherever the shape needs it, then average the density inside each."""
    kept_order, kept_ipix, ipix, order = _split(shape)
    done = nested_to_uniq(np.append(kept_order, np.full(len(ipix), order)), np.append(kept_ipix, ipix))
    orders = np.append(kept_order, np.full(len(ipix), order)).astype(np.int64)
    numbers = np.append(kept_ipix, ipix).astype(np.int64)
    edge = _averaged(shape, ipix, order)
    density = np.append(np.ones(len(kept_ipix)), edge)
    rank = np.argsort(tile_ranges(orders, numbers)[:, 0], kind="stable")
    keep = rank[density[rank] > 0]
    if len(keep) == 0:
        raise _bad("The area is too small to be drawn.")
    area = np.exp2(2.0 * (MAX_ORDER - orders[keep])) * CELL_SR
    return SkyMap(done[keep], density[keep] / float((density[keep] * area).sum()))


def _split(shape: _Shape) -> tuple[IntArray, IntArray, IntArray, int]:
    """Tiles that are even inside (order, ipix), then the others that touch the shape, all of one order, and it."""
    kept: list[tuple[int, IntArray]] = []
    ipix, order = np.arange(12, dtype=np.int64), 0
    while True:
        vectors = _centres(order, ipix)
        margin = _pixel_reach(order)
        if shape.is_flat is not None:
            even = shape.is_flat(vectors, margin)
            kept.append((order, ipix[even]))
            ipix, vectors = ipix[~even], vectors[~even]
        ipix = ipix[shape.touches(vectors, margin)]
        fine = np.sqrt(4 * np.pi / (12 << (2 * order))) <= shape.scale
        if fine or order == _FINEST_ORDER or 4 * len(ipix) > shape.most_tiles:
            break
        ipix, order = _children(ipix, 1), order + 1
    orders = [np.full(len(tiles), at, dtype=np.int64) for at, tiles in kept]
    nothing = np.empty(0, dtype=np.int64)
    return (
        np.concatenate([nothing, *orders]),
        np.concatenate([nothing, *(tiles for _, tiles in kept)]),
        ipix,
        order,
    )


def _averaged(shape: _Shape, ipix: IntArray, order: int) -> FloatArray:
    """Mean density of each tile, over its parts two orders finer."""
    parts = 4**_AVERAGED_ORDERS
    means = []
    for start in range(0, len(ipix), _AVERAGED_AT_ONCE):
        children = _children(ipix[start : start + _AVERAGED_AT_ONCE], _AVERAGED_ORDERS)
        fine = shape.density(_centres(order + _AVERAGED_ORDERS, children))
        means.append(fine.reshape(-1, parts).mean(axis=1))
    return np.concatenate(means) if means else np.empty(0)


def _children(ipix: IntArray, orders: int) -> IntArray:
    parts = 4**orders
    return np.asarray((ipix[:, None] * parts + np.arange(parts)).reshape(-1))


def _centres(order: int, ipix: IntArray) -> Vectors:
    return np.column_stack(healpy.pix2vec(1 << order, ipix, nest=True))


def _pixel_reach(order: int) -> float:
    """Chord that no corner of a tile exceeds from its centre."""
    return float(2 * np.sin(healpy.max_pixrad(1 << order) / 2)) * 1.001
