"""Rows of an upload recorded, part by part: prepared, stored, projected, answered and counted."""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from django.conf import settings

from tom_photvalidation.actions.answers import Answer, Finding
from tom_photvalidation.actions.preparing import Prepared, prepare
from tom_photvalidation.actions.projection import project_new
from tom_photvalidation.actions.store import Stored, look_up, store, write_findings
from tom_photvalidation.audiences import Person
from tom_photvalidation.choices import Outcome, Status
from tom_photvalidation.measurements import Reading
from tom_photvalidation.models import Audience, PhotometryUpload
from tom_photvalidation.querysets import AudienceQuerySet

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


@dataclass
class Tally:
    """What the parts of an upload came to."""

    counts: Counter[str] = field(default_factory=Counter)
    targets: set[int] = field(default_factory=set)
    n_rows: int = 0
    format: str = ""
    mapping: dict[str, str] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)
    has_all_checks: bool = True

    def add(self, reading: Reading, answers: Sequence[Answer]) -> None:
        """Count a part."""
        self.counts.update(answer.outcome.value for answer in answers)
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

    def record(self, reading: Reading, tally: Tally) -> list[Answer]:
        """Record one part and answer its rows; within a transaction."""
        is_short = reading.n_rows <= settings.ICARE_PHOTOMETRY_CURVES_AT_ONCE
        prepared = prepare(reading, self.by, self.upload.audience, with_light_curves=is_short)
        if not is_short:
            tally.has_all_checks = False
            tally.notes[LATER] = None
        seen = Audience.objects.of(self.by)
        if self.is_trial:
            stored = look_up(prepared.rows, self.upload, seen)
        else:
            stored = self._write(prepared, seen)
            tally.targets.update(np.unique(prepared.rows.target_ids[stored.is_new]).tolist())
        answers = list(_answers(prepared, stored))
        if self.is_trial:
            answers = [answer.without_key() for answer in answers]
        tally.add(reading, answers)
        return answers

    def _write(self, prepared: Prepared, seen: AudienceQuerySet) -> Stored:
        stored = store(prepared.rows, self.upload, seen)
        fresh = [one for one in prepared.found if stored.is_new[one.row]]
        write_findings(fresh, stored.ids)
        project_new(stored.ids[stored.is_new].tolist())
        return stored


def _answers(prepared: Prepared, stored: Stored) -> Iterator[Answer]:
    """Answer every row of a part, in the order of the lines."""
    findings: dict[int, list[Finding]] = {}
    for one in prepared.found:
        findings.setdefault(one.row, []).append(Finding(one.check_id, one.severity, one.sentence, one.fix))
    lines = prepared.rows.measurements.line.tolist()
    keys, fresh, states = stored.ids.tolist(), stored.is_new.tolist(), stored.status.tolist()
    known = dict(zip(lines, keys, strict=True))
    answers = [
        _answer(line, pk, is_new, status, tuple(findings.get(row, ())))
        for row, (line, pk, is_new, status) in enumerate(zip(lines, keys, fresh, states, strict=True))
    ]
    answers += [Answer(line, Outcome.REJECTED, errors=errors) for line, errors in prepared.refused.items()]
    answers += [
        Answer(line, Outcome.EXISTS, known.get(first), f"The same as row {first}.")
        for line, first in prepared.repeated.items()
    ]
    return iter(sorted(answers, key=lambda answer: answer.row))


def _answer(line: int, pk: int, is_new: bool, status: str, findings: tuple[Finding, ...]) -> Answer:
    if not is_new:
        return Answer(line, Outcome.EXISTS, pk, _NOTES[Status(status)])
    outcome = Outcome.QUARANTINED if status == Status.QUARANTINED else Outcome.CREATED
    return Answer(line, outcome, pk, "", (), findings)


def refused_together(answers: Sequence[Answer]) -> list[Answer]:
    """Answers of an upload that is stored whole or not at all, and is not."""
    return [
        answer
        if answer.outcome in (Outcome.REJECTED, Outcome.EXISTS)
        else Answer(answer.row, Outcome.REJECTED, None, NOT_ALONE, (), answer.findings)
        for answer in answers
    ]
