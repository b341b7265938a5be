"""Requests and uploads of executed observations, shared with more groups later, or with fewer."""

from django.contrib.auth.models import AnonymousUser, Group, User
from django.db import transaction

from tom_grandma_facilities.actions.executed import RECORD_PERMISSION
from tom_grandma_facilities.actions.requests import may_change
from tom_grandma_facilities.models import FollowUpRequest, ObservationUpload
from tom_grandma_facilities.sharing import SharingRefused, check_change, holds_in

Person = User | AnonymousUser
SHARE_UPLOADS = "tom_grandma_facilities.change_observationupload"


def share_request(request: FollowUpRequest, group: Group, *, by: Person, let_in: bool = True) -> None:
    """Let a group see a request, its log and answers; or shut it out.

    Raises
    ------
    SharingRefused
    """
    with transaction.atomic():
        FollowUpRequest.objects.select_for_update(of=["self"]).get(pk=request.pk)
        if not may_change(by, request):
            raise SharingRefused("not-allowed", "Whoever may change the request may share it.")
        check_change(by, request.groups.all(), group, let_in=let_in)
        (request.groups.add if let_in else request.groups.remove)(group)


def may_share_upload(user: Person, upload: ObservationUpload) -> bool:
    """Say whether somebody may share an upload: who sent it, or who holds the right in one of its groups."""
    if not ObservationUpload.objects.visible_to(user).filter(pk=upload.pk).exists():
        return False
    is_own = upload.uploaded_by_id == user.pk and holds_in(user, RECORD_PERMISSION, upload.groups.all())
    return is_own or holds_in(user, SHARE_UPLOADS, upload.groups.all())


def share_observations(upload: ObservationUpload, group: Group, *, by: Person, let_in: bool = True) -> None:
    """Let a group see the observations an upload first told of, the file and the answers; or shut it out.

    Whose rows they are does not change: sent again for the groups of the first time, they are known.

    Raises
    ------
    SharingRefused
    """
    with transaction.atomic():
        held = ObservationUpload.objects.select_for_update(of=["self"]).get(pk=upload.pk)
        if held.is_unfinished:
            raise SharingRefused("busy", "Its rows are still being read: try again when they are stored.")
        if not may_share_upload(by, upload):
            raise SharingRefused("not-allowed", "Who sent it may share it, or manages events in one of its groups.")
        check_change(by, upload.groups.all(), group, let_in=let_in)
        (upload.groups.add if let_in else upload.groups.remove)(group)
