"""Stored points checked again, because their target, T0, instrument or neighbours changed. Results are versioned."""

import logging
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from django.db import connection, transaction
from django.db.models.functions import Now
from numpy.typing import NDArray

from tom_photvalidation.actions.preparing import audiences_told_all_of, found_rows
from tom_photvalidation.actions.store import FoundRow, write_findings
from tom_photvalidation.checks import run_checks
from tom_photvalidation.checks.base import Findings
from tom_photvalidation.choices import CURRENT, Severity, Status
from tom_photvalidation.loading import CHECKED, load
from tom_photvalidation.models import Audience, PhotometryPoint, PointFinding
from tom_photvalidation.surroundings import context_of, neighbours_of

logger = logging.getLogger(__name__)

_TABLE = PhotometryPoint._meta.db_table


def recheck_target(target_id: int) -> int:
    """Check the points of a target again; return how many failed other checks than before."""
    points = PhotometryPoint.objects.filter(target=target_id, status__in=CURRENT)
    told = Audience.objects.filter(pk__in=points.order_by().values("audience").distinct())
    return sum(_recheck(target_id, audience) for audience in told)


def _recheck(target_id: int, audience: Audience) -> int:
    """Check the points of one set of groups against all points that everybody of it sees."""
    with transaction.atomic():
        own = PhotometryPoint.objects.filter(target=target_id, audience=audience, status__in=CURRENT)
        ids, m = load(own, CHECKED)
        if not len(m):
            return 0
        targets = np.full(len(m), target_id, dtype=np.int64)
        neighbours = neighbours_of(m, targets, audiences_told_all_of(audience), ids.tolist())
        findings = run_checks(m, context_of(m, targets, neighbours))
        return _renew(ids, findings, () if neighbours is None else neighbours.ids.tolist())


def _renew(ids: NDArray[np.int64], findings: Findings, neighbours: Sequence[int]) -> int:
    """Write what differs from what was found before; the earlier findings are ended and kept."""
    found = found_rows(findings, {row: row for row in range(len(ids))}, neighbours)
    fresh: dict[int, list[FoundRow]] = defaultdict(list)
    for one in found:
        fresh[one.row].append(one)
    standing: dict[int, set[tuple[str, str, str]]] = defaultdict(set)
    stood = PointFinding.objects.standing().filter(point__in=ids.tolist())
    for pk, *said in stood.values_list("point", "check_id", "severity", "sentence"):
        standing[pk].add(tuple(said))  # type: ignore[arg-type]
    changed = [
        row
        for row, pk in enumerate(ids.tolist())
        if {(one.check_id, one.severity, one.sentence) for one in fresh[row]} != standing[pk]
    ]
    if changed:
        keys = ids[changed].tolist()
        PointFinding.objects.standing().filter(point__in=keys).update(ended_at=Now())
        PhotometryPoint.objects.filter(pk__in=keys, twin__isnull=False).update(twin=None)
        write_findings([one for row in changed for one in fresh[row]], ids)
        _mark(keys, findings.mask[changed].tolist(), findings.severity[changed].tolist())
    return len(changed)


def _mark(keys: list[int], masks: list[int], severities: list[str]) -> None:
    """Bring mask, severity and, where nobody decided yet, quarantine in step with the findings."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {_TABLE} AS point SET checks = new.mask, severity = new.severity, status = CASE"  # noqa: S608
            " WHEN point.status = %s AND new.severity IN (%s, %s) THEN %s"
            " WHEN point.status = %s AND new.severity NOT IN (%s, %s) THEN %s ELSE point.status END"
            " FROM unnest(%s::bigint[], %s::bigint[], %s::text[]) AS new (id, mask, severity) WHERE point.id = new.id",
            [
                Status.UNREVIEWED, Severity.QUARANTINE, Severity.ERROR, Status.QUARANTINED,
                Status.QUARANTINED, Severity.QUARANTINE, Severity.ERROR, Status.UNREVIEWED,
                keys, masks, severities,
            ],
        )  # fmt: skip
