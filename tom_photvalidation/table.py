"""What every format is turned into before its columns are understood: columns of cells with the lines they stood on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tom_photvalidation.measurements import Integers, Problem, Texts

Source = bytes | Path | Iterable[bytes]

CHUNK_ROWS = 50_000
VALUE_LENGTH = 200


class UnreadableFile(Exception):
    """A whole file that cannot be read: nothing in it is a row."""

    def __init__(self, code: str, message: str, fix: str, line: int = 0, column: str = "", value: str = "") -> None:
        super().__init__(message)
        self.problem = Problem(line, column, code, value[:VALUE_LENGTH], message, fix)


@dataclass(frozen=True, slots=True)
class Conventions:
    """What a format, a layout or the uploader says of all rows at once."""

    values: Mapping[str, str] = field(default_factory=dict)  # field -> value where no column gives one
    zero_error_is_limit: bool = False
    infinite_error_is_limit: bool = True  # of NMMA; nobody means a detection by it
    decimal_comma: bool = True  # between commas a cell that holds one was quoted
    compare_times: bool = True  # refuse rows whose times contradict each other
    columns: Mapping[str, str] = field(default_factory=dict)  # column -> field, weaker than what the uploader says
    derived_limit_sigma: float = 3.0  # of limits that are computed from the error of a flux


@dataclass(frozen=True, eq=False, slots=True)
class Table:
    """Some rows of a file. A column holds stripped texts (object) or numbers; row i was submitted as `submitted[i]`."""

    headers: tuple[str, ...]
    columns: tuple[Any, ...]
    lines: Integers
    submitted: Texts
    format: str
    conventions: Conventions = field(default_factory=Conventions)
    problems: tuple[Problem, ...] = ()  # of rows that could not be parted into cells
    n_broken: int = 0  # how many rows those are
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Return the number of rows that are parted into cells."""
        return len(self.lines)

    def column(self, header: str) -> Any:
        """Return a column by its name.

        Raises
        ------
        ValueError
            When there is none.
        """
        return self.columns[self.headers.index(header)]


Tables = Iterator[Table]
Headers = Sequence[str]


def all_bytes(source: Source) -> bytes:
    """Return a whole file, for formats that cannot be read in parts."""
    if isinstance(source, bytes):
        return source
    if isinstance(source, Path):
        return source.read_bytes()
    return b"".join(source)


def some_bytes(source: Source, size: int = 1 << 20) -> Iterator[bytes]:
    """Yield a file in parts of some bytes, so that what is made of them is never as long as the file."""
    if isinstance(source, bytes):
        yield from (source[at : at + size] for at in range(0, len(source), size))
    elif isinstance(source, Path):
        with source.open("rb") as opened:
            while part := opened.read(size):
                yield part
    else:
        yield from source
