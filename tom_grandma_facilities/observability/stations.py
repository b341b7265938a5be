"""Telescopes as columns of numbers, so that all of them are computed at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from astropy import units as u
from numpy.typing import NDArray

from tom_grandma_facilities.registry import TELESCOPES
from tom_grandma_facilities.telescope import Fact, Telescope
from tom_grandma_facilities.tonight import twilight_deg

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Stations:
    """Telescopes whose site is known; arrays of shape (n,), degrees.

    Declinations that nobody limits are -90 and 90. A limit in altitude that is unknown is 0, one of the Moon too.
    """

    telescopes: tuple[Telescope, ...]
    latitude_deg: FloatArray
    longitude_deg: FloatArray
    min_altitude_deg: FloatArray
    moon_separation_deg: FloatArray
    declination_min_deg: FloatArray
    declination_max_deg: FloatArray
    twilight_deg: FloatArray

    def __len__(self) -> int:
        return len(self.telescopes)


def stations_of(telescopes: Iterable[Telescope]) -> Stations:
    """Return the columns of telescopes. Raises ValueError when the site of one is unknown."""
    rows = tuple(telescopes)
    return Stations(
        telescopes=rows,
        latitude_deg=np.array([row.site.latitude_deg for row in rows]),
        longitude_deg=np.array([row.site.longitude_deg for row in rows]),
        min_altitude_deg=_degrees([row.limits.min_altitude for row in rows], 0.0),
        moon_separation_deg=_degrees([row.limits.moon_separation for row in rows], 0.0),
        declination_min_deg=_degrees([row.limits.declination_min for row in rows], -90.0),
        declination_max_deg=_degrees([row.limits.declination_max for row in rows], 90.0),
        twilight_deg=np.array([twilight_deg(row) for row in rows]),
    )


@lru_cache(maxsize=1)
def network() -> Stations:
    """Every telescope on the ground that exists still and whose site is known, in the order of the registry."""
    return stations_of(
        row for row in TELESCOPES.values() if row.site.known and not (row.space or row.placeholder or row.retired)
    )


def _degrees(facts: list[Fact[u.Quantity]], unknown: float) -> FloatArray:
    return np.array([unknown if fact.value is None else float(fact.value.to_value(u.deg)) for fact in facts])
