"""A row as it came, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    Attributes
    ----------
    line : int
        Line of the file, counted from 1; for JSON the number of the row.
    column : str
        Our name of the column; empty when the row as a whole is meant.
    reason, mend : str
        What is wrong and what to do about it, a sentence each.
    """

    line: int
    column: str
    reason: str
    mend: str

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    def __str__(self) -> str:
        where = f"line {self.line}" + (f", {self.column}" if self.column else "")
        return f"{where}: {self.reason} {self.mend}".strip()


@dataclass(frozen=True)
class RawRow:
    """A row as it came.

    Attributes
    ----------
    line : int
        As in `Problem`.
    cells : mapping
        Text or number by our name of the column; empty cells are left out.
    raw : mapping
        The same as it came, with the sender's names of columns, those we do not know included.
    problem : Problem or None
        What the reader found wrong with the row's form.
    """

    line: int
    cells: Mapping[str, Any]
    raw: Mapping[str, Any] = field(default_factory=dict)
    problem: Problem | None = None


class UnreadableSheet(ValueError):
    """A file that cannot be read as a table of observations; `problems` say what is wrong with it."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(" ".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True)
class Sheet:
    """A table as it came.

    Attributes
    ----------
    rows : tuple of RawRow
    unknown : tuple of str
        Columns nobody knows.
    telescope : str
        The telescope it names as a whole.
    kept : bytes or None
        What of the file is worth keeping, when that is not all of it.
    """

    rows: tuple[RawRow, ...]
    unknown: tuple[str, ...] = ()
    telescope: str = ""
    kept: bytes | None = None
