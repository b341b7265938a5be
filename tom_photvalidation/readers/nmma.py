"""Light curves of NMMA: time, filter, magnitude and error, parted by blanks, without a header.

An infinite error marks an upper limit (nmma.em.io.loadEvent, github.com/nuclear-multimessenger-astronomy/nmma).
Magnitudes are AB.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import chain, islice

from tom_photvalidation.readers.delimited import Dialect, Line, lines_of, tables_of
from tom_photvalidation.readers.table import CHUNK_ROWS, Conventions, Source, Tables

HEADERS = ("isot", "filter", "mag", "magerr")
ROW = re.compile(r"\s*\d{4}-\d\d-\d\dT\d\d:\d\d\S*\s+[^\s,;]+\s+[-+.\d]\S*\s+\S+\s*")
CONVENTIONS = Conventions(values={"magsys": "AB"}, infinite_error_is_limit=True)


def is_nmma(text: str) -> bool:
    """Tell whether a text begins like a light curve of NMMA."""
    first = next((line for line in text.splitlines() if line.strip() and not line.startswith("#")), "")
    return bool(ROW.fullmatch(first))


def read_nmma(source: Source, conventions: Conventions | None = None, chunk: int = CHUNK_ROWS) -> Tables:
    """Yield the rows of a light curve of NMMA."""
    lines = lines_of(source)
    first: list[Line] = list(islice(lines, 1))
    for table in tables_of(chain(first, lines), Dialect("", HEADERS, 0), conventions or CONVENTIONS, chunk):
        yield replace(table, format="nmma")
