"""Pages that say who changed what: in words, for those who may change the object, without what they must not know."""

import pytest
from tom_targets.models import Target, TargetExtra

from icare_tom.audit.models import AuditEntry
from icare_tom.audit.reading import entries_about, tell
from icare_tom.members.memberships import set_membership
from icare_tom.sharing.targets import share_target
from tests.factories import ingest_alert, make_group, make_target, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin_of_group(grandma, administrator):
    user = make_user("coordinator", grandma)
    set_membership(user, grandma, "group-admin", by=administrator)
    return type(user).objects.get(pk=user.pk)


@pytest.fixture
def target(grandma):
    return make_target("T1", group=grandma)


def text_of(answer) -> str:
    assert answer.status_code == 200, answer.status_code
    return " ".join(answer.content.decode().split())


def test_a_target_tells_who_changed_it(browse, admin_of_group, member, target):
    answer = browse(member).patch(f"/api/targets/{target.pk}/", {"ra": 33.5}, content_type="application/json")
    assert answer.status_code == 200, answer.content
    TargetExtra.objects.create(target=target, key="redshift", value="0.07")
    page = text_of(browse(admin_of_group).get(f"/changes/targets/{target.pk}/"))
    assert f"<strong>{member.username}</strong>" in page
    assert "0.07" in page
    assert "GRANDMA" in page
    assert "127.0.0.1" not in page


def test_super_admins_are_told_from_where(browse, administrator, target):
    client = browse(administrator)
    client.patch(f"/api/targets/{target.pk}/", {"ra": 33.5}, content_type="application/json", REMOTE_ADDR="192.0.2.9")
    page = text_of(client.get(f"/changes/targets/{target.pk}/"))
    assert "192.0.2.9" in page
    assert "→ 33.5" in page


def test_an_event_tells_who_let_whom_in(browse, admin_of_group, administrator, grandma, settings):
    event = ingest_alert()
    other = make_group("Quiet group")
    event.groups.add(grandma, other)
    page = text_of(browse(admin_of_group).get(f"/changes/events/{event.pk}/"))
    assert "GRANDMA" in page
    assert "Quiet group" not in page
    assert "Quiet group" in text_of(browse(administrator).get(f"/changes/events/{event.pk}/"))


def test_a_group_tells_its_admins_about_roles(browse, administrator, admin_of_group, grandma):
    newcomer = make_user("newcomer", grandma)
    set_membership(newcomer, grandma, "view", by=administrator)
    client = browse(admin_of_group)
    page = text_of(client.get(f"/changes/groups/{grandma.pk}/"))
    assert "Full user → View only" in page
    assert "membership of newcomer changed" in page
    assert f"/changes/groups/{grandma.pk}/" in text_of(client.get(f"/members/groups/{grandma.pk}/"))


def test_who_may_not_change_it_is_not_told(browse, grandma, other_member, stranger, target, administrator):
    viewer = make_user("viewer", grandma)
    set_membership(viewer, grandma, "view", by=administrator)
    viewer = type(viewer).objects.get(pk=viewer.pk)
    address = f"/changes/targets/{target.pk}/"
    assert browse(viewer).get(address)["Location"] == f"/targets/{target.pk}/"
    assert browse(viewer).get(f"/changes/groups/{grandma.pk}/")["Location"] == f"/members/groups/{grandma.pk}/"
    assert [browse(user).get(address).status_code for user in (other_member, stranger)] == [404, 404]
    assert browse().get(address).status_code == 302
    assert browse(administrator).get("/changes/secrets/1/").status_code == 404


def test_long_stories_have_pages(browse, administrator, target, django_assert_max_num_queries):
    for number in range(60):
        Target.objects.filter(pk=target.pk).update(dec=number)
    client = browse(administrator)
    assert "1 of 2" in text_of(client.get(f"/changes/targets/{target.pk}/"))
    with django_assert_max_num_queries(12):
        client.get(f"/changes/targets/{target.pk}/?page=2")


def test_one_sharing_is_one_entry(browse, administrator, grandma):
    target = make_target("T2")
    client = browse(administrator)
    client.post(f"/sharing/targets/{target.pk}/", {"do": "let-in", "group": grandma.pk})
    page = text_of(client.get(f"/changes/targets/{target.pk}/"))
    assert page.count("permission for GRANDMA") == 1
    assert "permission for GRANDMA to view, change and delete it added" in page
    other = make_group("Quiet group")
    share_target(target, other, by=administrator)
    share_target(target, other, by=administrator, let_in=False)
    told = [one.what for one in tell(entries_about(target, administrator), administrator)]
    assert told[:3] == [
        "permission for Quiet group to view, change and delete it",
        "permission for Quiet group to view, change and delete it",
        "permission for GRANDMA to view, change and delete it",
    ]


def test_the_administration_names_what_entries_are_about(
    browse, administrator, grandma, target, django_assert_max_num_queries
):
    share_target(target, make_group("Quiet group"), by=administrator)
    event = ingest_alert()
    event.groups.add(grandma)
    client = browse(administrator)
    with django_assert_max_num_queries(20):
        found = text_of(client.get("/admin/icare_tom/auditentry/"))
    assert "permission for Quiet group to view it" in found
    assert f'<a href="/targets/{target.pk}/">T1</a>' in found
    assert f'<a href="/events/{event.name}/">{event.name}</a>' in found
    pk = target.pk
    target.delete()
    assert f"tom_targets.basetarget:{pk}" in text_of(client.get("/admin/icare_tom/auditentry/"))


def test_the_administration_finds_entries(browse, administrator, admin_of_group, target):
    client = browse(administrator)
    found = text_of(client.get("/admin/icare_tom/auditentry/", {"q": f"tom_targets.basetarget:{target.pk}"}))
    assert "tom_targets.basetarget" in found
    entry = AuditEntry.objects.about(target).first()
    assert client.get(f"/admin/icare_tom/auditentry/{entry.pk}/change/").status_code == 200
    assert browse(admin_of_group).get("/admin/icare_tom/auditentry/").status_code in (302, 403)
