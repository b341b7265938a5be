"""Regions and outlines of sky maps in the formats other programs read: MOC (IVOA 2.0) in JSON, and GeoJSON. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tom_gcn.skymaps.ranges import MAX_ORDER, expand

IntArray = NDArray[np.int64]
Line = Sequence[Sequence[float]]


def moc_json(ranges: IntArray) -> dict[str, list[int]]:
    """Cells that make up ranges, in as few as possible: order -> nested indices (MOC 2.0, section 4.3.1).

    Parameters
    ----------
    ranges : ndarray of int64, shape (n, 2)
        Merged half-open ranges of cells of order 29.

    Returns
    -------
    dict of str to list of int
        As Aladin and mocpy read it; orders without cells are left out.
    """
    cells: dict[str, list[int]] = {}
    left = np.asarray(ranges, dtype=np.int64).reshape(-1, 2)
    for order in range(MAX_ORDER + 1):
        shift = 2 * (MAX_ORDER - order)
        whole = np.stack([-(-left[:, 0] >> shift), left[:, 1] >> shift], axis=1)
        has_whole = whole[:, 1] > whole[:, 0]
        if has_whole.any():
            cells[str(order)] = expand(whole[has_whole]).tolist()
        whole <<= shift
        before = np.stack([left[:, 0], whole[:, 0]], axis=1)[has_whole]
        after = np.stack([whole[:, 1], left[:, 1]], axis=1)[has_whole]
        left = np.concatenate([left[~has_whole], before, after])
        left = left[left[:, 1] > left[:, 0]]
    return cells


def geojson(contours: Mapping[str, Iterable[Line]], properties: Mapping[str, Any]) -> dict[str, Any]:
    """Outlines as a FeatureCollection, one feature a level.

    Longitude is RA, in -180 to 180 degrees as RFC 7946 wants it; lines are cut where they cross RA 180 degrees.
    """
    features = [
        {
            "type": "Feature",
            "properties": {**properties, "level": float(level)},
            "geometry": {"type": "MultiLineString", "coordinates": [part for line in lines for part in _cut(line)]},
        }
        for level, lines in contours.items()
    ]
    return {"type": "FeatureCollection", "features": features}


def _cut(line: Line) -> list[list[list[float]]]:
    parts: list[list[list[float]]] = []
    for ra, dec in line:
        longitude = ra - 360.0 if ra > 180.0 else float(ra)
        if not parts:
            parts.append([])
        elif abs(longitude - parts[-1][-1][0]) > 180.0:
            _cross(parts, longitude, dec)
        parts[-1].append([longitude, float(dec)])
    return [part for part in parts if len(part) > 1]


def _cross(parts: list[list[list[float]]], longitude: float, dec: float) -> None:
    """End the last part at the edge of the map and begin the next one at the other."""
    last_longitude, last_dec = parts[-1][-1]
    edge = 180.0 if last_longitude > 0 else -180.0
    way = 360.0 - abs(longitude - last_longitude)
    share = abs(edge - last_longitude) / way if way else 0.0
    crossing = last_dec + share * (dec - last_dec)
    parts[-1].append([edge, crossing])
    parts.append([[-edge, crossing]])
