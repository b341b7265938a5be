"""Receivers that keep the roof's own tables true to what other apps do."""

from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver
from tom_targets.base_models import BaseTarget

from icare_tom import sky

_PLACE = {"ra", "dec", "type"}


@receiver(post_save, dispatch_uid="icare_tom.sky.keep")
def keep_sky_index(
    sender: type[Any], instance: Any, update_fields: frozenset[str] | None = None, **_kwargs: Any
) -> None:
    """Keep a target's place on the sky; saves that cannot have moved it are passed over."""
    if issubclass(sender, BaseTarget) and (update_fields is None or _PLACE & set(update_fields)):
        sky.keep(instance)
