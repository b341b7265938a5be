"""Galaxies in batches, checked: what all readers of catalogues yield."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

BATCH = 100_000
LONGEST_NAME = 80
# The Sun's absolute B magnitude: a default of this project; published values differ by 0.05.
SUN_ABSOLUTE_B = 5.48
# What CLU writes for "unknown".
_UNKNOWN = 999999.0
# The observable universe ends before.
_FARTHEST_MPC = 50_000.0
_HEAVIEST_MSUN = 1e14
# No galaxy weighs so little: smaller numbers are logarithms.
_LARGEST_LOGARITHM = 20.0


class CatalogueError(ValueError):
    """A file that is not the catalogue it should be."""

    def __init__(self, code: str, message: str, fix: str) -> None:
        super().__init__(f"{message} {fix}")
        self.code, self.message, self.fix = code, message, fix


@dataclass(frozen=True, eq=False)
class GalaxyRows:
    """A batch of galaxies; unknown figures are NaN. Positions ICRS [deg], distances [Mpc], masses and lights [Sun]."""

    names: list[str]
    ra_deg: FloatArray
    dec_deg: FloatArray
    distance_mpc: FloatArray
    distance_error_mpc: FloatArray
    mass_msun: FloatArray
    luminosity_b_lsun: FloatArray
    n_skipped: int = 0

    def __len__(self) -> int:
        return len(self.names)


def checked(
    names: Sequence[object],
    ra_deg: ArrayLike,
    dec_deg: ArrayLike,
    distance_mpc: ArrayLike,
    distance_error_mpc: ArrayLike | None = None,
    mass_msun: ArrayLike | None = None,
    luminosity_b_lsun: ArrayLike | None = None,
) -> GalaxyRows:
    """Keep the galaxies with a position and a distance; of figures that cannot be true, nothing.

    Parameters
    ----------
    names : sequence, length n
    ra_deg, dec_deg, distance_mpc : array_like of float, shape (n,)
    distance_error_mpc, luminosity_b_lsun : array_like of float, shape (n,), or None
    mass_msun : array_like of float, shape (n,), or None
        Solar masses; numbers below 20 are taken for their decimal logarithms.
    """
    ra, dec, distance = (np.asarray(column, dtype=float) for column in (ra_deg, dec_deg, distance_mpc))
    with np.errstate(invalid="ignore"):
        good = (np.abs(dec) <= 90) & (ra >= 0) & (ra <= 360) & (distance > 0) & (distance < _FARTHEST_MPC)
        error = _known(distance_error_mpc, len(ra), _FARTHEST_MPC)
        mass = _known(mass_msun, len(ra), _HEAVIEST_MSUN)
        mass = np.where(mass < _LARGEST_LOGARITHM, 10.0 ** np.minimum(mass, _LARGEST_LOGARITHM), mass)
        light = _known(luminosity_b_lsun, len(ra), _HEAVIEST_MSUN)
    kept = np.flatnonzero(good)
    return GalaxyRows(
        [_clean(names[index]) for index in kept.tolist()],
        ra[kept] % 360.0,
        dec[kept],
        distance[kept],
        error[kept],
        mass[kept],
        light[kept],
        len(ra) - len(kept),
    )


def _known(column: ArrayLike | None, count: int, most: float) -> FloatArray:
    if column is None:
        return np.full(count, np.nan)
    values = np.asarray(column, dtype=float)
    return np.where((values > 0) & (values < most) & (values != _UNKNOWN), values, np.nan)


def _clean(name: object) -> str:
    text = name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name)
    return "".join(letter for letter in text.strip() if letter.isprintable())[:LONGEST_NAME]


def luminosity_b(absolute_b: ArrayLike) -> FloatArray:
    """B luminosity [solar] of absolute B magnitudes (Vega)."""
    return np.asarray(10.0 ** (-0.4 * (np.asarray(absolute_b, dtype=float) - SUN_ABSOLUTE_B)))


def absolute_magnitude(apparent: ArrayLike, distance_mpc: ArrayLike) -> FloatArray:
    """Absolute magnitude from the apparent one at a luminosity distance [Mpc]; no K correction, no extinction."""
    with np.errstate(divide="ignore", invalid="ignore"):
        modulus = 5 * np.log10(np.asarray(distance_mpc, dtype=float)) + 25
    return np.asarray(np.asarray(apparent, dtype=float) - modulus)
