"""Light curves of NMMA: time, filter, magnitude and error, parted by blanks, without a header.

An infinite error marks an upper limit (`nmma.em.io`). Magnitudes are AB.
NMMA takes the first four words of a line; files we wrote ourselves hold the whole measurement in the words after them,
which are then read instead.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import chain, islice
from urllib.parse import unquote

import numpy as np

from tom_photvalidation.readers.delimited import Dialect, tables_of
from tom_photvalidation.readers.lines import Line, lines_of
from tom_photvalidation.table import CHUNK_ROWS, Conventions, Source, Table, Tables

OWN_HEADER = "# time filter mag mag_error target"
HEADERS = ("isot", "filter", "mag", "magerr")
ROW = re.compile(r"\s*\d{4}-\d\d-\d\dT\d\d:\d\d\S*\s+[^\s,;]+\s+[-+.\d]\S*\s+\S+\s*")
CONVENTIONS = Conventions(values={"magsys": "AB"}, infinite_error_is_limit=True)


def is_nmma(text: str) -> bool:
    """Tell whether a text begins like a light curve of NMMA."""
    if text.startswith(OWN_HEADER):
        return True
    first = next((line for line in text.splitlines() if line.strip() and not line.startswith("#")), "")
    return bool(ROW.fullmatch(first))


def read_nmma(source: Source, conventions: Conventions | None = None, chunk: int = CHUNK_ROWS) -> Tables:
    """Yield the rows of a light curve of NMMA."""
    lines = lines_of(source)
    first: list[Line] = list(islice(lines, 1))
    if first and first[0][1].startswith(OWN_HEADER):
        headers = tuple(first[0][1].lstrip("# ").split())
        commented = ((number, line.removeprefix("#! ")) for number, line in lines)
        for table in tables_of(commented, Dialect("", headers, 1), Conventions(), chunk):
            yield _own(table)
        return
    for table in tables_of(chain(first, lines), Dialect("", HEADERS, 0), conventions or CONVENTIONS, chunk):
        yield replace(table, format="nmma")


def _own(table: Table) -> Table:
    """Leave the words that were written for NMMA, and take the marks of blanks out of the others."""
    columns = []
    for column in table.columns[len(HEADERS) :]:
        clean = np.empty(len(column), dtype=object)
        clean[:] = [unquote(text) if "%" in text else text for text in column]
        columns.append(clean)
    return replace(table, headers=table.headers[len(HEADERS) :], columns=tuple(columns), format="nmma")
