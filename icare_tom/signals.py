"""Receivers that keep the roof's own tables true to what other apps do."""

from typing import Any

from django.contrib.auth.models import Group
from django.db.models.signals import m2m_changed, post_save
from django.dispatch import receiver
from tom_targets.base_models import BaseTarget

from icare_tom import auto_targets, sky
from tom_gcn.models import Event
from tom_gcn.signals import event_related
from tom_photvalidation.models import TargetEpoch
from tom_photvalidation.signals import epoch_released

_PLACE = {"ra", "dec", "type"}


@receiver(post_save, dispatch_uid="icare_tom.sky.keep")
def keep_sky_index(
    sender: type[Any], instance: Any, update_fields: frozenset[str] | None = None, **_kwargs: Any
) -> None:
    """Keep a target's place on the sky; saves that cannot have moved it are passed over."""
    if issubclass(sender, BaseTarget) and (update_fields is None or _PLACE & set(update_fields)):
        sky.keep(instance)


@receiver(event_related, dispatch_uid="icare_tom.auto_targets.keep")
def keep_target_of_event(sender: type[Event], event: Event, **_kwargs: Any) -> None:
    """Make or move the target of an event with a small error circle."""
    auto_targets.keep_target(event.pk)


@receiver(post_save, sender=auto_targets.EventTarget, dispatch_uid="icare_tom.auto_targets.epoch")
def count_from_event(sender: type[Any], instance: auto_targets.EventTarget, created: bool, **_kwargs: Any) -> None:
    """A target without a T0 is counted from the first event it belongs to."""
    if created and not TargetEpoch.objects.filter(target=instance.target_id).exists():
        auto_targets.keep_epoch(instance.target_id, instance.event)


@receiver(epoch_released, dispatch_uid="icare_tom.auto_targets.epoch_released")
def count_from_event_again(sender: type[Any], target_id: int, **_kwargs: Any) -> None:
    """A target whose T0 nobody sets by hand any more is counted from the first event it belongs to."""
    link = auto_targets.EventTarget.objects.filter(target=target_id).select_related("event").first()
    if link is not None:
        auto_targets.keep_epoch(target_id, link.event)


@receiver(m2m_changed, sender=Event.groups.through, dispatch_uid="icare_tom.auto_targets.share")
def share_target_of_event(
    sender: type[Any], instance: Any, action: str, reverse: bool, pk_set: set[int] | None, **_kwargs: Any
) -> None:
    """Whoever is let into an event sees the target made of it, and whoever is shut out no longer does."""
    if action not in ("post_add", "post_remove", "pre_clear"):
        return
    events = Event.objects.filter(pk__in=pk_set or ()) if reverse else Event.objects.filter(pk=instance.pk)
    groups = Group.objects.filter(pk=instance.pk) if reverse else Group.objects.filter(pk__in=pk_set or ())
    if action == "pre_clear":
        events = instance.events.all() if reverse else events
        groups = groups if reverse else instance.groups.all()
    change = auto_targets.share if action == "post_add" else auto_targets.unshare
    for link in auto_targets.EventTarget.objects.filter(event__in=events, is_kept=True).select_related("target"):
        for group in groups:
            change(link.target, group)
