"""Pages of groups: made by super admins, what is shared with them, for those inside."""

import pytest
from django.contrib.auth.models import Group

from icare_tom.members.models import Membership
from tests.factories import make_event, make_group, make_target, make_user

pytestmark = pytest.mark.django_db
GROUPS = "/members/groups/"


def test_super_admins_make_groups_and_are_their_first_admins(administrator, browse):
    answer = browse(administrator).post(GROUPS, {"name": " Kilonova  catcher ", "description": "Amateurs."})
    group = Group.objects.get(name="Kilonova catcher")
    assert answer["Location"] == f"{GROUPS}{group.pk}/"
    assert (group.profile.description, group.profile.is_public) == ("Amateurs.", False)
    assert Membership.objects.get(group=group).role == "group-admin"
    again = browse(administrator).post(GROUPS, {"name": "kilonova catcher"})
    assert again.status_code == 400
    assert "There is a group with this name." in again.content.decode()


def test_others_make_none(member, grandma, browse):
    manager = make_user("manager", grandma, role="group-admin")
    for user in (member, manager):
        assert browse(user).post(GROUPS, {"name": "Another"}).status_code == 404
        assert "Make the group" not in browse(user).get(GROUPS).content.decode()
    assert not Group.objects.filter(name="Another").exists()


def test_what_is_shared_is_shown_to_those_inside(member, stranger, grandma, browse):
    make_target("AT2024abc", group=grandma)
    make_event("S240101a", grandma)
    make_target("AT2024secret", group=make_group("Another group"))
    page = browse(member).get(f"{GROUPS}{grandma.pk}/").content.decode()
    assert "AT2024abc" in page
    assert "S240101a" in page
    assert "AT2024secret" not in page
    assert browse(stranger).get(f"{GROUPS}{grandma.pk}/").status_code == 404


def test_a_page_takes_the_same_queries_however_many_there_are(member, grandma, browse, django_assert_max_num_queries):
    for number in range(40):
        make_user(f"person{number}", grandma)
        make_target(f"AT2024x{number}", group=grandma)
    client = browse(member)
    client.get(f"{GROUPS}{grandma.pk}/")
    with django_assert_max_num_queries(24):
        assert client.get(f"{GROUPS}{grandma.pk}/").status_code == 200
