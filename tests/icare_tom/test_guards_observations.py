"""Observations, comments and people: permission for every change, and no change by looking."""

import pytest
from django.contrib.contenttypes.models import ContentType
from django.contrib.sites.models import Site
from django.utils import timezone
from django_comments.forms import CommentSecurityForm
from django_comments.models import Comment
from guardian.shortcuts import assign_perm
from tom_dataservices.models import DataServiceQuery
from tom_observations.facility import get_service_classes
from tom_observations.models import ObservationGroup, ObservationRecord

from icare_tom.members.tokens import make_token
from tests.factories import make_group, make_target, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def target(grandma):
    return make_target("AT2017gfo", group=grandma)


@pytest.fixture
def record(target):
    name = next(iter(get_service_classes()))
    return ObservationRecord.objects.create(
        target=target, facility=name, parameters={"filter": "r"}, observation_id="42", status="PENDING"
    )


def test_cancelling_is_a_post_by_those_who_may(record, member, stranger, browse):
    address = f"/observations/{record.pk}/cancel/"
    assert browse(member).get(address).status_code == 405
    assert browse(stranger).post(address).status_code == 404
    assert browse(member).post(address).status_code == 302


def test_cancelling_over_rest(record, stranger, browse):
    assert browse(stranger).patch(f"/api/observations/{record.pk}/cancel/").status_code == 404
    assert browse().patch(f"/api/observations/{record.pk}/cancel/").status_code == 401


def test_the_cancel_button_is_a_form(record, member, browse):
    page = browse(member).get(f"/observations/{record.pk}/").content.decode()
    assert f'action="/observations/{record.pk}/cancel/"' in page
    assert f'href="/observations/{record.pk}/cancel/"' not in page


def test_observations_of_hidden_targets_are_not_changed(record, stranger, member, browse):
    address = f"/observations/{record.pk}/update/"
    assert browse(stranger).post(address, {"observation_id": "7"}).status_code == 404
    assert browse(member).post(address, {"observation_id": "7"}).status_code == 302
    record.refresh_from_db()
    assert record.observation_id == "7"


def test_filters_of_the_list_tell_no_names(record, stranger, member, browse):
    group = ObservationGroup.objects.create(name="kilonova night")
    group.observation_records.add(record)
    page = browse(stranger).get("/observations/list/").content.decode()
    assert "AT2017gfo" not in page
    assert "kilonova night" not in page
    assert "AT2017gfo" in browse(member).get("/observations/list/").content.decode()


def test_looking_at_the_list_changes_no_group(record, member, browse):
    group = ObservationGroup.objects.create(name="night")
    query = {"selected": record.pk, "observationgroup": group.pk, "action": "add"}
    browse(member).get("/observations/list/", query)
    assert not group.observation_records.exists()


@pytest.mark.parametrize("query", [{}, {"target_id": "x"}, {"target_id": "999999"}])
def test_a_request_needs_a_target(query, member, browse):
    name = next(iter(get_service_classes()))
    assert browse(member).get(f"/observations/{name}/create/", query).status_code == 404
    assert browse(member).get("/observations/nowhere/create/", query).status_code == 404


def test_a_request_for_a_hidden_target_is_not_found(target, stranger, member, browse):
    name = next(iter(get_service_classes()))
    for user, status in ((stranger, 404), (member, 200)):
        answer = browse(user).get(f"/observations/{name}/create/", {"target_id": target.pk})
        assert answer.status_code == status


def test_observations_over_rest_follow_their_target(record, target, stranger, member, browse):
    assert browse(stranger).get("/api/observations/").json()["count"] == 0
    assert browse(member).get("/api/observations/").json()["count"] == 1
    body = {"target_id": target.pk, "facility": record.facility, "observation_type": "x", "observing_parameters": {}}
    assert browse(stranger).post("/api/observations/", body, content_type="application/json").status_code == 404
    assert browse(member).post("/api/observations/", body, content_type="application/json").status_code == 400


# --- comments -----------------------------------------------------------------------------------------------------
def comment_form(target, **extra):
    security = CommentSecurityForm(target).generate_security_data()
    return {**security, "comment": "seen tonight", "honeypot": "", "next": "/targets/", **extra}


def test_comments_are_written_by_those_who_may_use_the_target(target, member, stranger, browse):
    assert browse(stranger).post("/comments/post/", comment_form(target)).status_code == 404
    assert browse(member).post("/comments/post/", comment_form(target)).status_code == 302
    assert Comment.objects.get().user == member


def test_only_targets_are_commented(member, browse):
    form = comment_form(member) | {"content_type": "auth.user", "object_pk": str(member.pk)}
    assert browse(member).post("/comments/post/", form).status_code == 404


def test_comments_are_deleted_by_their_authors(target, member, stranger, administrator, browse):
    comment = Comment.objects.create(
        content_object=target,
        site=Site.objects.get_current(),
        user=member,
        comment="secret",
        submit_date=timezone.now(),
    )
    second = make_user("second", member.groups.get())
    for user in (stranger, second):
        answer = browse(user).get(f"/comment/{comment.pk}/delete")
        assert answer.status_code == 404
        assert browse(user).get(f"/comments/posted/?c={comment.pk}").status_code in (302, 404)
    assert browse(member).post(f"/comment/{comment.pk}/delete").status_code == 302
    kind = ContentType.objects.get_for_model(target).pk
    assert browse(member).get(f"/comments/cr/{kind}/{target.pk}/").status_code == 404


# --- people -------------------------------------------------------------------------------------------------------
def test_people_and_groups_of_others_are_not_listed(member, stranger, browse):
    make_group("Hidden project")
    page = browse(stranger).get("/users/", follow=True).content.decode()
    assert "member" not in page.split("<main")[1].replace("members", "")
    assert "Hidden project" not in page


def test_inactive_users_reach_nothing(target, member, browse):
    """Page, API, token, an old session: deactivation holds from the next request on."""
    client = browse(member)
    token = {"Authorization": f"Token {make_token(member, 'script').key}"}
    assert client.get(f"/targets/{target.pk}/").status_code == 200
    assert browse().get("/api/targets/", headers=token).status_code == 200
    member.is_active = False
    member.save()
    assert client.get(f"/targets/{target.pk}/").status_code == 302
    assert client.get("/api/targets/").status_code == 401
    assert browse().get("/api/targets/", headers=token).status_code == 401
    form = {"login": "member", "password": "correct-horse"}
    client = browse()
    client.post("/accounts/login/", form)
    assert "_auth_user_id" not in client.session


def test_passwords_buy_no_token(member, browse):
    form = {"username": "member", "password": "correct-horse"}
    assert browse().post("/api/token-auth/", form).status_code == 404
    basic = {"Authorization": "Basic bWVtYmVyOmNvcnJlY3QtaG9yc2U="}
    assert browse().get("/api/targets/", headers=basic).status_code == 401


def test_toms_pages_of_people_lead_to_ours(member, stranger, administrator, grandma, browse):
    """TOM's would delete an account with its rows, change e-mails unconfirmed and show keys."""
    leads = {
        "/users/": "/members/groups/",
        "/users/profile/": "/members/profile/",
        "/users/create/": "/members/groups/",
        f"/users/{member.pk}/update/": "/members/profile/",
        "/groups/create/": "/members/groups/",
        f"/groups/{grandma.pk}/update/": f"/members/groups/{grandma.pk}/",
    }
    for path, place in leads.items():
        assert browse(member).post(path).headers["Location"] == place, path
    change = f"/admin/auth/user/{member.pk}/change/"
    assert browse(administrator).get(f"/users/{member.pk}/update/").headers["Location"] == change
    closed = ["regenerate-token", "changepassword", "delete"]
    for path in [*(f"/users/{member.pk}/{name}/" for name in closed), f"/groups/{grandma.pk}/delete/"]:
        for somebody in (member, administrator):
            assert browse(somebody).post(path).status_code == 404, path
    assert browse(administrator).get(f"/users/{stranger.pk}/approve/").status_code == 404


def test_private_pages_are_not_kept_by_caches(member, browse):
    assert "private" in browse(member).get("/targets/")["Cache-Control"]


@pytest.mark.parametrize("path", ["/tom_dataservices/query/run/", "/tom_dataservices/query/create/"])
def test_data_services_do_not_crash_on_a_plain_get(path, member, stranger, browse):
    assert browse(member).get(path).status_code in (302, 404)
    assert browse(stranger).get(path).status_code == 404


def test_a_data_service_that_is_away_is_a_message(member, browse, monkeypatch):
    """The other host is the only thing replaced here: the tests must pass without a network."""

    def refuse(_name):
        raise ConnectionError("no route to host")

    monkeypatch.setattr("tom_dataservices.views.get_data_service_class", refuse)
    query = DataServiceQuery.objects.create(name="M31", data_service="Simbad", parameters={"object_id": "M31"})
    client = browse(member)
    for path, form in (
        (f"/tom_dataservices/query/{query.pk}/run/", {}),
        (
            "/tom_dataservices/query/create_targets/",
            {"data_service": "Simbad", "query_id": "", "selected_results": "0"},
        ),
    ):
        answer = client.post(path, form, follow=True)
        assert answer.status_code == 200
        assert "did not answer" in answer.content.decode()


def test_running_a_saved_query_is_a_post(member, browse):
    query = DataServiceQuery.objects.create(name="M31", data_service="Simbad", parameters={})
    assert browse(member).get(f"/tom_dataservices/query/{query.pk}/run/").status_code == 405


def test_those_who_may_only_see_change_nothing(target, record, stranger, browse):
    """View-only: the permission to see a target, and no other."""
    assign_perm("tom_targets.view_target", stranger, target)
    client = browse(stranger)
    assert client.get(f"/targets/{target.pk}/").status_code == 200
    assert client.get(f"/observations/{record.pk}/").status_code == 200
    refused = [
        client.post(f"/targets/{target.pk}/update/", {"name": "mine"}),
        client.post(f"/targets/{target.pk}/delete/"),
        client.patch(f"/api/targets/{target.pk}/", {"name": "mine"}, content_type="application/json"),
        client.post(f"/observations/{record.pk}/cancel/"),
        client.post(f"/observations/{record.pk}/update/", {"observation_id": "7"}),
        client.post("/comments/post/", comment_form(target)),
        client.get(f"/observations/{record.facility}/create/", {"target_id": target.pk}),
    ]
    assert [answer.status_code for answer in refused] == [404] * len(refused)


@pytest.mark.parametrize("host", ["elsewhere.example", "testserver.elsewhere.example"])
def test_other_hosts_are_refused(host, browse):
    assert browse().get("/accounts/login/", headers={"Host": host}).status_code == 400


@pytest.mark.parametrize("address", ["//elsewhere.example/", "https://elsewhere.example/", "////elsewhere.example/"])
def test_signing_in_leads_nowhere_else(address, member, browse):
    form = {"login": "member", "password": "correct-horse", "next": address}
    answer = browse().post(f"/accounts/login/?next={address}", form)
    assert answer.status_code == 302
    assert "elsewhere" not in answer["Location"]
