"""The API of plans says what it would else drop or do for nothing."""

import pytest
from django.contrib.auth.models import Permission, User
from django.utils import timezone
from rest_framework.test import APIClient

from tests.factories import ingest_alert
from tom_gcn.choices import PlanState
from tom_gcn.models import ObservationPlan, Refusal, TelescopePlan

pytestmark = pytest.mark.django_db


@pytest.fixture
def event(grandma):
    event = ingest_alert()
    event.plans.all().delete()
    return event


@pytest.fixture
def plan(event):
    now = timezone.now()
    plan = ObservationPlan.objects.create(
        event=event, localization=event.localizations.get(), version=1, window_start=now, queued_at=now,
        finished_at=now, state=PlanState.DONE, covered_probability=0.1,
    )  # fmt: skip
    TelescopePlan.objects.create(plan=plan, telescope="CFHT", reason="It is day.")
    return plan


@pytest.fixture
def api(member):
    member.user_permissions.add(Permission.objects.get(codename="request_plan"))
    client = APIClient()
    client.force_authenticate(User.objects.get(pk=member.pk))
    return client


def test_the_same_refusal_twice_is_one(api, event):
    said = {"event": event.name, "telescope": "CFHT", "reason_code": "weather", "reason": "fog"}
    first, again = api.post("/api/refusals/", said), api.post("/api/refusals/", said)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert Refusal.objects.count() == 1
    assert api.post("/api/refusals/", said | {"reason": "snow"}).status_code == 201
    assert Refusal.objects.filter(withdrawn_at=None).count() == 1


def test_a_refusal_taken_back_can_be_said_again(api, event):
    said = {"event": event.name, "telescope": "CFHT"}
    row = api.post("/api/refusals/", said).json()
    api.post(f"/api/refusals/{row['id']}/withdraw/")
    assert api.post("/api/refusals/", said).status_code == 201


def test_unknown_fields_of_a_refusal_are_told(api, event):
    answer = api.post("/api/refusals/", {"event": event.name, "telescope": "CFHT", "untill": "2030-01-01T00:00:00Z"})
    assert answer.status_code == 400
    (problem,) = answer.json()["problems"]
    assert problem["where"] == "untill"
    assert "until" in problem["mend"]
    assert not Refusal.objects.exists()


@pytest.mark.parametrize(("telescope", "words"), [("TAROT-TCA", "no telescope TAROT-TCA"), ("CFHT", "no pointing")])
def test_a_report_of_a_telescope_without_pointings_is_not_found(api, plan, telescope, words):
    answer = api.post(f"/api/plans/{plan.pk}/report/", {"telescope": telescope, "state": "done"})
    assert answer.status_code == 404
    assert words in answer.json()["message"]


def test_a_finished_plan_is_not_cancelled(api, plan):
    answer = api.post(f"/api/plans/{plan.pk}/cancel/")
    assert answer.status_code == 409
    assert answer.json()["code"] == "already-finished"
    plan.refresh_from_db()
    assert plan.state == PlanState.DONE


@pytest.mark.parametrize(
    "wish",
    [
        {"telescopes": ["TAROT-TCA"], "settings": {"CFHT": {"exposure_s": 60}}},
        {"without": ["CFHT"], "settings": {"CFHT": {"exposure_s": 60}}},
    ],
)
def test_settings_of_a_telescope_that_is_not_asked_are_told(api, event, wish):
    answer = api.post("/api/plans/", {"event": event.name, **wish})
    assert answer.status_code == 400
    (problem,) = answer.json()["problems"]
    assert problem["where"] == "settings.CFHT"
    assert problem["mend"]
    assert not event.plans.exists()
