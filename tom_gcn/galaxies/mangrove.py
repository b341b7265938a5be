"""MANGROVE: GLADE's galaxies within 400 Mpc with stellar masses from AllWISE (Ducoin et al. 2020, MNRAS 492, 4768,
doi:10.1093/mnras/staa114), HDF5.

The site that published it, mangrove.lal.in2p3.fr, does not name the columns; they are those that gwemopt 0.4.2 reads
of that file (gwemopt/catalogs/mangrove.py): a table as astropy writes it with `RA`, `dec` [deg], `dist` [Mpc], `B_mag`
(apparent), `stellarmass` (decimal logarithm of solar masses, 0 is unknown: gwemopt/catalogs/get.py), `GWGC_name`,
`HyperLEDA_name`, `2MASS_name`, `SDSS-DR12_name`, `PGC`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from .hdf5 import NotThisTable, read_columns
from .rows import CatalogueError, GalaxyRows, absolute_magnitude, checked, luminosity_b

_NEEDED = ("ra", "dec", "dist", "stellarmass")
# The name people know first, as for GLADE+.
_NAMES = (
    ("gwgc_name", ""),
    ("hyperleda_name", ""),
    ("pgc", "PGC "),
    ("2mass_name", "2MASS "),
    ("sdss-dr12_name", "SDSS "),
)
_UNSAID = {"", "null", "none", "nan", "---", "0", "-1", "0.0"}


def read_mangrove(path: Path) -> Iterator[GalaxyRows]:
    """Read MANGROVE in batches; galaxies that none of its sources names are called by their place.

    Raises
    ------
    CatalogueError
        ``not-mangrove`` when the file is no HDF5 file with these columns.
    """
    try:
        for taken in read_columns(path, _NEEDED, ("b_mag", *(name for name, _ in _NAMES))):
            yield _rows(taken)
    except NotThisTable as error:
        fix = "Take mangrove.hdf5 from its authors' site."
        raise CatalogueError("not-mangrove", str(error), fix) from error


def _rows(taken: dict[str, Any]) -> GalaxyRows:
    distance = np.asarray(taken["dist"], dtype=float)
    light = luminosity_b(absolute_magnitude(taken["b_mag"], distance)) if "b_mag" in taken else None
    names = [_name(taken, index) for index in range(len(distance))]
    return checked(names, taken["ra"], taken["dec"], distance, None, taken["stellarmass"], light)


def _name(taken: dict[str, Any], index: int) -> str:
    for column, prefix in _NAMES:
        if column in taken and (text := _text(taken[column][index])):
            return text if text.startswith(prefix) else prefix + text
    return f"MANGROVE {float(taken['ra'][index]):.5f}{float(taken['dec'][index]):+.5f}"


def _text(value: Any) -> str:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    text = text.strip().removesuffix(".0")
    return "" if text.casefold() in _UNSAID else text
