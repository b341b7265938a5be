"""JSON in three shapes: a list of rows, columns of equal length, and one row to a line (NDJSON)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np

from tom_photvalidation.cells import as_texts
from tom_photvalidation.measurements import Problem, Texts
from tom_photvalidation.readers.lines import lines_of
from tom_photvalidation.table import (
    CHUNK_ROWS,
    VALUE_LENGTH,
    Conventions,
    Source,
    Table,
    Tables,
    UnreadableFile,
    all_bytes,
)

LISTS = ("rows", "points", "photometry", "data", "measurements")
LARGEST_EXACT = 2**53
CIRCULAR = frozenset({"circularId", "subject", "body"})
TWICE = "\0twice"
FIX_ROWS = 'Send [{"mjd": 60169.73, "filter": "r", "mag": 20.35, "magerr": 0.12, ...}, ...].'


def loads(text: str | bytes) -> Any:
    """Parse JSON; an object in which a name stands twice is marked, for one of its two values would be lost.

    Raises
    ------
    ValueError
        When it is no JSON.
    """
    return json.loads(text, object_pairs_hook=_object)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        made[TWICE] = next(name for name in names if names.count(name) > 1)
    return made


def parse(source: Source) -> Any:
    """Parse a whole JSON document.

    Raises
    ------
    UnreadableFile
        When it is no JSON.
    """
    try:
        return loads(all_bytes(source).decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise UnreadableFile("not-text", "The JSON is not valid UTF-8.", "Save the file as UTF-8.") from error
    except json.JSONDecodeError as error:
        near = error.doc[max(0, error.pos - 30) : error.pos + 30]
        raise UnreadableFile(
            "not-json",
            f"The JSON breaks off or is wrong at line {error.lineno}: {error.msg}.",
            "Check quotes, commas and brackets there.",
            line=error.lineno,
            value=near,
        ) from error
    except RecursionError as error:
        raise UnreadableFile("not-json", "The JSON is nested too deeply.", FIX_ROWS) from error


def read_json(source: Source, conventions: Conventions | None = None) -> Tables:
    """Yield the one table of a JSON document.

    Raises
    ------
    UnreadableFile
        When it is no JSON, or holds no rows.
    """
    yield table_of(parse(source), conventions or Conventions())


def table_of(document: Any, conventions: Conventions) -> Table:
    """Return the table a parsed document holds.

    Raises
    ------
    UnreadableFile
        When it holds no rows.
    """
    if isinstance(document, Mapping):
        for name in LISTS:
            inner = document.get(name)
            if isinstance(inner, list) and (not inner or isinstance(inner[0], Mapping)):
                return rows_table(inner, 1, "json", conventions)
            if isinstance(inner, Mapping):
                return columns_table(inner, "json", conventions)
        inner = document.get("columns")
        return columns_table(inner if isinstance(inner, Mapping) else document, "json", conventions)
    if isinstance(document, list):
        if document and isinstance(document[0], Mapping) and document[0].keys() >= CIRCULAR:
            raise UnreadableFile(
                "circulars",
                "These are circulars: text, and no rows of measurements.",
                "Copy the table out of a circular and send it as text with a header.",
            )
        return rows_table(document, 1, "json", conventions)
    raise UnreadableFile("no-rows", "This JSON holds neither rows nor columns.", FIX_ROWS)


def rows_table(
    rows: Sequence[Any], first: int, name: str, conventions: Conventions, lines: Sequence[int] | None = None
) -> Table:
    """Return rows, each an object, as a table; what is not an object is refused alone."""
    numbers = list(lines) if lines is not None else list(range(first, first + len(rows)))
    problems = [problem for number, row in zip(numbers, rows, strict=True) if (problem := _wrong(number, row))]
    broken = {problem.line for problem in problems}
    kept = [(number, row) for number, row in zip(numbers, rows, strict=True) if number not in broken]
    headers = tuple(dict.fromkeys(str(key) for _, row in kept for key in row))
    submitted = np.empty(len(kept), dtype=object)
    submitted[:] = [json.dumps(row, ensure_ascii=False) for _, row in kept]
    return Table(
        headers=headers,
        columns=tuple(column_of([row.get(header) for _, row in kept]) for header in headers),
        lines=np.array([number for number, _ in kept], dtype=np.int64),
        submitted=submitted,
        format=name,
        conventions=conventions,
        problems=tuple(problems),
        n_broken=len(problems),
    )


def _wrong(number: int, row: Any) -> Problem | None:
    if not isinstance(row, Mapping):
        return Problem(number, "", "not-a-row", str(row)[:VALUE_LENGTH], "This entry is not an object.", FIX_ROWS)
    if TWICE in row:
        return Problem(
            number,
            str(row[TWICE]),
            "duplicate-column",
            "",
            f"The name {row[TWICE]!r} stands twice in this row.",
            "Give every value once.",
        )
    return None


def columns_table(columns: Mapping[str, Any], name: str, conventions: Conventions) -> Table:
    """Return columns as a table; a value that is not a list stands for all rows.

    Raises
    ------
    UnreadableFile
        When the lists differ in length, or there is none.
    """
    if TWICE in columns:
        raise UnreadableFile(
            "duplicate-column",
            f"The column {columns[TWICE]!r} is given twice.",
            "Give it once.",
            column=str(columns[TWICE]),
        )
    lengths = {header: len(values) for header, values in columns.items() if isinstance(values, list)}
    if not columns:
        raise UnreadableFile("no-rows", "This JSON holds neither rows nor columns.", FIX_ROWS)
    n = max(lengths.values(), default=1)
    for header, length in lengths.items():
        if length != n:
            raise UnreadableFile(
                "columns-of-different-length",
                f"Column {header!r} has {length} values where others have {n}.",
                "Give every column one value for each row, or one value for all rows.",
                column=str(header),
            )
    full = {header: values if isinstance(values, list) else [values] * n for header, values in columns.items()}
    submitted = np.empty(n, dtype=object)
    names = list(full)
    submitted[:] = [
        json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False) for row in zip(*full.values(), strict=True)
    ]
    return Table(
        headers=tuple(names),
        columns=tuple(column_of(values) for values in full.values()),
        lines=np.arange(1, n + 1),
        submitted=submitted,
        format=name,
        conventions=conventions,
    )


def column_of(values: Sequence[Any]) -> Any:
    """Return a column: numbers where all values are numbers, else texts."""
    kinds = set(map(type, values))
    are_numbers = kinds <= {float, int, type(None)} and kinds != {type(None)}
    if are_numbers and (int not in kinds or all(value is None or abs(value) < LARGEST_EXACT for value in values)):
        return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    return as_texts([value if type(value) is str else _text(value) for value in values])


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return repr(value) if isinstance(value, float) else json.dumps(value, ensure_ascii=False)


def read_ndjson(source: Source, conventions: Conventions | None = None, chunk: int = CHUNK_ROWS) -> Tables:
    """Yield tables of NDJSON, `chunk` lines at a time; a line that is no JSON is refused alone.

    Raises
    ------
    UnreadableFile
        When it is not text.
    """
    lines = ((number, line) for number, line in lines_of(source) if line.strip())
    seen = False
    while block := list(islice(lines, chunk)):
        seen = True
        yield _ndjson_table(block, conventions or Conventions())
    if not seen:
        raise UnreadableFile("empty-file", "There is nothing in this file.", FIX_ROWS)


def _ndjson_table(block: Sequence[tuple[int, str]], conventions: Conventions) -> Table:
    parsed = list(_parsed(block))
    good = [(number, row, line) for number, row, line, problem in parsed if problem is None]
    problems = [problem for *_, problem in parsed if problem is not None]
    table = rows_table([row for _, row, _ in good], 1, "ndjson", conventions, [number for number, _, _ in good])
    typed = {number: line for number, _, line in good}
    return Table(
        headers=table.headers,
        columns=table.columns,
        lines=table.lines,
        submitted=_verbatim([typed[int(number)] for number in table.lines]),
        format="ndjson",
        conventions=conventions,
        problems=(*problems, *table.problems),
        n_broken=len(problems) + table.n_broken,
    )


def _parsed(block: Sequence[tuple[int, str]]) -> Iterator[tuple[int, Any, str, Problem | None]]:
    for number, line in block:
        try:
            yield number, loads(line.lstrip("\ufeff")), line, None
        except (ValueError, RecursionError):
            problem = Problem(
                number, "", "not-json", line[:VALUE_LENGTH], "This line is not JSON.", "Write one object to a line."
            )
            yield number, None, line, problem


def _verbatim(lines: Sequence[str]) -> Texts:
    column = np.empty(len(lines), dtype=object)
    column[:] = lines
    return column
