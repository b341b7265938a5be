"""The REST API: what one sees, what one may ask for, and what it says when one may not."""

import io

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command
from rest_framework.test import APIClient

from tom_gcn.actions import make_plan, request_plan
from tom_gcn.models import Event, ObservationPlan

pytestmark = pytest.mark.django_db

FEW = ["TAROT-TCA", "FRAM-Auger", "CFHT"]


@pytest.fixture
def event():
    call_command("ingest", drill=True, stdout=io.StringIO())
    return Event.objects.get()


@pytest.fixture
def member():
    user = User.objects.create_user("member")
    user.groups.add(Group.objects.get_or_create(name="GRANDMA")[0])
    user.user_permissions.add(Permission.objects.get(codename="request_plan"))
    return user


@pytest.fixture
def api(member):
    client = APIClient()
    client.force_authenticate(member)
    return client


@pytest.fixture
def stranger():
    client = APIClient()
    client.force_authenticate(User.objects.create_user("stranger"))
    return client


def test_events_are_listed_with_their_summary(api, event, django_assert_max_num_queries):
    with django_assert_max_num_queries(8):
        answer = api.get("/api/events/").json()
    assert answer["count"] == 1
    row = answer["results"][0]
    assert row["name"] == event.name
    assert row["localization"]["skymap"]["area_90_deg2"] == pytest.approx(28.37, abs=0.1)
    assert row["notice"]["notice_type"] == "UPDATE"


def test_a_list_costs_the_same_whatever_its_length(api, event, django_assert_max_num_queries):
    group = event.groups.get()
    for number in range(30):
        Event.objects.create(name=f"S24110{number}x").groups.add(group)
    with django_assert_max_num_queries(8):
        assert api.get("/api/events/").json()["count"] == 31


@pytest.mark.parametrize(
    "path",
    [
        "events/{event}/",
        "events/{event}/notices/",
        "localizations/{loc}/",
        "localizations/{loc}/fits/",
        "localizations/{loc}/contours/",
        "plans/{plan}/",
        "plans/{plan}/csv/",
        "plans/{plan}/json/",
        "plans/{plan}/text/",
    ],
)
def test_members_find_it_and_strangers_do_not(api, stranger, event, path):
    plan = make_plan(request_plan(event, by=None, telescopes=FEW).pk)
    url = "/api/" + path.format(event=event.name, loc=plan.localization_id, plan=plan.pk)
    assert api.get(url).status_code == 200
    assert stranger.get(url).status_code == 404
    assert APIClient().get(url).status_code in (401, 403)


def test_the_map_comes_back_byte_for_byte(api, event):
    localization = event.localizations.get()
    body = b"".join(api.get(f"/api/localizations/{localization.pk}/fits/").streaming_content)
    assert body == bytes(localization.skymap.fits)


def test_a_plan_is_asked_for_and_answered_at_once(api, event, member):
    answer = api.post("/api/plans/", {"event": event.name, "telescopes": FEW, "hours": 12})
    assert answer.status_code == 202
    plan = ObservationPlan.objects.get(pk=answer.json()["id"])
    assert (plan.requested_by, plan.hours, plan.telescopes) == (member, 12.0, FEW)


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({}, 400, "event"),
        ({"event": "S000000x"}, 400, "event"),
        ({"event": "{event}", "telescopes": ["TAROT-TCX"]}, 400, "telescopes"),
        ({"event": "{event}", "hours": -1}, 400, "hours"),
        ({"event": "{event}", "hours": 1e9}, 400, "hours"),
        ({"event": "{event}", "start": "tonight"}, 400, "start"),
        ({"event": "{event}", "start": "1900-01-01T00:00:00Z"}, 400, "start"),
        ({"event": "{event}", "start": "9999-01-01T00:00:00Z"}, 400, "start"),
    ],
)
def test_a_bad_request_says_which_field_is_wrong(api, event, body, code, field):
    body = {k: v.format(event=event.name) if isinstance(v, str) else v for k, v in body.items()}
    answer = api.post("/api/plans/", body)
    assert answer.status_code == code
    assert field in answer.json()


def test_strangers_cannot_ask_for_a_plan_of_what_they_do_not_see(stranger, event):
    before = ObservationPlan.objects.count()
    assert stranger.post("/api/plans/", {"event": event.name}).status_code == 400
    assert ObservationPlan.objects.count() == before


def test_members_without_the_right_are_told_so(api, event, member):
    member.user_permissions.clear()
    api.force_authenticate(User.objects.get(pk=member.pk))
    answer = api.post("/api/plans/", {"event": event.name})
    assert (answer.status_code, answer.json()["code"]) == (403, "not-allowed")


def test_a_retracted_event_is_not_planned(api, event):
    Event.objects.update(state="retracted")
    assert api.post("/api/plans/", {"event": event.name}).status_code == 409


def test_an_export_of_a_telescope_that_has_no_part_is_not_found(api, event):
    plan = make_plan(request_plan(event, by=None, telescopes=FEW).pk)
    assert api.get(f"/api/plans/{plan.pk}/csv/?telescope=NOPE").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "events/?search=S24",
        "events/?at=1,2&con=1,2,3",
        "plans/?evnt=S24",
        "localizations/?page=9",
        "circulars/?sujbect=S24",
        "coincidences/?overlap=2",
        "crossmatch/?one=1&two=2",
    ],
)
def test_an_unknown_parameter_is_refused_by_name(api, path):
    answer = api.get(f"/api/{path}")
    assert answer.status_code == 400
    assert "Unknown parameter" in str(answer.json())


def test_events_without_a_time_come_last(api, event):
    Event.objects.create(name="S241126dm", kind="gw").groups.add(event.groups.get())
    assert [row["name"] for row in api.get("/api/events/").json()["results"]] == [event.name, "S241126dm"]


@pytest.mark.parametrize("path", ["nothing/", "events/S000000x/"])
def test_what_is_not_there_is_told_in_json(api, path):
    answer = api.get(f"/api/{path}")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/json")


def test_the_closed_token_route_says_where_tokens_are():
    answer = APIClient(enforce_csrf_checks=True).post("/api/token-auth/", {"username": "a", "password": "b"})
    assert answer["Content-Type"] == "application/json"
    assert "profile" in answer.json()["fix"]


def test_the_description_tells_of_open_routes_only(api):
    paths = api.get("/api/schema/?format=json").json()["paths"]
    assert "/api/plans/" in paths
    assert "/api/token-auth/" not in paths
    assert all(path.startswith("/api/") for path in paths)
    assert {"400", "403", "409"} <= set(paths["/api/plans/"]["post"]["responses"])
    assert "kind" not in str(paths["/api/events/{name}/notices/"])


@pytest.mark.parametrize("path", ["/events/%00/", "/search/?q=%00", "/api/events/?name=%00"])
def test_a_nul_in_an_address_is_refused(client, member, path):
    client.force_login(member)
    assert client.get(path).status_code == 400


def test_there_is_no_file_of_a_plan_that_failed(api, event):
    plan = request_plan(event, by=None, telescopes=FEW)
    ObservationPlan.objects.filter(pk=plan.pk).update(state="failed")
    assert api.get(f"/api/plans/{plan.pk}/text/").status_code == 404
