"""A notice, understood, becomes rows: its event, itself, its localizations, and what follows from them."""

import logging
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import transaction

from tom_gcn import signals
from tom_gcn.actions.plans import request_plan
from tom_gcn.actions.skymaps import store_skymap
from tom_gcn.choices import EventKind, EventState, LocalizationKind
from tom_gcn.models import Event, Localization, Message, Notice
from tom_gcn.notices import Notice as ParsedNotice
from tom_gcn.skymaps import SkyMapError

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Ingested:
    """What a notice led to."""

    notice: Notice
    is_new: bool
    problem: str = ""
    problem_code: str = ""


def ingest_notice(parsed: ParsedNotice, message: Message) -> Ingested:
    """Store a notice, its event and its localizations in the running transaction; the same notice is the same row."""
    known = Notice.objects.select_related("event").filter(key=parsed.key).first()
    if known:
        return Ingested(known, is_new=False)
    event = _event_of(parsed)
    notice = Notice.objects.create(event=event, message=message, key=parsed.key, **_columns(parsed))
    problem, code = _localize(parsed, notice)
    if problem:
        notice.problem = problem
        notice.save(update_fields=["problem"])
    _update_event(event)
    _follow_up(event, notice)
    return Ingested(notice, True, problem, code)


def _event_of(parsed: ParsedNotice) -> Event:
    """Get or make the event, locked, so that two notices of it are taken one after the other."""
    event, is_new = Event.objects.get_or_create(
        name=parsed.event_id,
        defaults={"kind": EventKind.GW, "is_test": parsed.is_test, "drill_of": parsed.drill_of},
    )
    if is_new:
        group, _ = Group.objects.get_or_create(name=settings.ICARE_DEFAULT_GROUP)
        event.groups.add(group)
    return Event.objects.select_for_update().get(pk=event.pk)


def _columns(parsed: ParsedNotice) -> dict[str, Any]:
    external = parsed.external
    return {
        "format": parsed.format,
        "source": parsed.source,
        "notice_type": parsed.notice_type,
        "time_created": parsed.time_created,
        "event_time": parsed.event_time,
        "is_test": parsed.is_test,
        "is_retraction": parsed.is_retraction,
        "is_significant": parsed.is_significant,
        "far_hz": parsed.far_hz,
        "instruments": list(parsed.instruments),
        "group": parsed.group,
        "pipeline": parsed.pipeline,
        "search": parsed.search,
        "classification": dict(parsed.classification),
        "properties": dict(parsed.properties),
        "duration_s": parsed.duration_s,
        "central_frequency_hz": parsed.central_frequency_hz,
        "urls": dict(parsed.urls),
        "external": external and {k: v for k, v in asdict(external).items() if k != "combined_skymap"},
    }


def _localize(parsed: ParsedNotice, notice: Notice) -> tuple[str, str]:
    """Store the maps of a notice; return what could not be used and its code.

    A broken map does not cost us the notice: at night the fact that something happened matters most.
    """
    if parsed.is_retraction:
        return "", ""
    if parsed.skymap is None:
        return "The notice carries no sky map, so there is nothing to plan yet.", "no-sky-map"
    maps = [(LocalizationKind.SKYMAP, parsed.skymap)]
    if parsed.external and parsed.external.combined_skymap:
        maps.append((LocalizationKind.COMBINED, parsed.external.combined_skymap))
    problems = [_add_localization(notice, kind, data) for kind, data in maps]
    failed = [problem for problem in problems if problem]
    return " ".join(f"{e.message} {e.fix}".strip() for e in failed), failed[0].code if failed else ""


def _add_localization(notice: Notice, kind: LocalizationKind, data: bytes) -> SkyMapError | None:
    try:
        skymap = store_skymap(data)
    except SkyMapError as error:
        logger.warning("the %s of %s could not be read: %s", kind.label, notice.event.name, error)
        return error
    Localization.objects.create(event=notice.event, notice=notice, skymap=skymap, kind=kind)
    return None


def _update_event(event: Event) -> None:
    """Recompute what follows from all notices of an event, so that their order of arrival does not matter."""
    notices = event.notices.all()
    latest = notices.exclude(event_time=None).order_by("-time_created", "-pk").first()
    if latest:
        event.t0 = latest.event_time
    if notices.filter(is_retraction=True).exists():
        event.state = EventState.RETRACTED
    event.save(update_fields=["t0", "state", "updated_at"])
    _choose_current(event)


def _choose_current(event: Event) -> None:
    """The map of the newest notice is current; the combined map of the same notice is kept beside it."""
    newest = (
        event.localizations.filter(kind=LocalizationKind.SKYMAP).order_by("-notice__time_created", "-notice_id").first()
    )
    if newest is None or newest.is_current:
        return
    event.localizations.filter(is_current=True).update(is_current=False)
    newest.is_current = True
    newest.save(update_fields=["is_current"])


def _follow_up(event: Event, notice: Notice) -> None:
    """What a new notice sets in motion: a plan for the new map, news for everyone else."""
    localization = event.localizations.filter(is_current=True).first()
    if event.is_retracted:
        transaction.on_commit(lambda: signals.event_retracted.send(Event, event=event, notice=notice))
    elif localization and localization.notice_id == notice.pk and _deserves_plan(event, localization):
        request_plan(event, by=None, why=f"{notice.notice_type} notice")
    transaction.on_commit(
        lambda: signals.notice_ingested.send(Notice, notice=notice, event=event, localization=localization)
    )


def _deserves_plan(event: Event, localization: Localization) -> bool:
    """Plan real events and drills by themselves, never tests; the same map need not be planned twice."""
    if event.is_test and not event.is_drill:
        return False
    return not event.plans.filter(localization__skymap=localization.skymap_id).exists()
