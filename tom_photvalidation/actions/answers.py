"""What became of every row: for the sender at once, and as a file that is kept."""

import csv
import gzip
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tom_photvalidation.choices import Outcome
from tom_photvalidation.measurements import Problem

ANSWER_COLUMNS = ("row", "status", "id", "note", "severity", "column", "code", "value", "message", "fix")
_NOTHING = ("",) * 6  # where errors and findings stand


@dataclass(frozen=True, slots=True)
class Finding:
    """A failed check of a row that is stored all the same."""

    check: str
    severity: str
    message: str
    fix: Mapping[str, Any] | None = None

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        fix = dict(self.fix) if self.fix else None
        return {"check": self.check, "severity": self.severity, "message": self.message, "fix": fix}


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one row."""

    row: int
    outcome: Outcome
    pk: int | None = None
    note: str = ""
    errors: tuple[Problem, ...] = ()
    findings: tuple[Finding, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "row": self.row,
            "status": self.outcome.value,
            "id": self.pk,
            "note": self.note,
            "errors": [error_of(problem) for problem in self.errors],
            "findings": [finding.as_dict() for finding in self.findings],
        }

    def without_key(self) -> "Answer":
        """As of a trial: there is no such point."""
        return replace(self, pk=None) if self.outcome in (Outcome.CREATED, Outcome.QUARANTINED) else self


def error_of(problem: Problem) -> dict[str, Any]:
    """One error with everything it takes to mend it."""
    return {
        "row": problem.line,
        "column": problem.column,
        "code": problem.code,
        "value": problem.value,
        "message": problem.message,
        "fix": problem.fix,
    }


@dataclass(frozen=True, eq=False)
class Answers:
    """Answers to the rows of a part: columns for rows of which little is to be said, the others in full.

    `kinds` holds outcome and note; a key below 0 is none.
    """

    rows: Sequence[int]
    kinds: Sequence[tuple[Outcome, str]]
    keys: Sequence[int]
    others: Sequence[Answer]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.rows) + len(self.others)

    def __iter__(self) -> Iterator[Answer]:
        """Iterate over the answers in the order of the rows."""
        brief = (
            Answer(row, outcome, key if key >= 0 else None, note)
            for row, (outcome, note), key in zip(self.rows, self.kinds, self.keys, strict=True)
        )
        return iter(sorted([*brief, *self.others], key=lambda answer: answer.row))

    @property
    def counts(self) -> Counter[str]:
        """How many rows became what."""
        counts: Counter[str] = Counter()
        for (outcome, _), count in Counter(self.kinds).items():
            counts[outcome.value] += count
        counts.update(answer.outcome.value for answer in self.others)
        return counts

    def text(self) -> str:
        """Return the lines of an `AnswerFile`, in the order of the rows."""
        words = {kind: (kind[0].value, _csv([(kind[1], *_NOTHING)])) for kind in set(self.kinds)}
        lines = [
            f"{row},{outcome},{key if key >= 0 else ''},{end}"
            for row, (outcome, end), key in zip(self.rows, map(words.__getitem__, self.kinds), self.keys, strict=True)
        ]
        if not self.others:
            return "".join(lines)
        lines += [_csv(_lines(answer)) for answer in self.others]
        order = np.argsort([*self.rows, *(answer.row for answer in self.others)], kind="stable")
        return "".join([lines[at] for at in order.tolist()])


class AnswerFile:
    """Answers as a table, gzip, written row by row: a line per row, or per error or finding of a row."""

    def __init__(self) -> None:
        self._packed = io.BytesIO()
        # Level 1: a million rows are written while somebody waits.
        self._zip = gzip.GzipFile(fileobj=self._packed, mode="wb", compresslevel=1, mtime=0)
        self._write(_csv([ANSWER_COLUMNS]))

    def add(self, answers: Answers | Iterable[Answer]) -> None:
        """Write some answers."""
        if isinstance(answers, Answers):
            self._write(answers.text())
        else:
            self._write(_csv(line for answer in answers for line in _lines(answer)))

    def close(self) -> bytes:
        """Return the file."""
        self._zip.close()
        return self._packed.getvalue()

    def _write(self, text: str) -> None:
        self._zip.write(text.encode("utf-8", "replace"))


def _csv(lines: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue()


def _lines(answer: Answer) -> Iterator[Sequence[Any]]:
    beginning = (answer.row, answer.outcome.value, answer.pk, answer.note)
    if not answer.errors and not answer.findings:
        yield (*beginning, *_NOTHING)
    for one in answer.errors:
        yield (*beginning, "E", _plain(one.column), one.code, _plain(one.value), _plain(one.message), _plain(one.fix))
    for found in answer.findings:
        fix = "; ".join(f"{name}: {value}" for name, value in (found.fix or {}).items())
        yield (*beginning, found.severity, "", found.check, "", _plain(found.message), _plain(fix))


def _plain(text: str) -> str:
    """Text of strangers that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def read_answers(packed: bytes) -> list[Answer]:
    """Return the answers of a file, for those who ask again; proposed fixes are in words only."""
    rows = csv.DictReader(io.StringIO(gzip.decompress(packed).decode()))
    answers: list[Answer] = []
    for row in rows:
        line, pk = int(row["row"]), int(row["id"]) if row["id"] else None
        last = answers[-1] if answers else None
        if last is None or last.row != line or not row["severity"]:
            answers.append(Answer(line, Outcome(row["status"]), pk, row["note"]))
        if row["severity"] == "E":
            problem = Problem(line, *(_meant(row[name]) for name in ("column", "code", "value", "message", "fix")))
            answers[-1] = replace(answers[-1], errors=(*answers[-1].errors, problem))
        elif row["severity"]:
            finding = Finding(row["code"], row["severity"], _meant(row["message"]))
            answers[-1] = replace(answers[-1], findings=(*answers[-1].findings, finding))
    return answers


def _meant(text: str) -> str:
    return text[1:] if text[:1] == "'" and _plain(text[1:]) != text[1:] else text
