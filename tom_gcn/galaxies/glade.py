"""GLADE+ as its authors publish it: text, 40 columns separated by blanks, `null` for what is unknown.

Columns after http://glade.elte.hu (Dalya et al. 2022, MNRAS 514, 1403, doi:10.1093/mnras/stac1443): 2 to 7 names,
9 and 10 position [deg], 14 absolute B magnitude, 33 and 34 luminosity distance and its error [Mpc], 36 stellar mass
[10^10 solar].
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO

import numpy as np

from .rows import BATCH, CatalogueError, FloatArray, GalaxyRows, checked, luminosity_b

_COLUMNS = 40
_RA, _DEC, _ABSOLUTE_B, _DISTANCE, _DISTANCE_ERROR, _MASS = 8, 9, 13, 32, 33, 35
# The name people know first: GWGC (mostly NGC), HyperLEDA, PGC, 2MASS, WISE, SDSS; the last column is for none.
_NAMES = ((2, ""), (3, ""), (1, "PGC "), (4, "2MASS "), (5, "WISE "), (6, "SDSS "), (0, "GLADE+ "))
_MASS_UNIT = 1e10


def read_glade(path: Path) -> Iterator[GalaxyRows]:
    """Read GLADE+ in batches, gzipped or not; lines with another number of columns are skipped.

    Raises
    ------
    CatalogueError
        ``not-glade`` when no line of the first batch has 40 columns.
    """
    is_packed = path.suffix == ".gz"
    with (
        gzip.open(path, "rt", encoding="ascii", errors="replace")
        if is_packed
        else path.open(encoding="ascii", errors="replace") as file
    ):
        yield from _batches(file)


def _batches(file: IO[str]) -> Iterator[GalaxyRows]:
    is_first = True
    while lines := list(islice(file, BATCH)):
        cells = [parts for line in lines if len(parts := line.split()) == _COLUMNS]
        if is_first and not cells:
            raise CatalogueError("not-glade", "No line has 40 columns.", "Take GLADE+.txt from glade.elte.hu.")
        is_first = False
        if cells:
            rows = _rows(cells)
            yield GalaxyRows(**{**vars(rows), "n_skipped": rows.n_skipped + len(lines) - len(cells)})


def _rows(cells: list[list[str]]) -> GalaxyRows:
    return checked(
        [_name(parts) for parts in cells],
        _numbers(cells, _RA),
        _numbers(cells, _DEC),
        _numbers(cells, _DISTANCE),
        _numbers(cells, _DISTANCE_ERROR),
        _numbers(cells, _MASS) * _MASS_UNIT,
        luminosity_b(_numbers(cells, _ABSOLUTE_B)),
    )


def _name(parts: list[str]) -> str:
    return next(prefix + parts[column] for column, prefix in _NAMES if parts[column] != "null" or column == 0)


def _numbers(cells: list[list[str]], column: int) -> FloatArray:
    return np.array([_number(parts[column]) for parts in cells])


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")
