"""The state of telescopes: what people report, and the rows of those that are declared."""

import logging
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from tom_grandma_facilities.choices import TelescopeState
from tom_grandma_facilities.exceptions import InvalidStatus, NotAllowed
from tom_grandma_facilities.models import TelescopeStatus
from tom_grandma_facilities.registry import ASKABLE, TELESCOPES, get_telescope
from tom_grandma_facilities.signals import telescope_status_changed
from tom_grandma_facilities.telescope import Telescope

logger = logging.getLogger(__name__)

CHANGE_PERMISSION = "tom_grandma_facilities.change_telescopestatus"
NOT_DECLARED = "no longer declared in the registry"


@dataclass(frozen=True)
class SyncResult:
    """What `sync_telescopes` did, by name."""

    created: tuple[str, ...]
    unchanged: tuple[str, ...]
    retired: tuple[str, ...]


def may_change_status(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Say whether `user` may report the state of a telescope."""
    return bool(user.is_active and getattr(user, "has_perm", lambda _: False)(CHANGE_PERMISSION))


@transaction.atomic
def set_telescope_status(
    name: str,
    state: str,
    *,
    by: AbstractBaseUser | AnonymousUser,
    reason: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    usage: str | None = None,
) -> TelescopeStatus:
    """Report the state of a telescope.

    `usage` is the class that says how often it may be asked, in place of the declared one: empty for the declared one,
    None to leave it as it is.

    Raises
    ------
    NotAllowed
        When `by` lacks the permission to change telescope statuses.
    UnknownTelescope
        When no telescope has this name.
    InvalidStatus
        When the state or the usage class does not exist, or the state ends before it begins.
    """
    if not may_change_status(by):
        raise NotAllowed("You may not change the state of a telescope.")
    telescope = get_telescope(name)
    status, _ = TelescopeStatus.objects.select_for_update().get_or_create(telescope=telescope.name)
    was_closed = status.is_closed_at(timezone.now())
    status.state, status.reason, status.until = state, reason, until
    status.since = since or timezone.now()
    status.usage = status.usage if usage is None else usage
    status.updated_by_id = by.pk
    try:
        status.full_clean()
    except ValidationError as error:
        raise InvalidStatus(" ".join(error.messages)) from error
    status.save()
    transaction.on_commit(lambda: telescope_status_changed.send(TelescopeStatus, status=status, was_closed=was_closed))
    logger.info("%s set to %s by user %s", status.telescope, status.state, by.pk)
    return status


def closed_telescopes(moment: datetime | None = None) -> dict[str, str]:
    """Return the telescopes that take no part in a plan made at `moment` (now), each with its sentence."""
    rows = TelescopeStatus.objects.closed_at(moment or timezone.now())
    return {status.telescope: status.sentence for status in rows}


@transaction.atomic
def sync_telescopes() -> SyncResult:
    """Give every declared telescope its row, and retire rows of telescopes that are no longer declared.

    Rows are never deleted: observations may point at them. What people reported is kept.
    """
    rows = set(TelescopeStatus.objects.values_list("telescope", flat=True))
    missing = [telescope for telescope in TELESCOPES.values() if telescope.name not in rows]
    TelescopeStatus.objects.bulk_create([_first_status(telescope) for telescope in missing], ignore_conflicts=True)
    gone = TelescopeStatus.objects.exclude(telescope__in=ASKABLE).exclude(state=TelescopeState.RETIRED)
    retired = tuple(gone.values_list("telescope", flat=True))
    gone.update(state=TelescopeState.RETIRED, reason=NOT_DECLARED, until=None, updated_by=None)
    created = tuple(telescope.name for telescope in missing)
    if created or retired:
        logger.info("Telescopes: %d added, %d retired", len(created), len(retired))
    return SyncResult(created, tuple(name for name in TELESCOPES if name in rows), retired)


def _first_status(telescope: Telescope) -> TelescopeStatus:
    """Return the row of a telescope nobody has reported about: what its declaration says, or nothing."""
    declared = str(telescope.status.value or "")
    if telescope.retired:
        return TelescopeStatus(telescope=telescope.name, state=TelescopeState.RETIRED, reason=declared)
    if telescope.out_of_service:
        return TelescopeStatus(telescope=telescope.name, state=TelescopeState.CLOSED, reason=declared)
    return TelescopeStatus(telescope=telescope.name)
