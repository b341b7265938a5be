"""Everything that came in about an event and was done for it, newest first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tom_gcn.choices import LocalizationKind
from tom_gcn.models import Circular, Event, HandTag, HermesMessage, Localization, Notice, ObservationPlan
from tom_gcn.querysets import User

# What can be chosen, with the word on the page.
SHOWN = {
    "": "everything",
    "notices": "notices",
    "localizations": "localizations",
    "circulars": "circulars and messages",
    "plans": "plans",
    "tags": "tags",
}
_TEXT_COLUMNS = ("circular_id", "version", "subject", "submitter", "sent_at", "created_at", "event_name")
_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened; `kind` is the plural of `SHOWN`, `row` the row of the database."""

    moment: datetime | None
    kind: str
    row: Any

    @property
    def template(self) -> str:
        """What draws it."""
        return f"tom_gcn/partials/entry_{type(self.row).__name__.lower()}.html"


@dataclass(frozen=True)
class Timeline:
    """The entries of an event."""

    entries: Sequence[Entry]
    shown: str

    @property
    def chosen(self) -> list[Entry]:
        """Those asked for, newest first."""
        return [entry for entry in self.entries if self.shown in {"", entry.kind}]

    @property
    def choices(self) -> list[tuple[str, str, int]]:
        """What can be shown, in words, and how many there are."""
        counts = {kind: sum(entry.kind == kind for entry in self.entries) for kind in SHOWN}
        counts[""] = len(self.entries)
        return [(kind, words, counts[kind]) for kind, words in SHOWN.items() if counts[kind] or kind == self.shown]


def timeline_of(event: Event, user: User, shown: str = "") -> Timeline:
    """Gather the entries of an event the user may see, in six queries."""
    rows = [*notices_of(event), *localizations_of(event), *plans_of(event), *texts_of(event, user), *tags_of(event)]
    return gathered(rows, shown if shown in SHOWN else "")


def gathered(rows: Iterable[Any], shown: str) -> Timeline:
    """Order rows newest first; of the same moment a notice comes before what it brought."""
    entries = [_entry(row) for row in rows]
    entries.sort(key=lambda entry: (entry.moment or _LONG_AGO, entry.kind == "localizations"), reverse=True)
    return Timeline(entries, shown)


def notices_of(event: Event) -> list[Notice]:
    """Notices in order of time, without the bytes of their messages."""
    rows = event.notices.select_related("message", "skymap_fetch").defer("message__body", "message__headers")
    return list(rows)


def localizations_of(event: Event) -> list[Localization]:
    """Localizations in order of time, without their maps."""
    heavy = (f"skymap__{column}" for column in ("fits", "packed", "region_50", "region_90", "contours"))
    return list(event.localizations.select_related("skymap", "notice", "notice__skymap_fetch").defer(*heavy))


def plans_of(event: Event) -> list[ObservationPlan]:
    """Plans, newest first, without their curves."""
    return list(event.plans.select_related("requested_by").defer("curve"))


def texts_of(event: Event, user: User) -> list[Circular | HermesMessage]:
    """Circulars and messages without their texts."""
    circulars = Circular.objects.visible_to(user).filter(events=event).only(*_TEXT_COLUMNS)
    messages = HermesMessage.objects.visible_to(user).filter(events=event).defer("text", "targets")
    return [*circulars, *messages]


def tags_of(event: Event) -> list[HandTag]:
    """Tags set by hand, also those that were removed."""
    return list(event.hand_tags.select_related("added_by", "removed_by"))


def _entry(row: Any) -> Entry:
    match row:
        case Notice():
            return Entry(row.time_created, "notices", row)
        case Localization():
            return Entry(_moment_of_map(row), "localizations", row)
        case HandTag():
            return Entry(row.added_at, "tags", row)
        case ObservationPlan():
            return Entry(row.requested_at, "plans", row)
        case _:
            return Entry(row.sent_at or row.created_at, "circulars", row)


def _moment_of_map(row: Localization) -> datetime:
    """A map that was fetched is newer than its notice."""
    fetch = getattr(row.notice, "skymap_fetch", None)
    if fetch is None or fetch.finished_at is None or row.kind != LocalizationKind.SKYMAP:
        return row.notice.time_created
    return fetch.finished_at
