"""Measurements as Parquet, with units and meanings in the metadata of the columns."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet

from tom_photvalidation.exporters import sheet
from tom_photvalidation.measurements import Measurements


def write(m: Measurements) -> Iterator[bytes]:
    """Yield a Parquet file."""
    fields, columns = [], []
    for name in sheet.ORDER:
        about = sheet.ABOUT[name]
        kind = pa.string() if sheet.is_text(name) else pa.float64()
        values = (
            pa.array([one or None for one in sheet.texts(m, name)], kind)
            if sheet.is_text(name)
            else pa.array(sheet.numbers(m, name), kind, from_pandas=True)
        )
        fields.append(
            pa.field(name, kind, metadata={"unit": about.unit, "ucd": about.ucd, "description": about.description})
        )
        columns.append(values)
    buffer = pa.BufferOutputStream()
    pa.parquet.write_table(pa.table(columns, schema=pa.schema(fields)), buffer, compression="zstd")
    yield buffer.getvalue().to_pybytes()
