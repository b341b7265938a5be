"""What is going on in a group: the latest of what is shared with it."""

from typing import Any

from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from guardian.models import GroupObjectPermission
from tom_targets.models import Target

from icare_tom.guards.access import visible_targets
from tom_gcn.models import Event
from tom_grandma_facilities.models import FollowUpRequest, ObservationUpload
from tom_photvalidation.models import PhotometryUpload

LATEST = 8


def latest_in(group: Group, user: Any) -> dict[str, list[Any]]:
    """Return the latest targets, events, requests and uploads shared with a group, of those `user` may see."""
    return {
        "targets": _targets(group, user),
        "events": list(Event.objects.visible_to(user).filter(groups=group).order_by("-t0")[:LATEST]),
        "requests": list(FollowUpRequest.objects.visible_to(user).filter(groups=group).order_by("-pk")[:LATEST]),
        "points": list(
            PhotometryUpload.objects.visible_to(user).filter(audience__groups=group).order_by("-pk")[:LATEST]
        ),
        "observations": list(ObservationUpload.objects.visible_to(user).filter(groups=group).order_by("-pk")[:LATEST]),
    }


def _targets(group: Group, user: Any) -> list[Target]:
    """Return those shared last; the permissions are read from their end, however many there are."""
    given = GroupObjectPermission.objects.filter(
        group=group,
        permission__codename="view_target",
        permission__content_type=ContentType.objects.get_for_model(Target),
    )
    keys = [int(key) for key in given.order_by("-pk").values_list("object_pk", flat=True)[:LATEST]]
    found = visible_targets(user).in_bulk(keys)
    return [found[key] for key in keys if key in found]
