"""What belongs to groups and can be shared later: which rows somebody sees, who may share one, and how."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.urls import reverse

from icare_tom.guards.access import visible_targets
from icare_tom.sharing.targets import groups_of_target, may_share_target, share_target
from tom_gcn.actions.sharing import may_share_event, share_with
from tom_gcn.models import Event
from tom_grandma_facilities.actions import may_change
from tom_grandma_facilities.actions.sharing import may_share_upload, share_observations, share_request
from tom_grandma_facilities.models import FollowUpRequest, ObservationUpload
from tom_photvalidation.actions.sharing import may_share_upload as may_share_photometry
from tom_photvalidation.actions.sharing import share_photometry
from tom_photvalidation.models import PhotometryUpload
from tom_photvalidation.upload_titles import title_of


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of rows that belong to groups.

    `share` takes the row, the group, by= and let_in=; it says False when a worker will do it.
    """

    title: str
    # What a group that is let in sees, in words.
    goes_with: str
    seen: Callable[[Any], QuerySet[Any]]
    groups: Callable[[Any], QuerySet[Group]]
    may_share: Callable[[Any, Any], bool]
    share: Callable[..., bool | None]
    address: Callable[[Any], str]
    # What it is called to somebody.
    name: Callable[[Any, Any], str] = lambda row, user: str(row)


KINDS = {
    "targets": Kind(
        "Target",
        "Its files, comments and observations go with it. Photometry and requests are shared by themselves.",
        visible_targets,
        groups_of_target,
        may_share_target,
        share_target,
        lambda target: reverse("targets:detail", args=[target.pk]),
    ),
    "events": Kind(
        "Event",
        "Its notices, localizations, plans, circulars and tags go with it, and the target made of it. Requests and"
        " uploads are shared by themselves.",
        Event.objects.visible_to,
        lambda event: event.groups.order_by("name"),
        may_share_event,
        share_with,
        lambda event: event.get_absolute_url(),
    ),
    "requests": Kind(
        "Request",
        "Its log and answers go with it. The request for a target is seen by those who also see the target.",
        FollowUpRequest.objects.visible_to,
        lambda request: request.groups.order_by("name"),
        may_change,
        share_request,
        lambda request: request.get_absolute_url(),
    ),
    "observations": Kind(
        "Executed observations",
        "All rows of this upload go with it, the file as it came and the answers.",
        ObservationUpload.objects.visible_to,
        lambda upload: upload.groups.order_by("name"),
        may_share_upload,
        share_observations,
        lambda upload: reverse("executed:upload-state", args=[upload.pk]),
    ),
    "photometry": Kind(
        "Photometry",
        "All points of this upload go with it, their reviews and later versions; the file stays with who sent it. A"
        " point is seen by those who also see its target.",
        PhotometryUpload.objects.visible_to,
        lambda upload: upload.groups,
        may_share_photometry,
        share_photometry,
        lambda upload: reverse("photometry:upload-state", args=[upload.uuid]),
        title_of,
    ),
}
