"""Text tables: CSV with any usual delimiter, tab-separated, or columns parted by blanks.

Read in blocks of lines, so that a file of any length takes bounded memory. A line that cannot be parted into cells is
refused alone; a quote that is never closed does not swallow the lines after it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice, repeat

import numpy as np

from tom_photvalidation.cells import DECIMAL_COMMA, PLAIN, as_texts
from tom_photvalidation.columns import meaning
from tom_photvalidation.measurements import Problem, Texts
from tom_photvalidation.readers.lines import Line, lines_of
from tom_photvalidation.table import (
    CHUNK_ROWS,
    VALUE_LENGTH,
    Conventions,
    Source,
    Table,
    Tables,
    UnreadableFile,
)

DELIMITERS = (",", ";", "\t", "|")
# A text that begins so is written behind a quote: a spreadsheet would take it for a formula, a reader for a comment.
QUOTED = ("=", "+", "-", "@", "#", "'")
LINES_IN_A_CELL = 20
LINES_ABOVE_HEADER = 5
FEWEST_COLUMNS = 3  # time, filter, magnitude
MOST_COLUMNS = 1_000


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a text table is written."""

    delimiter: str  # "" for blanks
    headers: tuple[str, ...]
    header_line: int
    trailing: int = 0  # empty cells at the end of the header, as its rows may have them


def split(line: str, delimiter: str) -> list[str]:
    """Part one line into cells."""
    if not delimiter:
        return line.split()
    if '"' in line:
        return next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])
    return line.split(delimiter)


def find_header(lines: Iterator[Line]) -> tuple[Dialect, list[Line]]:
    """Find the header among the first lines; return it with the lines that were read after it.

    A header may stand behind "#", as astropy and the ATLAS server write it, or below a few lines of title.

    Raises
    ------
    UnreadableFile
        When there is none.
    """
    commented: Line | None = None
    above: list[Line] = []
    for number, line in lines:
        text = line.strip()
        if not text:
            continue
        if text.startswith(("#", "%")):
            bare = text.lstrip("#% ")
            if commented is None and _looks_like_header(split(bare, _delimiter(bare)), 2):
                commented = (number, bare)
            continue
        if _looks_like_header(split(text, _delimiter(text)), 1 if _delimiter(text) else 2):
            return _dialect((number, line)), []
        if commented is not None:
            return _dialect(commented), [(number, line)]
        above.append((number, line))
        if _has_numbers(text):
            return _foreign_header(above), above[-1:]
        if len(above) > LINES_ABOVE_HEADER:
            raise _no_header(*above[0])
    if commented is not None:
        return _dialect(commented), []
    if above:
        raise _no_header(*above[0])
    raise UnreadableFile("empty-file", "There is nothing in this file.", "Send a header and at least one row.")


def _foreign_header(above: Sequence[Line]) -> Dialect:
    """Take the line above the first numbers as a header of names we do not know: the uploader may say what they mean.

    Raises
    ------
    UnreadableFile
        When it has not as many cells as the line of numbers, or there is none.
    """
    if len(above) > 1:
        dialect = _dialect(above[-2])
        cells = split(above[-1][1].strip() if not dialect.delimiter else above[-1][1], dialect.delimiter)
        if len(cells) == len(dialect.headers) + dialect.trailing >= FEWEST_COLUMNS:
            return dialect
    raise _no_header(*above[0])


def _has_numbers(text: str) -> bool:
    cells = [cell.strip() for cell in split(text, _delimiter(text))]
    return any(PLAIN.fullmatch(cell) or DECIMAL_COMMA.fullmatch(cell) for cell in cells)


def _no_header(number: int, text: str) -> UnreadableFile:
    says = "The first line holds numbers" if _has_numbers(text) else "No column of the first line is known"
    return UnreadableFile(
        "no-header",
        f"{says}, so it cannot be told which column is which.",
        "Begin with a line of names such as mjd,filter,mag,magerr,limiting_mag,magsys.",
        line=number,
        value=text,
    )


def _delimiter(line: str) -> str:
    counts = {one: line.count(one) for one in DELIMITERS}
    best = max(DELIMITERS, key=lambda one: (counts[one], -DELIMITERS.index(one)))
    return best if counts[best] else ""


def _looks_like_header(cells: Sequence[str], fewest: int) -> bool:
    """A header has some names that are known, and no cell that is a number. A sentence may have one by chance."""
    named = [cell.strip().strip('"') for cell in cells]
    return sum(bool(meaning(cell).field) for cell in named) >= fewest and not any(
        PLAIN.fullmatch(cell) for cell in named
    )


def _dialect(header: Line) -> Dialect:
    number, text = header
    delimiter = _delimiter(text)
    names = [cell.strip().strip('"').strip() for cell in split(text.strip() if not delimiter else text, delimiter)]
    n = len(names)
    while names and not names[-1]:
        names.pop()
    if len(names) > MOST_COLUMNS:
        raise UnreadableFile(
            "too-many-columns", f"The header has {len(names)} columns.", "Send the columns that matter."
        )
    return Dialect(
        delimiter, tuple(name or f"column {at + 1}" for at, name in enumerate(names)), number, n - len(names)
    )


@dataclass(eq=False, slots=True)
class Block:
    """The rows of one block of lines, as columns."""

    columns: Sequence[Sequence[str]]
    lines: Sequence[int]
    submitted: Sequence[str]
    problems: list[Problem]
    comments: int = 0
    headers_again: int = 0


def read_delimited(source: Source, conventions: Conventions | None = None, chunk: int = CHUNK_ROWS) -> Tables:
    """Yield the rows of a text table, `chunk` lines at a time.

    Raises
    ------
    UnreadableFile
        When it is not a text table.
    """
    lines = lines_of(source)
    dialect, ahead = find_header(lines)
    ahead += list(islice(lines, 1))
    dialect = _as_first_row(dialect, ahead)
    return tables_of(chain(ahead, lines), dialect, conventions or Conventions(), chunk)


def _as_first_row(dialect: Dialect, ahead: Sequence[Line]) -> Dialect:
    """Part rows by blanks where only the header has commas, as the forced photometry of ZTF is written."""
    line = ahead[0][1] if ahead else ","
    parted_by_blanks = dialect.delimiter == "," and "," not in line and len(line.split()) == len(dialect.headers) > 1
    return replace(dialect, delimiter="") if parted_by_blanks else dialect


def tables_of(lines: Iterator[Line], dialect: Dialect, conventions: Conventions, chunk: int = CHUNK_ROWS) -> Tables:
    """Yield the rows of a text whose dialect is known, `chunk` lines at a time; an empty table where there are none."""
    seen = False
    while block_lines := list(islice(lines, chunk)):
        block = _plain_block(block_lines, dialect) or _block(block_lines, lines, dialect)
        table = _table(block, dialect, conventions)
        seen = True
        yield table
    if not seen:
        yield _table(Block([[]] * len(dialect.headers), [], [], []), dialect, conventions)


def _plain_block(block_lines: list[Line], dialect: Dialect) -> Block | None:
    """Part lines that hold cells and nothing else, all in one go; None when one of them needs a closer look."""
    n, delimiter = len(dialect.headers), dialect.delimiter
    numbers, texts = zip(*block_lines, strict=True)
    if not delimiter or n == 1 or set(map(str.count, texts, repeat(delimiter))) != {n - 1}:
        return None
    joined = delimiter.join(texts)
    if '"' in joined or "#" in joined or not all(map(str.strip, texts)):
        return None
    cells = joined.split(delimiter)
    columns = [cells[at::n] for at in range(n)]
    return None if dialect.headers[0] in map(str.strip, columns[0]) else Block(columns, numbers, texts, [])


def _block(block_lines: list[Line], following: Iterator[Line], dialect: Dialect) -> Block:
    """Part lines into cells; a cell in quotes may go on over some lines."""
    rows: list[list[str]] = []
    lines: list[int] = []
    submitted: list[str] = []
    block = Block([], lines, submitted, [])
    n = len(dialect.headers)
    at = 0
    while at < len(block_lines):
        number, line = block_lines[at]
        at += 1
        stripped = line.strip()
        if not stripped:
            continue
        if stripped[0] == "#":
            block.comments += 1
            continue
        text, used = line, 0
        if '"' in line and line.count('"') % 2:
            text, used = _joined(block_lines, at - 1, following, dialect)
        cells = _cells(text, dialect.delimiter)
        if cells is not None and len(cells) != n:
            cells = _of_length(cells, n, dialect.trailing)
        if cells is None:
            block.problems.append(_broken(number, line, dialect))
            continue
        at += used
        if cells[0].strip() == dialect.headers[0] and tuple(cell.strip() for cell in cells) == dialect.headers:
            block.headers_again += 1
            continue
        rows.append(cells)
        lines.append(number)
        submitted.append(text)
    block.columns = list(zip(*rows, strict=True)) if rows else [[]] * n
    return block


def _joined(block_lines: list[Line], at: int, following: Iterator[Line], dialect: Dialect) -> tuple[str, int]:
    """Return a record whose quoted cell goes on over the next lines, and how many; the line alone if none closes it."""
    wanted = at + 1 + LINES_IN_A_CELL - len(block_lines)
    if wanted > 0:
        block_lines.extend(islice(following, wanted))
    text = block_lines[at][1]
    for used, (_, line) in enumerate(block_lines[at + 1 : at + 1 + LINES_IN_A_CELL], start=1):
        text = f"{text}\n{line}"
        if text.count('"') % 2 == 0:
            cells = _cells(text, dialect.delimiter)
            if cells is not None and len(cells) == len(dialect.headers):
                return text, used
    return block_lines[at][1], 0


def _cells(text: str, delimiter: str) -> list[str] | None:
    """Part a record into cells; None when a quote is not closed."""
    if '"' not in text:
        return text.split(delimiter) if delimiter else text.split()
    try:
        found = list(csv.reader(text.split("\n"), delimiter=delimiter or " ", skipinitialspace=True, strict=True))
    except csv.Error:
        return None
    return found[0] if len(found) == 1 else _glued(text, delimiter)


def _glued(text: str, delimiter: str) -> list[str] | None:
    """Part a record that holds line ends within quotes."""
    try:
        found = list(
            csv.reader(text.splitlines(keepends=True), delimiter=delimiter or " ", skipinitialspace=True, strict=True)
        )
    except csv.Error:
        return None
    return found[0] if len(found) == 1 else None


def _of_length(cells: list[str], n: int, trailing: int) -> list[str] | None:
    """Drop the empty cells the header has at its end too; any other row of another length is broken.

    Empty cells are not dropped otherwise: a number with a decimal comma may have pushed the others to the right.
    """
    if len(cells) == n + trailing and not any(cell.strip() for cell in cells[n:]):
        return cells[:n]
    return None


def _broken(number: int, line: str, dialect: Dialect) -> Problem:
    if '"' in line and line.count('"') % 2:
        return Problem(
            number,
            "",
            "quote-not-closed",
            line[:VALUE_LENGTH],
            "A quote in this line is never closed.",
            "Close the quote, or leave quotes out.",
        )
    cells = _cells(line, dialect.delimiter) or []
    fix = "Give every row as many cells as the header"
    if dialect.delimiter == "," and len(cells) > len(dialect.headers):
        fix += "; do numbers have decimal commas? Then part the columns by semicolons"
    return Problem(
        number,
        "",
        "wrong-number-of-cells",
        line[:VALUE_LENGTH],
        f"This row has {len(cells)} cells where the header has {len(dialect.headers)}.",
        f"{fix}.",
    )


def _unquoted(column: Texts) -> Texts:
    """Take away the quote that keeps a text from being taken for a formula or a comment."""
    if "'" not in "".join(column):
        return column
    return as_texts([text[1:] if text[:1] == "'" and text[1:].startswith(QUOTED) else text for text in column])


def _table(block: Block, dialect: Dialect, conventions: Conventions) -> Table:
    columns = [_unquoted(as_texts(column)) for column in block.columns]
    submitted = np.empty(len(block.lines), dtype=object)
    submitted[:] = block.submitted
    notes = []
    if block.comments:
        notes.append(f"{block.comments} lines that begin with # were passed over.")
    if block.headers_again:
        notes.append(f"The header was repeated {block.headers_again} times and passed over.")
    return Table(
        headers=dialect.headers,
        columns=tuple(columns),
        lines=np.array(block.lines, dtype=np.int64),
        submitted=submitted,
        format="csv",
        conventions=conventions,
        problems=tuple(block.problems),
        n_broken=len(block.problems),
        notes=tuple(notes),
    )
