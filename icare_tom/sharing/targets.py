"""Targets shared with more groups later, or with fewer, as TOM's own form does it."""

from typing import Any

from django.contrib.auth.models import AnonymousUser, Group, User
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import QuerySet
from guardian.models import GroupObjectPermission, UserObjectPermission
from guardian.shortcuts import assign_perm, get_groups_with_perms, remove_perm
from tom_targets.models import Target

from icare_tom.auto_targets import PERMISSIONS, share, unshare
from icare_tom.guards.access import changeable_targets, own_groups
from icare_tom.members.group_views import visible_groups
from tom_grandma_facilities.sharing import SharingRefused, check_change


def groups_of_target(target: Target) -> QuerySet[Group]:
    """Return the groups that were let into a target."""
    given = GroupObjectPermission.objects.filter(
        permission__codename="view_target",
        permission__content_type=ContentType.objects.get_for_model(Target),
        object_pk=str(target.pk),
    )
    return Group.objects.filter(pk__in=given.values("group")).order_by("name")


def who_sees(target: Target, reader: Any) -> str:
    """Say in words who sees a target, administrators aside, without naming groups that the reader does not know."""
    if target.permissions != Target.Permissions.PRIVATE:
        return "everybody with an account"
    held = groups_of_target(target)
    known = list(held.filter(pk__in=visible_groups(reader).values("pk")).values_list("name", flat=True))
    given = UserObjectPermission.objects.filter(
        permission__codename="view_target",
        permission__content_type=ContentType.objects.get_for_model(Target),
        object_pk=str(target.pk),
    )
    people = User.objects.filter(pk__in=given.values("user"), is_active=True).exclude(groups__in=held)
    keys = set(people.values_list("pk", flat=True))
    n_unknown, n_others = held.count() - len(known), len(keys - {reader.pk})
    parts = [
        *known,
        *([f"{n_unknown} group{'s' * (n_unknown > 1)} you are not in"] if n_unknown else []),
        *(["you"] if reader.pk in keys else []),
        *([f"{n_others} {'people' if n_others > 1 else 'person'} by name"] if n_others else []),
    ]
    return "only you" if parts == ["you"] else ", ".join(parts) or "only administrators"


def may_share_target(user: User | AnonymousUser, target: Target) -> bool:
    """Whether somebody may let groups into a target: who may change it."""
    return changeable_targets(user).filter(pk=target.pk).exists()


def share_target(target: Target, group: Group, *, by: User | AnonymousUser, let_in: bool = True) -> None:
    """Let a group see a target and what hangs on it, and work with it as its members' roles permit; or shut it out.

    The group may delete it only when `by` may: else whoever manages another group would gain by sharing with it.

    Raises
    ------
    SharingRefused
    """
    with transaction.atomic():
        Target.objects.select_for_update().get(pk=target.pk)
        if not may_share_target(by, target):
            raise SharingRefused("not-allowed", "Whoever may change the target may share it.")
        check_change(by, groups_of_target(target), group, let_in=let_in)
        if let_in:
            share(target, group, deletable=may_delete(by, target))
        else:
            unshare(target, group)


def permissions_of_groups(target: Target) -> dict[Group, set[str]]:
    """Return which groups hold which permissions on a target."""
    held: dict[Group, set[str]] = get_groups_with_perms(target, attach_perms=True)
    return {group: set(names) & set(PERMISSIONS) for group, names in held.items()}


def may_delete(user: User | AnonymousUser, target: Target) -> bool:
    """Whether somebody may delete a target."""
    return changeable_targets(user, "delete_target").filter(pk=target.pk).exists()


def settle_groups(target: Target, held: dict[Group, set[str]], *, by: User | AnonymousUser, deletable: bool) -> None:
    """Put right what TOM's form makes of a target's groups.

    It takes the target from every group it does not offer, and lets all others delete it.

    Parameters
    ----------
    held : what the groups held before
    deletable : whether `by` might delete it before
    """
    offered = set(own_groups(by))
    for group, names in held.items():
        if group not in offered:
            for name in names:
                assign_perm(f"tom_targets.{name}", group, target)
    if not deletable:
        for group in permissions_of_groups(target):
            if "delete_target" not in held.get(group, ()):
                remove_perm("tom_targets.delete_target", group, target)
