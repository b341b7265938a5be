"""Rows of executed observations written by COPY, and what became of each."""

import csv
import hashlib
import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from astropy import units as u
from django.contrib.auth.models import AnonymousUser, User
from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from tom_grandma_facilities.choices import RowOutcome
from tom_grandma_facilities.executed import Checked, Problem, RawRow
from tom_grandma_facilities.executed.sky import SHAPES, cells, size_class
from tom_grandma_facilities.models import ExecutedObservation, ObservationUpload
from tom_grandma_facilities.registry import get_telescope
from tom_grandma_facilities.telescope import Camera, Telescope

Person = User | AnonymousUser
_COLUMNS = (
    "telescope", "observation_id", "field_id", "ra_deg", "dec_deg", "start", "exposure_s", "filter", "seeing_arcsec",
    "limiting_mag", "airmass", "target_name", "processed_fraction", "shape", "width_deg", "height_deg", "hpx29",
    "size_class", "raw", "digest", "owner",
)  # fmt: skip
_TABLE = ExecutedObservation._meta.db_table
_KEY = ("telescope", "observation_id", "owner")
_MAKE_INCOMING = (
    f"CREATE TEMPORARY TABLE incoming ON COMMIT DROP AS SELECT {', '.join(_COLUMNS)} FROM {_TABLE} WITH NO DATA"  # noqa: S608
)
_FIND_INCOMING = (
    "SELECT telescope, observation_id, executed.id, executed.upload_id, executed.digest"  # noqa: S608
    f" FROM incoming JOIN {_TABLE} AS executed USING (telescope, observation_id, owner)"
)


@dataclass(frozen=True)
class Answer:
    """What became of one row."""

    line: int
    outcome: RowOutcome
    telescope: str = ""
    observation_id: str = ""
    pk: int | None = None
    note: str = ""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class _Field:
    """Outline of a camera's field; empty and None when it is unknown."""

    shape: str = ""
    width_deg: float | None = None
    height_deg: float | None = None
    size_class: int | None = None


@dataclass(frozen=True)
class _Standing:
    """The row an incoming one means, after all is written."""

    pk: int
    upload: int
    digest: str


def rejected(row: RawRow | Checked, problems: Iterable[Problem]) -> Answer:
    """The answer to a row that cannot be stored."""
    name = row.observation_id if isinstance(row, Checked) else str(row.cells.get("observation_id", ""))[:100]
    return Answer(row.line, RowOutcome.REJECTED, observation_id=name, problems=tuple(problems))


ANSWER_COLUMNS = ("line", "outcome", "telescope", "observation_id", "id", "column", "reason", "mend", "note")


def answers_csv(answers: Iterable[Answer]) -> bytes:
    """Answers as a table: a line per row, or per problem of a rejected row."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(ANSWER_COLUMNS)
    for answer in answers:
        beginning = (answer.line, answer.outcome.value, answer.telescope, _plain(answer.observation_id), answer.pk)
        for problem in answer.problems or (None,):
            said = (problem.column, _plain(problem.reason), problem.mend) if problem else ("", "", "")
            writer.writerow((*beginning, *said, answer.note))
    return text.getvalue().encode("utf-8", "replace")


def _plain(text: str) -> str:
    """Text of strangers that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def store(rows: Sequence[Checked], upload: ObservationUpload, by: Person) -> list[Answer]:
    """Write rows that are new or changed, and say what became of each."""
    if not rows:
        return []
    outlines = {key: _field(get_telescope(key[0]), key[1]) for key in {(row.telescope, row.filter) for row in rows}}
    with connection.cursor() as cursor:
        cursor.execute(_MAKE_INCOMING)
        sheet = _as_csv(rows, outlines, owner_of(upload))
        cursor.copy_expert(f"COPY incoming ({', '.join(_COLUMNS)}) FROM STDIN WITH (FORMAT csv)", sheet)
        _meet(cursor, upload, by)
        written = _merge(cursor, upload)
        cursor.execute(_FIND_INCOMING)
        standing = {(telescope, name): _Standing(*rest) for telescope, name, *rest in cursor.fetchall()}
        cursor.execute("DROP TABLE incoming")
    whole = set(_whole(upload).values_list("pk", flat=True))
    return [_answer(row, written, standing, whole, outlines) for row in rows]


def owner_of(upload: ObservationUpload) -> str:
    """The groups an upload tells, as part of the key of its rows: other groups may use the same ids."""
    keys = ",".join(map(str, sorted(upload.groups.values_list("pk", flat=True))))
    return hashlib.md5(keys.encode(), usedforsecurity=False).hexdigest()


def _met(upload: ObservationUpload, by: Person) -> QuerySet[ObservationUpload]:
    """Uploads whose rows an id may mean: those `by` sees; those of a group told for administrators, who see all, and
    for signed links, behind which nobody is signed in."""
    if by.is_authenticated and not getattr(by, "is_superuser", False):
        return ObservationUpload.objects.visible_to(by)
    told = upload.groups.values("pk").order_by()
    shared = ObservationUpload.groups.through.objects.filter(observationupload_id=OuterRef("pk"), group__in=told)
    return ObservationUpload.objects.filter(Exists(shared))


def _whole(upload: ObservationUpload) -> QuerySet[ObservationUpload]:
    """Uploads all whose groups this one tells too: it may correct their rows."""
    told = upload.groups.values("pk").order_by()
    left_out = ObservationUpload.groups.through.objects.filter(observationupload_id=OuterRef("pk")).exclude(
        group__in=told
    )
    return ObservationUpload.objects.filter(~Exists(left_out), groups__isnull=False).distinct()


def _sql(uploads: QuerySet[ObservationUpload]) -> tuple[str, tuple[Any, ...]]:
    return uploads.values("pk").order_by().query.sql_with_params()


def _meet(cursor: Any, upload: ObservationUpload, by: Person) -> None:
    """Settle which standing row each incoming one means, if any: one told to the same groups first, then the oldest."""
    (met, met_values), (whole, whole_values) = _sql(_met(upload, by)), _sql(_whole(upload))
    cursor.execute(
        "UPDATE incoming SET owner = meant.owner FROM ("  # noqa: S608
        "SELECT DISTINCT ON (telescope, observation_id) telescope, observation_id, executed.owner"
        f" FROM incoming JOIN {_TABLE} AS executed USING (telescope, observation_id)"
        f" WHERE executed.upload_id IN ({met}) ORDER BY telescope, observation_id,"
        f" executed.owner = incoming.owner DESC, executed.upload_id IN ({whole}) DESC, executed.id"
        ") AS meant WHERE incoming.telescope = meant.telescope AND incoming.observation_id = meant.observation_id",
        [*met_values, *whole_values],
    )


def _merge(cursor: Any, upload: ObservationUpload) -> dict[tuple[str, str], bool]:
    """Insert what is new, correct what differs and is told whole; return which rows were written and whether new."""
    kept = [name for name in _COLUMNS if name not in _KEY]
    whole, values = _sql(_whole(upload))
    # A row that somebody else writes meanwhile is waited for, then compared: no upload is lost, none doubled.
    cursor.execute(
        f"INSERT INTO {_TABLE} AS executed"  # noqa: S608
        f" ({', '.join(_COLUMNS)}, upload_id, earlier, created_at, changed_at)"
        f" SELECT {', '.join(_COLUMNS)}, %s, '[]', now(), now() FROM incoming ORDER BY telescope, observation_id"
        f" ON CONFLICT (telescope, observation_id, owner) DO UPDATE SET"
        f" {', '.join(f'{name} = excluded.{name}' for name in kept)}, changed_by_id = excluded.upload_id,"
        " changed_at = now(), earlier = executed.earlier || jsonb_build_array(executed.raw)"
        f" WHERE executed.digest <> excluded.digest AND executed.upload_id IN ({whole})"
        " RETURNING telescope, observation_id, (xmax = 0)",
        [upload.pk, *values],
    )
    return {(telescope, name): is_new for telescope, name, is_new in cursor.fetchall()}


def _answer(
    row: Checked,
    written: Mapping[tuple[str, str], bool],
    standing: Mapping[tuple[str, str], _Standing],
    whole: set[int],
    outlines: Mapping[tuple[str, str], _Field],
) -> Answer:
    key = (row.telescope, row.observation_id)
    found = standing[key]
    is_left_out = found.upload not in whole
    if is_left_out and found.digest != row.digest():
        reason = "It was told before, with other values, to groups that this upload leaves out."
        problem = Problem(row.line, "observation_id", reason, "Tell those groups as well, or use another id.")
        return rejected(row, [problem])
    outcome = RowOutcome.EXISTS
    if key in written:
        outcome = RowOutcome.CREATED if written[key] else RowOutcome.CHANGED
    note = "It was told before to other groups as well; who sees it stays as it is." if is_left_out else ""
    if outlines[row.telescope, row.filter].size_class is None:
        note = f"No field of view of {row.telescope} is known: kept, but not counted as covering any sky."
    return Answer(row.line, outcome, row.telescope, row.observation_id, found.pk, note)


def _as_csv(rows: Sequence[Checked], outlines: Mapping[tuple[str, str], _Field], owner: str) -> io.StringIO:
    numbers = cells([row.ra_deg or 0.0 for row in rows], [row.dec_deg or 0.0 for row in rows]).tolist()
    text = io.StringIO()
    writer = csv.writer(text)
    for row, number in zip(rows, numbers, strict=True):
        outline = outlines[row.telescope, row.filter]
        writer.writerow(
            (
                row.telescope,
                row.observation_id,
                _quoted(row.field_id),
                row.ra_deg,
                row.dec_deg,
                row.start.isoformat(),
                row.exposure_s,
                row.filter,
                row.seeing_arcsec,
                row.limiting_mag,
                row.airmass,
                _quoted(row.target_name),
                row.processed_fraction,
                _quoted(outline.shape),
                outline.width_deg,
                outline.height_deg,
                number,
                outline.size_class,
                json.dumps(storable(row.raw)),
                row.digest(),
                _quoted(owner),
            )
        )
    return io.StringIO(text.getvalue().replace(_EMPTY, '""'))


# COPY reads an empty cell as NULL and a quoted empty one as an empty text; the csv module writes both alike.
_EMPTY = "\x01empty\x01"


def _quoted(text: str) -> str:
    return text or _EMPTY


def storable(value: Any) -> Any:
    """Return a value of JSON as PostgreSQL can keep it: no NaN, no NUL, no half of a surrogate pair."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")
    if isinstance(value, Mapping):
        return {storable(str(name)): storable(inner) for name, inner in value.items()}
    return [storable(inner) for inner in value] if isinstance(value, list) else value


def _field(telescope: Telescope, filter_name: str) -> _Field:
    """Outline of the camera with this filter, as it is declared today; else of the one plans use."""
    with_filter = [camera for camera in telescope.cameras if filter_name in (camera.filters.value or ())]
    camera = next((camera for camera in with_filter if camera.has_field), telescope.planning_camera)
    return _outline(camera) if camera else _Field()


def _outline(camera: Camera) -> _Field:
    if camera.width.value is None or camera.height.value is None or camera.shape not in SHAPES:
        return _Field()
    width, height = float(camera.width.value.to_value(u.deg)), float(camera.height.value.to_value(u.deg))
    shape = str(camera.shape)
    return _Field(shape, width, height, size_class(shape, width, height))
