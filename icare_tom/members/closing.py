"""Closing an account and opening it again."""

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from icare_tom.members.admission_models import OPEN_STATES, AdmissionRequest
from icare_tom.members.rights import holds_all
from icare_tom.members.sessions import end_sessions
from icare_tom.members.token_models import ApiToken


def close_account(user: User, *, by: User) -> None:
    """Close an account: its sessions and tokens end now.

    Raises
    ------
    PermissionDenied
        When `by` is no super admin and somebody else. Group admins end memberships; an account may serve other groups.
    """
    if not (holds_all(by) or by == user):
        raise PermissionDenied("Only super admins close accounts of others.")
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(is_active=False)
        ApiToken.objects.filter(owner=user, revoked_at=None).update(revoked_at=timezone.now())
        end_sessions(user)


def open_account(user: User, *, by: User) -> None:
    """Open a closed account again, in the groups it was in; its tokens stay revoked.

    Raises
    ------
    PermissionDenied
        When `by` is no super admin.
    ValidationError
        When it was never let in.
    """
    if not holds_all(by):
        raise PermissionDenied("Only super admins open accounts.")
    if AdmissionRequest.objects.filter(user=user, state__in=OPEN_STATES).exists():
        raise ValidationError(f"{user.username} waits for a decision: decide the request for the account.")
    User.objects.filter(pk=user.pk).update(is_active=True)
