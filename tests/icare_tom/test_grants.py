"""Which targets somebody sees, whatever was granted and taken in whatever order and way: as TOM says, at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from itertools import count
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection, transaction
from guardian.models import GroupObjectPermission, UserObjectPermission
from guardian.shortcuts import assign_perm, remove_perm
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tom_targets.models import Target, TargetList
from tom_targets.permissions import targets_for_user

from icare_tom.guards.access import visible_targets
from icare_tom.guards.grants import grants_out_of_step, holders_of
from tests.factories import make_group, make_target, make_user
from tom_grandma_facilities import targets_seen

pytestmark = pytest.mark.django_db
N = 4
SEE, CHANGE = "tom_targets.view_target", "tom_targets.change_target"
which = st.integers(0, N - 1)
steps = st.one_of(
    st.tuples(st.just("permissions"), which, st.sampled_from(["PRIVATE", "PUBLIC", "OPEN"])),
    st.tuples(st.sampled_from(["give", "take"]), which, which, st.booleans(), st.sampled_from([SEE, CHANGE])),
    st.tuples(st.sampled_from(["enter", "leave"]), which, which),
    st.tuples(st.sampled_from(["delete target", "delete group", "delete user", "make target", "give many"]), which),
    st.tuples(st.sampled_from(["undone", "move keys", "namesake"]), which, which),
)


class Network:
    """Some people, groups and targets, and ways to change who sees what."""

    numbers = count()

    def __init__(self) -> None:
        self.users = [make_user(f"user{number}") for number in range(N)]
        self.groups = [make_group(f"Group {number}") for number in range(N)]
        self.targets = [make_target(f"target{number}", permissions="PRIVATE") for number in range(N)]

    def begin(self) -> "Network":
        """The same rows, as nobody has read or changed them yet."""
        fresh = copy(self)
        fresh.users = [User.objects.get(pk=user.pk) for user in self.users]
        fresh.targets = list(self.targets)
        return fresh

    def change(self, kind: str, *what) -> None:
        """Do one thing; those that are gone already are passed over."""
        getattr(self, kind.replace(" ", "_"))(*what)

    def permissions(self, target, permissions):
        Target.objects.filter(pk=self.targets[target].pk).update(permissions=permissions)

    def give(self, holder, target, to_group, permission, how: Callable = assign_perm):
        row = (self.groups if to_group else self.users)[holder]
        if _is_there(row) and _is_there(self.targets[target]):
            how(permission, row, self.targets[target])

    def take(self, holder, target, to_group, permission):
        self.give(holder, target, to_group, permission, remove_perm)

    def enter(self, user, group):
        if _is_there(self.users[user]) and _is_there(self.groups[group]):
            self.users[user].groups.add(self.groups[group])

    def leave(self, user, group):
        if _is_there(self.users[user]) and _is_there(self.groups[group]):
            self.groups[group].user_set.remove(self.users[user])

    def delete_target(self, target):
        Target.objects.filter(pk=self.targets[target].pk).delete()

    def delete_group(self, group):
        Group.objects.filter(pk=self.groups[group].pk).delete()

    def delete_user(self, user):
        User.objects.filter(pk=self.users[user].pk).delete()

    def make_target(self, target):
        """A new one, which nobody was shown by name."""
        self.targets[target] = make_target(f"new{next(self.numbers)}", permissions="PUBLIC")

    def give_many(self, group):
        if _is_there(self.groups[group]):
            assign_perm(SEE, self.groups[group], Target.objects.all())

    def undone(self, holder, target):
        """Something that is rolled back."""
        with transaction.atomic():
            self.give(holder, target, True, SEE)
            self.permissions(target, "PUBLIC")
            transaction.set_rollback(True)

    def move_keys(self, one, other):
        """Write the tables of guardian as no code of ours does."""
        keys = [str(self.targets[number].pk) for number in (one, other)]
        taken = GroupObjectPermission.objects.filter(object_pk=keys[1]).values("group")
        GroupObjectPermission.objects.filter(object_pk=keys[0]).exclude(group__in=taken).update(object_pk=keys[1])
        UserObjectPermission.objects.filter(object_pk=keys[1]).delete()

    def namesake(self, user, target):
        """A row of another kind with the key of a target; it shows nothing."""
        if _is_there(self.users[user]):
            same, _ = TargetList.objects.get_or_create(pk=self.targets[target].pk, defaults={"name": "namesake"})
            assign_perm("tom_targets.view_targetlist", self.users[user], same)


def _is_there(row) -> bool:
    return type(row).objects.filter(pk=row.pk).exists()


def keys(rows) -> list[int]:
    return sorted(rows.values_list("pk", flat=True))


@pytest.fixture
def first():
    """What every example begins with, and is rolled back to."""
    return Network()


@given(st.lists(steps, max_size=12))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_changes_show_what_tom_shows(first, changes):
    with transaction.atomic():
        network = first.begin()
        for change in changes:
            network.change(*change)
            for user in network.users:
                fresh = User(pk=user.pk, is_active=True)
                theirs = targets_for_user(fresh, Target.objects.all(), "view_target")
                # The same object again and again: it must not remember groups from before.
                assert keys(visible_targets(user)) == sorted(set(keys(theirs)))
        assert grants_out_of_step() == 0
        transaction.set_rollback(True)


@pytest.mark.parametrize("table", ["guardian_groupobjectpermission", "guardian_userobjectpermission"])
def test_an_emptied_table_shows_nothing_any_more(table):
    network = Network()
    network.enter(0, 0)
    network.give(0, 0, True, SEE)
    network.give(0, 1, False, SEE)
    with connection.cursor() as cursor:
        # What is checked at the end of the transaction otherwise.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"TRUNCATE {table}")
    left = network.targets[1 if "group" in table else 0].pk
    assert keys(visible_targets(network.users[0])) == [left]
    assert grants_out_of_step() == 0


@pytest.mark.django_db(transaction=True)
def test_an_emptied_table_of_targets_takes_what_everybody_saw():
    make_target("open", permissions="OPEN")
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE tom_targets_basetarget CASCADE")
        cursor.execute("SELECT count(*) FROM icare_tom_targetgrant")
        assert cursor.fetchone() == (0,)


def test_a_key_that_is_no_number_shows_nothing_and_breaks_nothing(member):
    permission = {"permission_id": _permission_to_see(), "content_type": ContentType.objects.get_for_model(Target)}
    target = make_target("one", permissions="PRIVATE")
    rows = ["a6e4", "", "-7", "99999999999999999999999", f"0{target.pk}", str(target.pk)]
    UserObjectPermission.objects.bulk_create(
        [UserObjectPermission(user=member, object_pk=key, **permission) for key in rows]
    )
    assert keys(visible_targets(member)) == [target.pk]
    UserObjectPermission.objects.filter(user=member).exclude(object_pk=str(target.pk)).delete()
    assert keys(visible_targets(member)) == [target.pk]
    assert grants_out_of_step() == 0


def test_groups_are_asked_for_once_and_again_after_a_change(member, grandma, django_assert_num_queries):
    holders_of(member)
    with django_assert_num_queries(0):
        holders_of(member)
    other = make_group("Other")
    other.user_set.add(member)
    assert other.pk in holders_of(member)
    member.memberships.get(group=other).delete()
    assert other.pk not in holders_of(member)


def test_rows_that_are_out_of_step_are_found_and_put_right(member, grandma):
    target, hidden = make_target("one", group=grandma), make_target("hidden", permissions="PRIVATE")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM icare_tom_targetgrant WHERE target_id = %s AND holder > 0", [target.pk])
        cursor.execute("INSERT INTO icare_tom_targetgrant VALUES (%s, 0)", [hidden.pk])
    assert keys(visible_targets(member)) == [hidden.pk]
    assert grants_out_of_step(repair=True) == 2
    assert grants_out_of_step() == 0
    assert keys(visible_targets(member)) == [target.pk]


def test_every_app_asks_one_rule(member):
    assert (
        targets_seen.visible_targets(member).query.sql_with_params() == visible_targets(member).query.sql_with_params()
    )
    root = Path(__file__).parents[2]
    apps = ("icare_tom", "tom_gcn", "tom_grandma_facilities", "tom_photvalidation")
    sources = (path for app in apps for path in (root / app).rglob("*.py"))
    asking_tom = {path.stem for path in sources if "import targets_for_user" in path.read_text()}
    assert asking_tom == {"targets_seen"}


@pytest.mark.django_db(transaction=True)
def test_hiding_a_target_while_it_is_shown_to_a_group_hides_it(grandma):
    """Two transactions at once: neither may write what it read of rows that the other changes."""
    target = make_target("open", permissions="OPEN")
    member, stranger = make_user("member", grandma), make_user("stranger")
    with transaction.atomic():
        Target.objects.filter(pk=target.pk).update(permissions="PRIVATE")
        with ThreadPoolExecutor(1) as other:
            other.submit(_show, grandma, target).result(timeout=30)
    assert keys(visible_targets(member)) == [target.pk]
    assert keys(visible_targets(stranger)) == []
    assert grants_out_of_step() == 0


def _show(group: Group, target: Target) -> None:
    """In a connection of its own."""
    try:
        assign_perm(SEE, group, target)
    finally:
        connection.close()


def test_the_command_tells_and_repairs(member, grandma, capsys):
    target = make_target("one", group=grandma)
    call_command("check_grants")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM icare_tom_targetgrant WHERE target_id = %s", [target.pk])
    call_command("check_grants")
    call_command("check_grants", "--repair")
    said = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in said] == ["Who", "1", "1"]
    assert keys(visible_targets(member)) == [target.pk]


def _permission_to_see() -> int:
    return Permission.objects.get(codename="view_target", content_type__app_label="tom_targets").pk
