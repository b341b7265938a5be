"""Roles and rights: who may do what in which group, and who may give it."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from icare_tom.members.memberships import end_membership, set_membership
from icare_tom.members.models import Membership
from icare_tom.members.rights import groups_where, may_in, rights_of
from icare_tom.members.roles import RIGHTS, ROLES, Role
from icare_tom.members.tasks import end_expired
from tests.factories import make_event, make_group, make_user

pytestmark = pytest.mark.django_db


def again(user: User) -> User:
    """The person as the next request meets them."""
    return User.objects.get(pk=user.pk)


def test_every_permission_of_the_table_exists():
    known = {f"{app}.{name}" for app, name in Permission.objects.values_list("content_type__app_label", "codename")}
    named = {permission for right in RIGHTS.values() for permission in right.permissions}
    assert named - known == set()


def test_every_role_names_rights_of_the_table():
    assert set(ROLES) == set(Role)
    assert {key for keys in ROLES.values() for key in keys} <= set(RIGHTS)


@pytest.mark.parametrize(("role", "may"), [("view", False), ("full", True), ("group-admin", True)])
def test_a_role_permits_what_the_table_says(grandma, role, may):
    user = make_user("somebody", grandma, role=role)
    assert user.has_perm("tom_gcn.request_plan") is may
    assert user.has_perm("icare_tom.change_membership") is (role == "group-admin")


def test_a_right_holds_in_the_group_that_gave_it_only(grandma):
    other = make_group("Another group")
    user = make_user("somebody", grandma, role="group-admin")
    user.groups.add(other)
    user = again(user)
    assert may_in(user, "icare_tom.change_membership", grandma)
    assert not may_in(user, "icare_tom.change_membership", other)
    assert list(groups_where(user, "tom_gcn.request_plan")) == [grandma]
    assert user.has_perm("tom_gcn.request_plan", make_event("S240101a", grandma))
    assert not user.has_perm("tom_gcn.request_plan", make_event("S240101b", other))


def test_whoever_is_put_into_a_group_by_other_means_sees_only(grandma):
    user = make_user("somebody")
    grandma.user_set.add(user)
    assert Membership.objects.get(user=user, group=grandma).role == Role.VIEW
    grandma.user_set.remove(user)
    assert not Membership.objects.filter(user=user).exists()
    user.groups.add(grandma)
    user.groups.clear()
    assert not Membership.objects.filter(user=user).exists()


def test_a_single_right_stands_beside_the_role(grandma, administrator):
    user = make_user("somebody", grandma, role="view")
    set_membership(user, grandma, Role.VIEW, by=administrator, rights=["review-photometry"])
    assert [right.key for right in rights_of(again(user))] == ["review-photometry"]


def test_a_changed_role_an_ended_membership_and_a_closed_account_count_at_once(grandma, administrator):
    user = make_user("somebody", grandma)
    set_membership(user, grandma, Role.VIEW, by=administrator)
    assert not again(user).has_perm("tom_gcn.request_plan")
    set_membership(user, grandma, Role.FULL, by=administrator, until=timezone.now() - timedelta(seconds=1))
    assert not again(user).has_perm("tom_gcn.request_plan")
    assert end_expired() == 1
    assert not user.groups.exists()
    set_membership(user, grandma, Role.FULL, by=administrator)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert not again(user).has_perm("tom_gcn.request_plan")


def test_a_group_admin_manages_their_group_and_no_other(grandma):
    other = make_group("Another group")
    admin = make_user("admin", grandma, role="group-admin")
    admin.groups.add(other)
    newcomer = make_user("newcomer")
    assert set_membership(newcomer, grandma, Role.FULL, by=again(admin)).given_by == admin
    assert newcomer.groups.get() == grandma
    with pytest.raises(PermissionDenied, match="may not manage the members of Another group"):
        set_membership(newcomer, other, Role.VIEW, by=again(admin))


def test_nobody_promotes_themselves_or_gives_more_than_they_hold(grandma):
    admin = make_user("admin", grandma, role="group-admin")
    member = make_user("somebody", grandma)
    with pytest.raises(PermissionDenied, match="their own role"):
        set_membership(admin, grandma, Role.GROUP_ADMIN, by=admin, rights=["system-admin"])
    with pytest.raises(PermissionDenied, match="System admin"):
        set_membership(member, grandma, Role.FULL, by=admin, rights=["system-admin"])
    with pytest.raises(PermissionDenied, match="may not manage"):
        set_membership(admin, grandma, Role.VIEW, by=member)
    assert Membership.objects.get(user=admin).role == Role.GROUP_ADMIN


def test_everybody_may_leave_and_only_admins_send_away(grandma):
    member, other = make_user("somebody", grandma), make_user("other", grandma)
    with pytest.raises(PermissionDenied):
        end_membership(other, grandma, by=member)
    end_membership(member, grandma, by=member)
    assert not member.groups.exists()
    assert other.groups.exists()


def test_unknown_roles_and_rights_are_named(grandma, administrator):
    user = make_user("somebody")
    with pytest.raises(ValidationError, match="Unknown role emperor"):
        set_membership(user, grandma, "emperor", by=administrator)
    with pytest.raises(ValidationError, match="Unknown rights: fly"):
        set_membership(user, grandma, Role.VIEW, by=administrator, rights=["fly"])
    assert not Group.objects.filter(user=user).exists()
