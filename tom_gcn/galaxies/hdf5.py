"""Tables in HDF5 files: one table of all columns, as astropy writes it, or one array per column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py

from .rows import BATCH

# Columns of one array each have a name; those of a table are fields of it.
_Columns = Mapping[str, tuple[h5py.Dataset, str | None]]


class NotThisTable(ValueError):
    """The file is no HDF5 file, or lacks columns; the message says which."""


def read_columns(path: Path, needed: Sequence[str], wanted: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Columns in batches, by their names in lower case; of those wanted only the ones that are there.

    Raises
    ------
    NotThisTable
    """
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise NotThisTable(f"The file cannot be read as HDF5 ({error}).") from error
    with file:
        columns = _columns(file)
        if missing := [name for name in needed if name not in columns]:
            raise NotThisTable(f"The columns {', '.join(missing)} are missing.")
        names = [name for name in (*needed, *wanted) if name in columns]
        count = min(len(columns[name][0]) for name in names)
        for start in range(0, count, BATCH):
            yield _batch(columns, names, slice(start, min(start + BATCH, count)))


def _columns(file: h5py.File) -> _Columns:
    found: dict[str, tuple[h5py.Dataset, str | None]] = {}
    for name, item in file.items():
        if not isinstance(item, h5py.Dataset) or item.ndim != 1:
            continue
        if item.dtype.names:
            # The first table counts; astropy puts what it knows of the columns into a second one.
            for field in item.dtype.names if not any(field for _, field in found.values()) else ():
                found.setdefault(field.lower(), (item, field))
        else:
            found.setdefault(name.lower(), (item, None))
    return found


def _batch(columns: _Columns, names: Sequence[str], part: slice) -> dict[str, Any]:
    taken: dict[str, Any] = {}
    tables: dict[str, Any] = {}
    for name in names:
        dataset, field = columns[name]
        if field is None:
            taken[name] = dataset[part]
            continue
        if dataset.name not in tables:
            tables[dataset.name] = dataset[part]
        taken[name] = tables[dataset.name][field]
    return taken
