"""Measurements as a table for PostgreSQL's COPY, and rows of the database as measurements. Vectorised both ways."""

import io
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray

from tom_photvalidation.measurements import (
    COLUMNS,
    DTYPES,
    FLAG_COLUMNS,
    MISSING,
    NUMBER_COLUMNS,
    TEXT_COLUMNS,
    Measurements,
    to_days,
)

# 1858-11-17, where MJD begins, to 1970.
EPOCH_US = 40_587 * 86_400_000_000
# Columns of a measurement that are columns of a point under the same name.
WHOLE_NUMBERS = ("n_exposures", "n_calibration_stars")
NUMBERS = tuple(name for name in NUMBER_COLUMNS if name not in ("t_mjd", *WHOLE_NUMBERS))
TEXTS = tuple(name for name in TEXT_COLUMNS if name not in ("target", "submitted"))
POINT_COLUMNS = ("line", "submitted", *TEXTS, *NUMBERS, *WHOLE_NUMBERS, *FLAG_COLUMNS, "extra", "t_given", "t_mid")
_LONGEST = {
    "telescope": 64, "instrument": 100, "filter": 40, "filter_given": 60, "magsys_given": 20, "template": 100,
    "calibration_catalogue": 60, "pipeline": 100, "reducer": 100, "observer": 200, "origin": 60, "reference": 200,
}  # fmt: skip


def point_table(m: Measurements, **more: "pa.Array | pa.ChunkedArray") -> pa.Table:
    """Return measurements as the columns of points, with columns they do not have themselves."""
    columns: dict[str, Any] = {"line": pa.array(m.line)}
    columns["submitted"] = texts(m.submitted)
    columns |= {name: texts(getattr(m, name), _LONGEST.get(name)) for name in TEXTS}
    columns |= {name: numbers(getattr(m, name)) for name in NUMBERS}
    columns |= {name: whole_numbers(getattr(m, name)) for name in WHOLE_NUMBERS}
    columns |= {name: flags(getattr(m, name)) for name in FLAG_COLUMNS}
    columns["extra"] = texts(json_texts(m.extra))
    columns["t_given"] = moments(m.t_exact_us)
    columns["t_mid"] = moments(m.mid_us)
    return pa.table(columns | more)


def as_csv(table: pa.Table) -> io.BytesIO:
    """Return a table as COPY reads it: empty is NULL, quoted empty is an empty text."""
    sink = pa.BufferOutputStream()
    pa.csv.write_csv(table, sink, pa.csv.WriteOptions(include_header=False))
    data = sink.getvalue().to_pybytes()
    # PostgreSQL cannot hold NUL.
    return io.BytesIO(data.replace(b"\x00", "\ufffd".encode()) if b"\x00" in data else data)


def texts(column: NDArray[Any] | Sequence[str], longest: int | None = None) -> pa.Array:
    """Return a column of texts, cut where they are too long for the row; half surrogates become question marks."""
    listed = column.tolist() if isinstance(column, np.ndarray) else list(column)
    try:
        made = pa.array(listed, type=pa.string())
    except UnicodeEncodeError:
        made = pa.array([text.encode("utf-8", "replace").decode() for text in listed], type=pa.string())
    if longest is None or not len(made):
        return made
    return pa.compute.utf8_slice_codeunits(made, 0, longest) if _is_long(made, longest) else made


def _is_long(column: pa.Array, longest: int) -> bool:
    most = pa.compute.max(pa.compute.utf8_length(column)).as_py()
    return most is not None and most > longest


def numbers(column: NDArray[np.float64]) -> pa.Array:
    """Return a column of numbers; NaN becomes NULL."""
    # Not by `from_pandas`, which would load pandas for it.
    return pa.array(column, mask=np.isnan(column))


def whole_numbers(column: NDArray[np.float64]) -> pa.Array:
    """Return a column of whole numbers; NaN becomes NULL."""
    missing = ~np.isfinite(column)
    return pa.array(np.where(missing, 0, column).astype(np.int64), mask=missing)


def flags(column: NDArray[np.int8]) -> pa.Array:
    """Return a column of yes, no and NULL."""
    return pa.array(column == 1, mask=column < 0)


def moments(since_mjd_0_us: NDArray[np.int64]) -> pa.Array:
    """Return a column of UTC times from microseconds since MJD 0."""
    return pa.array(since_mjd_0_us - EPOCH_US, type=pa.timestamp("us"))


def json_texts(column: NDArray[Any]) -> list[str]:
    """Return a column of JSON documents as texts that PostgreSQL takes."""
    return ["{}" if not one else json.dumps(storable(dict(one)), default=str) for one in column.tolist()]


def storable(value: Any) -> Any:
    """Return a value of JSON as PostgreSQL can keep it: no NaN, no NUL, no half of a surrogate pair."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")
    if isinstance(value, Mapping):
        return {storable(str(name)): storable(inner) for name, inner in value.items()}
    return [storable(inner) for inner in value] if isinstance(value, list | tuple) else value


# --- the way back -----------------------------------------------------------------------------------------------------
def measurements_of(rows: Mapping[str, Sequence[Any]]) -> Measurements:
    """Return columns of points as measurements; columns that were not read are "not given".

    `t_exact_us` holds microseconds since MJD 0; NULL is None.
    """
    n = len(rows["t_exact_us"])
    moment = np.asarray(rows["t_exact_us"], dtype=np.int64)
    made: dict[str, NDArray[Any]] = {"t_exact_us": moment, "t_mjd": to_days(moment)}
    for name in COLUMNS:
        if name not in made:
            made[name] = _column(name, rows.get(name), n)
    return Measurements(**made)


def _column(name: str, values: Sequence[Any] | None, n: int) -> NDArray[Any]:
    missing, dtype = MISSING[name], DTYPES[name]
    if values is None:
        values = [{} if name == "extra" else missing] * n
    elif dtype.kind != "O":
        values = [missing if value is None else value for value in values]
    column = np.empty(n, dtype=dtype)
    column[:] = values
    return column
