"""Texts that no database and no file takes: NUL, lone surrogates, numbers without end. Told where they were typed."""

import json

import pytest
from django.contrib.auth.models import Permission, User
from django.contrib.messages import get_messages
from django.urls import reverse
from rest_framework.test import APIClient

from tests.factories import ingest_alert
from tom_gcn.actions import make_plan, request_plan
from tom_gcn.models import HandTag, ObservationPlan, PlannedPointing, PlanPreset

pytestmark = pytest.mark.django_db
FEW = ["TAROT-TCA", "TAROT-TRE"]
NUL, SURROGATE = "\x00", "\ud800"


@pytest.fixture
def event(grandma):
    event = ingest_alert()
    ObservationPlan.objects.all().delete()
    return event


@pytest.fixture
def planner(member):
    rights = ("request_plan", "add_handtag")
    member.user_permissions.add(*Permission.objects.filter(codename__in=rights))
    return User.objects.get(pk=member.pk)


@pytest.fixture
def api(planner):
    client = APIClient(raise_request_exception=False)
    client.force_authenticate(planner)
    return client


@pytest.fixture
def part(event):
    """What one telescope has to do."""
    plan = make_plan(request_plan(event, by=None, telescopes=FEW, hours=48).pk)
    return plan.telescope_plans.filter(n_pointings__gt=0).first()


def told(response) -> str:
    assert response.status_code == 302, response.status_code
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


@pytest.mark.parametrize(
    ("wish", "where"),
    [
        ({"event": f"a{NUL}b"}, "event"),
        ({"event": SURROGATE}, "event"),
        ({"options": {"epochs": 2, "epoch_filters": [NUL, "r"]}}, "options.epoch_filters"),
        ({"options": {"epochs": 2, "epoch_filters": ["r", SURROGATE]}}, "options.epoch_filters"),
        ({"telescopes": [SURROGATE]}, "telescopes"),
        ({"engine": SURROGATE}, "engine"),
        ({"settings": {"TAROT-TCA": {"filter": NUL}}}, "settings.TAROT-TCA.filter"),
        ({"engine_options": {SURROGATE: 1}}, "engine_options.\\ud800"),
        ({"settings": {SURROGATE: {"exposure_s": 60}}}, "settings.\\ud800"),
        ({SURROGATE: 1}, "\\ud800"),
    ],
)
def test_a_wish_over_rest_is_refused_at_its_field(api, event, wish, where):
    body = json.dumps({"event": event.name, "telescopes": FEW, **wish})
    answer = api.post("/api/plans/", body, content_type="application/json")
    assert answer.status_code == 400
    assert where in {problem["where"] for problem in answer.json()["problems"]}
    assert not event.plans.exists()


@pytest.mark.parametrize("note", [NUL, SURROGATE])
def test_a_report_over_rest_is_refused(api, part, note):
    body = json.dumps({"telescope": part.telescope, "state": "sent", "note": note})
    answer = api.post(f"/api/plans/{part.plan_id}/report/", body, content_type="application/json")
    assert (answer.status_code, list(answer.json())) == (400, ["note"])


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("options.max_pointings", "inf", "not a whole number"),
        ("options.max_pointings", "1e400", "not a whole number"),
        ("options.max_pointings", "nan", "not a whole number"),
        ("settings.TAROT-TCA.n_exposures", "-inf", "not a whole number"),
        ("options.epoch_filters", f"a{NUL}", "cannot be printed"),
        ("engine", f"network{NUL}", "cannot be printed"),
        ("start", f"2026{NUL}", "not a time"),
    ],
)
def test_a_wish_on_the_page_is_refused_at_its_field(browse, planner, event, field, typed, says):
    data = {"telescopes": FEW, "hours": "24", "options.epochs": "2", field: typed}
    answer = browse(planner).post(reverse("events:request-plan", args=[event.name]), data)
    assert answer.status_code == 200
    text = answer.content.decode()
    assert "No plan was asked for" in text
    assert says in text
    assert not event.plans.exists()


def test_a_note_and_a_reason_on_the_page_are_refused(browse, planner, event, part):
    client, where = browse(planner), [event.name, part.plan.version, part.telescope]
    report = {"orders": ["1"], "state": "sent", "note": f"a{NUL}b"}
    assert "The note holds characters" in told(client.post(reverse("events:report", args=where), report))
    refusal = {"reason_code": "other", "reason": f"a{NUL}b"}
    assert "The reason holds characters" in told(client.post(reverse("events:refuse", args=where), refusal))
    assert not PlannedPointing.objects.exclude(state="planned").exists()
    assert not event.refusals.exists()


def test_a_note_of_several_lines_is_kept(browse, planner, event, part):
    where = [event.name, part.plan.version, part.telescope]
    report = {"orders": ["1"], "state": "sent", "note": "clear,\nthen cloudy"}
    told(browse(planner).post(reverse("events:report", args=where), report))
    assert part.pointings.get(order=1).note == "clear,\nthen cloudy"


@pytest.mark.parametrize("deed", ["add-tag", "remove-tag"])
def test_a_tag_on_the_page_is_refused(browse, planner, event, deed):
    answer = browse(planner).post(reverse(f"events:{deed}", args=[event.name]), {"tag": f"a{NUL}b"})
    assert "The tag holds characters that cannot be printed" in told(answer)
    assert not HandTag.objects.exists()


def test_a_rule_is_refused_in_the_admin(browse, administrator):
    rule = PlanPreset.objects.get(kind="grb")
    before = rule.wish
    client, address = browse(administrator), reverse("admin:tom_gcn_planpreset_change", args=[rule.pk])
    form = client.get(address).context["adminform"].form
    data = {name: form[name].value() for name in form.fields}
    data = {name: value for name, value in data.items() if value not in (None, False)}
    answer = client.post(address, data | {"wish": json.dumps({"options": {"epoch_filters": [NUL]}})})
    assert answer.status_code == 200
    assert "cannot be printed" in answer.content.decode()
    rule.refresh_from_db()
    assert rule.wish == before
