"""Texts by people become rows and are attached to the events they name, whichever came first."""

from dataclasses import asdict
from typing import Any

from django.db.models import Model

from tom_gcn.actions.events import add_aliases, update_event
from tom_gcn.actions.localizations import region_as_json
from tom_gcn.models import Circular, Event, HermesMessage, Message
from tom_gcn.names import burst_named, name_key, names_in, trigger_key, triggers_in
from tom_gcn.notices import Circular as ParsedCircular
from tom_gcn.notices import HermesMessage as ParsedHermesMessage
from tom_gcn.notices import HermesTarget


def ingest_circular(parsed: ParsedCircular, message: Message) -> tuple[Circular, bool]:
    """Store a circular in its latest version and say whether this one is new; older versions change nothing."""
    circular, is_new = Circular.objects.get_or_create(
        circular_id=parsed.circular_id, defaults=_circular_columns(parsed, message)
    )
    if not is_new:
        circular = Circular.objects.select_for_update().get(pk=circular.pk)
        if circular.version >= parsed.version:
            return circular, False
        _overwrite(circular, _circular_columns(parsed, message))
    events = list(Event.objects.filter(keys__overlap=circular.keys))
    circular.events.set(events)
    for event in events:
        _name_after(circular, event)
    return circular, True


def _circular_columns(parsed: ParsedCircular, message: Message) -> dict[str, Any]:
    names = [parsed.event_name, *names_in(parsed.subject)]
    keys = [name_key(name) for name in names if name] + triggers_in(parsed.subject, parsed.body)
    return {
        "version": parsed.version,
        "subject": parsed.subject,
        "body": parsed.body,
        "body_format": parsed.body_format,
        "event_name": parsed.event_name[:100],
        "keys": list(dict.fromkeys(keys)),
        "submitter": parsed.submitter,
        "sent_at": parsed.created_at,
        "message": message,
    }


def _overwrite(row: Model, columns: dict[str, Any]) -> None:
    for name, value in columns.items():
        setattr(row, name, value)
    row.save(update_fields=list(columns))


def attach_texts(event: Event) -> None:
    """Attach the circulars and messages that name an event and came before it."""
    for circular in Circular.objects.filter(keys__overlap=event.keys).exclude(events=event):
        circular.events.add(event)
        _name_after(circular, event)
    event.hermes_messages.add(*HermesMessage.objects.filter(keys__overlap=event.keys))


def _name_after(circular: Circular, event: Event) -> None:
    """A circular that reports a trigger by its number tells what people call the burst."""
    burst = burst_named(circular.subject)
    if not burst or trigger_key(event.namespace, event.event_id) not in circular.keys:
        return
    event = Event.objects.select_for_update().get(pk=event.pk)
    if add_aliases(event, [burst], f"circular {circular.circular_id}"):
        update_event(event)
        event.circulars.add(*Circular.objects.filter(keys__overlap=event.keys))


def ingest_hermes(parsed: ParsedHermesMessage, message: Message) -> tuple[HermesMessage, bool]:
    """Store a message of Hermes once, attached to the events it names."""
    names = [parsed.event_id, *names_in(parsed.title)]
    row, is_new = HermesMessage.objects.get_or_create(
        key=parsed.key,
        defaults={
            "topic": parsed.topic,
            "title": parsed.title,
            "submitter": parsed.submitter,
            "authors": parsed.authors,
            "text": parsed.text,
            "event_name": parsed.event_id,
            "keys": list(dict.fromkeys(name_key(name) for name in names if name)),
            "targets": [_target(target) for target in parsed.targets],
            "n_photometry": parsed.n_photometry,
            "sent_at": parsed.sent_at,
            "is_test": parsed.is_test,
            "message": message,
        },
    )
    if is_new:
        row.events.set(Event.objects.filter(keys__overlap=row.keys))
    return row, is_new


def _target(target: HermesTarget) -> dict[str, Any]:
    return asdict(target) | {"region": region_as_json(target.region)}
