"""Changes of who is in a group and as what. Pages, routes and the administration come here."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models.signals import m2m_changed, post_delete, post_save
from django.dispatch import receiver

from icare_tom.members.admission_models import GroupProfile
from icare_tom.members.models import Membership, check_rights
from icare_tom.members.rights import holds_all, may_in, permissions_by_group
from icare_tom.members.roles import RIGHTS, Role, permissions_of

MANAGE = "icare_tom.change_membership"


def set_membership(
    user: User,
    group: Group,
    role: str,
    *,
    by: User,
    rights: Iterable[str] = (),
    until: datetime | None = None,
) -> Membership:
    """Let somebody into a group, or change what they are in it.

    Nobody changes what they are themselves, and nobody gives what they do not hold in that group.

    Raises
    ------
    PermissionDenied
        When `by` may not manage the group's members, changes themselves, or would give more than they hold there.
    ValidationError
        When the role or a right is unknown.
    """
    single = sorted(set(rights))
    _check_known(role, single)
    with transaction.atomic():
        held = Membership.objects.select_for_update().filter(user=user, group=group).first()
        _may_give(by, user, group, permissions_of(role, single))
        if held is not None:
            _may_give(by, user, group, permissions_of(held.role, held.rights))
        membership, _ = Membership.objects.update_or_create(
            user=user, group=group, defaults={"role": role, "rights": single, "until": until, "given_by": by}
        )
    return membership


def make_group(name: str, description: str, *, by: User) -> Group:
    """Make a group, private at first; who makes it is its first admin.

    Raises
    ------
    PermissionDenied
        When `by` is no super admin.
    """
    if not holds_all(by):
        raise PermissionDenied("Only super admins make groups.")
    with transaction.atomic():
        group = Group.objects.create(name=name)
        GroupProfile.objects.create(group=group, description=description)
        set_membership(by, group, Role.GROUP_ADMIN, by=by)
    return group


def found_network(*, by: User) -> Group:
    """Make the network's own group, unless it is there, with a super admin in it as its admin.

    Raises
    ------
    PermissionDenied
        When `by` is no super admin.
    """
    if not holds_all(by):
        raise PermissionDenied("Only super admins make groups.")
    with transaction.atomic():
        group, _ = Group.objects.get_or_create(name=settings.ICARE_DEFAULT_GROUP)
        set_membership(by, group, Role.GROUP_ADMIN, by=by)
    return group


def end_membership(user: User, group: Group, *, by: User) -> None:
    """Take somebody out of a group; everybody may leave by themselves.

    Raises
    ------
    PermissionDenied
        When `by` is somebody else and may not manage the group's members.
    """
    with transaction.atomic():
        membership = Membership.objects.select_for_update().filter(user=user, group=group).first()
        if membership is None:
            return
        if by != user:
            _may_give(by, user, group, permissions_of(membership.role, membership.rights))
        membership.delete()


def check_may_give(by: User, group: Group, role: str, rights: Iterable[str] = ()) -> None:
    """Refuse to let `by` offer a role with rights in a group to somebody else."""
    single = list(rights)
    _check_known(role, single)
    _may_give(by, None, group, permissions_of(role, single))


def _check_known(role: str, rights: list[str]) -> None:
    check_rights(rights)
    if role not in Role.values:
        raise ValidationError(f"Unknown role {role}. Known are {', '.join(Role.values)}.")


def _may_give(by: User, user: User | None, group: Group, permissions: frozenset[str]) -> None:
    """Refuse to let `by` give or take these permissions."""
    if by.is_active and by.is_superuser:
        return
    if not may_in(by, MANAGE, group):
        raise PermissionDenied(f"You may not manage the members of {group.name}.")
    if by == user:
        raise PermissionDenied("Nobody changes their own role. Ask another admin of the group.")
    beyond = permissions - permissions_by_group(by)[group.pk]
    if labels := [right.label for right in RIGHTS.values() if right.permissions & beyond]:
        own = f"You do not hold this in {group.name} yourself"
        raise PermissionDenied(f"{own}, so you cannot give or take it: {', '.join(labels)}.")


@receiver(m2m_changed, sender=User.groups.through, dispatch_uid="icare_tom.members.follow_groups")
def follow_groups(
    sender: type[Any], instance: Any, action: str, reverse: bool, pk_set: set[int] | None, **_: Any
) -> None:
    """Keep memberships in step where TOM's forms or the administration write Django's table of groups directly."""
    own = {"group": instance} if reverse else {"user": instance}
    other = "user_id" if reverse else "group_id"
    if action == "post_add":
        rows = [Membership(**own, **{other: key}) for key in pk_set or ()]
        Membership.objects.bulk_create(rows, ignore_conflicts=True)
    elif action == "post_remove":
        Membership.objects.filter(**own, **{f"{other}__in": pk_set or ()}).delete()
    elif action == "post_clear":
        Membership.objects.filter(**own).delete()


@receiver(post_save, sender=Membership, dispatch_uid="icare_tom.members.enter")
def enter_group(sender: type[Membership], instance: Membership, created: bool, **_: Any) -> None:
    """Enter a new membership into Django's table, which says what people see."""
    if created:
        instance.user.groups.add(instance.group_id)


@receiver(post_delete, sender=Membership, dispatch_uid="icare_tom.members.leave")
def leave_group(sender: type[Membership], instance: Membership, **_: Any) -> None:
    """Take an ended membership out of Django's table."""
    User.groups.through.objects.filter(user_id=instance.user_id, group_id=instance.group_id).delete()
