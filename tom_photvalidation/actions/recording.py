"""Rows of an upload recorded, part by part: prepared, stored, projected, answered and counted."""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from django.conf import settings

from tom_photvalidation.actions.answers import Answer, Answers, Finding
from tom_photvalidation.actions.preparing import Prepared, prepare
from tom_photvalidation.actions.projection import project_new
from tom_photvalidation.actions.store import Stored, look_up, store, write_findings
from tom_photvalidation.audiences import Person
from tom_photvalidation.choices import Outcome, Status
from tom_photvalidation.measurements import Reading
from tom_photvalidation.models import Audience, PhotometryUpload
from tom_photvalidation.querysets import AudienceQuerySet
from tom_photvalidation.surroundings import Before

logger = logging.getLogger(__name__)

NOT_ALONE = "Nothing of this upload is stored, because other rows are refused (mode=atomic)."
LATER = "So many rows are compared with their light curves after they are stored: some may go to quarantine then."
_NOTES = {
    Status.REJECTED: "A reviewer rejected it.",
    Status.SUPERSEDED: "It has a later version.",
    Status.WITHDRAWN: "It was withdrawn.",
    Status.QUARANTINED: "It waits in quarantine for a reviewer.",
    Status.ACCEPTED: "A reviewer accepted it.",
    Status.UNREVIEWED: "",
}
# What becomes of a row by the status of its point: of a new one, and of one that was known.
_NEW = {
    str(status): (Outcome.QUARANTINED if status == Status.QUARANTINED else Outcome.CREATED, "") for status in Status
}
_KNOWN = {str(status): (Outcome.EXISTS, note) for status, note in _NOTES.items()}


@dataclass
class Tally:
    """What the parts of an upload came to."""

    counts: Counter[str] = field(default_factory=Counter)
    # Of what is new, and of all rows that are no refused ones.
    targets: set[int] = field(default_factory=set)
    named: set[int] = field(default_factory=set)
    n_rows: int = 0
    format: str = ""
    mapping: dict[str, str] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)
    # Whether each point was compared with all others of its target, those of other parts among them.
    has_all_checks: bool = True

    def add(self, reading: Reading, answers: Answers) -> None:
        """Count a part."""
        self.counts.update(answers.counts)
        self.n_rows += reading.n_rows
        self.format = reading.format
        self.mapping.update(reading.columns_mapping)
        self.notes.update(dict.fromkeys(reading.notes))

    @property
    def is_news(self) -> bool:
        """Whether anything is to be kept of it."""
        return any(self.counts[one] for one in (Outcome.CREATED, Outcome.QUARANTINED, Outcome.REJECTED))


@dataclass(frozen=True)
class Recorder:
    """Records the parts of one upload, in the way it was asked for."""

    upload: PhotometryUpload
    by: Person
    is_trial: bool = False
    # Of an upload in parts: what was stored before it, since no part knows how far the others are.
    before: Before | None = None
    # In a trial, where no store remembers: the lines of earlier parts by their fingerprints.
    earlier: dict[bytes, int] = field(default_factory=dict)

    def prepare(self, reading: Reading) -> Prepared:
        """Make one part ready; of a long one light curves are left for later."""
        with_light_curves = reading.n_rows <= settings.ICARE_PHOTOMETRY_CURVES_AT_ONCE
        return prepare(
            reading, self.by, self.upload.audience, with_light_curves=with_light_curves, before=self.before
        )  # fmt: skip

    def record(self, reading: Reading, prepared: Prepared, tally: Tally) -> Answers:
        """Record one part that was made ready, and answer its rows; within a transaction."""
        if tally.n_rows or reading.n_rows > settings.ICARE_PHOTOMETRY_CURVES_AT_ONCE:
            tally.has_all_checks = False
            tally.notes[LATER] = None
        seen = Audience.objects.of(self.by)
        tally.named.update(np.unique(prepared.rows.target_ids).tolist())
        if self.is_trial:
            prepared = self._without_earlier(prepared)
            stored = look_up(prepared.rows, self.upload, seen)
        else:
            stored = self._write(prepared, seen)
            tally.targets.update(np.unique(prepared.rows.target_ids[stored.is_new]).tolist())
        answers = _answers(prepared, stored)
        tally.add(reading, answers)
        return answers

    def _without_earlier(self, prepared: Prepared) -> Prepared:
        """Take out rows that repeat a row of an earlier part."""
        keys, lines = prepared.rows.fingerprints.tolist(), prepared.rows.measurements.line.tolist()
        repeated = {line: self.earlier[key] for key, line in zip(keys, lines, strict=True) if key in self.earlier}
        for key, line in zip(keys, lines, strict=True):
            self.earlier.setdefault(key, line)
        return prepared.without(repeated) if repeated else prepared

    def _write(self, prepared: Prepared, seen: AudienceQuerySet) -> Stored:
        stored = store(prepared.rows, self.upload, seen)
        fresh = stored.is_written
        write_findings([one for one in prepared.found if fresh[one.row]], stored.ids)
        project_new(stored.ids[fresh], prepared.rows.target_ids[fresh], self.upload)
        return stored


def _answers(prepared: Prepared, stored: Stored) -> Answers:
    """Answer every row of a part; of a row that was only tried there is no key."""
    findings: dict[int, list[Finding]] = {}
    for one in prepared.found:
        if stored.is_new[one.row]:
            findings.setdefault(one.row, []).append(Finding(one.check_id, one.severity, one.sentence, one.fix))
    lines, keys = prepared.rows.measurements.line.tolist(), stored.ids.tolist()
    states = zip(stored.is_new.tolist(), stored.status.tolist(), strict=True)
    kinds = [_NEW[status] if is_new else _KNOWN[status] for is_new, status in states]
    known = dict(zip(lines, keys, strict=True)) if prepared.repeated else {}
    others = [Answer(line, Outcome.REJECTED, errors=errors) for line, errors in prepared.refused.items()]
    others += [
        Answer(line, Outcome.EXISTS, _key(known.get(first, -1)), f"The same as row {first}.")
        for line, first in prepared.repeated.items()
    ]
    others += [
        Answer(lines[row], kinds[row][0], _key(keys[row]), "", (), tuple(found)) for row, found in findings.items()
    ]
    if findings:
        brief = [row for row in range(len(lines)) if row not in findings]
        lines, kinds, keys = ([column[row] for row in brief] for column in (lines, kinds, keys))
    return Answers(lines, kinds, keys, others)


def _key(key: int) -> int | None:
    return key if key >= 0 else None


def refused_together(answers: Sequence[Answer]) -> list[Answer]:
    """Answers of an upload that is stored whole or not at all, and is not."""
    return [
        answer
        if answer.outcome in (Outcome.REJECTED, Outcome.EXISTS)
        else Answer(answer.row, Outcome.REJECTED, None, NOT_ALONE, (), answer.findings)
        for answer in answers
    ]
