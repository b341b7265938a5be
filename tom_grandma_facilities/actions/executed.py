"""Recording what telescopes did: every row checked and answered, all by COPY, the same row twice is one row."""

import gzip
import hashlib
import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, Group, User
from django.db import transaction
from django.db.models import Max, Min, Q, QuerySet
from django.utils import timezone

from tom_grandma_facilities import fields
from tom_grandma_facilities.actions.executed_rows import Answer, answers_csv, rejected, storable, store
from tom_grandma_facilities.choices import RowOutcome, UploadState
from tom_grandma_facilities.exceptions import NotAllowed
from tom_grandma_facilities.executed import Checked, Problem, RawRow, check
from tom_grandma_facilities.models import AnswerLink, ExecutedObservation, ObservationUpload, UploadedFile
from tom_grandma_facilities.people import only_telescope, shares_with
from tom_grandma_facilities.registry import UnknownTelescope, get_telescope
from tom_grandma_facilities.rights import groups_where
from tom_grandma_facilities.signals import observations_recorded

logger = logging.getLogger(__name__)

Person = User | AnonymousUser
RECORD_PERMISSION = "tom_grandma_facilities.add_executedobservation"
MOST_KEPT_REJECTED = 10_000
REPORT_EVERY = 1000


@dataclass(frozen=True)
class Recorded:
    """What became of all rows, in their order; `upload` is None for a dry run and when nothing was new."""

    answers: tuple[Answer, ...]
    upload: ObservationUpload | None = None
    is_dry_run: bool = False
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class CheckedRows:
    """Rows that can be stored, and the answers to those that cannot or need not."""

    good: Sequence[Checked]
    answers: Sequence[Answer]


def may_record_observations(user: Person) -> bool:
    """Say whether `user` may tell what telescopes did: the permission, and a group to tell."""
    return groups_to_tell(user).exists()


def groups_to_tell(user: Person) -> QuerySet[Group]:
    """Return the groups `user` may upload for: those of one's own where one has the right to; for superusers all."""
    return groups_where(user, RECORD_PERMISSION)


def default_groups(user: Person, permission: str = RECORD_PERMISSION) -> list[Group]:
    """Return whom one chose to share with; otherwise the network for its members, and all of one's groups.

    Only groups in which one holds the permission.
    """
    own = groups_where(user, permission)
    if chosen := list(own.filter(pk__in=[group.pk for group in shares_with(user)])):
        return chosen
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
    body: bytes = b"",
    unknown: Sequence[str] = (),
    link: AnswerLink | None = None,
) -> Recorded:
    """Record executed observations; good rows are stored also when others are rejected.

    A row is known by its telescope, observation_id and the groups that see it: told again with the same values it
    exists, with other values it is corrected and the earlier row is kept beside it.

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
    body : bytes
        The file the rows were read from: kept with the upload as it came.
    unknown : sequence of str
        Columns of it that nobody knows.
    link : AnswerLink, optional
        The signed link the rows came by, already judged: it stands for the permission, and `groups` must be given.

    Raises
    ------
    NotAllowed
        When `by` may not record observations, or not for these groups.
    UnknownTelescope
        When `telescope` is none.
    """
    told = groups_for(by, groups, link)
    only = one_telescope(telescope, by)
    checked = check_all(rows, only, by)
    with transaction.atomic():
        upload = ObservationUpload.objects.create(source=source[:255], uploaded_by_id=by.pk, telescope=only, link=link)
        upload.groups.set(told)
        if body:
            keep_file(upload, body)
        upload.unknown = storable(list(unknown))
        recorded = record_into(upload, checked, rows, by)
        counts = recorded.counts
        is_news = bool(counts[RowOutcome.CREATED] or counts[RowOutcome.CHANGED] or counts[RowOutcome.REJECTED])
        if dry_run or not is_news:
            transaction.set_rollback(True)
    teller = f"link {link.pk}" if link else f"user {by.pk}"
    logger.info("Executed observations from %s%s: %s", teller, " (dry run)" if dry_run else "", dict(counts))
    kept = upload if is_news and not dry_run else None
    answers = without_keys(recorded.answers) if dry_run else recorded.answers
    return Recorded(answers, kept, dry_run, counts)


def record_into(upload: ObservationUpload, checked: CheckedRows, rows: Sequence[RawRow], by: Person) -> Recorded:
    """Store rows that were checked, and write their story on the row of their upload; within a transaction."""
    stored = store(checked.good, upload, by)
    answers = tuple(sorted([*checked.answers, *stored], key=lambda answer: answer.line))
    found = Counter(str(answer.outcome) for answer in answers)
    counts = {outcome.value: found[outcome] for outcome in RowOutcome}
    _close(upload, rows, answers, counts)
    transaction.on_commit(lambda: _tell(upload, stored))
    return Recorded(answers, upload, False, counts)


def without_keys(answers: Sequence[Answer]) -> tuple[Answer, ...]:
    """Answers of a dry run: keys of rows that were rolled back lead nowhere."""
    return tuple(replace(a, pk=None) if a.outcome is RowOutcome.CREATED else a for a in answers)


def keep_file(upload: ObservationUpload, body: bytes) -> None:
    """Keep what came, as it came."""
    UploadedFile.objects.create(
        upload=upload, sha256=hashlib.sha256(body).hexdigest(), body=gzip.compress(body, compresslevel=5, mtime=0)
    )


def keep_answers(upload: ObservationUpload, answers: Iterable[Answer]) -> None:
    """Keep the answer to every row beside the file, if the file is kept."""
    UploadedFile.objects.filter(upload=upload).update(
        answers=gzip.compress(answers_csv(answers), compresslevel=5, mtime=0)
    )


def ask_permission(by: Person) -> None:
    """Refuse whoever may not record observations, before anything they sent is read.

    Raises
    ------
    NotAllowed
    """
    if not (by.is_active and by.has_perm(RECORD_PERMISSION)):
        raise NotAllowed("You may not record executed observations; an administrator gives the permission.")


def groups_for(by: Person, groups: Collection[Group] | None, link: AnswerLink | None = None) -> list[Group]:
    """Return who is to see an upload of `by`, or by a signed link that was judged already.

    Raises
    ------
    NotAllowed
    """
    if link is not None:
        if not groups:
            raise NotAllowed("Nobody would see what this link uploads. Tell the network that gave it to you.")
        return list(groups)
    ask_permission(by)
    told = default_groups(by) if groups is None else list(groups)
    keys = {group.pk for group in told}
    if not keys or groups_to_tell(by).filter(pk__in=keys).count() != len(keys):
        raise NotAllowed("Choose who sees the observations among your own groups.")
    return told


def one_telescope(asked: str, by: Person) -> str:
    """Return the one telescope of all rows; empty when every row names its own.

    Raises
    ------
    NotAllowed
    UnknownTelescope
    """
    name, limit = get_telescope(asked).name if asked else "", only_telescope(by)
    if limit and name not in ("", limit):
        raise NotAllowed(f"This token uploads for {limit} only, not for {name}.")
    return name or limit


# --- checking ---------------------------------------------------------------------------------------------------------
def check_all(
    rows: Sequence[RawRow], only: str, by: Person, report: Callable[[float], None] | None = None
) -> CheckedRows:
    """Sort rows into those that can be stored and the answers to those that cannot; `report` hears how far it is."""
    now = timezone.now()
    good: list[Checked] = []
    answers: list[Answer] = []
    names: dict[str, str | Problem] = {}
    for number, row in enumerate(rows):
        if report is not None and number % REPORT_EVERY == 0:
            report(number / len(rows))
        found = check(row, now)
        if isinstance(found, Checked):
            found = _with_telescope(found, only, names)
        if isinstance(found, Checked):
            good.append(found)
        else:
            answers.append(rejected(row, found))
    placed, unplaced = _placed(good, by)
    single, repeated = _once(placed)
    return CheckedRows(single, answers + unplaced + repeated)


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
            answers.append(rejected(row, [problem]))
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
            answers.append(rejected(row, [problem]))
    return list(first.values()), answers


# --- afterwards -------------------------------------------------------------------------------------------------------
def _close(
    upload: ObservationUpload, rows: Sequence[RawRow], answers: Sequence[Answer], counts: Mapping[str, int]
) -> None:
    """Write the story of the upload on its row."""
    upload.n_created, upload.n_changed = counts[RowOutcome.CREATED], counts[RowOutcome.CHANGED]
    upload.n_exists, upload.n_rejected = counts[RowOutcome.EXISTS], counts[RowOutcome.REJECTED]
    raw = {row.line: row.raw for row in rows}
    refused = [answer for answer in answers if answer.outcome is RowOutcome.REJECTED][:MOST_KEPT_REJECTED]
    upload.rejected = [
        storable({"line": a.line, "row": raw.get(a.line), "problems": [problem.as_dict() for problem in a.problems]})
        for a in refused
    ]
    upload.state, upload.progress, upload.doing, upload.finished_at = UploadState.DONE, 1.0, "", timezone.now()
    upload.save()
    keep_answers(upload, answers)


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
