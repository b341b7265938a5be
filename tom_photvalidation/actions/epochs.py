"""The time a target's light curve is counted from, set by hand: who may, and what becomes of it."""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from tom_targets.models import Target

from tom_photvalidation.audiences import Person
from tom_photvalidation.exceptions import BadEpoch, NotAllowed
from tom_photvalidation.models import PhotometryPoint, TargetEpoch
from tom_photvalidation.signals import checks_requested, epoch_released
from tom_photvalidation.target_rights import changeable_targets

logger = logging.getLogger(__name__)

CREATE = "tom_targets.add_target"
LONGEST_SOURCE = 200
# Optical transients were photographed from then on.
EARLIEST_YEAR = 1880
AHEAD = timedelta(minutes=5)


def may_set_epoch(user: Person, target: Target) -> bool:
    """Say whether `user`, who sees the target, may say when it began.

    Who may change the target; and of a target that everybody sees also whoever may make targets.
    """
    if not (user.is_authenticated and user.is_active):
        return False
    if target.permissions != Target.Permissions.PRIVATE and user.has_perm(CREATE):
        return True
    return changeable_targets(user).filter(pk=target.pk).exists()


def set_epoch(target: Target, t0: datetime, *, by: Person, source: str = "") -> TargetEpoch:
    """Count a target's light curve from `t0`; no event overwrites it, and its points are checked again.

    Parameters
    ----------
    target : Target
        One that `by` may see.
    t0 : datetime
        UTC, with its time zone.
    by : User
        Who says so.
    source : str, optional
        Where it is from: a circular, a paper.

    Raises
    ------
    NotAllowed
        When `by` may not change the target.
    BadEpoch
        When nothing can have been seen to begin then.
    """
    _ask(by, target)
    if t0.year < EARLIEST_YEAR or t0 > timezone.now() + AHEAD:
        raise BadEpoch(
            f"T0 {t0:%Y-%m-%d %H:%M:%S} UTC cannot be.", f"Give a time between {EARLIEST_YEAR} and now, UTC."
        )
    words = " ".join(source.split())[:LONGEST_SOURCE] or f"set by {by.get_username()}"
    values = {"t0": t0, "source": words, "is_by_hand": True, "modified_at": timezone.now()}
    with transaction.atomic():
        epoch, _ = TargetEpoch.objects.update_or_create(target_id=target.pk, defaults=values)
    logger.info("T0 of target %s is %s, says user %s", target.pk, t0.isoformat(), by.pk)
    return epoch


def release_epoch(target: Target, *, by: Person) -> None:
    """Forget a T0 that was set by hand; the target is counted from its event again, if it has one.

    Raises
    ------
    NotAllowed
    """
    _ask(by, target)
    with transaction.atomic():
        released, _ = TargetEpoch.objects.filter(target=target.pk, is_by_hand=True).delete()
        if not released:
            return
        epoch_released.send(TargetEpoch, target_id=target.pk)
        if PhotometryPoint.objects.filter(target=target.pk).exists():
            checks_requested.send(TargetEpoch, targets=(target.pk,))
    logger.info("T0 of target %s is no longer set by hand, says user %s", target.pk, by.pk)


def _ask(by: Person, target: Target) -> None:
    if not may_set_epoch(by, target):
        raise NotAllowed("You may not set T0 of this target.", "Ask somebody who may change the target.")
