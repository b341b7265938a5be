"""Measurements as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import numpy as np

from tom_photvalidation.exporters import sheet
from tom_photvalidation.measurements import Measurements
from tom_photvalidation.readers.delimited import QUOTED

ROWS = 5_000
BEGINS_OTHERWISE = (*(begin for begin in QUOTED if begin != "'"), "\t", "\r")


def write(m: Measurements) -> Iterator[bytes]:
    """Yield a CSV file; columns nobody gave anything for are left out, except the first ones."""
    names = [name for name in sheet.ORDER if name in ALWAYS or sheet.is_given(m, name)]
    yield _lines([names])
    for first in range(0, len(m), ROWS):
        part = m.take(np.arange(first, min(first + ROWS, len(m))))
        yield _lines(list(zip(*(cells(part, name) for name in names), strict=True)))


ALWAYS = frozenset(
    {"target", "telescope", "instrument", "filter", "mjd", "time_reference", "kind", "mag", "magerr", "limiting_mag",
     "limit_sigma", "magsys"}
)  # fmt: skip


def cells(m: Measurements, name: str) -> list[str]:
    """Return the cells of a column."""
    if sheet.is_text(name):
        return [safe(text) for text in sheet.texts(m, name)]
    return [sheet.number_text(value) for value in sheet.numbers(m, name).tolist()]


def safe(text: str) -> str:
    """Quote a text that would be taken for a formula or a comment; the readers take the quote away again."""
    is_quoted = text[:1] == "'" and text[1:].startswith(QUOTED)
    return f"'{text}" if is_quoted or text.startswith(BEGINS_OTHERWISE) else text


def _lines(rows: list[list[str]] | list[tuple[str, ...]]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerows(rows)
    return buffer.getvalue().encode()
