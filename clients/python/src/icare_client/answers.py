"""What became of an upload, row by row."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

STORED = frozenset({"created", "quarantined", "changed"})


@dataclass(frozen=True, slots=True)
class Row:
    """One row of what was sent.

    `number` is its line as a person counts, `outcome` such as created, exists, changed, quarantined or rejected, `id`
    its key on the site, `problems` a sentence for each thing that is wrong with it.
    """

    number: int
    outcome: str
    id: int | None
    problems: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Upload:
    """What the site did with a table. Long ones are answered without rows: `answers_url` has them as CSV."""

    id: str
    counts: dict[str, int]
    rows: tuple[Row, ...] = ()
    is_dry_run: bool = False
    is_replayed: bool = False
    notes: tuple[str, ...] = ()
    answers_url: str = ""
    body: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def rejected(self) -> tuple[Row, ...]:
        """Rows that were not stored."""
        return tuple(row for row in self.rows if row.outcome == "rejected")

    @property
    def ids(self) -> tuple[int, ...]:
        """Keys of the rows that are on the site now, also of those that were there before."""
        return tuple(row.id for row in self.rows if row.id is not None)

    @property
    def n_new(self) -> int:
        """How many rows are new or were corrected."""
        return sum(number for outcome, number in self.counts.items() if outcome in STORED)

    def __str__(self) -> str:
        told = ", ".join(f"{number} {outcome}" for outcome, number in self.counts.items() if number)
        return f"upload {self.id}: {told or 'nothing'}"


def upload_of(body: dict[str, Any], *, is_replayed: bool = False) -> Upload:
    """Read the site's answer to a table of photometry or of executed observations."""
    return Upload(
        id=str(body.get("upload") or body.get("id") or ""),
        counts=dict(body.get("counts") or {}),
        rows=tuple(_row(row) for row in body.get("rows") or ()),
        is_dry_run=bool(body.get("dry_run")),
        is_replayed=is_replayed,
        notes=tuple(str(note) for note in body.get("notes") or ()),
        answers_url=str(body.get("answers") or ""),
        body=body,
    )


def _row(row: dict[str, Any]) -> Row:
    told = row.get("errors") or row.get("problems") or ()
    return Row(
        number=int(row.get("row") or row.get("line") or 0),
        outcome=str(row.get("status") or row.get("outcome") or ""),
        id=row.get("id"),
        problems=tuple(_sentence(problem) for problem in told),
        note=str(row.get("note") or ""),
    )


def _sentence(problem: dict[str, Any]) -> str:
    where = f"{problem['column']}: " if problem.get("column") else ""
    what = problem.get("message") or problem.get("reason") or ""
    mend = problem.get("fix") or problem.get("mend") or ""
    return f"{where}{what} {mend}".strip()
