"""The Census of the Local Universe: HDF5 (Cook et al. 2019, ApJ 880, 7, doi:10.3847/1538-4357/ab2131).

Two layouts are in use: one table of all columns (as astropy writes it), or one array per column. Names of columns are
lower or upper case.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from .hdf5 import NotThisTable, read_columns
from .rows import CatalogueError, GalaxyRows, absolute_magnitude, checked, luminosity_b

_NEEDED = ("name", "ra", "dec", "distmpc")


def read_clu(path: Path) -> Iterator[GalaxyRows]:
    """Read CLU in batches: `name`, `ra`, `dec` [deg], `distmpc` [Mpc], `mstar` [solar], `magb` (apparent).

    Raises
    ------
    CatalogueError
        ``not-clu`` when the file is no HDF5 file with these columns.
    """
    try:
        for taken in read_columns(path, _NEEDED, ("mstar", "magb")):
            yield _rows(taken)
    except NotThisTable as error:
        fix = "CLU is not public; ask its authors for the HDF5 file."
        raise CatalogueError("not-clu", str(error), fix) from error


def _rows(taken: dict[str, Any]) -> GalaxyRows:
    distance = np.asarray(taken["distmpc"], dtype=float)
    light = luminosity_b(absolute_magnitude(taken["magb"], distance)) if "magb" in taken else None
    return checked(taken["name"], taken["ra"], taken["dec"], distance, None, taken.get("mstar"), light)
