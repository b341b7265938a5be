"""Which event a notice belongs to, its names, and what follows for it from all its notices together."""

import hashlib
import re
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import Group
from django.db.models import Count, Min, Q, QuerySet

from tom_gcn.choices import EventKind, EventState
from tom_gcn.models import Event, EventAlias, Notice
from tom_gcn.names import RESERVED_NAMES, is_name, name_key, trigger_key
from tom_gcn.notices import Notice as ParsedNotice

_UNFIT_FOR_ADDRESSES = re.compile(r"[^A-Za-z0-9._+-]+")
_LONGEST_NAME = 64


def event_of(parsed: ParsedNotice) -> Event | None:
    """Find or make the event of a notice, locked, so that two notices of it are taken one after the other.

    By its sender's id, by another of its names with the same sender, by the notices it cites; never by time. A notice
    without any of these that says where something is stands for an event of its own, otherwise for none; one that only
    adds to events that are known never makes one.
    """
    event = _named(parsed) or _cited(parsed)
    says_enough = parsed.namespace or parsed.region or parsed.skymap or parsed.skymap_url
    if event is None and parsed.opens_event and says_enough:
        event = _make(parsed)
    return Event.objects.select_for_update().get(pk=event.pk) if event else None


def _identity(parsed: ParsedNotice) -> tuple[str, str]:
    """Namespace and id; a notice that names no event is its own, and comes again with the same key."""
    if parsed.namespace and parsed.event_id:
        return parsed.namespace[:60], parsed.event_id[:80]
    return f"notice:{parsed.source.lower()}"[:60], hashlib.sha256(parsed.key.encode()).hexdigest()[:12]


def _named(parsed: ParsedNotice) -> Event | None:
    namespace, event_id = _identity(parsed)
    known = Event.objects.filter(namespace=namespace, event_id=event_id).first()
    if known or not parsed.event_id:
        return known
    names = {name_key(name) for name in (parsed.event_id, *parsed.aliases) if is_name(name)}
    same = Q(aliases__key__in=names) | Q(keys__overlap=list(names))
    return Event.objects.filter(same, namespace=namespace).order_by("pk").first() if names else None


def _cited(parsed: ParsedNotice) -> Event | None:
    """The event of a notice that this one, which has no id, refers to."""
    if parsed.namespace or not parsed.citations:
        return None
    cited = Notice.objects.filter(ivorn__in=[c.ivorn for c in parsed.citations], event__isnull=False)
    notice = cited.select_related("event").order_by("pk").first()
    return notice.event if notice else None


def _make(parsed: ParsedNotice) -> Event:
    namespace, event_id = _identity(parsed)
    event, is_new = Event.objects.get_or_create(
        namespace=namespace,
        event_id=event_id,
        defaults={
            "name": _free_name(parsed, namespace, event_id),
            "kind": parsed.kind.value,
            "is_test": parsed.is_test,
            "drill_of": parsed.drill_of,
        },
    )
    if is_new:
        group, _ = Group.objects.get_or_create(name=settings.ICARE_DEFAULT_GROUP)
        event.groups.add(group)
    return event


def _free_name(parsed: ParsedNotice, namespace: str, event_id: str) -> str:
    """The name in addresses: the sender's id where it speaks for itself, else with its sender before it."""
    own = _UNFIT_FOR_ADDRESSES.sub("-", event_id).strip("-.")
    long = _UNFIT_FOR_ADDRESSES.sub("-", f"{namespace}-{event_id}").strip("-.").removeprefix("notice-")
    wanted = own if own[:1].isalpha() and parsed.event_id else long
    for name in (wanted, long):
        if name.lower() in RESERVED_NAMES:
            continue
        if 0 < len(name) <= _LONGEST_NAME and not Event.objects.filter(name=name).exists():
            return name
    digest = hashlib.sha256(f"{namespace}|{event_id}".encode()).hexdigest()[:12]
    return f"{long[: _LONGEST_NAME - 13]}-{digest}"


def add_aliases(event: Event, names: list[str], source: str) -> bool:
    """Give an event more names; True when one of them is new."""
    known = {name_key(event.name), *event.aliases.values_list("key", flat=True)}
    new = {name_key(name): name[:80] for name in names if is_name(name)}
    rows = [EventAlias(event=event, name=name, key=key, source=source[:60]) for key, name in new.items()]
    fresh = [row for row in rows if row.key not in known]
    EventAlias.objects.bulk_create(fresh, ignore_conflicts=True)
    return bool(fresh)


def update_event(event: Event) -> None:
    """Recompute what follows from all notices of an event, so that their order of arrival does not matter."""
    if event.notices.exists():
        event.is_test = not event.notices.filter(is_test=False).exists()
    # A test of a real event's id says nothing of it. Test ids gather thousands of notices: the database sums them up.
    own = event.notices.filter(is_test=event.is_test)
    found = own.aggregate(first=Min("event_time"), retractions=Count("pk", filter=Q(is_retraction=True)))
    # Later notices of satellites carry the time of a later exposure; LVK refines the time of the event itself.
    event.t0 = (_latest_time(own) if event.kind == EventKind.GW else found["first"]) or event.t0
    event.state = EventState.RETRACTED if found["retractions"] else EventState.ACTIVE
    _update_names(event)
    event.save(update_fields=["t0", "state", "is_test", "kind", "display_name", "keys", "updated_at"])


def _latest_time(notices: QuerySet[Notice]) -> datetime | None:
    newest = notices.exclude(event_time=None).order_by("-time_created", "-pk")
    return newest.values_list("event_time", flat=True).first()


def _update_names(event: Event) -> None:
    aliases = list(event.aliases.all())
    own = event.event_id if event.event_id[:1].isalpha() else ""
    keys = {name_key(event.name), trigger_key(event.namespace, event.event_id), *(alias.key for alias in aliases)}
    event.keys = sorted(keys | ({name_key(own)} if own else set()))
    source = event.notices.order_by("pk").values_list("source", flat=True).first() or ""
    bare = event.name if event.namespace.startswith("notice:") else f"{source} {event.event_id}".strip()
    is_own = own and not event.namespace.startswith("notice:")
    event.display_name = (own if is_own else aliases[0].name if aliases else bare)[:80]
