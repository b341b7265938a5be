"""Photometry in every usual format -> measurements. Nothing here knows Django or a database.

`read` takes a whole file, `read_chunks` one of any length part by part. A format module turns bytes into tables of
cells (`table.Table`), `interpretation` turns cells into measurements.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tom_photvalidation.interpretation import interpret
from tom_photvalidation.measurements import Reading, join_readings, measurements
from tom_photvalidation.readers.formats import tables
from tom_photvalidation.rows import Epochs, no_epochs
from tom_photvalidation.table import CHUNK_ROWS, Source, UnreadableFile

__all__ = ["UnreadableFile", "read", "read_chunks"]


def read_chunks(
    data: Source,
    filename: str = "",
    content_type: str = "",
    mapping: Mapping[str, str] | None = None,
    defaults: Mapping[str, Any] | None = None,
    chunk: int = CHUNK_ROWS,
    epochs: Epochs = no_epochs,
) -> Iterator[Reading]:
    """Yield the readings of a file part by part, in bounded memory where the format allows that.

    A file that cannot be read yields (or ends with) a reading that holds one problem and no row.

    Parameters
    ----------
    data : a file: bytes, a path, or its parts one after another
    filename, content_type : what is said about it; what it holds counts more
    mapping : column as submitted -> field (or "" to keep it as it is): see `columns.FIELDS`
    defaults : field -> value for rows and files that do not give it, for example {"target": "GRB 230812B"}
    chunk : rows of one part
    epochs : T0 (MJD UTC) of targets, by name, for times that count from T0
    """
    try:
        for table in tables(data, filename, content_type, chunk):
            yield interpret(table, mapping, defaults, epochs)
    except UnreadableFile as error:
        yield Reading(measurements(0), (error.problem,), "", {}, 0)


def read(
    data: Source,
    filename: str = "",
    content_type: str = "",
    mapping: Mapping[str, str] | None = None,
    defaults: Mapping[str, Any] | None = None,
    epochs: Epochs = no_epochs,
) -> Reading:
    """Read a whole file: see `read_chunks`."""
    return join_readings(read_chunks(data, filename, content_type, mapping, defaults, epochs=epochs))
