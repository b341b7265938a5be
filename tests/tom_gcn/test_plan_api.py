"""Plans over REST: a whole wish, everything wrong told at once, progress, cancel, keep, compare, report, refuse."""

import io
import json

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command
from rest_framework.test import APIClient

from tom_gcn.actions import make_plan
from tom_gcn.models import Event, ObservationPlan, PlannedPointing

pytestmark = pytest.mark.django_db

FEW = ["TAROT-TCA", "FRAM-Auger", "CFHT"]
FORMS = ("csv", "json", "text", "ecsv", "geojson", "moc", "moc-fits", "calendar", "treasure-map")


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
    client.force_authenticate(User.objects.get(pk=member.pk))
    return client


@pytest.fixture
def reader(event):
    """A member without the right to plan."""
    user = User.objects.create_user("reader")
    user.groups.add(Group.objects.get(name="GRANDMA"))
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.fixture
def stranger():
    client = APIClient()
    client.force_authenticate(User.objects.create_user("stranger"))
    return client


@pytest.fixture
def ask(api, event):
    def asked(**wish):
        answer = api.post("/api/plans/", {"event": event.name, "telescopes": FEW, **wish})
        assert answer.status_code == 202, answer.json()
        return answer.json()

    return asked


@pytest.fixture
def plan(ask):
    return make_plan(ask()["id"])


def test_a_whole_wish_is_kept_and_granted(api, event, ask):
    wish = {
        "without": ["CFHT"],
        "settings": {"TAROT-TCA": {"exposure_s": 90, "max_pointings": 3}},
        "hours": 20,
        "options": {"max_pointings": 5, "airmass_max": 2.5},
    }
    row = ask(**wish)
    whole = api.get(f"/api/plans/{make_plan(row['id']).pk}/").json()
    assert whole["state"] == "done"
    assert whole["wish"]["settings"] == {"TAROT-TCA": {"exposure_s": 90.0, "max_pointings": 3}}
    parts = {part["telescope"]: part for part in whole["telescope_plans"]}
    assert "switched off" in parts["CFHT"]["reason"]
    assert parts["TAROT-TCA"]["n_pointings"] <= 3
    assert all(p["exposure_s"] == 90 for p in parts["TAROT-TCA"]["pointings"])
    assert max(p["airmass_start"] for part in parts.values() for p in part["pointings"]) <= 2.5


IMPOSSIBLE = [
    ({"hours": -1}, "hours", "cannot span"),
    ({"hours": 0}, "hours", "cannot span"),
    ({"hours": 1e9}, "hours", "cannot span"),
    ({"hours": "a night"}, "hours", "not a number"),
    ({"start": "tonight"}, "start", "not a time"),
    ({"start": "2026-11-20T19:00:00"}, "start", "time zone"),
    ({"start": "1900-01-01T00:00:00Z"}, "start", "within a year"),
    ({"telescopes": ["TAROT-TCX"]}, "telescopes", "TAROT-TCA"),
    ({"telescopes": "TAROT-TCA"}, "telescopes", "list"),
    ({"without": ["Hubble"]}, "without", "No telescope"),
    ({"settings": {"TAROT-TCA": {"exposure_s": -60}}}, "settings.TAROT-TCA.exposure_s", "impossible"),
    ({"settings": {"TAROT-TCA": {"exposure_s": 0}}}, "settings.TAROT-TCA.exposure_s", "impossible"),
    ({"settings": {"TAROT-TCA": {"n_exposures": 0}}}, "settings.TAROT-TCA.n_exposures", "impossible"),
    ({"settings": {"TAROT-TCA": {"max_pointings": -1}}}, "settings.TAROT-TCA.max_pointings", "impossible"),
    ({"settings": {"TAROT-TCA": {"filter": "ultraviolet"}}}, "settings.TAROT-TCA.filter", "has no filter"),
    ({"settings": {"TAROT-TCA": {"mirror_m": 8}}}, "settings.TAROT-TCA.mirror_m", "no field"),
    ({"settings": {"Hubble": {"exposure_s": 60}}}, "settings.Hubble", "No telescope"),
    ({"engine": "tilepi"}, "engine", "no engine"),
    ({"engine": "gwemopt", "engine_options": {"schedule": "weighted"}}, "engine_options.schedule", "twice"),
    ({"engine": "gwemopt", "engine_options": {"speed": 9}}, "engine_options.speed", "no option"),
    ({"options": {"airmass_max": 0.5}}, "options.airmass_max", "between 1"),
    ({"options": {"moon": "blue"}}, "options.moon", "one of"),
    ({"options": {"level": 1.5}}, "options.level", "between 0 and 1"),
    ({"fields": ["s1.9-12"]}, "fields", "no field"),
]


@pytest.mark.parametrize(("wish", "where", "word"), IMPOSSIBLE, ids=[where for _, where, _ in IMPOSSIBLE])
def test_the_impossible_is_refused_by_field_and_makes_no_plan(api, event, wish, where, word):
    before = ObservationPlan.objects.count()
    answer = api.post("/api/plans/", {"event": event.name, **wish})
    assert answer.status_code == 400
    body = answer.json()
    (problem,) = [one for one in body["problems"] if one["where"] == where]
    assert word in f"{problem['what']} {problem['mend']}"
    assert body[where]
    assert ObservationPlan.objects.count() == before


def test_everything_wrong_is_told_at_once(api, event):
    wish = {"event": "S000000x", "hours": -1, "telescopes": ["TAROT-TCX"], "options": {"epochs": 0}}
    problems = api.post("/api/plans/", wish).json()["problems"]
    assert {one["where"] for one in problems} == {"event", "hours", "telescopes", "options.epochs"}


@pytest.mark.parametrize("body", ["[]", '"plan it"', "null", "17", "{", '{"event": NaN}'])
def test_what_is_no_object_is_refused(api, body):
    assert api.post("/api/plans/", body, content_type="application/json").status_code == 400


def test_progress_is_small_and_true(api, ask):
    row = ask()
    url = f"/api/plans/{row['id']}/progress/"
    assert (api.get(url).json()["state"], api.get(url).json()["progress"]) == ("queued", 0.0)
    make_plan(row["id"])
    told = api.get(url).json()
    assert told["state"] == "done"
    assert told["progress"] == 1.0
    assert len(json.dumps(told)) < 400


def test_a_waiting_plan_is_cancelled_at_once(api, ask):
    row = ask()
    answer = api.post(f"/api/plans/{row['id']}/cancel/", {"why": "clouds"})
    assert answer.status_code == 200
    assert answer.json()["state"] == "cancelled"
    assert make_plan(row["id"]).state == "cancelled"
    assert api.get(f"/api/plans/{row['id']}/csv/").status_code == 404


def test_a_plan_is_kept_as_the_plan_of_record(api, ask, plan):
    other = make_plan(ask(hours=12)["id"])
    assert api.post(f"/api/plans/{plan.pk}/keep/").json()["is_of_record"] is True
    assert [row["id"] for row in api.get("/api/plans/?is_of_record=true").json()["results"]] == [plan.pk]
    waiting = ask(hours=6)
    assert api.post(f"/api/plans/{waiting['id']}/keep/").status_code == 409
    assert not ObservationPlan.objects.get(pk=other.pk).is_of_record


def test_two_plans_are_compared_in_words(api, ask, plan):
    fewer = make_plan(ask(telescopes=FEW[:1], options={"max_pointings": 2})["id"])
    told = api.get(f"/api/plans/{fewer.pk}/compare/?with={plan.pk}").json()
    assert (told["one"], told["other"]) == (plan.pk, fewer.pk)
    assert told["unchanged"] + told["moved"] + told["new"] == fewer.n_pointings
    assert told["gained_probability"] < 0
    assert set(told["sentences"]) <= set(FEW)
    assert told["summary"]


@pytest.mark.parametrize(("query", "code"), [("", 400), ("?with=x", 400), ("?with=999999", 404), ("?with=٣", 400)])
def test_a_comparison_needs_another_plan_of_the_event(api, plan, query, code):
    assert api.get(f"/api/plans/{plan.pk}/compare/{query}").status_code == code


def test_pointings_are_reported(api, plan):
    telescope = plan.telescope_plans.filter(n_pointings__gt=1).first().telescope
    url = f"/api/plans/{plan.pk}/report/"
    sent = api.post(url, {"telescope": telescope, "state": "sent"}).json()
    assert {row["state"] for row in sent} == {"sent"}
    done = api.post(url, {"telescope": telescope, "state": "done", "orders": [1], "note": "clear"}).json()
    assert [(row["order"], row["state"], row["note"]) for row in done] == [(1, "done", "clear")]
    states = PlannedPointing.objects.filter(telescope_plan__plan=plan, telescope_plan__telescope=telescope)
    assert set(states.values_list("state", flat=True)) == {"sent", "done"}


@pytest.mark.parametrize(
    ("report", "code"),
    [
        ({"telescope": "CFHT", "state": "eaten"}, 400),
        ({"telescope": "CFHT"}, 400),
        ({"telescope": "Hubble", "state": "sent"}, 404),
        ({"telescope": "TAROT-TCA", "state": "sent", "orders": [9999]}, 409),
        ({"telescope": "TAROT-TCA", "state": "sent", "orders": [0]}, 400),
        ({"telescope": "TAROT-TCA", "state": "sent", "orders": "all"}, 400),
    ],
)
def test_a_report_that_fits_nothing_is_refused(api, plan, report, code):
    assert api.post(f"/api/plans/{plan.pk}/report/", report).status_code == code
    assert not PlannedPointing.objects.exclude(state="planned").exists()


def test_a_telescope_refuses_and_takes_it_back(api, event, plan):
    answer = api.post("/api/refusals/", {"event": event.name, "telescope": "TAROT-TCA", "reason_code": "weather"})
    assert answer.status_code == 201
    row = answer.json()
    assert "weather" in row["sentence"]
    url = f"/api/refusals/?event={event.name}&is_standing=true"
    assert [one["telescope"] for one in api.get(url).json()["results"]] == ["TAROT-TCA"]
    assert api.post(f"/api/refusals/{row['id']}/withdraw/").json()["withdrawn_at"]
    assert api.get(url).json()["count"] == 0


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        ({"telescope": "TAROT-TCX"}, 400),
        ({"telescope": "TAROT-TCA", "reason_code": "boredom"}, 400),
        ({"telescope": "TAROT-TCA", "until": "2001-01-01T00:00:00Z"}, 409),
        ({"event": "S000000x", "telescope": "TAROT-TCA"}, 400),
    ],
)
def test_a_refusal_that_makes_no_sense_is_refused(api, event, refusal, code):
    assert api.post("/api/refusals/", {"event": event.name, **refusal}).status_code == code


@pytest.mark.parametrize("form", FORMS)
def test_files_are_for_those_who_see_the_event(api, stranger, plan, form):
    url = f"/api/plans/{plan.pk}/{form}/"
    answer = api.get(url)
    assert answer.status_code == 200
    assert "attachment" in answer["Content-Disposition"]
    assert len(answer.content) > 100
    assert api.get(f"{url}?telescope=CFHT").status_code == 200
    assert api.get(f"{url}?telescope=Hubble").status_code == 404
    assert stranger.get(url).status_code == 404


@pytest.mark.parametrize("deed", ["cancel", "keep", "report"])
def test_readers_may_look_but_not_touch(reader, stranger, plan, deed):
    body = {"telescope": "CFHT", "state": "sent"} if deed == "report" else {}
    answer = reader.post(f"/api/plans/{plan.pk}/{deed}/", body)
    assert (answer.status_code, answer.json()["code"]) == (403, "not-allowed")
    assert stranger.post(f"/api/plans/{plan.pk}/{deed}/", body).status_code == 404


def test_a_list_does_not_ask_for_every_plan_by_itself(api, ask, django_assert_max_num_queries):
    for hours in (3, 4, 5, 6):
        ask(hours=hours)
    with django_assert_max_num_queries(6):
        assert api.get("/api/plans/").json()["count"] >= 4


def test_the_description_has_examples_and_every_route(api):
    paths = api.get("/api/schema/?format=json").json()["paths"]
    for form in FORMS:
        assert f"/api/plans/{{id}}/{form}/" in paths
    examples = paths["/api/plans/"]["post"]["requestBody"]["content"]["application/json"]["examples"]
    assert len(examples) == 3
    assert {"400", "403", "409", "202"} <= set(paths["/api/plans/"]["post"]["responses"])
