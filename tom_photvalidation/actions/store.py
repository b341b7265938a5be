"""Points written by COPY: into a table of their own, from there into the store, where each measurement is once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone
from numpy.typing import NDArray

from tom_photvalidation.measurements import Measurements
from tom_photvalidation.models import Audience, PhotometryPoint, PhotometryUpload, PointFinding
from tom_photvalidation.plans import by_index
from tom_photvalidation.sheets import POINT_COLUMNS, as_csv, json_texts, numbers, point_table, texts

_TABLE = PhotometryPoint._meta.db_table
_FINDINGS = PointFinding._meta.db_table
_WRITTEN = (
    "id", *POINT_COLUMNS, "target_id", "status", "checks", "severity", "fingerprint", "version", "supersedes_id",
    "datum",
)  # fmt: skip
_FINDING_COLUMNS = (
    "point_id", "check_id", "check_version", "bit", "severity", "score", "sentence", "fix", "found_at",
)  # fmt: skip
_MAKE_INCOMING = (
    f"CREATE TEMPORARY TABLE incoming ON COMMIT DROP AS SELECT {', '.join(_WRITTEN)} FROM {_TABLE} WITH NO DATA"  # noqa: S608
)


@dataclass(frozen=True, eq=False)
class Rows:
    """Measurements that can be stored, each with its target, fingerprint and what the checks made of it; (n,) each."""

    measurements: Measurements
    target_ids: NDArray[np.int64]
    fingerprints: NDArray[np.void]
    status: NDArray[Any]
    checks: NDArray[np.int64]
    severity: NDArray[Any]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.target_ids)

    def take(self, which: NDArray[Any]) -> "Rows":
        """Return some of the rows."""
        return Rows(
            self.measurements.take(which),
            self.target_ids[which],
            self.fingerprints[which],
            self.status[which],
            self.checks[which],
            self.severity[which],
        )


@dataclass(frozen=True, eq=False)
class Stored:
    """What became of rows: the key of each point, whether it is new, and the status of one that was known."""

    ids: NDArray[np.int64]
    is_new: NDArray[np.bool_]
    status: NDArray[Any]


@dataclass(frozen=True)
class FoundRow:
    """One failed check of one row, as it is written."""

    row: int
    check_id: str
    check_version: int
    bit: int
    severity: str
    score: float | None
    sentence: str
    fix: dict[str, Any] | None


def store(
    rows: Rows,
    upload: PhotometryUpload,
    seen: QuerySet[Audience],
    *,
    version: int = 1,
    supersedes: int | None = None,
    datum: Sequence[int] | None = None,
) -> Stored:
    """Write the rows that are new to whoever sends them; within a transaction.

    A row is known when a point with its fingerprint stands among those told to the same groups, or to any of the sets
    of groups in `seen`: points that others keep to themselves stay unknown.
    """
    ids = _new_ids(len(rows))
    with connection.cursor() as cursor:
        cursor.execute(_MAKE_INCOMING)
        sheet = as_csv(_table(rows, ids, version, supersedes, datum))
        cursor.copy_expert(f"COPY incoming ({', '.join(_WRITTEN)}) FROM STDIN WITH (FORMAT csv)", sheet)
        del sheet
        with by_index(cursor):
            others, values = _audiences(seen, upload)
            cursor.execute(
                f"INSERT INTO {_TABLE} ({', '.join(_WRITTEN)}, upload_id, audience_id, created_at)"  # noqa: S608
                f" SELECT {', '.join(_WRITTEN)}, %s, %s, now() FROM incoming WHERE version > 1 OR NOT EXISTS ("
                f"SELECT FROM {_TABLE} AS known WHERE known.fingerprint = incoming.fingerprint"
                f" AND known.audience_id IN ({others})) ON CONFLICT (fingerprint, audience_id, version) DO NOTHING",
                [upload.pk, upload.audience_id, *values],
            )
            n_new = cursor.rowcount
            known = [] if n_new == len(rows) else _known(cursor, upload, seen)
        cursor.execute("DROP TABLE incoming")
    return _stored(rows, ids, known, upload.pk)


def look_up(rows: Rows, upload: PhotometryUpload, seen: QuerySet[Audience]) -> Stored:
    """Say what `store` would make of rows; writes nothing."""
    ids = np.arange(-len(rows), 0, dtype=np.int64)
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE incoming (id bigint, line integer, fingerprint uuid) ON COMMIT DROP",
        )
        table = pa.table([pa.array(ids), pa.array(rows.measurements.line), uuids(rows.fingerprints)], list("abc"))
        cursor.copy_expert("COPY incoming FROM STDIN WITH (FORMAT csv)", as_csv(table))
        with by_index(cursor):
            known = _known(cursor, upload, seen)
        cursor.execute("DROP TABLE incoming")
    return _stored(rows, ids, known, upload.pk)


def _new_ids(n: int) -> NDArray[np.int64]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [_TABLE, n],
        )
        return np.fromiter((row[0] for row in cursor.fetchall()), dtype=np.int64, count=n)


def _table(
    rows: Rows, ids: NDArray[np.int64], version: int, supersedes: int | None, datum: Sequence[int] | None
) -> pa.Table:
    n = len(rows)
    more = {
        "id": pa.array(ids),
        "target_id": pa.array(rows.target_ids),
        "status": texts(rows.status),
        "checks": pa.array(rows.checks),
        "severity": texts(rows.severity),
        "fingerprint": uuids(rows.fingerprints),
        "version": pa.array(np.full(n, version)),
        "supersedes_id": pa.array([supersedes] * n, type=pa.int64()),
        "datum": pa.array([None] * n if datum is None else list(datum), type=pa.int64()),
    }
    return point_table(rows.measurements, **more).select(_WRITTEN)


def uuids(fingerprints: NDArray[np.void]) -> pa.Array:
    """Return fingerprints of 16 bytes as texts that PostgreSQL reads as uuid."""
    digits = np.ascontiguousarray(fingerprints).tobytes().hex()
    return pa.array([digits[at : at + 32] for at in range(0, len(digits), 32)], type=pa.string())


def _audiences(seen: QuerySet[Audience], upload: PhotometryUpload) -> tuple[str, list[int]]:
    """Return the sets of groups whose points count as known, as SQL: numbers, a handful."""
    keys = {upload.audience_id, *seen.values_list("pk", flat=True)}
    return ", ".join(["%s"] * len(keys)), sorted(keys)


def _known(cursor: Any, upload: PhotometryUpload, seen: QuerySet[Audience]) -> list[tuple[int, int, str, int, int]]:
    """Return for each incoming row that did not become a point the point that it is: one of the same groups first."""
    others, values = _audiences(seen, upload)
    cursor.execute(
        "SELECT incoming.id, found.id, found.status, found.upload_id, found.line FROM incoming CROSS JOIN LATERAL ("  # noqa: S608
        f"SELECT known.* FROM {_TABLE} AS known"
        f" WHERE known.fingerprint = incoming.fingerprint AND known.audience_id IN ({others})"
        " ORDER BY known.id = incoming.id DESC, known.audience_id = %s DESC, known.id LIMIT 1"
        ") AS found WHERE found.id <> incoming.id",
        [*values, upload.audience_id],
    )
    return list(cursor.fetchall())


def _stored(rows: Rows, ids: NDArray[np.int64], known: list[tuple[int, int, str, int, int]], upload: int) -> Stored:
    final, is_new, status = ids.copy(), np.ones(len(rows), dtype=bool), rows.status.copy()
    place = {key: number for number, key in enumerate(ids.tolist())}
    lines = rows.measurements.line
    for incoming, point, now, source, line in known:
        at = place[incoming]
        # What an earlier try of this very upload stored is as new as it was then.
        is_new[at] = source == upload and line == lines[at]
        final[at], status[at] = point, now
    return Stored(final, is_new, status)


def write_findings(found: Sequence[FoundRow], point_ids: NDArray[np.int64]) -> None:
    """Write failed checks of points, by COPY."""
    if not found:
        return
    keys = point_ids[[one.row for one in found]]
    fixes = json_texts(_objects([one.fix or {} for one in found]))
    table = pa.table(
        [
            pa.array(keys),
            pa.array([one.check_id for one in found]),
            pa.array([one.check_version for one in found]),
            pa.array([one.bit for one in found]),
            pa.array([one.severity for one in found]),
            numbers(np.array([np.nan if one.score is None else one.score for one in found], dtype=np.float64)),
            texts([one.sentence for one in found]),
            pa.array([None if text == "{}" else text for text in fixes], type=pa.string()),
            pa.array([timezone.now()] * len(found), type=pa.timestamp("us", tz="UTC")),
        ],
        list(_FINDING_COLUMNS),
    )
    with connection.cursor() as cursor:
        cursor.copy_expert(
            f"COPY {_FINDINGS} ({', '.join(_FINDING_COLUMNS)}) FROM STDIN WITH (FORMAT csv)", as_csv(table)
        )


def _objects(values: Sequence[Any]) -> NDArray[Any]:
    column = np.empty(len(values), dtype=object)
    column[:] = list(values)
    return column
