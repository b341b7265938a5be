"""Rows that were read made ready for the store: names settled, checks run, repetitions and refusals told apart."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tom_targets.models import Target

from tom_grandma_facilities.people import only_telescope
from tom_photvalidation.actions.store import FoundRow, Rows
from tom_photvalidation.audiences import Person
from tom_photvalidation.checks import run_checks
from tom_photvalidation.checks.base import Finding, Findings
from tom_photvalidation.checks.repeats import ROUNDED_TWIN
from tom_photvalidation.choices import Severity, Status
from tom_photvalidation.fingerprint import fingerprints
from tom_photvalidation.measurements import Measurements, Problem, Reading
from tom_photvalidation.models import Audience, InstrumentProfile
from tom_photvalidation.naming import (
    GENERIC,
    find_targets,
    find_telescopes,
    nearest_targets,
    nearest_telescopes,
    telescope_of_camera,
)
from tom_photvalidation.sheets import storable
from tom_photvalidation.surroundings import Before, Neighbours, context_of, neighbours_of

GCN = "GCN"
_STOPPED = Severity.QUARANTINE, Severity.WARNING


@dataclass(frozen=True, eq=False)
class Prepared:
    """A part of an upload: rows for the store, their failed checks, and the rows that go no further."""

    rows: Rows
    found: tuple[FoundRow, ...]
    refused: Mapping[int, tuple[Problem, ...]]  # by line
    repeated: Mapping[int, int]  # line: the line it repeats

    def without(self, repeated: Mapping[int, int]) -> "Prepared":
        """Leave out rows that are found to repeat others."""
        is_kept = ~np.isin(self.rows.measurements.line, list(repeated))
        place = {row: number for number, row in enumerate(np.flatnonzero(is_kept).tolist())}
        found = tuple(
            replace(one, row=place[one.row], twin_row=None if one.twin_row is None else place.get(one.twin_row))
            for one in self.found
            if one.row in place
        )
        return Prepared(self.rows.take(is_kept), found, self.refused, {**self.repeated, **repeated})


def prepare(
    reading: Reading,
    by: Person | None,
    audience: Audience,
    *,
    replaces: Collection[int] = (),
    with_light_curves: bool = True,
    before: Before | None = None,
) -> Prepared:
    """Settle the names of a reading, run the checks, and sort its rows.

    `replaces` holds the keys of stored points that the rows are later versions of: they are compared with others only.
    Without `with_light_curves` the check that takes most of the time is left out. A part of an upload is compared with
    what was stored `before` the upload.
    """
    refused: dict[int, list[Problem]] = defaultdict(list)
    for problem in reading.problems:
        refused[problem.line].append(problem)
    settled = settle(reading.measurements, by)
    for problem in settled.problems:
        refused[problem.line].append(problem)
    m, target_ids = settled.measurements, settled.target_ids
    findings: Findings | None = None
    neighbours: Sequence[int] = ()
    if len(m):
        stored = neighbours_of(m, target_ids, audiences_told_all_of(audience), replaces, before)
        findings, neighbours = _checked(m, target_ids, stored, with_light_curves)
    good = np.ones(len(m), dtype=bool)
    if findings is not None:
        good = findings.severity != Severity.ERROR
        for problem in _refusals(m, findings):
            refused[problem.line].append(problem)
    keys = fingerprints(m, target_ids, instrument_ids(m))
    single, repeated = _once(keys, good, m.line)
    rows, found = _rows(m, target_ids, keys, findings, neighbours, single)
    return Prepared(rows, found, {line: tuple(problems) for line, problems in refused.items()}, repeated)


def instrument_ids(m: Measurements) -> NDArray[np.int64]:
    """Return a number for each telescope and instrument that is the same wherever it is computed."""
    pairs = list(zip(m.telescope.tolist(), m.instrument.tolist(), strict=True))
    numbers = {pair: _number_of(*pair) for pair in set(pairs)}
    return np.fromiter((numbers[pair] for pair in pairs), dtype=np.int64, count=len(pairs))


def _number_of(telescope: str, instrument: str) -> int:
    text = f"{telescope}\n{instrument.casefold()}".encode("utf-8", "replace")
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "big", signed=True)


# --- names ------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, eq=False)
class Settled:
    """Rows whose target and telescope are known, and why the others' are not."""

    measurements: Measurements
    target_ids: NDArray[np.int64]
    problems: tuple[Problem, ...]


def settle(m: Measurements, by: Person | None) -> Settled:
    """Find the targets and telescopes that rows name; only targets that `by` may see are found."""
    targets = find_targets(set(m.target.tolist()) - {""}, by)
    telescope, instrument = _telescopes(m)
    limit = only_telescope(by) if by else ""
    is_placed = np.array([name in targets for name in m.target.tolist()], dtype=bool)
    is_taken = np.array([bool(name) for name in telescope.tolist()], dtype=bool)
    is_barred = is_taken & (telescope != limit) if limit else np.zeros(len(m), dtype=bool)
    problems = [*_unknown_targets(m, ~is_placed, by), *_unknown_telescopes(m, ~is_taken)]
    problems += _barred_telescopes(m, is_barred, limit)
    good = is_placed & is_taken & ~is_barred
    kept = m.take(good).replaced(telescope=telescope[good], instrument=instrument[good])
    ids = np.fromiter((targets[name] for name in kept.target.tolist()), dtype=np.int64, count=len(kept))
    return Settled(kept, ids, tuple(problems))


def _telescopes(m: Measurements) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return our names of telescopes, "" where there is none, and the instruments.

    Points of circulars name telescopes of the whole world: those we do not know go to the generic one, whose
    instrument then is what was named.
    """
    named = list(zip(m.telescope.tolist(), m.instrument.tolist(), m.origin.tolist(), strict=True))
    ours = find_telescopes({name for pair in set(named) for name in pair[:2]} - {"", GCN})
    meant = {one: _meant(*one, ours) for one in set(named)}
    telescope, instrument = np.empty(len(named), dtype=object), np.empty(len(named), dtype=object)
    telescope[:] = [meant[one][0] for one in named]
    instrument[:] = [meant[one][1] for one in named]
    return telescope, instrument


def _meant(telescope: str, instrument: str, origin: str, ours: Mapping[str, str]) -> tuple[str, str]:
    if telescope in ours:
        return ours[telescope], instrument
    if not telescope and instrument in ours:
        return ours[instrument], ""
    if not telescope and (found := telescope_of_camera(instrument)):
        return found, instrument
    if GCN in (origin, telescope or instrument):
        return GENERIC, telescope or instrument or GCN
    return "", instrument


def _unknown_targets(m: Measurements, which: NDArray[np.bool_], by: Person | None) -> list[Problem]:
    lines, names = m.line[which].tolist(), m.target[which].tolist()
    nearest = nearest_targets(dict.fromkeys(name for name in names if name), by) if names else {}
    return [
        Problem(line, "target", *_target_words(name, nearest.get(name, [])))
        for line, name in zip(lines, names, strict=True)
    ]


def _target_words(name: str, nearest: Sequence[str]) -> tuple[str, str, str, str]:
    if not name:
        fix = "Add a column target, or name the target of all rows beside the file."
        return "missing", "", "The row names no target.", fix
    hint = f"Did you mean {' or '.join(nearest)}? " if nearest else ""
    message = f"No target that you may see is called {name[:60]!r}."
    return "unknown-target", name[:200], message, f"{hint}Create the target first, or write its name as on its page."


def _unknown_telescopes(m: Measurements, which: NDArray[np.bool_]) -> list[Problem]:
    named = zip(m.line[which].tolist(), m.telescope[which].tolist(), m.instrument[which].tolist(), strict=True)
    words: dict[tuple[str, str], tuple[str, str, str, str, str]] = {}
    problems = []
    for line, telescope, instrument in named:
        pair = telescope, instrument
        if pair not in words:
            words[pair] = _telescope_words(telescope, instrument)
        problems.append(Problem(line, *words[pair]))
    return problems


def _barred_telescopes(m: Measurements, which: NDArray[np.bool_], limit: str) -> list[Problem]:
    """Refuse rows of another telescope than the one for which a token uploads."""
    message, fix = f"This token uploads for {limit} only.", "Use a token of the telescope, or one for any telescope."
    named = zip(m.line[which].tolist(), m.telescope[which].tolist(), strict=True)
    return [Problem(line, "telescope", "other-telescope", name[:200], message, fix) for line, name in named]


def _telescope_words(telescope: str, instrument: str) -> tuple[str, str, str, str, str]:
    if not telescope and not instrument:
        fix = "Add a column telescope, or name the telescope of all rows beside the file."
        return "telescope", "missing", "", "The row names no telescope.", fix
    column, name = ("telescope", telescope) if telescope else ("instrument", instrument)
    nearest = nearest_telescopes(name)
    hint = f"Did you mean {' or '.join(nearest)}? " if nearest else ""
    fix = f"{hint}Names are on the page of telescopes; {GENERIC} stands for any other."
    return column, "unknown-telescope", name[:200], f"No telescope is called {name[:60]!r}.", fix


# --- checks -----------------------------------------------------------------------------------------------------------
def _checked(
    m: Measurements, target_ids: NDArray[np.int64], neighbours: Neighbours | None, with_light_curves: bool
) -> tuple[Findings, Sequence[int]]:
    """Return what the checks found, and the keys of the stored points the rows were compared with."""
    # rows may name a target by an alias or its key; stored points go by its name
    names = dict(Target.objects.filter(pk__in=np.unique(target_ids).tolist()).values_list("pk", "name"))
    named = m.replaced(target=np.array([names[pk] for pk in target_ids.tolist()], dtype=object))
    findings = run_checks(named, context_of(m, target_ids, neighbours), with_light_curves=with_light_curves)
    return findings, () if neighbours is None else neighbours.ids.tolist()


def audiences_told_all_of(audience: Audience) -> list[int]:
    """Return the sets of groups whose points everybody of `audience` sees: what a finding's words may tell of."""
    wanted = {group.pk for group in audience.groups.all()}
    return [
        one.pk
        for one in Audience.objects.prefetch_related("groups")
        if wanted <= {group.pk for group in one.groups.all()}
    ]


def _refusals(m: Measurements, findings: Findings) -> list[Problem]:
    """Return findings that keep a row from being stored as problems of the row."""
    return [
        Problem(
            line=int(m.line[one.row]),
            column=next(iter(one.fix or {}), ""),
            code=one.check.id,
            value="",
            message=one.sentence,
            fix="; ".join(f"write {value} as {name}" for name, value in (one.fix or {}).items()),
        )
        for one in findings
        if one.severity == Severity.ERROR
    ]


def _once(
    keys: NDArray[Any], good: NDArray[np.bool_], lines: NDArray[np.int64]
) -> tuple[NDArray[np.int64], dict[int, int]]:
    """Return the places of good rows whose fingerprint comes for the first time, and which line repeats which."""
    places = np.flatnonzero(good)
    packed = np.ascontiguousarray(keys[places]).view(np.dtype((np.void, 16))).ravel()
    _, first, inverse = np.unique(packed, return_index=True, return_inverse=True)
    of_first = first[inverse.ravel()]
    is_first = of_first == np.arange(len(places))
    again = places[~is_first]
    repeated = dict(zip(lines[again].tolist(), lines[places[of_first[~is_first]]].tolist(), strict=True))
    return places[is_first], repeated


def _rows(
    m: Measurements,
    target_ids: NDArray[np.int64],
    keys: NDArray[Any],
    findings: Findings | None,
    neighbours: Sequence[int],
    single: NDArray[Any],
) -> tuple[Rows, tuple[FoundRow, ...]]:
    n = len(m)
    mask = np.zeros(n, dtype=np.int64) if findings is None else findings.mask
    severity = np.full(n, "", dtype=object) if findings is None else findings.severity
    status = np.full(n, str(Status.UNREVIEWED), dtype=object)
    status[severity == Severity.QUARANTINE] = str(Status.QUARANTINED)
    if findings is not None:
        status[_accepted_by_itself(m) & ~np.isin(severity.astype(str), list(map(str, _STOPPED)))] = str(Status.ACCEPTED)
    packed = np.ascontiguousarray(keys).view(np.dtype((np.void, 16))).ravel()
    rows = Rows(m, target_ids, packed, status, mask, severity).take(single)
    place = {row: number for number, row in enumerate(single.tolist())}
    return rows, () if findings is None else found_rows(findings, place, neighbours)


def found_rows(findings: Findings, place: Mapping[int, int], neighbours: Sequence[int] = ()) -> tuple[FoundRow, ...]:
    """Return findings of rows that are stored, under their number among those.

    `neighbours` holds the keys of the stored points that were looked at beside the rows.
    """
    return tuple(
        FoundRow(
            place[one.row],
            one.check.id,
            one.check.version,
            one.check.bit,
            one.severity,
            one.score,
            one.sentence,
            storable(dict(one.fix)) if one.fix else None,
            *_twin(one, findings.n, place, neighbours),
        )
        for one in findings
        if one.row in place
    )


def _twin(one: Finding, n: int, place: Mapping[int, int], neighbours: Sequence[int]) -> tuple[int | None, int | None]:
    """Return the row that a row is the twin of, or the key of the stored point."""
    if one.check.id != ROUNDED_TWIN.id or one.other is None:
        return None, None
    return (place.get(one.other), None) if one.other < n else (None, neighbours[one.other - n])


def _accepted_by_itself(m: Measurements) -> NDArray[np.bool_]:
    """Return which rows are of instruments whose clean points need no reviewer."""
    trusted = set(InstrumentProfile.objects.filter(accepts_by_itself=True).values_list("telescope", "instrument"))
    if not trusted:
        return np.zeros(len(m), dtype=bool)
    pairs = zip(m.telescope.tolist(), m.instrument.tolist(), strict=True)
    return np.array([pair in trusted or (pair[0], "") in trusted for pair in pairs], dtype=bool)
