"""Reddening by the dust of our Galaxy, E(B-V), from the maps of Schlegel, Finkbeiner & Davis where they are installed.

The two files are `SFD_dust_4096_ngp.fits` and `SFD_dust_4096_sgp.fits` of doi:10.7910/DVN/EWCNL5, in the folder that
the setting ICARE_SFD_MAPS names.
"""

from functools import lru_cache
from pathlib import Path

import numpy as np
from astropy.io import fits
from django.conf import settings
from numpy.typing import NDArray

# Rotation from ICRS to galactic coordinates (ESA SP-1200, 1997, equation 1.5.11).
_TO_GALACTIC = np.array(
    [
        [-0.0548755604, -0.8734370902, -0.4838350155],
        [0.4941094279, -0.4448296300, 0.7469822445],
        [-0.8676661490, -0.1980763734, 0.4559837762],
    ]
)
# Schlafly & Finkbeiner 2011, ApJ 737, 103: the maps of 1998 are 14 % too high.
RECALIBRATION = 0.86
_FILES = {1: "SFD_dust_4096_ngp.fits", -1: "SFD_dust_4096_sgp.fits"}


def ebv_at(ra_deg: float | None, dec_deg: float | None) -> float | None:
    """Return E(B-V) at a position, mag, on the scale of 2011; None where there is no position or no map.

    Bilinear in the zenithal equal-area projection of the maps (Schlegel, Finkbeiner & Davis 1998, ApJ 500, 525,
    equations C1 and C2).
    """
    folder = settings.ICARE_SFD_MAPS
    if not folder or ra_deg is None or dec_deg is None:
        return None
    ra, dec = np.radians(ra_deg), np.radians(dec_deg)
    x, y, z = _TO_GALACTIC @ np.array([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)])
    pole = 1 if z >= 0 else -1
    path = Path(folder) / _FILES[pole]
    if not path.is_file():
        return None
    image = _map(str(path))
    half = image.shape[0] / 2
    radius = half * np.sqrt(max(1 - pole * z, 0.0))
    longitude = np.arctan2(y, x)
    column = half - 0.5 + radius * np.cos(longitude)
    row = half - 0.5 - pole * radius * np.sin(longitude)
    return round(RECALIBRATION * _between(image, column, row), 4)


def _between(image: NDArray[np.float32], column: float, row: float) -> float:
    # The plane of the Galaxy touches the edge of the map, half a pixel beyond the middle of the last one.
    column, row = (float(np.clip(value, 0, image.shape[0] - 1)) for value in (column, row))
    left, low = (min(int(value), image.shape[0] - 2) for value in (column, row))
    a, b = column - left, row - low
    corner = image[low : low + 2, left : left + 2].astype(np.float64)
    return float(np.array([1 - b, b]) @ corner @ np.array([1 - a, a]))


@lru_cache(maxsize=2)
def _map(path: str) -> NDArray[np.float32]:
    """A map; its pages are read from the disk when a position needs them."""
    with fits.open(path, memmap=True) as file:
        return np.asarray(file[0].data)
