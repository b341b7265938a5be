"""Who may read what changed about an object, and in which words.

Whoever may change an object may read who changed it; addresses are shown to super admins only.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Group, Permission, User
from django.db.models import CharField, Field, ForeignKey, Model, Q, QuerySet
from django.db.models.functions import Cast
from django.urls import NoReverseMatch, reverse
from tom_targets.models import Target

from icare_tom.audit.models import Action, AuditEntry
from icare_tom.audit.watched import WATCHED
from icare_tom.guards.access import changeable_targets, visible_targets
from icare_tom.members.group_views import visible_groups
from icare_tom.members.memberships import MANAGE
from icare_tom.members.rights import holds_all, may_in
from tom_gcn.models import Event
from tom_grandma_facilities.actions import may_change as may_change_request
from tom_grandma_facilities.actions.sharing import may_share_upload
from tom_grandma_facilities.models import FollowUpRequest, ObservationUpload
from tom_photvalidation.actions.sharing import may_share_upload as may_share_photometry
from tom_photvalidation.models import Audience, PhotometryUpload, ReviewCell
from tom_photvalidation.upload_titles import may_know_title

# Columns that say which row an entry is about, which the page says already.
_WHERE = ("id", "content_type_id", "object_pk")
_NAMED = (User, Group, Permission, Audience)
_LONG = 120
_FEW = 3
# Where Django's own name for a model says little.
_SHORT = {
    "auth.user_groups": "entry in the group,",
    "icare_tom.membership": "membership of",
    "icare_tom.joinrequest": "wish to join of",
    "guardian.groupobjectpermission": "permission of a group",
    "guardian.userobjectpermission": "permission of a person",
}

# Rows that give one permission on one object, and the column that says to whom.
_PERMISSIONS = {"guardian.groupobjectpermission": "group_id", "guardian.userobjectpermission": "user_id"}
_VERBS = ("view", "change", "delete")

Names = dict[tuple[type[Model], str], str]


@dataclass(frozen=True, slots=True)
class Kind:
    """Objects that have a page about what changed: which ones somebody sees, and of which they may read it."""

    title: str
    seen: Callable[[Any], QuerySet[Any]]
    may_read: Callable[[Any, Any], bool]
    address: str


KINDS = {
    "targets": Kind(
        "Target",
        visible_targets,
        lambda user, target: changeable_targets(user).filter(pk=target.pk).exists(),
        "targets:detail",
    ),
    "events": Kind(
        "Event",
        Event.objects.visible_to,
        lambda user, event: user.has_perm("tom_gcn.change_event", event),
        "events:detail",
    ),
    "requests": Kind(
        "Request",
        FollowUpRequest.objects.visible_to,
        may_change_request,
        "requests:detail",
    ),
    "observations": Kind(
        "Executed observations", ObservationUpload.objects.visible_to, may_share_upload, "executed:upload-state"
    ),
    "photometry": Kind(
        "Photometry",
        PhotometryUpload.objects.visible_to,
        # Its name and columns are written down too.
        lambda user, upload: may_share_photometry(user, upload) and may_know_title(user, upload),
        "photometry:upload-state",
    ),
    "groups": Kind("Group", visible_groups, lambda user, group: may_in(user, MANAGE, group), "members:group"),
}


# How entries name the kinds above.
_PAGES = {
    "tom_targets.basetarget": "targets",
    "tom_gcn.event": "events",
    "tom_grandma_facilities.followuprequest": "requests",
    "tom_grandma_facilities.observationupload": "observations",
    "tom_photvalidation.photometryupload": "photometry",
    "auth.group": "groups",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One column of an entry: what it held and what it holds, in words."""

    column: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Told:
    """One entry in words."""

    entry: AuditEntry
    what: str
    lines: list[Line]

    @property
    def is_change(self) -> bool:
        """Whether a row that was there got other values."""
        return self.entry.action == Action.CHANGED

    @property
    def is_short(self) -> bool:
        """Whether there is so little to say of a row that came or went that it need not be opened."""
        return len(self.lines) <= _FEW


def entries_about(obj: Model, reader: Any) -> QuerySet[Any]:
    """Return what changed about an object, without what hangs on it and is for groups the reader is not in."""
    entries = AuditEntry.objects.about(obj)
    if not isinstance(obj, Target):
        return entries
    cells = ReviewCell.objects.visible_to(reader).filter(target=obj.pk).annotate(key=Cast("pk", CharField()))
    hidden = Q(model=ReviewCell._meta.label_lower) & ~Q(object_id__in=cells.values("key"))
    return entries.exclude(hidden)


def tell(entries: Iterable[AuditEntry], reader: Any) -> list[Told]:
    """Put entries into words; people, groups and permissions are named with one query for each kind.

    Permissions that somebody was given, or lost, in one step are told as one.
    """
    rows = list(entries)
    names = _names(rows, reader)
    steps = groupby(enumerate(rows), lambda numbered: _step(*numbered))
    return [_tell_step([entry for _, entry in step], names) for _, step in steps]


def tell_each(entries: Iterable[AuditEntry], reader: Any) -> list[Told]:
    """Put entries into words one by one, as logs list them."""
    rows = list(entries)
    names = _names(rows, reader)
    return [_tell_step([entry], names) for entry in rows]


def _tell_step(entries: list[AuditEntry], names: Names) -> Told:
    entry = entries[0]
    if _is_permission(entry):
        return Told(entry, _permission_words(entries, names), [])
    return Told(entry, _what(entry, names), _lines(entry, names))


def objects_of(entries: Iterable[AuditEntry]) -> dict[str, tuple[str, str]]:
    """Return the names and addresses of what entries are about, one query for each kind; what is gone is left out."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        label, _, key = entry.about.partition(":")
        if key.isdecimal():
            wanted[label].add(key)
    found = {}
    for label, keys in wanted.items():
        model = _model(label)
        for row in model._default_manager.filter(pk__in=keys) if model else ():
            found[f"{label}:{row.pk}"] = str(row), _address(label, row)
    return found


def _address(label: str, row: Model) -> str:
    """Where something is looked at: on its own page, else in the administration, if it has one there."""
    if label in _PAGES:
        name, argument = page_of(_PAGES[label], row)
        return reverse(name, args=[argument])
    try:
        return reverse(f"admin:{label.replace('.', '_')}_change", args=[row.pk])
    except NoReverseMatch:
        return ""


def _is_permission(entry: AuditEntry) -> bool:
    return entry.model in _PERMISSIONS and entry.n_rows == 1 and entry.action != Action.CHANGED


def _step(number: int, entry: AuditEntry) -> tuple[Any, ...]:
    """What permissions of one step have in common; every other entry is a step by itself."""
    if not _is_permission(entry):
        return (number,)
    whom = (entry.after or entry.before or {}).get(_PERMISSIONS[entry.model])
    when = entry.at.replace(microsecond=0)
    return (entry.model, entry.about, entry.action, entry.actor_id, entry.token, entry.via, when, whom)


def _permission_words(entries: list[AuditEntry], names: Names) -> str:
    """Say whom permissions are for and what they permit: "permission for GRANDMA to view and change it"."""
    held, fields = [entry.after or entry.before or {} for entry in entries], _fields(_model(entries[0].model))
    column = _PERMISSIONS[entries[0].model]
    whom = _words(held[0].get(column), fields.get(column), names)
    verbs = {_words(one.get("permission_id"), fields.get("permission_id"), names).lower() for one in held}
    known = sorted({verb.removeprefix("can ").split(" ")[0] for verb in verbs}, key=_by_weight)
    *first, last = known
    may = f"{', '.join(first)} and {last}" if first else last
    return f"permission for {whom} to {may} it"


def _by_weight(verb: str) -> tuple[int, str]:
    return (_VERBS.index(verb) if verb in _VERBS else len(_VERBS), verb)


def _what(entry: AuditEntry, names: Names) -> str:
    model = _model(entry.model)
    word = _SHORT.get(entry.model) or (str(model._meta.verbose_name) if model else entry.model)
    if entry.n_rows > 1:
        return f"{entry.n_rows} × {word}"
    field = _naming(entry)
    return " ".join(filter(None, (word, _words(entry.name, field, names) if field else entry.name)))


def _naming(entry: AuditEntry) -> Field[Any, Any] | None:
    """The column that names a row of this kind, when it leads to another row."""
    watch = WATCHED.get(entry.model)
    field = _fields(_model(entry.model)).get(watch.named_by) if watch else None
    return field if isinstance(field, ForeignKey) and entry.name else None


def _lines(entry: AuditEntry, names: Names) -> list[Line]:
    before, after, fields = entry.before or {}, entry.after or {}, _fields(_model(entry.model))
    watch = WATCHED.get(entry.model)
    left_out = {*_WHERE, watch.about.split("=")[0] if watch else ""}
    lines = []
    for column in sorted({*before, *after} - left_out):
        field = fields.get(column)
        word = str(field.verbose_name) if field else column.replace("_", " ")
        lines.append(Line(word, *(_words(held.get(column), field, names) for held in (before, after))))
    # Of rows that came or went, what was never filled in says nothing.
    return lines if entry.action == Action.CHANGED else [line for line in lines if line.before or line.after]


def _words(value: Any, field: Field[Any, Any] | None, names: Names) -> str:
    if value in (None, "", [], {}):
        return ""
    if isinstance(field, ForeignKey):
        model: type[Model] = field.related_model
        return names.get((model, str(value)), f"{model._meta.verbose_name} {value}")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if field is not None and field.choices:
        return str(dict(field.flatchoices).get(value, value))
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= _LONG else f"{text[:_LONG]}…"


def _names(entries: list[AuditEntry], reader: Any) -> Names:
    """Names of what entries lead to; groups that the reader does not know keep their number."""
    wanted: dict[type[Model], set[Any]] = defaultdict(set)
    for entry in entries:
        for column, field in _fields(_model(entry.model)).items():
            if isinstance(field, ForeignKey) and field.related_model in _NAMED:
                sides = (entry.before or {}, entry.after or {})
                wanted[field.related_model] |= {held[column] for held in sides if held.get(column)}
        naming = _naming(entry)
        if naming is not None and naming.related_model in _NAMED:
            wanted[naming.related_model].add(entry.name)
    rows: dict[type[Model], QuerySet[Any]] = {
        User: User.objects.all(), Group: visible_groups(reader), Permission: Permission.objects.all(),
        Audience: Audience.objects.all(),
    }  # fmt: skip
    found = {}
    for model, keys in wanted.items():
        for row in rows[model].filter(pk__in=keys) if keys else ():
            found[model, str(row.pk)] = _name(row, reader)
    return found


def _name(row: Any, reader: Any) -> str:
    if isinstance(row, Audience):
        known = sorted(row.groups.filter(pk__in=visible_groups(reader).values("pk")).values_list("name", flat=True))
        others = row.groups.count() - len(known)
        return ", ".join([*known, *([f"{others} more"] if others else [])])
    return row.name if isinstance(row, Permission) else str(row)


def _model(label: str) -> type[Model] | None:
    app, name = label.split(".")
    try:
        return apps.get_model(app, name)
    except LookupError:
        return None


def _fields(model: type[Model] | None) -> dict[str, Field[Any, Any]]:
    return {str(field.column): field for field in model._meta.concrete_fields} if model else {}


def page_of(kind: str, obj: Model) -> tuple[str, Any]:
    """Return the name of an object's own page and what it is asked with."""
    if isinstance(obj, Event):
        return KINDS[kind].address, obj.name
    return KINDS[kind].address, obj.uuid if isinstance(obj, PhotometryUpload) else obj.pk


def shows_addresses(reader: Any) -> bool:
    """Whether somebody is told from where changes came."""
    return holds_all(reader)
