"""The NED Local Volume Sample: a FITS table (Cook et al. 2023, ApJS 268, 14, doi:10.3847/1538-4365/acdd06)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from astropy.io import fits

from .rows import BATCH, CatalogueError, GalaxyRows, checked

_NEEDED = ("objname", "ra", "dec", "DistMpc")


def read_ned_lvs(path: Path) -> Iterator[GalaxyRows]:
    """Read NED-LVS in batches: `objname`, `ra`, `dec` [deg], `DistMpc`, `DistMpc_unc` [Mpc], `Mstar` [solar].

    Raises
    ------
    CatalogueError
        ``not-ned-lvs`` when the file is no FITS table with these columns.
    """
    try:
        hdus = fits.open(path, memmap=True)
    except OSError as error:
        raise _not_it(f"The file cannot be read as FITS ({error}).") from error
    with hdus:
        table: Any = hdus[1].data if len(hdus) > 1 else None
        columns = set(getattr(table, "names", None) or ())
        if missing := [name for name in _NEEDED if name not in columns]:
            raise _not_it(f"The columns {', '.join(missing)} are missing.")
        for start in range(0, len(table), BATCH):
            part = table[start : start + BATCH]
            yield checked(
                part["objname"],
                part["ra"],
                part["dec"],
                part["DistMpc"],
                part["DistMpc_unc"] if "DistMpc_unc" in columns else None,
                part["Mstar"] if "Mstar" in columns else None,
            )


def _not_it(message: str) -> CatalogueError:
    return CatalogueError("not-ned-lvs", message, "Take the FITS file from ned.ipac.caltech.edu/NED::LVS/.")
