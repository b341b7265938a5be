"""Files of executed observations: CSV (or tabs, semicolons, blanks) and JSON, with the line of every row."""

from __future__ import annotations

import csv
import json
import re
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from .columns import REQUIRED, known_as
from .fits_header import is_fits, read_fits
from .rows import Problem, RawRow, Sheet, UnreadableSheet

MOST_ROWS = 200_000
MOST_BYTES = 64 << 20
# Twice what the longest table of 30 columns and five lines a row needs; every cell takes some 80 bytes of memory.
MOST_CELLS = 6_000_000
MOST_LINES = 1_000_000
_UNSAID = {"", "null", "none", "nan", "n/a", "na", "-", "--", "nil"}
_SEPARATORS = (",", ";", "\t", "|")
_WIDEST = 500
_LONGEST_CELL = 20_000
_LONGEST_LINE = 100_000
_LONG_ROW_BYTES = 512
_HEAD_BYTES = 1 << 16
_HEAD_LINES = 100
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_IS_JSON = re.compile(r"\s*[\[{]")


def read_sheet(data: bytes) -> Sheet:
    """Read a file: FITS or JSON when it begins like that, and a table of text otherwise.

    Raises
    ------
    UnreadableSheet
    """
    if is_fits(data):
        return read_fits(data)
    if len(data) > MOST_BYTES:
        raise _unreadable(1, f"The file is larger than {MOST_BYTES >> 20} MB.", "Send it in parts.")
    if b"\x00" in data[:4096]:
        raise _unreadable(1, "The file is not text.", "Send CSV or JSON; UTF-8 is best.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _unreadable(line, "This line is not UTF-8.", "Save the file as UTF-8.") from error
    return read_json(text) if _IS_JSON.match(text) else read_csv(text)


def is_surely_long(data: bytes, most_rows: int) -> bool:
    """Whether a file has more rows than that, or is too large to be read while somebody waits; cheap, never an image.

    Some short files may be taken for long ones, and JSON in one line for a short one.
    """
    return not is_fits(data) and (
        len(data) > most_rows * _LONG_ROW_BYTES or data.count(b"\n") > most_rows + _HEAD_LINES
    )


def check_head(data: bytes) -> None:
    """Refuse a long table whose header is no good, without reading its rows.

    Raises
    ------
    UnreadableSheet
    """
    if len(data) > MOST_BYTES:
        raise _unreadable(1, f"The file is larger than {MOST_BYTES >> 20} MB.", "Send it in parts.")
    head = data[:_HEAD_BYTES]
    text = head[: head.rfind(b"\n") + 1].decode("utf-8-sig", "replace")
    if text.strip() and text.lstrip()[:1] not in ("{", "["):
        read_csv(text)


def read_csv(text: str) -> Sheet:
    """Read a table with one header line; lines that begin with # are comments unless they are the header.

    Raises
    ------
    UnreadableSheet
        When there is no header with the required columns.
    """
    lines = _Lines(text)
    number, header = _header(lines)
    separator = _separator(header)
    names = [cell.strip().lstrip("#").strip() for cell in _split(header, separator, number)]
    columns = [known_as(name) for name in names]
    _refuse_bad_header(number, names, columns)
    rows: list[RawRow] = []
    n_cells = 0
    for line_number, cells, is_open in _records(lines, separator):
        n_cells += len(cells)
        _refuse_too_many_cells(n_cells, line_number)
        row = _table_row(line_number, names, columns, cells)
        rows.append(replace(row, problem=_open_quote(line_number)) if is_open else row)
        _refuse_too_many(rows)
    return Sheet(tuple(rows), tuple(name for name, column in zip(names, columns, strict=True) if not column and name))


class _Lines:
    """Lines of a text with their numbers, one after the other: never a list of all."""

    def __init__(self, text: str) -> None:
        self._rest = enumerate(_LINE.finditer(text), 1)
        self._ahead: deque[tuple[int, str]] = deque()

    def look(self, ahead: int = 0) -> tuple[int, str] | None:
        """The line so many after the next, without taking it; None behind the end."""
        while len(self._ahead) <= ahead:
            number, found = next(self._rest, (0, None))
            if found is None:
                return None
            if number > MOST_LINES:
                raise _unreadable(number, f"There are more than {MOST_LINES:,} lines.", "Send them in parts.")
            self._ahead.append((number, found.group()))
        return self._ahead[ahead]

    def take(self, count: int = 1) -> str:
        """The next lines, which were looked at before."""
        return "".join(self._ahead.popleft()[1] for _ in range(count))


def _header(lines: _Lines) -> tuple[int, str]:
    """The line that names the columns, and its number; taken with all before it."""
    for _ in range(_HEAD_LINES):
        found = lines.look()
        if found is None:
            break
        lines.take()
        if _is_header(*found):
            return found
    example = f"{','.join(REQUIRED)},RA,Dec"
    raise _unreadable(1, "No line names the columns.", f"Begin with a line such as {example} and one row each.")


def _is_header(number: int, line: str) -> bool:
    known = {known_as(cell) for cell in _split(line, _separator(line), number)} if len(line) < _LONGEST_CELL else set()
    return len(known & {*REQUIRED, "ra", "dec"}) >= 2


def _separator(header: str) -> str:
    best = max(_SEPARATORS, key=header.count)
    return best if header.count(best) else " "


def _split(line: str, separator: str, number: int) -> list[str]:
    if len(line) > _LONGEST_LINE:
        raise _unreadable(number, f"The line is longer than {_LONGEST_LINE:,} characters.", "Shorten or remove it.")
    if separator == " ":
        return line.lstrip("#").split()
    try:
        return next(csv.reader([line.strip("\r\n")], delimiter=separator), [])
    except csv.Error as error:
        raise _unreadable(number, f"The line cannot be split into cells ({error}).", "Check its quotes.") from error


def _refuse_bad_header(line: int, names: Sequence[str], columns: Sequence[str | None]) -> None:
    problems = []
    for column in sorted({column for column in columns if column and columns.count(column) > 1}):
        twice = ", ".join(name for name, known in zip(names, columns, strict=True) if known == column)
        problems.append(Problem(line, column, f"Two columns say it: {twice}.", "Keep one of them."))
    problems += [
        Problem(line, column, "The column is missing.", f"Every file needs {', '.join(REQUIRED)}.")
        for column in REQUIRED
        if column not in columns
    ]
    if "field_id" not in columns and not {"ra", "dec"} <= set(columns):
        problems.append(Problem(line, "ra", "No column says where.", "Give RA and Dec in degrees, or field_id."))
    if problems:
        raise UnreadableSheet(*problems)


def _records(lines: _Lines, separator: str) -> Iterable[tuple[int, list[str], bool]]:
    """Each record with the line it begins on, and whether a quote in it is never closed."""
    while found := lines.look():
        number, line = found
        if not line.strip() or line.lstrip().startswith("#"):
            lines.take()
            continue
        taken = 1 if separator == " " else _lines_of_record(lines)
        yield number, _split(lines.take(max(taken, 1)), separator, number), not taken


def _open_quote(line: int) -> Problem:
    return Problem(line, "", "A quote is opened and never closed.", "Close it, or remove it.")


def _lines_of_record(lines: _Lines) -> int:
    """How many lines a record takes, as quoted cells may hold line breaks; 0 when its quote is never closed."""
    is_open, length, taken = False, 0, 0
    while length < _LONGEST_CELL and (found := lines.look(taken)):
        taken += 1
        is_open ^= bool(found[1].count('"') % 2)
        length += len(found[1])
        if not is_open:
            return taken
    return 0


def _table_row(line: int, names: Sequence[str], columns: Sequence[str | None], cells: Sequence[str]) -> RawRow:
    raw = dict(zip(names, cells, strict=False))
    given = {column: cell.strip() for column, cell in zip(columns, cells, strict=False) if column and _said(cell)}
    problem = None
    if len(cells) != len(names):
        raw |= {f"column {index + 1}": cell for index, cell in enumerate(cells[:_WIDEST]) if index >= len(names)}
        reason = f"The line has {len(cells)} cells, the header {len(names)}."
        problem = Problem(line, "", reason, "Put text with separators in quotes; leave unknown cells empty.")
    return RawRow(line, given, raw, problem)


def read_json(text: str) -> Sheet:
    """Read JSON: a list of objects, an object of lists, or SkyPortal's body with `observationData`.

    Raises
    ------
    UnreadableSheet
    """
    return read_rows(parse_json(text))


def parse_json(text: str) -> Any:
    """Parse JSON of bounded size: no more values than a table may have cells.

    Raises
    ------
    UnreadableSheet
    """
    # Every value but the first comes after a comma or begins a list or an object.
    _refuse_too_many_cells(sum(map(text.count, ",[{")), 1)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        raise _unreadable(line, f"This is not JSON ({error}).", "Check the quotes and commas there.") from error


def read_rows(body: Any) -> Sheet:
    """Read what `read_json` found, or what an API was sent already parsed.

    Raises
    ------
    UnreadableSheet
    """
    telescope, rows = "", body
    if isinstance(body, Mapping):
        # SkyPortal names an instrument and the telescope that carries it; ours is the telescope.
        named = [body.get(name) for name in ("telescope", "telescopeName", "instrumentName")]
        telescope = next((name.strip() for name in named if isinstance(name, str) and name.strip()), "")
        rows = next((body[name] for name in ("observationData", "observations", "rows") if name in body), body)
    if isinstance(rows, Mapping):
        rows = _turned(rows)
    if not isinstance(rows, Sequence) or isinstance(rows, str):
        raise _unreadable(1, "There is no list of observations.", 'Send a list, or {"observations": [...]}.')
    if not rows:
        raise _unreadable(1, "The list of observations is empty.", "Send at least one.")
    _refuse_too_many(rows)
    read = tuple(_object_row(number, row) for number, row in enumerate(rows, 1))
    unknown = dict.fromkeys(str(name) for row in read for name in row.raw if known_as(name) is None)
    return Sheet(read, tuple(unknown)[:_WIDEST], telescope)


def _turned(columns: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows of an object of lists, as SkyPortal sends tables; an object of single values is one row."""
    lists = {name: value for name, value in columns.items() if isinstance(value, list)}
    # Tables of pandas turn into {"column": {"0": value, "1": value}}.
    lists |= {name: list(value.values()) for name, value in columns.items() if isinstance(value, Mapping)}
    if not lists:
        return [dict(columns)] if columns else []
    lengths = {len(value) for value in lists.values()}
    if len(lengths) != 1:
        raise _unreadable(1, "The lists of the columns differ in length.", "Give every column one value per row.")
    single = {name: value for name, value in columns.items() if name not in lists}
    return [single | {name: value[row] for name, value in lists.items()} for row in range(lengths.pop())]


def _object_row(line: int, row: Any) -> RawRow:
    if not isinstance(row, Mapping):
        return RawRow(line, {}, {"row": row}, Problem(line, "", "It is not an object.", "Give names and values."))
    cells: dict[str, Any] = {}
    problem = None
    for name, value in row.items():
        column = known_as(name)
        if column is None or not _said(value):
            continue
        if column in cells and cells[column] != value:
            problem = Problem(line, column, "It is given twice under different names.", "Keep one of them.")
        cells[column] = value
    return RawRow(line, cells, dict(row), problem)


def _said(value: Any) -> bool:
    """Whether a cell says anything: empty ones, null and NaN do not."""
    if isinstance(value, str):
        return value.strip().casefold() not in _UNSAID
    return value is not None and value == value  # noqa: PLR0124  NaN is not itself


def _refuse_too_many(rows: Sequence[Any]) -> None:
    if len(rows) > MOST_ROWS:
        raise _unreadable(MOST_ROWS, f"There are more than {MOST_ROWS:,} rows.", "Send them in parts.")


def _refuse_too_many_cells(count: int, line: int) -> None:
    if count > MOST_CELLS:
        raise _unreadable(line, f"There are more than {MOST_CELLS:,} cells.", "Send them in parts.")


def _unreadable(line: int, reason: str, mend: str) -> UnreadableSheet:
    return UnreadableSheet(Problem(line, "", reason, mend))
