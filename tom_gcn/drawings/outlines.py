"""Closed lines on the sky as paths of a whole-sky map: cut at its edge, closed over a pole where they go round one."""

from collections.abc import Iterable, Sequence

import numpy as np

from tom_gcn.drawings.mollweide import FloatArray, Mollweide

Line = Sequence[Sequence[float]]
_SEAM_POINTS = 40
_MIN_STEP = 0.6  # user units: shorter steps cannot be seen


def outline_path(rings: Iterable[Line], projection: Mollweide) -> str:
    """SVG path data of closed rings, each ring a list of [ra, dec] in degrees; for filling with the even-odd rule."""
    return " ".join(_path(shape, close=True) for ring in rings for shape in _shapes(ring, projection))


def line_path(lines: Iterable[Line], projection: Mollweide, *, closed: bool = True) -> str:
    """SVG path data for stroking: like `outline_path` without the seams along the poles."""
    parts = []
    for line in lines:
        longitude, dec = _unwrapped(line, projection, closed=closed)
        parts += [_path(projection.place(longitude + turn, dec), close=False) for turn in _turns(longitude)]
    return " ".join(parts)


def contains(rings: Iterable[Line], point: tuple[float, float], projection: Mollweide) -> bool:
    """Whether the even-odd fill of `outline_path` covers a point [ra, dec]."""
    x, y = projection.project(*point)
    crossings = sum(_crossings(shape, x, y) for ring in rings for shape in _shapes(ring, projection))
    return crossings % 2 == 1


def _shapes(ring: Line, projection: Mollweide) -> list[FloatArray]:
    """A ring as closed shapes (n, 2) in user units, once per turn that reaches the map."""
    longitude, dec = _unwrapped(ring, projection, closed=True)
    if abs(longitude[-1] - longitude[0]) > 180.0:
        longitude, dec = _closed_over_pole(longitude, dec)
    return [projection.place(longitude + turn, dec) for turn in _turns(longitude)]


def _closed_over_pole(longitude: FloatArray, dec: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Lead a line that goes once round the sky along its last meridian to a pole and back along its first.

    Meridians are curves on the map: with its two ends alone a seam would cut through the picture.
    """
    pole = 90.0 if dec.mean() > 0 else -90.0
    up, down = np.linspace(dec[-1], pole, _SEAM_POINTS), np.linspace(pole, dec[0], _SEAM_POINTS)
    seams = [np.full(_SEAM_POINTS, longitude[-1]), np.full(_SEAM_POINTS, longitude[0])]
    return np.concatenate([longitude, *seams]), np.concatenate([dec, up, down])


def _unwrapped(line: Line, projection: Mollweide, *, closed: bool) -> tuple[FloatArray, FloatArray]:
    points = np.asarray(line, dtype=float)
    if closed:
        points = np.concatenate([points, points[:1]])
    return np.unwrap(projection.longitudes(points[:, 0]), period=360.0), points[:, 1]


def _turns(longitude: FloatArray) -> list[float]:
    """The whole turns by which a line must be shifted to appear wherever it touches the map."""
    low, high = float(longitude.min()), float(longitude.max())
    return [turn for turn in (-720.0, -360.0, 0.0, 360.0, 720.0) if low + turn < 180.0 and high + turn > -180.0]


def _path(points: FloatArray, *, close: bool) -> str:
    kept = _thinned(points)
    coordinates = " ".join(f"{x:.1f},{y:.1f}" for x, y in kept)
    return f"M{coordinates}{'Z' if close else ''}"


def _thinned(points: FloatArray) -> list[tuple[float, float]]:
    """Drop points nearer to the last kept one than can be seen; the first and the last stay."""
    kept = [(float(points[0, 0]), float(points[0, 1]))]
    for x, y in points[1:-1].tolist():
        if abs(x - kept[-1][0]) + abs(y - kept[-1][1]) >= _MIN_STEP:
            kept.append((x, y))
    kept.append((float(points[-1, 0]), float(points[-1, 1])))
    return kept


def _crossings(shape: FloatArray, x: float, y: float) -> int:
    """How often a ray from a point to the right crosses a closed shape."""
    x0, y0 = shape[:, 0], shape[:, 1]
    x1, y1 = np.roll(x0, -1), np.roll(y0, -1)
    straddles = (y0 > y) != (y1 > y)
    at = x0 + (y - y0) / np.where(straddles, y1 - y0, 1.0) * (x1 - x0)
    return int(np.count_nonzero(straddles & (at > x)))
