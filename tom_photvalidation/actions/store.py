"""Points written by COPY: into a table of their own, from there into the store, where each measurement is once."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any

import numpy as np
import pyarrow as pa
from django.db import IntegrityError, connection, transaction
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
    "datum", "upload_id", "audience_id", "created_at",
)  # fmt: skip
_FINDING_COLUMNS = (
    "point_id", "check_id", "check_version", "bit", "severity", "score", "sentence", "fix", "found_at",
)  # fmt: skip
_KEYS = f"{_TABLE}_id_seq"
UNIQUE_VIOLATION = "23505"
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
    """What became of rows: the key of each point, whether it is new, and the status of one that was known.

    What an earlier try of the very upload wrote is new, but not written now.
    """

    ids: NDArray[np.int64]
    is_new: NDArray[np.bool_]
    is_written: NDArray[np.bool_]
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
    # The row that this one repeats in rounded numbers, or the key of such a point.
    twin_row: int | None = None
    twin: int | None = None


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
    write = _Writing(rows, upload, version, supersedes, datum)
    if version == 1:
        try:
            with transaction.atomic():
                return _store_unknown(write, seen)
        except IntegrityError as error:
            if getattr(error.__cause__, "pgcode", "") != UNIQUE_VIOLATION:
                raise
            # Somebody sent the same at the same time.
    return _store_unless_known(write, seen)


@dataclass(frozen=True)
class _Writing:
    """Rows with what their points say beside them."""

    rows: Rows
    upload: PhotometryUpload
    version: int
    supersedes: int | None
    datum: Sequence[int] | None

    def sheet(self, ids: NDArray[np.int64], which: NDArray[np.bool_] | None = None) -> io.BytesIO:
        """Return the rows, or some, as COPY reads them: `_WRITTEN`."""
        rows = self.rows if which is None else self.rows.take(which)
        n = len(rows)
        datum = [None] * len(self.rows) if self.datum is None else list(self.datum)
        more = {
            "id": pa.array(ids),
            "target_id": pa.array(rows.target_ids),
            "status": texts(rows.status),
            "checks": pa.array(rows.checks),
            "severity": texts(rows.severity),
            "fingerprint": uuids(rows.fingerprints),
            "version": pa.repeat(self.version, n),
            "supersedes_id": pa.array([self.supersedes] * n, type=pa.int64()),
            "datum": pa.array(datum if which is None else list(compress(datum, which.tolist())), type=pa.int64()),
            "upload_id": pa.repeat(self.upload.pk, n),
            "audience_id": pa.repeat(self.upload.audience_id, n),
            "created_at": pa.repeat(f"{timezone.now():%Y-%m-%d %H:%M:%S.%f+00}", n),
        }
        return as_csv(point_table(rows.measurements, **more).select(_WRITTEN))


def _store_unknown(write: _Writing, seen: QuerySet[Audience]) -> Stored:
    """Look up what is known and write the others straight into the store.

    Raises
    ------
    IntegrityError
        When one of them was stored by somebody else meanwhile.
    """
    rows = write.rows
    stored = look_up(rows, write.upload, seen)
    unknown = stored.ids < 0
    n_new = int(unknown.sum())
    if n_new:
        ids = _new_ids(n_new)
        sheet = write.sheet(ids, None if n_new == len(rows) else unknown)
        with connection.cursor() as cursor:
            _copy(cursor, _TABLE, _WRITTEN, sheet)
        stored.ids[unknown] = ids
    return stored


def _store_unless_known(write: _Writing, seen: QuerySet[Audience]) -> Stored:
    """Write by way of a table of their own the rows that are not there at the very moment of writing."""
    rows, upload = write.rows, write.upload
    ids = _new_ids(len(rows))
    with connection.cursor() as cursor:
        cursor.execute(_MAKE_INCOMING)
        _copy(cursor, "incoming", _WRITTEN, write.sheet(ids))
        with by_index(cursor):
            others, values = _audiences(seen, upload)
            cursor.execute(
                f"INSERT INTO {_TABLE} ({', '.join(_WRITTEN)})"  # noqa: S608
                f" SELECT {', '.join(_WRITTEN)} FROM incoming WHERE version > 1 OR NOT EXISTS ("
                f"SELECT FROM {_TABLE} AS known WHERE known.fingerprint = incoming.fingerprint"
                f" AND known.audience_id IN ({others})) ON CONFLICT (fingerprint, audience_id, version) DO NOTHING",
                values,
            )
            n_new = cursor.rowcount
            known = [] if n_new == len(rows) else _known(cursor, upload, seen)
        cursor.execute("DROP TABLE incoming")
    return _stored(rows, ids, known, upload.pk)


def look_up(rows: Rows, upload: PhotometryUpload, seen: QuerySet[Audience]) -> Stored:
    """Say which rows are known; the others have a key below 0. Writes nothing."""
    ids = np.arange(-len(rows), 0, dtype=np.int64)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE incoming (id bigint, fingerprint uuid) ON COMMIT DROP")
        table = pa.table([pa.array(ids), uuids(rows.fingerprints)], ["id", "fingerprint"])
        _copy(cursor, "incoming", table.column_names, as_csv(table))
        with by_index(cursor):
            known = _known(cursor, upload, seen)
        cursor.execute("DROP TABLE incoming")
    return _stored(rows, ids, known, upload.pk)


def _copy(cursor: Any, table: str, columns: Sequence[str], sheet: io.BytesIO) -> None:
    with connection.wrap_database_errors:
        cursor.copy_expert(f"COPY {table} ({', '.join(columns)}) FROM STDIN WITH (FORMAT csv)", sheet)


def _new_ids(n: int) -> NDArray[np.int64]:
    """Take keys off the sequence; usually one after another, so that their ends say all."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(key), max(key),"  # noqa: S608
            " CASE WHEN max(key) - min(key) + 1 > count(*) THEN array_agg(key ORDER BY key) END"
            f" FROM (SELECT nextval('{_KEYS}') FROM generate_series(1, %s)) AS taken (key)",
            [n],
        )
        first, last, keys = cursor.fetchone()
    return np.arange(first, last + 1, dtype=np.int64) if keys is None else np.array(keys, dtype=np.int64)


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
    final, status = ids.copy(), rows.status.copy()
    is_new, is_written = np.ones(len(rows), dtype=bool), np.ones(len(rows), dtype=bool)
    place = {key: number for number, key in enumerate(ids.tolist())} if known else {}
    lines = rows.measurements.line
    for incoming, point, now, source, line in known:
        at = place[incoming]
        is_new[at], is_written[at] = source == upload and line == lines[at], False
        final[at], status[at] = point, now
    return Stored(final, is_new, is_written, status)


def write_findings(found: Sequence[FoundRow], point_ids: NDArray[np.int64]) -> None:
    """Write failed checks of points, by COPY, and which point is the twin of which."""
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
        _copy(cursor, _FINDINGS, _FINDING_COLUMNS, as_csv(table))
    write_twins(found, point_ids)


def write_twins(found: Sequence[FoundRow], point_ids: NDArray[np.int64]) -> None:
    """Write which points differ by rounding only."""
    twins = {
        int(point_ids[one.row]): one.twin if one.twin_row is None else int(point_ids[one.twin_row])
        for one in found
        if one.twin is not None or one.twin_row is not None
    }
    if twins:
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {_TABLE} AS point SET twin_id = new.twin"  # noqa: S608
                " FROM unnest(%s::bigint[], %s::bigint[]) AS new (id, twin) WHERE point.id = new.id",
                [list(twins), list(twins.values())],
            )


def _objects(values: Sequence[Any]) -> NDArray[Any]:
    column = np.empty(len(values), dtype=object)
    column[:] = list(values)
    return column
