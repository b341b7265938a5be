"""Targets: who sees, changes and deletes them, on pages and over REST; beside it what TOM alone would do."""

import csv
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from guardian.models import GroupObjectPermission, UserObjectPermission
from guardian.shortcuts import assign_perm
from tom_targets.models import Target, TargetExtra, TargetList, TargetName
from tom_targets.permissions import targets_for_user
from tom_targets.serializers import TargetSerializer as StockSerializer

from icare_tom.members.models import Membership
from tests.factories import make_group, make_target, make_user

pytestmark = pytest.mark.django_db
JSON = "application/json"


@pytest.fixture
def private(grandma):
    return make_target("AT2017gfo", group=grandma)


@pytest.fixture(params=["PUBLIC", "OPEN"])
def shown(request):
    """A target everybody with an account may see and nobody in particular may change."""
    return make_target(f"{request.param} target", permissions=request.param)


def test_tom_alone_lets_anybody_change_and_delete_shown_targets(shown, stranger):
    """The hole itself: when TOM closes it, our guard may go."""
    for action in ("change_target", "delete_target"):
        assert targets_for_user(stranger, Target.objects.all(), action).filter(pk=shown.pk).exists()


def test_shown_targets_are_seen_by_everybody_with_an_account(shown, stranger, browse):
    assert browse(stranger).get(f"/targets/{shown.pk}/").status_code == 200
    assert browse().get(f"/targets/{shown.pk}/").status_code == 302


@pytest.mark.parametrize("who", ["stranger", "member", "other_member"])
@pytest.mark.parametrize("page", ["update", "delete"])
def test_shown_targets_are_changed_only_by_permission(shown, who, page, browse, request):
    client = browse(request.getfixturevalue(who))
    assert client.get(f"/targets/{shown.pk}/{page}/").status_code == 404
    assert client.post(f"/targets/{shown.pk}/{page}/", {"name": "mine"}).status_code == 404
    shown.refresh_from_db()
    assert shown.name != "mine"


def test_rest_changes_shown_targets_only_by_permission(shown, member, browse):
    client, address = browse(member), f"/api/targets/{shown.pk}/"
    assert client.get(address).status_code == 200
    assert client.patch(address, {"name": "mine"}, content_type=JSON).status_code == 404
    assert client.delete(address).status_code == 404
    assign_perm("tom_targets.change_target", member, shown)
    assert client.patch(address, {"name": "mine"}, content_type=JSON).status_code == 200
    assert client.delete(address).status_code == 404


@pytest.mark.parametrize(
    ("role", "update", "delete"), [("view", 404, 404), ("full", 200, 404), ("group-admin", 200, 302)]
)
def test_roles_say_who_changes_and_deletes_their_groups_targets(private, grandma, browse, role, update, delete):
    client = browse(make_user("somebody", grandma, role=role))
    assert client.get(f"/targets/{private.pk}/").status_code == 200
    assert client.get(f"/targets/{private.pk}/update/").status_code == update
    assert client.post(f"/targets/{private.pk}/delete/").status_code == delete
    assert Target.objects.filter(pk=private.pk).exists() is (delete == 404)


def test_a_role_in_one_group_does_not_reach_the_targets_of_another(private, grandma, browse):
    user = make_user("somebody", grandma, role="view")
    own = make_group("Own group")
    user.groups.add(own)
    Membership.objects.filter(user=user, group=own).update(role="group-admin")
    assert browse(user).get(f"/targets/{private.pk}/").status_code == 200
    assert browse(user).get(f"/targets/{private.pk}/update/").status_code == 404
    assert browse(user).get(f"/targets/{make_target('own', group=own).pk}/update/").status_code == 200


@pytest.mark.parametrize("path", ["", "update/", "delete/", "observation-list/", "share/", "persistentshare/manage/"])
def test_a_hidden_target_looks_like_a_missing_one(private, stranger, browse, path):
    client = browse(stranger)
    hidden = client.get(f"/targets/{private.pk}/{path}")
    missing = client.get(f"/targets/{private.pk + 1000}/{path}")
    assert (hidden.status_code, missing.status_code) == (404, 404)


def test_merging_needs_both_targets(private, stranger, grandma, browse):
    member = make_user("manager", grandma, role="group-admin")
    mine = make_target("mine")
    for permission in ("view_target", "change_target", "delete_target"):
        assign_perm(f"tom_targets.{permission}", stranger, mine)
    assert browse(stranger).get(f"/targets/merge/{mine.pk}/{private.pk}").status_code == 404
    assert browse(stranger).get(f"/targets/merge/{mine.pk}/{mine.pk}").status_code == 404
    second = make_target("second", group=member.groups.get())
    assert browse(member).get(f"/targets/merge/{private.pk}/{second.pk}").status_code == 200
    answer = browse(member).get(
        f"/targets/merge/{private.pk}/{second.pk}", {"name_select": mine.pk}, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 404


def test_a_name_in_the_way_is_not_told(private, other_member, browse):
    private.aliases.create(name="SSS17a")
    form = {
        "name": "sss-17A",
        "type": "SIDEREAL",
        "ra": "1",
        "dec": "1",
        "permissions": "PRIVATE",
        "aliases-TOTAL_FORMS": 0,
        "aliases-INITIAL_FORMS": 0,
        "targetextra_set-TOTAL_FORMS": 0,
        "targetextra_set-INITIAL_FORMS": 0,
    }
    page = browse(other_member).post("/targets/create/", form)
    assert page.status_code == 200
    assert "AT2017gfo" not in page.content.decode()
    assert "already exists" in page.content.decode()


def test_a_refused_form_leaves_no_target_behind(member, browse):
    form = {"name": "half", "type": "SIDEREAL", "ra": "1", "dec": "1", "permissions": "PRIVATE"}
    browse(member).post("/targets/create/", form)
    assert not Target.objects.filter(name="half").exists()


def test_the_list_tells_neither_names_of_lists_nor_whether_there_are_targets(private, stranger, browse):
    TargetList.objects.create(name="kilonovae").targets.add(private)
    assert "You belong to no group yet" in browse(stranger).get("/targets/").content.decode()
    stranger.groups.add(make_group("others"))
    page = browse(stranger).get("/targets/").content.decode()
    assert "kilonovae" not in page
    assert "no target you may see" in page
    assert "Messier" not in page


def test_a_position_cannot_be_found_by_asking_around_a_hidden_target(private, stranger, browse):
    make_target("near", permissions="PUBLIC")
    page = browse(stranger).get("/targets/", {"target_cone_search": "AT2017gfo, 5"}).content.decode()
    assert "near" not in page.split("table-container")[1]


@pytest.mark.parametrize("text", ["nonsense", "1,2", "1,2,3,4", "1,2,x", "1,200,3", "400,0,-1", "nan,0,1"])
def test_a_cone_search_that_cannot_be_read_finds_nothing(text, member, browse):
    assert browse(member).get("/targets/", {"cone_search": text}).status_code == 200
    assert browse(member).get("/api/targets/", {"cone_search": text}).json()["count"] == 0


def test_the_cone_search_is_right_across_ra_0(grandma, member, browse):
    make_target("west", group=grandma, ra=359.95, dec=0.0)
    make_target("east", group=grandma, ra=0.05, dec=0.0)
    make_target("far", group=grandma, ra=180.0, dec=0.0)
    found = browse(member).get("/api/targets/", {"cone_search": "0.0,0.0,0.2"}).json()["results"]
    assert {row["name"] for row in found} == {"west", "east"}


# --- REST ---------------------------------------------------------------------------------------------------------
def test_anonymous_requests_change_nothing(private, browse):
    target = {"name": "x", "type": "SIDEREAL", "ra": 1, "dec": 1}
    assert browse().post("/api/targets/", target, content_type=JSON).status_code == 401
    assert browse().delete(f"/api/targets/{private.pk}/").status_code == 401
    assert Target.objects.get() == private


def test_tom_alone_refuses_ra_0():
    fields = {"name": "x", "type": "SIDEREAL", "ra": 0.0, "dec": 5.0}
    assert not StockSerializer(data=fields).is_valid()


@pytest.mark.parametrize(("ra", "dec", "status"), [(0, 0, 201), (359.9, -90, 201), (360.5, 0, 400), (1, None, 400)])
def test_coordinates_over_rest(ra, dec, status, member, browse):
    fields = {"name": "x", "type": "SIDEREAL", "ra": ra, "dec": dec}
    assert browse(member).post("/api/targets/", fields, content_type=JSON).status_code == status


def test_a_page_of_targets_costs_few_queries_whatever_its_length(grandma, member, browse):
    client = browse(member)

    def cost(limit):
        with CaptureQueriesContext(connection) as queries:
            rows = client.get("/api/targets/", {"limit": limit}).json()["results"]
        return len(rows), len(queries)

    for number in range(40):
        target = make_target(f"T{number}", group=grandma)
        TargetName.objects.create(target=target, name=f"alias {number}")
        TargetExtra.objects.create(target=target, key="z", value="0.1")
    (few, low), (many, high) = cost(5), cost(40)
    assert (few, many) == (5, 40)
    assert low == high <= 12


def test_nobody_gets_the_whole_table_at_once(member, browse, grandma):
    Target.objects.bulk_create(
        Target(name=f"T{n}", type="SIDEREAL", ra=1, dec=1, permissions="PUBLIC") for n in range(1005)
    )
    assert len(browse(member).get("/api/targets/?limit=1000000").json()["results"]) == 1000


def test_unknown_fields_and_owners_are_not_taken_from_the_body(member, browse):
    fields = {
        "name": "x",
        "type": "SIDEREAL",
        "ra": 1,
        "dec": 1,
        "id": 4711,
        "shared_by": "somebody",
        "created": "2001-01-01T00:00:00Z",
        "is_superuser": True,
    }
    answer = browse(member).post("/api/targets/", fields, content_type=JSON)
    assert answer.status_code == 201
    target = Target.objects.get(name="x")
    assert target.pk != 4711
    assert (target.shared_by, target.created.year > 2001, target.permissions) == ("", True, "PRIVATE")


@pytest.mark.parametrize("by", ["id", "name"])
def test_targets_are_shared_only_with_groups_one_belongs_to(by, member, grandma, browse):
    foreign = make_group("Foreign")
    body = {"name": "x", "type": "SIDEREAL", "ra": 1, "dec": 1}
    given = {"id": foreign.pk} if by == "id" else {"name": foreign.name}
    answer = browse(member).post("/api/targets/", body | {"groups": [given]}, content_type=JSON)
    assert answer.status_code == 400
    mine = {"id": grandma.pk} if by == "id" else {"name": grandma.name}
    answer = browse(member).post("/api/targets/", body | {"groups": [mine]}, content_type=JSON)
    assert answer.json()["groups"] == [{"id": grandma.pk, "name": grandma.name}]


def test_a_group_that_does_not_exist_is_not_made(member, browse):
    body = {"name": "x", "type": "SIDEREAL", "ra": 1, "dec": 1, "groups": [{"name": "brand new"}]}
    assert browse(member).post("/api/targets/", body, content_type=JSON).status_code == 400
    assert member.groups.model.objects.filter(name="brand new").count() == 0


def test_another_targets_extra_value_cannot_be_taken_over(private, other_member, browse):
    secret = TargetExtra.objects.create(target=private, key="z", value="0.01")
    alias = TargetName.objects.create(target=private, name="SSS17a")
    mine = make_target("mine", group=other_member.groups.get())
    for body in (
        {"targetextra_set": [{"id": secret.pk, "key": "z", "value": "9"}]},
        {"aliases": [{"id": alias.pk, "name": "stolen"}]},
    ):
        assert browse(other_member).patch(f"/api/targets/{mine.pk}/", body, content_type=JSON).status_code == 400
    secret.refresh_from_db()
    alias.refresh_from_db()
    assert (secret.target_id, secret.value, alias.name) == (private.pk, "0.01", "SSS17a")


def test_extra_values_and_aliases_are_added_and_changed(member, grandma, browse):
    target = make_target("mine", group=grandma)
    body = {"targetextra_set": [{"key": "z", "value": "1"}], "aliases": [{"name": "alias"}]}
    for _ in range(2):
        answer = browse(member).patch(
            f"/api/targets/{target.pk}/", {"targetextra_set": body["targetextra_set"]}, content_type=JSON
        )
        assert answer.status_code == 200
    browse(member).patch(f"/api/targets/{target.pk}/", {"aliases": body["aliases"]}, content_type=JSON)
    assert [extra.value for extra in target.targetextra_set.all()] == ["1"]
    assert [alias.name for alias in target.aliases.all()] == ["alias"]


def test_a_list_of_somebody_else_is_not_filled(private, other_member, browse):
    theirs = TargetList.objects.create(name="kilonovae")
    mine = make_target("mine", group=other_member.groups.get())
    body = {"target_lists": [{"name": "kilonovae"}]}
    assert browse(other_member).patch(f"/api/targets/{mine.pk}/", body, content_type=JSON).status_code == 200
    assert not theirs.targets.exists()
    assert mine.targetlist_set.get() != theirs


def test_target_lists_over_rest_answer(member, browse):
    """TOM's own answers 500 to everybody."""
    targets = TargetList.objects.create(name="kilonovae")
    assert browse(member).get(f"/api/targetlist/{targets.pk}/").status_code == 404
    assign_perm("tom_targets.view_targetlist", member, targets)
    assert browse(member).get(f"/api/targetlist/{targets.pk}/").json() == {"id": targets.pk, "name": "kilonovae"}
    assert browse(member).delete(f"/api/targetlist/{targets.pk}/").status_code == 404


@pytest.mark.parametrize("part", ["targetname", "targetextra"])
def test_parts_of_targets_follow_their_target(part, private, member, stranger, browse):
    row = (
        TargetName.objects.create(target=private, name="SSS17a")
        if part == "targetname"
        else TargetExtra.objects.create(target=private, key="z", value="1")
    )
    address = f"/api/{part}/{row.pk}/"
    assert browse(stranger).get(address).status_code == 404
    assert browse(stranger).delete(address).status_code == 404
    assert browse(member).get(address).status_code == 200
    assert browse(member).delete(address).status_code == 204


def test_somebody_in_no_group_creates_nothing(stranger, browse):
    body = {"name": "x", "type": "SIDEREAL", "ra": 1, "dec": 1}
    assert browse(stranger).post("/api/targets/", body, content_type=JSON).status_code == 403
    assert browse(stranger).get("/targets/create/").status_code == 404


# --- import, export, lists ----------------------------------------------------------------------------------------
def test_an_export_cannot_run_formulas(grandma, member, browse):
    target = make_target("=HYPERLINK(1)", group=grandma, ra=-0.0, dec=-12.5)
    TargetExtra.objects.create(target=target, key="note", value="@SUM(1)")
    TargetName.objects.create(target=target, name="+1")
    make_target("hidden")
    text = browse(member).get("/targets/export/").content.decode()
    row = next(csv.DictReader(io.StringIO(text)))
    assert (row["name"], row["note"], row["name2"]) == ("'=HYPERLINK(1)", "'@SUM(1)", "'+1")
    assert float(row["dec"]) == -12.5
    assert "hidden" not in text


def upload(client, text):
    return client.post("/targets/import/", {"target_csv": io.BytesIO(text.encode())}, follow=True)


def test_an_import_shares_only_with_ones_groups(member, grandma, browse):
    make_group("Foreign")
    page = upload(browse(member), "name,type,ra,dec,groups\nA,SIDEREAL,1,1,Foreign\n")
    assert "do not belong to" in page.content.decode()
    assert not Target.objects.exists()
    upload(browse(member), "name,type,ra,dec,groups\nA,SIDEREAL,1,1,GRANDMA\n")
    assert targets_for_user(make_user("second", grandma), Target.objects.all(), "view_target").count() == 1


@pytest.mark.parametrize("files", [{}, {"target_csv": io.BytesIO(b"\xff\xfe\x00")}])
def test_an_import_without_a_readable_file_says_so(files, member, browse):
    assert browse(member).post("/targets/import/", files).status_code == 302


def test_moving_does_not_touch_lists_of_others(private, member, browse):
    theirs, mine = TargetList.objects.create(name="theirs"), TargetList.objects.create(name="mine")
    theirs.targets.add(private)
    assign_perm("tom_targets.view_targetlist", member, mine)
    form = {"grouping": mine.pk, "selected-target": private.pk, "move": "1"}
    assert browse(member).post("/targets/add-remove-grouping/", form).status_code == 404
    assign_perm("tom_targets.change_targetlist", member, mine)
    assert browse(member).post("/targets/add-remove-grouping/", form).status_code == 302
    assert private in theirs.targets.all()
    assert private in mine.targets.all()


def test_deleting_a_target_removes_its_permissions_and_costs_little(private, member, grandma, browse):
    others = [make_target(f"T{n}", group=grandma) for n in range(20)]
    assign_perm("tom_targets.view_target", member, private)
    with CaptureQueriesContext(connection) as queries:
        Target.objects.get(pk=private.pk).delete()
    assert len(queries) < 40
    assert not UserObjectPermission.objects.exists()
    assert GroupObjectPermission.objects.count() == 3 * len(others)


def test_a_script_in_a_name_is_text(grandma, member, browse):
    target = make_target("<script>alert(1)</script>", group=grandma)
    for path in ("/targets/", f"/targets/{target.pk}/"):
        page = browse(member).get(path).content.decode()
        assert "<script>alert(1)" not in page
        assert "&lt;script&gt;alert(1)" in page


def test_the_target_page_is_light(private, member, browse):
    page = browse(member).get(f"/targets/{private.pk}/")
    assert len(page.content) < 100_000
