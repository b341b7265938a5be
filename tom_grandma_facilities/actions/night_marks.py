"""Ticking off the targets of a telescope's night, and taking a tick back."""

from datetime import date

from django.contrib.auth.models import User
from django.db import transaction
from tom_targets.models import BaseTarget

from tom_grandma_facilities.actions.executed import RECORD_PERMISSION, Person
from tom_grandma_facilities.exceptions import NotAllowed
from tom_grandma_facilities.held import holds_for_target
from tom_grandma_facilities.models import NightMark
from tom_grandma_facilities.registry import get_telescope
from tom_grandma_facilities.targets_seen import visible_targets


def may_mark(user: Person) -> bool:
    """Say whether `user` may tell what was observed."""
    return bool(user.is_active and user.has_perm(RECORD_PERMISSION))


def mark_target(
    telescope: str, night: date, target: BaseTarget, *, is_observed: bool, by: Person, note: str = ""
) -> NightMark:
    """Mark a target that `by` may see as observed or not observed; a mark that says the same already stays.

    Raises
    ------
    NotAllowed
        Without the right to tell what was observed, or to see the target.
    UnknownTelescope
    """
    person = _checked(by, target.pk)
    name, note = get_telescope(telescope).name, " ".join(note.split())[:200]
    with transaction.atomic():
        # Whoever marks the same target at the same time waits here, and then finds the other's mark.
        BaseTarget.objects.select_for_update(no_key=True).get(pk=target.pk)
        current = NightMark.objects.filter(telescope=name, night=night, target=target, is_current=True).first()
        if current is not None and (current.is_observed, current.note) == (is_observed, note):
            return current
        if current is not None:
            current.is_current = False
            current.save(update_fields=["is_current"])
        return NightMark.objects.create(
            telescope=name,
            night=night,
            target=target,
            is_observed=is_observed,
            note=note,
            marked_by=person,
            replaces=current,
        )


def undo_mark(mark: NightMark, *, by: Person) -> NightMark | None:
    """Take a mark back; returns the one that stood before it and stands again, or None. Twice is once.

    Raises
    ------
    NotAllowed
        Without the right to tell what was observed, or to see the target.
    """
    _checked(by, mark.target_id)
    with transaction.atomic():
        BaseTarget.objects.select_for_update(no_key=True).get(pk=mark.target_id)
        mark.refresh_from_db()
        if not mark.is_current:
            return None
        mark.is_current = False
        mark.save(update_fields=["is_current"])
        before = mark.replaces
        if before is not None:
            before.is_current = True
            before.save(update_fields=["is_current"])
        return before


def _checked(by: Person, target_id: int) -> User:
    refusal = "You may not say what was observed; ask an administrator of your group for that right."
    if not (isinstance(by, User) and may_mark(by)):
        raise NotAllowed(refusal)
    target = visible_targets(by).filter(pk=target_id).first()
    if target is None:
        raise NotAllowed("There is no such target that you may see.")
    if not holds_for_target(by, RECORD_PERMISSION, target):
        raise NotAllowed(refusal)
    return by
