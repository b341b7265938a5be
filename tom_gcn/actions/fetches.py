"""Sky maps that a notice names by address: expected with the notice, fetched when they are there."""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from tom_gcn.actions.events import update_event
from tom_gcn.actions.follow_up import follow_up
from tom_gcn.actions.localizations import add_skymap, choose_current
from tom_gcn.choices import FetchState, LocalizationKind
from tom_gcn.exceptions import NotAllowed
from tom_gcn.locks import LockSpace, working_on
from tom_gcn.models import Event, Notice, SkyMapFetch
from tom_gcn.transports import Away, Policy, Refused, fetch

logger = logging.getLogger(__name__)

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
# With these pauses the last attempt is made a day after the notice.
MOST_ATTEMPTS = 30
# A file that is being written is a bad map for a moment; one that stays bad is one.
MOST_BAD_MAPS = 5
# A fetch handed to a worker is left alone for this long before it is taken for lost.
HANDED_OUT_FOR = timedelta(minutes=10)


def expect_skymap(notice: Notice, url: str) -> SkyMapFetch:
    """Note that the map of a notice is to be fetched."""
    expected, _ = SkyMapFetch.objects.get_or_create(
        notice=notice, defaults={"url": url[:500], "next_try_at": timezone.now()}
    )
    return expected


def hand_out_fetches(at_most: int, now: datetime | None = None) -> list[SkyMapFetch]:
    """Return the fetches that are due, and put them off, so that nobody else is given them too."""
    now = now or timezone.now()
    with transaction.atomic():
        due = list(_due(now).select_for_update(skip_locked=True)[:at_most])
        SkyMapFetch.objects.filter(pk__in=[row.pk for row in due]).update(next_try_at=now + HANDED_OUT_FOR)
    return due


def _due(now: datetime) -> QuerySet[SkyMapFetch]:
    return SkyMapFetch.objects.filter(state=FetchState.WAITING, next_try_at__lte=now).order_by("next_try_at")


def renew_fetches(rows: QuerySet[SkyMapFetch], *, by: User | AnonymousUser) -> int:
    """Ask again for sky maps that were given up; return how many.

    Raises
    ------
    NotAllowed
        When `by` may not see them in the admin.
    """
    if not by.has_perm("tom_gcn.view_skymapfetch"):
        raise NotAllowed("You may not fetch sky maps again.", "Ask an administrator.")
    given_up = SkyMapFetch.objects.filter(pk__in=rows.values("pk"), state=FetchState.FAILED)
    again = given_up.update(state=FetchState.WAITING, attempts=0, next_try_at=timezone.now(), finished_at=None)
    logger.info("%s sky maps are asked for again by %s", again, by)
    return again


def fetch_skymap(fetch_id: int) -> SkyMapFetch:
    """Try to fetch a map and make it a localization of its notice; its row says how it went."""
    with working_on(LockSpace.SKYMAP_FETCH, fetch_id) as mine:
        row = SkyMapFetch.objects.select_related("notice").get(pk=fetch_id)
        if not mine or row.state != FetchState.WAITING:
            return row
        row.attempts += 1
        try:
            data = fetch(row.url, skymap_policy())
        except Refused as error:
            return _end(row, FetchState.FAILED, error.code, error.message)
        except Away as error:
            return _again(row, "not-there", str(error), MOST_ATTEMPTS)
        return _take(row, data)


def skymap_policy() -> Policy:
    """Where sky maps may be fetched from, and what they may weigh."""
    return Policy(
        hosts=settings.ICARE_SKYMAP_HOSTS,
        max_bytes=settings.ICARE_MAX_SKYMAP_BYTES,
        seconds=settings.ICARE_SKYMAP_FETCH_S,
        ports=settings.ICARE_SKYMAP_PORTS,
        private_addresses=settings.ICARE_SKYMAP_PRIVATE_ADDRESSES,
    )


def _take(row: SkyMapFetch, data: bytes) -> SkyMapFetch:
    notice = row.notice
    with transaction.atomic():
        event = Event.objects.select_for_update().get(notices=notice)
        error = add_skymap(event, notice, LocalizationKind.SKYMAP, data)
        if error is None:
            update_event(event)
            follow_up(event, notice, choose_current(event))
            return _end(row, FetchState.DONE)
    return _again(row, error.code, f"{error.message} {error.fix}".strip(), MOST_BAD_MAPS)


def _again(row: SkyMapFetch, code: str, reason: str, most: int) -> SkyMapFetch:
    """Put the next attempt off, twice as long each time."""
    if row.attempts >= most:
        return _end(row, FetchState.FAILED, code, f"{reason} It was asked for {row.attempts} times.")
    row.next_try_at = timezone.now() + min(FIRST_PAUSE * 2 ** (row.attempts - 1), LONGEST_PAUSE)
    row.reason_code, row.reason = code, reason
    row.save(update_fields=["attempts", "next_try_at", "reason_code", "reason"])
    return row


def _end(row: SkyMapFetch, state: FetchState, code: str = "", reason: str = "") -> SkyMapFetch:
    row.state, row.reason_code, row.reason = state, code, reason
    row.finished_at = timezone.now()
    row.save(update_fields=["state", "attempts", "reason_code", "reason", "finished_at"])
    logger.info("sky map %s: %s %s", row.url, state.label, reason)
    return row
