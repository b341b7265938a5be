"""What exposures hold of a sky map together: by telescope, by filter, against time, and what is left. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import healpy
import numpy as np
from numpy.typing import NDArray

from tom_gcn.coverage import Footprint, new_probabilities_in
from tom_gcn.skymaps import SkyMap, area_deg2, contains, cover, hpx29, merge_ranges, tile_ranges
from tom_gcn.skymaps.ranges import IntArray

# Fields that touch no place of this region add less than a thousandth in all.
LEVEL = 0.999
_SIDE_DEG = 58.63
_FINEST_NEAR = 8


@dataclass(frozen=True)
class Exposure:
    """One exposure of a field: outline, filter, start (aware UTC), length [s], limiting magnitude (None: not said)."""

    telescope: str
    filter: str
    start: datetime
    field: Footprint
    limiting_mag: float | None = None
    exposure_s: float = 0.0


@dataclass(frozen=True)
class Covered:
    """What some exposures hold together; probability and area are of their union.

    Attributes
    ----------
    telescope, filter : str
        Whose they are; empty for all.
    count : int
        Exposures that touch the localization.
    probability : float
        Of the sky map, 0..1.
    area_deg2 : float
        Of the union of the footprints, inside the localization or not.
    first, last : datetime
    deepest_mag : float or None
        The faintest limiting magnitude that was told.
    """

    telescope: str
    filter: str
    count: int
    probability: float
    area_deg2: float
    first: datetime
    last: datetime
    deepest_mag: float | None


@dataclass(frozen=True, eq=False)
class CoverageOfMap:
    """All exposures that touch a localization.

    Attributes
    ----------
    total : Covered or None
        None when no exposure touches it.
    by_telescope, by_filter : tuple of Covered
        One line a telescope, and one a telescope and filter; the most probability first.
    curve : tuple of (datetime, float)
        Probability of the union when each exposure began to add to it.
    left_probability, left_90_deg2, area_90_deg2 : float
        What nobody has looked at: of the map, and of its 90 % region [deg2], with that region's own area.
    ranges : ndarray of int64, shape (m, 2)
        The union as order-29 ranges.
    """

    total: Covered | None
    by_telescope: tuple[Covered, ...]
    by_filter: tuple[Covered, ...]
    curve: tuple[tuple[datetime, float], ...]
    left_probability: float
    left_90_deg2: float
    area_90_deg2: float
    ranges: IntArray


def coverage_of(skymap: SkyMap, exposures: Sequence[Exposure]) -> CoverageOfMap:
    """Probability and area that exposures cover, each place counted once.

    Parameters
    ----------
    skymap : SkyMap
    exposures : sequence of Exposure
        In any order; those that do not touch the 99.9 % region are left out.
    """
    near = touching(skymap, exposures)
    parts = _Parts(near)
    groups: dict[tuple[str, str], list[Exposure]] = {}
    for exposure in near:
        groups.setdefault((exposure.telescope, exposure.filter), []).append(exposure)
        groups.setdefault((exposure.telescope, ""), []).append(exposure)
    lines = {key: _line(skymap, parts, group, *key) for key, group in groups.items() if key[1]}
    telescopes = {key: _line(skymap, parts, group, *key) for key, group in groups.items() if not key[1]}
    union = parts.union(near)
    region = skymap.region(0.9)
    inside = _both(union, region)
    total = _line(skymap, parts, near, "", "") if near else None
    probability = total.probability if total else 0.0
    return CoverageOfMap(
        total,
        _ranked(telescopes.values()),
        _ranked(lines.values()),
        _curve(skymap, parts, near),
        max(1.0 - probability, 0.0),
        max(area_deg2(region) - area_deg2(inside), 0.0) if len(inside) else area_deg2(region),
        area_deg2(region),
        union,
    )


class _Parts:
    """Ranges of fields, each drawn once: surveys visit the same field again and again."""

    def __init__(self, exposures: Iterable[Exposure]) -> None:
        self._ranges = {field: field.ranges() for field in {exposure.field for exposure in exposures}}

    def of(self, field: Footprint) -> IntArray:
        return self._ranges[field]

    def union(self, exposures: Iterable[Exposure]) -> IntArray:
        parts = [self._ranges[field] for field in {exposure.field for exposure in exposures}]
        return merge_ranges(np.concatenate(parts)) if parts else np.zeros((0, 2), dtype=np.int64)


def _line(skymap: SkyMap, parts: _Parts, group: Sequence[Exposure], telescope: str, name: str) -> Covered:
    ranges = parts.union(group)
    depths = [exposure.limiting_mag for exposure in group if exposure.limiting_mag is not None]
    starts = [exposure.start for exposure in group]
    return Covered(
        telescope,
        name,
        len(group),
        skymap.probability_in_ranges(ranges),
        area_deg2(ranges),
        min(starts),
        max(starts),
        max(depths, default=None),
    )


def _ranked(lines: Iterable[Covered]) -> tuple[Covered, ...]:
    return tuple(sorted(lines, key=lambda line: (-line.probability, line.telescope, line.filter)))


def _both(one: IntArray, other: IntArray) -> IntArray:
    """Ranges that lie in both of two merged sets."""
    edges = np.unique(np.concatenate([one.reshape(-1), other.reshape(-1)]))
    pieces = np.column_stack([edges[:-1], edges[1:]])
    return pieces[contains(one, pieces[:, 0]) & contains(other, pieces[:, 0])] if len(edges) else pieces.reshape(-1, 2)


def _curve(skymap: SkyMap, parts: _Parts, near: Sequence[Exposure]) -> tuple[tuple[datetime, float], ...]:
    """Probability of the union after each field that was new, in order of time."""
    first: dict[Footprint, datetime] = {}
    for exposure in sorted(near, key=lambda exposure: exposure.start):
        first.setdefault(exposure.field, exposure.start)
    if not first:
        return ()
    gains = new_probabilities_in(skymap, [parts.of(field) for field in first])
    return tuple(zip(first.values(), np.minimum(np.cumsum(gains), 1.0).tolist(), strict=True))


def touching(skymap: SkyMap, exposures: Sequence[Exposure], level: float = LEVEL) -> list[Exposure]:
    """Exposures whose field may touch a credible region, and no others but a few beside it."""
    region = skymap.region(level)
    fields = list({exposure.field for exposure in exposures})
    near = {field for field, is_near in zip(fields, _near(region, fields).tolist(), strict=True) if is_near}
    return [exposure for exposure in exposures if exposure.field in near]


def _near(region: IntArray, fields: Sequence[Footprint]) -> NDArray[np.bool_]:
    """Whether fields may touch a region: fields of about one size together."""
    cells = hpx29([field.ra_deg for field in fields], [field.dec_deg for field in fields])
    orders = np.array([_order_of_reach(field.reach_deg) for field in fields], dtype=np.int64)
    found = np.zeros(len(fields), dtype=bool)
    for order in np.unique(orders).tolist():
        found[orders == order] = contains(_widened(region, order), cells[orders == order])
    return found


def ranges_within_reach(region: IntArray, reach_deg: float) -> IntArray:
    """Order-29 ranges of all places from which a field of this reach [deg] may touch a region, and a few beside."""
    return _widened(region, _order_of_reach(reach_deg))


def _order_of_reach(reach_deg: float) -> int:
    # HEALPix cells are narrower than their mean side by up to a third: a cell and its neighbours hold twice the reach.
    return int(np.clip(np.floor(np.log2(_SIDE_DEG / (2 * max(reach_deg, 1e-6)))), 0, _FINEST_NEAR))


def _widened(region: IntArray, order: int) -> IntArray:
    """Cells of an order that touch a region, and those beside them, as order-29 ranges."""
    wide = cover(region, order)
    beside = healpy.get_all_neighbours(1 << order, wide, nest=True)
    cells = np.unique(np.concatenate([wide, beside[beside >= 0]]))
    return merge_ranges(tile_ranges(order, cells))
