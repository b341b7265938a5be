"""Answers that say the same of many rows, told once with the rows they are of."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse

from tom_photvalidation.actions.answers import Answer, Finding
from tom_photvalidation.choices import Outcome
from tom_photvalidation.measurements import Problem
from tom_photvalidation.models import PhotometryPoint

MOST_RANGES = 12
MOST_VALUES = 3


@dataclass
class Refused:
    """One thing that is wrong, and the rows it is wrong in."""

    problem: Problem
    lines: list[int] = field(default_factory=list)
    values: dict[str, None] = field(default_factory=dict)

    @property
    def rows(self) -> str:
        """Which rows, in words."""
        return ranges(self.lines)

    @property
    def typed(self) -> list[str]:
        """What was typed there, as far as it is shown."""
        return list(islice(filter(None, self.values), MOST_VALUES))

    @property
    def n_more_values(self) -> int:
        """How many other things were typed there."""
        return len(list(filter(None, self.values))) - len(self.typed)

    @property
    def target_to_make(self) -> str:
        """The address at which the target that is missing is made; empty where none is."""
        name = self.problem.value
        return (
            f"{reverse('targets:create')}?{urlencode({'name': name})}" if self.problem.code == "unknown-target" else ""
        )


@dataclass
class Doubted:
    """One finding, and the rows it is of; `address` leads to their points, when they are stored."""

    finding: Finding
    outcome: Outcome
    lines: list[int] = field(default_factory=list)
    keys: list[int] = field(default_factory=list)
    address: str = ""

    @property
    def rows(self) -> str:
        """Which rows, in words."""
        return ranges(self.lines)


def refused_alike(answers: Iterable[Answer]) -> list[Refused]:
    """Return what is wrong, once for all rows in which the same is wrong with the same column."""
    found: dict[tuple[str, ...], Refused] = {}
    for problem in (problem for answer in answers for problem in answer.errors):
        said = problem.column, problem.code, problem.message, problem.fix
        one = found.setdefault(said, Refused(problem))
        one.lines.append(problem.line)
        one.values[problem.value] = None
    return list(found.values())


def doubted_alike(answers: Iterable[Answer]) -> list[Doubted]:
    """Return what the checks say, once for all rows of which they say the same."""
    found: dict[tuple[str, ...], Doubted] = {}
    for answer in answers:
        for finding in answer.findings:
            said = finding.check, finding.message, answer.outcome.value
            one = found.setdefault(said, Doubted(finding, answer.outcome))
            one.lines.append(answer.row)
            if answer.pk is not None:
                one.keys.append(answer.pk)
    return list(found.values())


def lead_to_points(doubted: Sequence[Doubted], upload: UUID) -> None:
    """Give the lines whose points are stored, and of one target, the address of these points."""
    keys = [key for one in doubted for key in one.keys]
    rows = PhotometryPoint.objects.filter(pk__in=keys).values_list("pk", "target", "telescope", "filter")
    places = {pk: place for pk, *place in rows}
    for one in doubted:
        known = [places[key] for key in one.keys if key in places]
        targets, telescopes, filters = map(set, zip(*known, strict=True)) if known else (set(), set(), set())
        if len(targets) == 1:
            narrowed: dict[str, Any] = {"upload": upload, "check": one.finding.check}
            for name, values in (("telescope", telescopes), ("filter", filters)):
                if len(values) == 1:
                    (narrowed[name],) = values
            one.address = f"{reverse('photometry:table', args=[*targets])}?{urlencode(narrowed)}"


def ranges(lines: Iterable[int]) -> str:
    """Return numbers in words: 2-60, 64, 70-71, with a dash for what follows one another; the first ones of many."""
    numbers = sorted(set(lines))
    ends = [number for number, following in pairwise(numbers) if following != number + 1] + numbers[-1:]
    begins = numbers[:1] + [following for number, following in pairwise(numbers) if following != number + 1]
    words = [str(begin) if begin == end else f"{begin}–{end}" for begin, end in zip(begins, ends, strict=True)]
    return ", ".join(words[:MOST_RANGES]) + (", …" if len(words) > MOST_RANGES else "")
