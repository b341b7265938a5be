"""PRELIMINARY, plan, two telescopes observe, UPDATE, RETRACTION: as an advocate sees it, over HTTP."""

import json

import pytest
from django.contrib.auth.models import Permission
from django.utils.module_loading import import_string
from django_q.models import OrmQ

from tests.factories import ALERTS
from tom_gcn.actions import read_message, receive_message
from tom_gcn.choices import PlanState, PointingState
from tom_gcn.models import Event, PlannedPointing, PlanPreset

pytestmark = [pytest.mark.django_db(transaction=True)]

NAME = "S241102br"


def arrive(file: str, **changed: str) -> None:
    """A message comes in and is read; whatever that puts on the queue waits there."""
    body = json.loads((ALERTS / file).read_bytes()) | changed
    message, _ = receive_message(json.dumps(body).encode(), source=file)
    read_message(message)


def work() -> None:
    """Do what waits in the queues, and what that puts there, as the workers would."""
    while rows := list(OrmQ.objects.order_by("pk")):
        for row in rows:
            task = row.task
            import_string(task["func"])(*task["args"], **task["kwargs"])
            row.delete()


@pytest.fixture
def advocate(member, browse):
    member.user_permissions.add(Permission.objects.get(codename="request_plan"))
    return browse(member)


def plan_of(client, version: int) -> dict:
    """A plan as the API gives it."""
    (row,) = [row for row in client.get(f"/api/plans/?event={NAME}").json()["results"] if row["version"] == version]
    answer = client.get(f"/api/plans/{row['id']}/")
    assert answer.status_code == 200
    return answer.json()


def pointings(plan: dict, telescope: str = "") -> list[dict]:
    parts = [part for part in plan["telescope_plans"] if telescope in {"", part["telescope"]}]
    return [{**one, "telescope": part["telescope"]} for part in parts for one in part["pointings"]]


def field(pointing: dict) -> tuple[str, float, float]:
    return pointing["telescope"], round(pointing["ra_deg"], 4), round(pointing["dec_deg"], 4)


def test_an_event_from_its_first_alert_to_its_retraction(advocate):
    PlanPreset.objects.update(wish={"options": {"refine_s": 2}})
    arrive("S241102br_PRELIMINARY_1.json")
    work()
    first = plan_of(advocate, 1)
    assert first["state"] == PlanState.DONE
    page = advocate.get(f"/events/{NAME}/").content.decode()
    assert "Plan 1" in page or "plan 1" in page

    busy = sorted((part for part in first["telescope_plans"]), key=lambda part: -part["n_pointings"])[:2]
    one, other = (part["telescope"] for part in busy)
    assert all(part["n_pointings"] >= 3 for part in busy)
    # The one has observed two fields, told on the page; the other is at its first, told over the API.
    told = advocate.post(f"/events/{NAME}/plans/1/{one}/report/", {"orders": ["1", "2"], "state": "done"})
    assert told.status_code == 302
    told = advocate.post(
        f"/api/plans/{first['id']}/report/",
        {"telescope": other, "orders": [1], "state": "started"},
        content_type="application/json",
    )
    assert told.status_code == 200, told.content
    work()
    assert advocate.get(f"/api/plans/?event={NAME}").json()["results"][0]["version"] == 1, "it goes as planned"

    arrive("S241102br_UPDATE_1.json")
    work()
    second = plan_of(advocate, 2)
    assert second["state"] == PlanState.DONE
    fields = {field(pointing) for pointing in pointings(second)}
    executed = {field(pointing) for pointing in pointings(first, one)[:2]}
    assert not executed & fields
    (kept,) = [pointing for pointing in pointings(second) if pointing["kept"]]
    assert field(kept) == field(pointings(first, other)[0])
    assert kept["state"] == PointingState.STARTED
    assert len(fields) > 1, "the rest is planned anew"
    assert second["difference"]["sentences"][one]
    assert "2 fields observed" in second["difference"]["sentences"][one]
    assert "unchanged" in second["difference"]["sentences"][other]
    page = advocate.get(f"/events/{NAME}/").content.decode()
    assert second["difference"]["summary"] in page
    assert second["difference"]["sentences"][one] in page

    arrive("S241126dm_RETRACTION_1.json", superevent_id=NAME)
    work()
    states = dict.fromkeys(PointingState, 0)
    for row in PlannedPointing.objects.filter(telescope_plan__plan__event__name=NAME):
        states[row.state] += 1
        assert row.state == PointingState.DONE or "retracted" in row.note
    assert states[PointingState.DONE] == 2
    assert states[PointingState.CANCELLED] > 1
    assert sum(states.values()) == states[PointingState.DONE] + states[PointingState.CANCELLED]
    assert Event.objects.get().is_retracted
    refused = advocate.post("/api/plans/", {"event": NAME}, content_type="application/json")
    assert refused.status_code == 409
    page = advocate.get(f"/events/{NAME}/plans/2/{other}/")
    assert "retracted" in page.content.decode()
