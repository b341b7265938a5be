"""Recording what telescopes did: every row checked and answered, all by COPY, the same row twice is one row."""

import csv
import io
import json
import logging
import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from astropy import units as u
from django.conf import settings
from django.contrib.auth.models import AnonymousUser, Group, User
from django.db import connection, transaction
from django.db.models import Max, Min, Q, QuerySet
from django.utils import timezone

from tom_grandma_facilities import fields
from tom_grandma_facilities.choices import RowOutcome
from tom_grandma_facilities.exceptions import NotAllowed
from tom_grandma_facilities.executed import Checked, Problem, RawRow, check
from tom_grandma_facilities.executed.sky import SHAPES, cells, size_class
from tom_grandma_facilities.models import ExecutedObservation, ObservationUpload
from tom_grandma_facilities.registry import UnknownTelescope, get_telescope
from tom_grandma_facilities.signals import observations_recorded
from tom_grandma_facilities.telescope import Camera, Telescope

logger = logging.getLogger(__name__)

Person = User | AnonymousUser
RECORD_PERMISSION = "tom_grandma_facilities.add_executedobservation"
MOST_KEPT_REJECTED = 10_000
_COLUMNS = (
    "telescope", "observation_id", "field_id", "ra_deg", "dec_deg", "start", "exposure_s", "filter", "seeing_arcsec",
    "limiting_mag", "airmass", "target_name", "processed_fraction", "shape", "width_deg", "height_deg", "hpx29",
    "size_class", "raw", "digest",
)  # fmt: skip
_TABLE = ExecutedObservation._meta.db_table
_KEY = ("telescope", "observation_id")
_MAKE_INCOMING = (
    f"CREATE TEMPORARY TABLE incoming ON COMMIT DROP AS SELECT {', '.join(_COLUMNS)} FROM {_TABLE} WITH NO DATA"  # noqa: S608
)
_FIND_INCOMING = (
    "SELECT telescope, observation_id, executed.id, executed.upload_id"  # noqa: S608
    f" FROM incoming JOIN {_TABLE} AS executed USING (telescope, observation_id)"
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
class Recorded:
    """What became of all rows, in their order; `upload` is None for a dry run and when nothing was new."""

    answers: tuple[Answer, ...]
    upload: ObservationUpload | None = None
    is_dry_run: bool = False
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class _Field:
    """Outline of a camera's field; empty and None when it is unknown."""

    shape: str = ""
    width_deg: float | None = None
    height_deg: float | None = None
    size_class: int | None = None


def may_record_observations(user: Person) -> bool:
    """Say whether `user` may tell what telescopes did: the permission, and a group to tell."""
    return bool(user.is_active and user.has_perm(RECORD_PERMISSION) and groups_to_tell(user).exists())


def groups_to_tell(user: Person) -> QuerySet[Group]:
    """Return the groups `user` may upload for: one's own; for administrators all."""
    if getattr(user, "is_superuser", False):
        return Group.objects.order_by("name")
    return Group.objects.filter(user=user.pk).order_by("name")


def default_groups(user: Person) -> list[Group]:
    """Return the network for its members, otherwise all of one's groups."""
    own = groups_to_tell(user)
    network = list(own.filter(name=settings.ICARE_DEFAULT_GROUP))
    return network or ([] if getattr(user, "is_superuser", False) else list(own))


def record_observations(
    rows: Sequence[RawRow],
    *,
    by: Person,
    telescope: str = "",
    groups: Collection[Group] | None = None,
    source: str = "",
    dry_run: bool = False,
) -> Recorded:
    """Record executed observations; good rows are stored also when others are rejected.

    A row is known by its telescope and observation_id: told again with the same values it exists, with other values it
    is corrected and the earlier row is kept beside it.

    Parameters
    ----------
    rows : sequence of RawRow
        As `tom_grandma_facilities.executed.read_sheet` reads them.
    by : User or AnonymousUser
        Who tells.
    telescope : str
        The telescope of all rows; rows that name another are rejected. Empty: every row names its own.
    groups : collection of Group, optional
        Who sees what is new, of `groups_to_tell(by)`; the network if not given.
    source : str
        File name, or how the rows came.
    dry_run : bool
        Answer as if, and leave nothing.

    Raises
    ------
    NotAllowed
        When `by` may not record observations, or not for these groups.
    UnknownTelescope
        When `telescope` is none.
    """
    told = _groups(by, groups)
    only = get_telescope(telescope).name if telescope else ""
    checked, answers = _check_all(rows, only, by)
    with transaction.atomic():
        upload = ObservationUpload.objects.create(source=source[:255], uploaded_by_id=by.pk)
        upload.groups.set(told)
        stored = _store(checked, upload, by)
        answers += stored
        counts = Counter(str(answer.outcome) for answer in answers)
        is_news = bool(counts[RowOutcome.CREATED] or counts[RowOutcome.CHANGED] or counts[RowOutcome.REJECTED])
        if dry_run or not is_news:
            transaction.set_rollback(True)
        else:
            _close(upload, rows, answers, counts)
            transaction.on_commit(lambda: _tell(upload, stored))
    kept = upload if is_news and not dry_run else None
    logger.info("Executed observations from user %s%s: %s", by.pk, " (dry run)" if dry_run else "", dict(counts))
    ordered = sorted(answers, key=lambda answer: answer.line)
    if dry_run:
        # Keys of rows that were rolled back lead nowhere.
        ordered = [replace(a, pk=None) if a.outcome is RowOutcome.CREATED else a for a in ordered]
    return Recorded(tuple(ordered), kept, dry_run, {outcome.value: counts[outcome] for outcome in RowOutcome})


def _groups(by: Person, groups: Collection[Group] | None) -> list[Group]:
    if not by.has_perm(RECORD_PERMISSION):
        raise NotAllowed("You may not record executed observations; an administrator gives the permission.")
    told = default_groups(by) if groups is None else list(groups)
    keys = {group.pk for group in told}
    if not keys or groups_to_tell(by).filter(pk__in=keys).count() != len(keys):
        raise NotAllowed("Choose who sees the observations among your own groups.")
    return told


# --- checking ---------------------------------------------------------------------------------------------------------
def _check_all(rows: Sequence[RawRow], only: str, by: Person) -> tuple[list[Checked], list[Answer]]:
    """Sort rows into those that can be stored and the answers to those that cannot."""
    now = timezone.now()
    good: list[Checked] = []
    answers: list[Answer] = []
    names: dict[str, str | Problem] = {}
    for row in rows:
        found = check(row, now)
        if isinstance(found, Checked):
            found = _with_telescope(found, only, names)
        if isinstance(found, Checked):
            good.append(found)
        else:
            answers.append(_rejected(row, found))
    placed, unplaced = _placed(good, by)
    single, repeated = _once(placed)
    return single, answers + unplaced + repeated


def _rejected(row: RawRow | Checked, problems: Iterable[Problem]) -> Answer:
    name = row.observation_id if isinstance(row, Checked) else str(row.cells.get("observation_id", ""))[:100]
    return Answer(row.line, RowOutcome.REJECTED, observation_id=name, problems=tuple(problems))


def _with_telescope(row: Checked, only: str, names: dict[str, str | Problem]) -> Checked | list[Problem]:
    """Settle the telescope of a row by any of its names; `names` remembers what was looked up."""
    asked = row.telescope or only
    if asked not in names:
        names[asked] = _telescope_name(asked)
    name = names[asked]
    if isinstance(name, Problem):
        return [replace(name, line=row.line)]
    if only and name != only:
        mend = "Upload it by itself, or for no telescope in particular."
        return [Problem(row.line, "telescope", f"It is of {name}; this upload is for {only}.", mend)]
    return replace(row, telescope=name)


def _telescope_name(asked: str) -> str | Problem:
    if not asked:
        return Problem(0, "telescope", "It is missing.", "Name the telescope in the row or for the whole upload.")
    try:
        return get_telescope(asked).name
    except UnknownTelescope as unknown:
        return Problem(0, "telescope", str(unknown), "Names are listed on the page of telescopes.")


def _placed(rows: Sequence[Checked], by: Person) -> tuple[list[Checked], list[Answer]]:
    """Give rows that name only a field its position."""
    asked: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row.ra_deg is None:
            asked[row.telescope].add(row.field_id)
    if not asked:
        return list(rows), []
    places = {telescope: fields.places_of(telescope, ids, by) for telescope, ids in asked.items()}
    good, answers = [], []
    for row in rows:
        place = places[row.telescope].get(row.field_id) if row.ra_deg is None else None
        if row.ra_deg is not None:
            good.append(row)
        elif place is not None:
            good.append(replace(row, ra_deg=place[0] % 360.0, dec_deg=place[1]))
        else:
            reason = f"No plan of {row.telescope} has a field {row.field_id}."
            problem = Problem(row.line, "field_id", reason, "Give RA and Dec in degrees.")
            answers.append(_rejected(row, [problem]))
    return good, answers


def _once(rows: Sequence[Checked]) -> tuple[list[Checked], list[Answer]]:
    """Keep the first of rows with one id; what repeats it exists, what contradicts it is rejected."""
    first: dict[tuple[str, str], Checked] = {}
    answers = []
    for row in rows:
        known = first.setdefault((row.telescope, row.observation_id), row)
        if known is row:
            continue
        if known.digest() == row.digest():
            note = f"The same as line {known.line}."
            answers.append(Answer(row.line, RowOutcome.EXISTS, row.telescope, row.observation_id, note=note))
        else:
            reason = f"Line {known.line} has the same observation_id and other values."
            problem = Problem(row.line, "observation_id", reason, "Give every observation an id of its own.")
            answers.append(_rejected(row, [problem]))
    return list(first.values()), answers


# --- storing ----------------------------------------------------------------------------------------------------------
def _store(rows: Sequence[Checked], upload: ObservationUpload, by: Person) -> list[Answer]:
    """Write rows that are new or changed, and say what became of each."""
    if not rows:
        return []
    outlines = {key: _field(get_telescope(key[0]), key[1]) for key in {(row.telescope, row.filter) for row in rows}}
    with connection.cursor() as cursor:
        cursor.execute(_MAKE_INCOMING)
        sheet = _as_csv(rows, outlines)
        cursor.copy_expert(f"COPY incoming ({', '.join(_COLUMNS)}) FROM STDIN WITH (FORMAT csv)", sheet)
        written = _merge(cursor, upload, by)
        cursor.execute(_FIND_INCOMING)
        standing = {(telescope, name): (pk, owner) for telescope, name, pk, owner in cursor.fetchall()}
        cursor.execute("DROP TABLE incoming")
    visible = set(ObservationUpload.objects.visible_to(by).values_list("pk", flat=True)) | {upload.pk}
    return [_answer(row, written, standing, visible, outlines) for row in rows]


def _merge(cursor: Any, upload: ObservationUpload, by: Person) -> dict[tuple[str, str], bool]:
    """Insert what is new, correct what differs and may be seen; return which rows were written and whether new."""
    kept = [name for name in _COLUMNS if name not in _KEY]
    visible = ObservationUpload.objects.visible_to(by).values("pk").order_by()
    seen, values = visible.query.sql_with_params()
    # A row that somebody else writes meanwhile is waited for, then compared: no upload is lost, none doubled.
    cursor.execute(
        f"INSERT INTO {_TABLE} AS executed"  # noqa: S608
        f" ({', '.join(_COLUMNS)}, upload_id, earlier, created_at, changed_at)"
        f" SELECT {', '.join(_COLUMNS)}, %s, '[]', now(), now() FROM incoming ORDER BY telescope, observation_id"
        f" ON CONFLICT (telescope, observation_id) DO UPDATE SET"
        f" {', '.join(f'{name} = excluded.{name}' for name in kept)}, changed_by_id = excluded.upload_id,"
        " changed_at = now(), earlier = executed.earlier || jsonb_build_array(executed.raw)"
        f" WHERE executed.digest <> excluded.digest AND executed.upload_id IN ({seen})"
        " RETURNING telescope, observation_id, (xmax = 0)",
        [upload.pk, *values],
    )
    return {(telescope, name): is_new for telescope, name, is_new in cursor.fetchall()}


def _answer(
    row: Checked,
    written: Mapping[tuple[str, str], bool],
    standing: Mapping[tuple[str, str], tuple[int, int]],
    visible: set[int],
    outlines: Mapping[tuple[str, str], _Field],
) -> Answer:
    key = (row.telescope, row.observation_id)
    pk, owner = standing[key]
    if key not in written and owner not in visible:
        reason = f"Another group has recorded this observation_id of {row.telescope}."
        problem = Problem(row.line, "observation_id", reason, "Ask an administrator, or use another id.")
        return _rejected(row, [problem])
    outcome = RowOutcome.EXISTS
    if key in written:
        outcome = RowOutcome.CREATED if written[key] else RowOutcome.CHANGED
    note = ""
    if outlines[row.telescope, row.filter].size_class is None:
        note = f"No field of view of {row.telescope} is known: kept, but not counted as covering any sky."
    return Answer(row.line, outcome, row.telescope, row.observation_id, pk, note)


def _as_csv(rows: Sequence[Checked], outlines: Mapping[tuple[str, str], _Field]) -> io.StringIO:
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


# --- afterwards -------------------------------------------------------------------------------------------------------
def _close(
    upload: ObservationUpload, rows: Sequence[RawRow], answers: Sequence[Answer], counts: Mapping[str, int]
) -> None:
    """Write the story of the upload on its row."""
    upload.n_created, upload.n_changed = counts[RowOutcome.CREATED], counts[RowOutcome.CHANGED]
    upload.n_exists, upload.n_rejected = counts[RowOutcome.EXISTS], counts[RowOutcome.REJECTED]
    raw = {row.line: row.raw for row in rows}
    rejected = [answer for answer in answers if answer.outcome is RowOutcome.REJECTED][:MOST_KEPT_REJECTED]
    upload.rejected = [
        storable({"line": a.line, "row": raw.get(a.line), "problems": [problem.as_dict() for problem in a.problems]})
        for a in rejected
    ]
    upload.save()


def _tell(upload: ObservationUpload, stored: Sequence[Answer]) -> None:
    """Say upward what is new, if anything is."""
    keys = tuple(a.pk for a in stored if a.pk and a.outcome in (RowOutcome.CREATED, RowOutcome.CHANGED))
    if not keys:
        return
    telescopes = tuple(sorted({answer.telescope for answer in stored if answer.telescope}))
    told = ExecutedObservation.objects.filter(Q(upload=upload) | Q(changed_by=upload))
    span = told.aggregate(first=Min("start"), last=Max("start"))
    observations_recorded.send(
        sender=ExecutedObservation,
        upload=upload,
        observations=keys,
        telescopes=telescopes,
        start=span["first"],
        end=span["last"],
    )
