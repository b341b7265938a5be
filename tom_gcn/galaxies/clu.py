"""The Census of the Local Universe: HDF5 (Cook et al. 2019, ApJ 880, 7, doi:10.3847/1538-4357/ab2131).

Two layouts are in use: one table of all columns (as astropy writes it), or one array per column. Names of columns are
lower or upper case.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from .rows import BATCH, CatalogueError, GalaxyRows, absolute_magnitude, checked, luminosity_b

_NEEDED = ("name", "ra", "dec", "distmpc")
# Columns of one array each have a name; those of a table are fields of it.
_Columns = Mapping[str, tuple[h5py.Dataset, str | None]]


def read_clu(path: Path) -> Iterator[GalaxyRows]:
    """Read CLU in batches: `name`, `ra`, `dec` [deg], `distmpc` [Mpc], `mstar` [solar], `magb` (apparent).

    Raises
    ------
    CatalogueError
        ``not-clu`` when the file is no HDF5 file with these columns.
    """
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise _not_it(f"The file cannot be read as HDF5 ({error}).") from error
    with file:
        columns = _columns(file)
        if missing := [name for name in _NEEDED if name not in columns]:
            raise _not_it(f"The columns {', '.join(missing)} are missing.")
        count = min(len(columns[name][0]) for name in _NEEDED)
        for start in range(0, count, BATCH):
            yield _batch(columns, slice(start, min(start + BATCH, count)))


def _columns(file: h5py.File) -> _Columns:
    found: dict[str, tuple[h5py.Dataset, str | None]] = {}
    for name, item in file.items():
        if not isinstance(item, h5py.Dataset) or item.ndim != 1:
            continue
        if item.dtype.names:
            found |= {field.lower(): (item, field) for field in item.dtype.names if "name" not in found}
        else:
            found.setdefault(name.lower(), (item, None))
    return found


def _batch(columns: _Columns, part: slice) -> GalaxyRows:
    taken: dict[str, Any] = {}
    for name in (*_NEEDED, "mstar", "magb"):
        if name in columns:
            dataset, field = columns[name]
            values = dataset[part]
            taken[name] = values[field] if field else values
    distance = np.asarray(taken["distmpc"], dtype=float)
    light = None
    if "magb" in taken:
        light = luminosity_b(absolute_magnitude(taken["magb"], distance))
    return checked(taken["name"], taken["ra"], taken["dec"], distance, None, taken.get("mstar"), light)


def _not_it(message: str) -> CatalogueError:
    return CatalogueError("not-clu", message, "CLU is not public; ask its authors for the HDF5 file.")
