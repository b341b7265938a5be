"""The list of targets asks for visible rows in its own words: the same rows as TOM's, counted once."""

import pytest
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test.utils import CaptureQueriesContext
from guardian.shortcuts import assign_perm
from tom_targets.models import Target, TargetList, TargetName
from tom_targets.permissions import targets_for_user

from icare_tom import pagination
from icare_tom.guards.access import OBSERVE, changeable_targets, usable_targets, visible_targets
from tests.factories import make_group, make_target, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def planted(grandma, member):
    """Targets of every kind, with grants that show some of them and grants that show nothing."""
    make_target("of my group", group=grandma)
    make_target("of another", group=make_group("Foreign"))
    make_target("open", permissions="OPEN")
    make_target("public", permissions="PUBLIC")
    by_name, twice, changed, nobody = (make_target(name) for name in ("by name", "twice", "only changed", "nobody"))
    assign_perm("tom_targets.view_target", member, by_name)
    for holder in (member, grandma, make_group("Second")):
        assign_perm("tom_targets.view_target", holder, twice)
    assign_perm("tom_targets.change_target", member, changed)
    # Another kind of row with the key of a target nobody may see.
    assign_perm("tom_targets.view_targetlist", grandma, TargetList.objects.create(pk=nobody.pk, name="namesake"))


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("member", {"of my group", "open", "public", "by name", "twice"}),
        ("other_member", {"of my group", "open", "public", "twice"}),
        ("stranger", {"open", "public"}),
    ],
)
def test_the_same_targets_are_visible_as_tom_says(planted, who, expected, request, grandma):
    user = request.getfixturevalue(who)
    if who == "other_member":
        user.groups.set([grandma])
    names = list(visible_targets(user).order_by("name").values_list("name", flat=True))
    tom = targets_for_user(user, Target.objects.all(), "view_target").order_by("name").values_list("name", flat=True)
    assert names == list(tom)
    assert set(names) == expected
    assert len(names) == len(expected)


def test_a_right_to_all_targets_and_a_closed_account(planted, stranger):
    kind = ContentType.objects.get_for_model(Target)
    stranger.user_permissions.add(Permission.objects.get(codename="view_target", content_type=kind))
    user = type(stranger).objects.get(pk=stranger.pk)
    assert visible_targets(user).count() == Target.objects.count()
    user.is_active = False
    assert not visible_targets(user).exists()
    chief = make_user("chief")
    chief.is_superuser = True
    assert visible_targets(chief).count() == Target.objects.count()


@pytest.mark.parametrize("query", ["", "?page=2", "?sort=name", "?query=AT", "?name=at20,nothing"])
def test_visible_targets_are_counted_once(query, grandma, member, browse):
    for number in range(23):
        make_target(f"AT20{number:02d}", group=grandma)
    client = browse(member)
    client.get(f"/targets/{query}")
    with CaptureQueriesContext(connection) as asked:
        page = client.get(f"/targets/{query}")
    asked_for = [one["sql"] for one in asked if 'FROM "tom_targets_basetarget"' in one["sql"]]
    assert [f"LIMIT {pagination.BOUND + 1}" in sql for sql in asked_for].count(True) == 1
    assert not [sql for sql in asked_for if "COUNT(" in sql]
    assert ["ORDER BY" in sql for sql in asked_for].count(True) == 1
    assert page.context["record_count"] == page.context["table"].paginator.count == 23
    assert len(page.context["table"].page.object_list) == (3 if "page=2" in query else 20)


def test_many_targets_are_counted_to_a_bound_and_paged_beyond_it(grandma, member, browse, monkeypatch):
    monkeypatch.setattr(pagination, "BOUND", 40)
    for number in range(83):
        make_target(f"AT{number:02d}", group=grandma)
    client, seen = browse(member), []
    for page, pages, said in ((1, 2, "More than 40 targets"), (2, 3, "More than 60"), (3, 4, "More than 80")):
        answer = client.get("/targets/", {"page": page})
        assert said in answer.content.decode()
        assert answer.context["table"].paginator.num_pages == pages
        seen += [row.record.name for row in answer.context["table"].page.object_list]
    for page in (4, 5):
        answer = client.get("/targets/", {"page": page})
        assert "<span>83 targets</span>" in answer.content.decode()
        seen += [row.record.name for row in answer.context["table"].page.object_list]
    assert sorted(seen) == [f"AT{number:02d}" for number in range(83)]
    assert client.get("/targets/?page=6").status_code == client.get("/targets/?page=9999999999").status_code == 404


def test_an_empty_list_says_why(grandma, member, browse):
    client = browse(member)
    assert "There is no target you may see yet" in client.get("/targets/").content.decode()
    make_target("AT2017gfo", group=grandma)
    assert "No target matches these filters" in client.get("/targets/?name=other").content.decode()


def test_a_target_with_many_names_is_found_once(grandma, member, browse):
    target = make_target("AT2017gfo", group=grandma)
    for name in ("SSS17a", "DLT17ck gfo", "gfo again"):
        TargetName.objects.create(target=target, name=name)
    TargetName.objects.create(target=make_target("hidden"), name="gfo too")
    for text in ("gfo", "sss17A", "nothing,SSS"):
        assert browse(member).get("/api/targets/", {"name": text}).json()["count"] == 1
    found = browse(member).get("/search/", {"q": "gfo"}).context["found"]
    assert [one.name for one in found.targets] == ["AT2017gfo"]


def test_the_api_counts_to_a_bound_says_so_and_leads_on(grandma, member, browse, monkeypatch):
    monkeypatch.setattr(pagination, "BOUND", 4)
    for number in range(9):
        make_target(f"AT{number:02d}", group=grandma)
    client, seen, counts, url = browse(member), [], [], "/api/targets/?limit=2"
    while url:
        page = client.get(url).json()
        seen += [row["name"] for row in page["results"]]
        counts.append((page["count"], page["count_is_exact"]))
        url = page["next"]
    assert sorted(seen) == [f"AT{number:02d}" for number in range(9)]
    assert counts == [(4, False), (4, False), (6, False), (8, False), (9, True)]
    page = client.get("/api/targets/", {"limit": 2, "count": "exact"}).json()
    assert (page["count"], page["count_is_exact"]) == (9, True)
    assert "offset=2" in page["next"]
    few = client.get("/api/targets/", {"name": "AT03"}).json()
    assert (few["count"], few["count_is_exact"], few["next"]) == (1, True, None)


@pytest.mark.parametrize("number", [3, 30])
def test_few_and_many_targets_come_in_the_same_order(grandma, member, browse, monkeypatch, number):
    monkeypatch.setattr(pagination, "BOUND", 10)
    names = [f"AT{number:02d} {'x' if number % 2 else 'y'}" for number in range(number)]
    for name in names:
        make_target(name, group=grandma)
        make_target(f"hidden {name}")
    client = browse(member)
    found = client.get("/search/", {"q": "AT"}).context["found"].targets
    assert [target.name for target in found] == names[::-1][: len(found)]
    for query, expected in (("", names[::-1]), ("?sort=name", names), ("?sort=-name", names[::-1])):
        page = client.get(f"/targets/{query}").context["table"].page
        assert [row.record.name for row in page.object_list] == expected[:20]


def test_what_one_may_do_with_a_target_is_asked_of_that_target_alone(grandma, member):
    target = make_target("one", group=grandma)
    for rows in (changeable_targets(member), usable_targets(member, OBSERVE)):
        assert "EXISTS" in str(rows.filter(pk=target.pk).query)
        assert "::bigint" not in str(rows.filter(pk=target.pk).query)
