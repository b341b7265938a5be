"""A message, understood, becomes rows: its event, notice and localizations, or a text; and what follows from them."""

from dataclasses import asdict, dataclass
from typing import Any

from tom_gcn.actions.circulars import attach_texts, ingest_circular, ingest_hermes
from tom_gcn.actions.events import add_aliases, event_of, update_event
from tom_gcn.actions.fetches import expect_skymap
from tom_gcn.actions.follow_up import follow_up
from tom_gcn.actions.localizations import choose_current, localize, region_as_json
from tom_gcn.choices import EventKind
from tom_gcn.models import Event, Message, Notice
from tom_gcn.notices import Circular, Heartbeat, HermesMessage, Parsed, SourceKind
from tom_gcn.notices import Notice as ParsedNotice


@dataclass(frozen=True)
class Ingested:
    """What a message led to. A `problem` could not be used; a `remark` only says why nothing came of it."""

    event: Event | None = None
    notice: Notice | None = None
    is_new: bool = False
    problem: str = ""
    remark: str = ""
    code: str = ""


def ingest(parsed: Parsed, message: Message) -> Ingested:
    """Store what a message says in the running transaction; the same said again is the same row."""
    if isinstance(parsed, Heartbeat):
        return Ingested(code="heartbeat", remark="A sign of life of the cluster.")
    if isinstance(parsed, Circular):
        circular, is_new = ingest_circular(parsed, message)
        known = "" if is_new else f"Circular {circular.circular_id} is here in version {circular.version}."
        return Ingested(circular.events.first(), is_new=is_new, code="" if is_new else "duplicate", remark=known)
    if isinstance(parsed, HermesMessage):
        row, is_new = ingest_hermes(parsed, message)
        known = "" if is_new else "The same message is already here."
        return Ingested(row.events.first(), is_new=is_new, code="" if is_new else "duplicate", remark=known)
    return ingest_notice(parsed, message)


def ingest_notice(parsed: ParsedNotice, message: Message) -> Ingested:
    """Store a notice, its event and its localizations in the running transaction; the same notice is the same row."""
    event = event_of(parsed) if not _known(parsed) else None
    # Asked again once the event is locked: the other cluster may have brought the same notice meanwhile.
    if known := _known(parsed):
        same = "The same notice is already here by another way."
        return Ingested(known.event, known, code="duplicate", remark=same)
    notice = Notice.objects.create(event=event, message=message, key=parsed.key, **_columns(parsed, message))
    if event is None:
        why = "The notice names no event and gives no position; it is kept by itself."
        if not parsed.opens_event:
            why = f"Its event, {parsed.event_id or 'which it does not name'}, is not here; it is kept by itself."
        return Ingested(None, notice, True, code="no-event", remark=why)
    problem, code = _localize(parsed, event, notice)
    if problem:
        notice.problem = problem
        notice.save(update_fields=["problem"])
    _gather(event, parsed)
    follow_up(event, notice, choose_current(event))
    return Ingested(event, notice, True, problem, code=code)


def ingest_again(parsed: ParsedNotice, notice: Notice, message: Message) -> Ingested:
    """Bring a notice that was read in part up to date with what its message says to today's reader.

    It keeps its event and its key; localizations that are there stay, those that were missing are added.
    """
    for column, value in _columns(parsed, message).items():
        setattr(notice, column, value)
    if notice.event is None:
        notice.save()
        return Ingested(None, notice)
    event = Event.objects.select_for_update().get(pk=notice.event.pk)
    notice.problem, code = _localize(parsed, event, notice)
    notice.save()
    _gather(event, parsed)
    follow_up(event, notice, choose_current(event))
    return Ingested(event, notice, False, notice.problem, code=code)


def _known(parsed: ParsedNotice) -> Notice | None:
    return Notice.objects.select_related("event").filter(key=parsed.key).first()


def _columns(parsed: ParsedNotice, message: Message) -> dict[str, Any]:
    external = parsed.external
    return {
        "format": parsed.format,
        "source": parsed.source[:40],
        "notice_type": parsed.notice_type[:120],
        "status": parsed.status.value,
        "time_created": parsed.time_created or message.received_at,
        "event_time": parsed.event_time,
        "is_test": parsed.is_test,
        "is_retraction": parsed.is_retraction,
        "is_significant": parsed.is_significant,
        "far_hz": parsed.far_hz,
        "instruments": list(parsed.instruments),
        "group": parsed.group[:20],
        "pipeline": parsed.pipeline[:40],
        "search": parsed.search[:40],
        "classification": dict(parsed.classification),
        "properties": dict(parsed.properties),
        "duration_s": parsed.duration_s,
        "central_frequency_hz": parsed.central_frequency_hz,
        "urls": dict(parsed.urls),
        "region": region_as_json(parsed.region),
        "ivorn": parsed.ivorn[:500],
        "citations": [[citation.ivorn, citation.cite] for citation in parsed.citations],
        "related": list(parsed.related),
        "record_number": parsed.record_number,
        "parameters": {name: [measure.value, measure.unit] for name, measure in parsed.parameters.items()},
        "external": external and {k: v for k, v in asdict(external).items() if k != "combined_skymap"},
    }


def _localize(parsed: ParsedNotice, event: Event, notice: Notice) -> tuple[str, str]:
    """Store what the notice says about where; return what could not be used and its code."""
    if parsed.skymap_url:
        expect_skymap(notice, parsed.skymap_url)
    elif parsed.kind is SourceKind.GW and parsed.skymap is None and not parsed.is_retraction:
        return "The notice carries no sky map, so there is nothing to plan yet.", "no-sky-map"
    failed = localize(parsed, event, notice)
    return " ".join(f"{e.message} {e.fix}".strip() for e in failed), failed[0].code if failed else ""


def _gather(event: Event, parsed: ParsedNotice) -> None:
    """Bring the event's own columns up to date, and attach what was said about it before."""
    if event.kind == EventKind.OTHER:
        event.kind = parsed.kind.value
    own = [parsed.event_id] if parsed.event_id and parsed.event_id != event.event_id else []
    add_aliases(event, [*parsed.aliases, *own], parsed.source)
    update_event(event)
    attach_texts(event)
