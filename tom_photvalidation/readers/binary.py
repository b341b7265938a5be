"""Parquet (by Arrow) and VOTable (by astropy): typed columns instead of text."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tom_photvalidation.cells import as_texts
from tom_photvalidation.measurements import Texts
from tom_photvalidation.table import CHUNK_ROWS, Conventions, Source, Table, Tables, UnreadableFile, all_bytes

LARGEST_VOTABLE = 500_000_000


def read_parquet(source: Source, conventions: Conventions | None = None, chunk: int = CHUNK_ROWS) -> Tables:
    """Yield the rows of a Parquet file, `chunk` at a time.

    Raises
    ------
    UnreadableFile
        When it is broken.
    """
    import pyarrow
    import pyarrow.parquet

    try:
        opened = pyarrow.parquet.ParquetFile(io.BytesIO(all_bytes(source)))
        first = 1
        for batch in opened.iter_batches(batch_size=chunk):
            yield _of_batch(batch, first, conventions or Conventions())
            first += batch.num_rows
        if opened.metadata.num_rows == 0:
            raise UnreadableFile("empty-file", "There is no row in this file.", "Send at least one row.")
    except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:
        raise UnreadableFile("not-parquet", f"The Parquet file cannot be read: {str(error)[:150]}",
                             "Write it again; is it whole?") from error  # fmt: skip


def _of_batch(batch: Any, first: int, conventions: Conventions) -> Table:
    headers = tuple(batch.schema.names)
    columns = [_arrow_column(batch.column(at)) for at in range(len(headers))]
    return _typed(headers, columns, first, "parquet", conventions)


def _arrow_column(column: Any) -> Any:
    import pyarrow

    kind = column.type
    if pyarrow.types.is_dictionary(kind):
        return _arrow_column(column.dictionary_decode())
    if pyarrow.types.is_timestamp(kind):
        if kind.tz is not None and kind.tz.upper() not in ("UTC", "+00:00", "Z"):
            column = column.cast(pyarrow.timestamp(kind.unit, "UTC"))
        micro = column.cast(pyarrow.timestamp("us", kind.tz), safe=False)
        return as_texts(["" if one is None else one.replace(tzinfo=None).isoformat() for one in micro.to_pylist()])
    if pyarrow.types.is_floating(kind) or pyarrow.types.is_decimal(kind):
        return column.cast(pyarrow.float64()).to_numpy(zero_copy_only=False)
    if pyarrow.types.is_integer(kind):
        values = column.to_pylist()
        if any(one is not None and abs(one) >= 2**53 for one in values):
            return as_texts(values)
        return np.array([np.nan if one is None else one for one in values], dtype=np.float64)
    return as_texts([_said(one) for one in column.to_pylist()])


def _said(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return json.dumps(value, default=str) if isinstance(value, dict | list) else str(value)


def read_votable(source: Source, conventions: Conventions | None = None) -> Tables:
    """Yield the first table of a VOTable.

    Raises
    ------
    UnreadableFile
        When it is broken, too long, or empty.
    """
    from astropy.io.votable import parse
    from astropy.io.votable.exceptions import VOWarning

    data = all_bytes(source)
    if len(data) > LARGEST_VOTABLE:
        raise UnreadableFile("too-large", "VOTables above 500 MB are not read.", "Send Parquet or CSV.")
    if b"<!ENTITY" in data[:10_000] or b"<!DOCTYPE" in data[:10_000]:
        raise UnreadableFile("not-votable", "Document types are not accepted.", "Leave <!DOCTYPE> out.")
    try:
        document = parse(io.BytesIO(data), verify="ignore")
        votable = document.get_first_table()
    except (VOWarning, ValueError, IndexError, TypeError, OSError, KeyError, RecursionError) as error:
        raise UnreadableFile("not-votable", f"The VOTable cannot be read: {str(error)[:150]}",
                             "Write it again; is it whole?") from error  # fmt: skip
    fields = [(field.name or field.ID, field) for field in votable.fields]
    array = votable.array
    if array is None or not len(array):
        raise UnreadableFile("empty-file", "There is no row in this VOTable.", "Send at least one row.")
    columns = [_masked_column(array[field.ID]) for _, field in fields]
    table = _typed([name for name, _ in fields], columns, 1, "votable", conventions or Conventions())
    yield _on_time_system(table, document, [field for _, field in fields])


def _masked_column(column: Any) -> Any:
    mask = np.broadcast_to(np.asarray(column.mask), column.shape)
    if column.dtype.kind in "fiu" and column.ndim == 1:
        return np.where(mask, np.nan, np.asarray(column, dtype=np.float64))
    return as_texts(
        ["" if hidden.all() else _said_by_votable(one) for one, hidden in zip(column.tolist(), mask, strict=True)]
    )


def _said_by_votable(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else "" if value is None else str(value)


def _on_time_system(table: Table, document: Any, fields: Sequence[Any]) -> Table:
    """Turn times that count from an origin (VOTable 1.4, TIMESYS) into MJD or JD columns.

    Raises
    ------
    UnreadableFile
        When the time is not that of the telescope, or not in a scale that leads to UTC.
    """
    systems = {one.ID: one for one in _time_systems(document)}
    columns, said = list(table.columns), dict(table.conventions.columns)
    values = dict(table.conventions.values)
    for at, field in enumerate(fields):
        system = systems.get(getattr(field, "ref", None) or "") if columns[at].dtype != object else None
        if system is None:
            continue
        scale = (system.timescale or "UTC").upper()
        if (system.refposition or "TOPOCENTER").upper() not in ("TOPOCENTER", "GEOCENTER", "UNKNOWN"):
            raise UnreadableFile(
                "time-scale-unusable",
                f"Times are those of the {system.refposition.lower()}.",
                "Give the time at the telescope in UTC.",
                column=table.headers[at],
            )
        values.setdefault("time_scale", scale if scale in ("UTC", "TAI", "TT", "TDB") else "")
        columns[at] = columns[at] + (float(system.timeorigin or 0.0) - 2400000.5)
        instant = "mid" if "mid" in (field.ucd or "") else "start" if "start" in (field.ucd or "") else ""
        said[table.headers[at]] = f"mjd:{instant}" if instant else "mjd"
    conventions = Conventions(values={k: v for k, v in values.items() if v}, columns=said)
    return Table(table.headers, tuple(columns), table.lines, table.submitted, table.format, conventions)


def _time_systems(document: Any) -> list[Any]:
    found, open_ = [], list(document.resources)
    found.extend(document.time_systems)
    while open_:
        resource = open_.pop()
        found.extend(resource.time_systems)
        open_.extend(resource.resources)
    return found


def _typed(headers: Sequence[str], columns: Sequence[Any], first: int, name: str, conventions: Conventions) -> Table:
    n = len(columns[0]) if columns else 0
    return Table(tuple(headers), tuple(columns), np.arange(first, first + n), _as_lines(columns, n), name, conventions)


def _as_lines(columns: Sequence[Any], n: int) -> Texts:
    """Return each row as the line of a CSV file, for typed rows have no text of their own."""
    texts = [
        column.tolist() if column.dtype == object else ["" if math.isnan(one) else repr(one) for one in column.tolist()]
        for column in columns
    ]
    lines = np.empty(n, dtype=object)
    lines[:] = [",".join(row) for row in zip(*texts, strict=True)]
    return lines
