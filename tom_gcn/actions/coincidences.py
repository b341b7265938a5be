"""Events that come together: looked for whenever a notice changes what is known of one of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from tom_gcn.choices import EventState
from tom_gcn.joint import Search, is_of_group, rates, searches, sent_about
from tom_gcn.models import Coincidence, Event, Localization
from tom_gcn.skymaps.crossmatch import overlap_integral, product


@dataclass(frozen=True)
class _Pair:
    """Two events in the roles a search gives them."""

    search: Search
    first: Event
    second: Event


def find_coincidences(event_id: int) -> list[Coincidence]:
    """Bring the coincidences of an event up to date and return them.

    Tests, drills and retracted events have none. A pair whose maps exclude each other is none; without two maps the
    time decides.
    """
    with transaction.atomic():
        # Locked, so that two notices of an event are not compared with the others at once.
        event = Event.objects.select_for_update().get(pk=event_id)
        found = [row for pair in _partners(event) if (row := _store(pair))]
        Coincidence.objects.of(event).exclude(pk__in=[row.pk for row in found]).delete()
    return found


def _partners(event: Event) -> list[_Pair]:
    """Each partner once, by the first search that finds it."""
    if event.is_test or event.t0 is None or event.state == EventState.RETRACTED:
        return []
    pairs: dict[int, _Pair] = {}
    for pair in _found_by_searches(event, event.t0):
        partner = pair.second if pair.first.pk == event.pk else pair.first
        pairs.setdefault(partner.pk, pair)
    return list(pairs.values())


def _found_by_searches(event: Event, t0: datetime) -> Iterator[_Pair]:
    for search in searches():
        before, after = timedelta(seconds=search.before_s), timedelta(seconds=search.after_s)
        if event.kind == search.first and is_of_group(event, search.group):
            for second in _others(event, search.second).filter(t0__range=(t0 - before, t0 + after)):
                yield _Pair(search, event, second)
        if event.kind == search.second:
            for first in _others(event, search.first).filter(t0__range=(t0 - after, t0 + before)):
                if is_of_group(first, search.group):
                    yield _Pair(search, first, event)


def _others(event: Event, kind: str) -> QuerySet[Event]:
    return Event.objects.real().filter(kind=kind).exclude(pk=event.pk).exclude(state=EventState.RETRACTED)


def _current(event: Event) -> Localization | None:
    rows = Localization.objects.filter(event=event, is_current=True).select_related("skymap")
    return rows.defer("skymap__fits", "skymap__region_50", "skymap__region_90", "skymap__contours").first()


def _store(pair: _Pair) -> Coincidence | None:
    one, other = sorted((pair.first, pair.second), key=lambda event: event.pk)
    here, there = _current(one), _current(other)
    overlap, area = compare(here, there) if here and there else (None, None)
    if overlap is not None and overlap < settings.ICARE_COINCIDENCE_MIN_OVERLAP:
        return None
    found, sent = rates(one, other, pair.search.window_s, overlap), sent_about(one, other)
    row, _ = Coincidence.objects.update_or_create(
        one=one,
        other=other,
        defaults={
            "delta_t_s": _seconds_between(one, other),
            "window_s": pair.search.window_s,
            "overlap": overlap,
            "joint_far_hz": found.false_alarm_hz,
            "chance_rate_hz": found.chance_hz,
            "sent_time_far_hz": sent.time_far_hz if sent else None,
            "sent_sky_far_hz": sent.sky_far_hz if sent else None,
            "one_localization": here,
            "other_localization": there,
            "area_90_deg2": area,
        },
    )
    return row


def _seconds_between(one: Event, other: Event) -> float:
    if one.t0 is None or other.t0 is None:
        raise ValueError("Events without a time are not compared.")
    return (other.t0 - one.t0).total_seconds()


def compare(here: Localization, there: Localization) -> tuple[float, float | None]:
    """Overlap integral of two maps and the area [deg2] of the 90 % region of both together."""
    overlap = overlap_integral(here.skymap.data, there.skymap.data)
    return overlap, product(here.skymap.data, there.skymap.data).area_deg2(0.9) if overlap > 0 else None
