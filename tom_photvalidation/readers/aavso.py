"""AAVSO's extended file format (aavso.org/aavso-extended-file-format).

Lines that begin with # say what holds for all rows (observer, software, delimiter, kind of date); the fifteen columns
have a fixed order. "na" is not given, and "<15.3" means fainter than 15.3.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np

from tom_photvalidation.readers.delimited import Dialect, tables_of
from tom_photvalidation.readers.lines import Line, lines_of
from tom_photvalidation.table import CHUNK_ROWS, Conventions, Source, Table, Tables, UnreadableFile

HEADERS = (
    "name",
    "date",
    "mag",
    "merr",
    "filt",
    "trans",
    "mtype",
    "cname",
    "cmag",
    "kname",
    "kmag",
    "amass",
    "group",
    "chart",
    "notes",
)
COLUMNS: Mapping[str, str] = {
    "name": "target", "date": "jd", "mag": "mag", "merr": "magerr", "filt": "filter", "amass": "airmass",
    "group": "", "kname": "", "cname": "", "chart": "",
}  # fmt: skip
DELIMITERS: Mapping[str, str] = {"comma": ",", "tab": "\t", "semicolon": ";", "space": "", "excel": ",", "bar": "|"}


def is_aavso(text: str) -> bool:
    """Tell whether a text begins like a report to AAVSO."""
    return text.lstrip("\ufeff \r\n").upper().startswith("#TYPE=EXTENDED")


def read_aavso(source: Source, conventions: Conventions | None = None, chunk: int = CHUNK_ROWS) -> Tables:
    """Yield the rows of a report.

    Raises
    ------
    UnreadableFile
        When its dates are not JD.
    """
    lines = lines_of(source)
    said, ahead = _parameters(lines)
    date = said.get("DATE", "JD").upper()
    if date != "JD":
        raise UnreadableFile(
            "time-scale-unusable",
            f"The dates are {date[:20]}, which differ from UTC at the telescope.",
            "Report with #DATE=JD.",
            value=date,
        )
    delimiter = said.get("DELIM", ",")
    dialect = Dialect(DELIMITERS.get(delimiter.lower(), delimiter[:1]), HEADERS, 0)
    values = {"observer": said.get("OBSCODE", ""), "pipeline": said.get("SOFTWARE", "")}
    given = Conventions(values={name: value for name, value in values.items() if value}, columns=COLUMNS)
    for table in tables_of(chain(ahead, lines), dialect, conventions or given, chunk):
        yield _with_limits(table)


def _parameters(lines: Iterator[Line]) -> tuple[dict[str, str], list[Line]]:
    """Return what the first lines say of all rows, and the first line that is a row."""
    said: dict[str, str] = {}
    for number, line in lines:
        if not line.startswith("#"):
            if line.strip():
                return said, [(number, line)]
            continue
        name, equals, value = line.lstrip("\ufeff#").partition("=")
        if equals:
            said[name.strip().upper()] = value.strip()
    return said, []


def _with_limits(table: Table) -> Table:
    """Turn "<15.3", which means fainter here, into ">15.3"."""
    if not len(table):
        return replace(table, format="aavso")
    columns: list[Any] = list(table.columns)
    at = table.headers.index("mag")
    column = np.empty(len(table), dtype=object)
    column[:] = [f">{text[1:]}" if text.startswith("<") else text for text in columns[at]]
    columns[at] = column
    return replace(table, columns=tuple(columns), format="aavso")
