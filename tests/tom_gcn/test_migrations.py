"""Rows of an older database after the update: those that migrations fill in are what reading them today would give."""

import hashlib

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tests.factories import ingest_alert
from tom_gcn.actions.summaries import summarize
from tom_gcn.models import Event, EventSummary, Message, Notice, StoredSkyMap

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]


def migrate(name: str):
    """Go to a state of the app and return its models there."""
    executor = MigrationExecutor(connection)
    executor.migrate([("tom_gcn", name)])
    return MigrationExecutor(connection).loader.project_state([("tom_gcn", name)]).apps


@pytest.fixture
def back():
    """Whatever happens, later tests find the newest tables, and no rows of ours."""
    yield
    newest = MigrationExecutor(connection).loader.graph.leaf_nodes()
    MigrationExecutor(connection).migrate(newest)
    call_command("flush", verbosity=0, interactive=False)


def old_rows(apps) -> None:
    """An LVK event as the first version stored it, and messages it could not tell apart."""
    models = {name: apps.get_model("tom_gcn", name) for name in ("Message", "Event", "Notice", "Localization")}
    kept = Message.objects.get()
    old_map = apps.get_model("tom_gcn", "StoredSkyMap").objects.get()
    event = models["Event"].objects.create(name="S200101old", t0=kept.received_at)
    message = models["Message"].objects.create(body=b"old", sha256="1" * 64, size_bytes=3, source="old", state="read")
    notice = models["Notice"].objects.create(
        event=event,
        message=message,
        key="S200101old|x|INITIAL",
        format="igwn-json",
        source="LVK",
        notice_type="INITIAL",
        time_created=kept.received_at,
        far_hz=1e-9,
        classification={"BNS": 0.9, "Terrestrial": 0.1},
        properties={"HasNS": 1.0},
        is_significant=True,
    )
    models["Localization"].objects.create(event=event, notice=notice, skymap=old_map, is_current=True)
    for number, (state, code, reason) in enumerate(MESSAGES):
        body = b"message %d" % number
        models["Message"].objects.create(
            body=body,
            sha256=hashlib.sha256(body).hexdigest(),
            size_bytes=len(body),
            source=f"old {number}",
            state=state,
            reason_code=code,
            reason=reason,
        )


MESSAGES = [
    ("unreadable", "not-an-alert", "The packet is of service and about no event."),
    ("unreadable", "not-an-alert", "The message has no superevent_id."),
    ("unreadable", "bad-json", "It is not JSON."),
    ("read", "heartbeat", "A sign of life of the cluster."),
    ("partial", "no-sky-map", "The notice carries no sky map."),
]
STATES_TODAY = ["no-alert", "unreadable", "unreadable", "no-alert", "partial"]


def test_an_old_database_is_brought_up_to_date(back):
    ingest_alert()
    figures = {"area": StoredSkyMap.objects.get().area_90_deg2, "name": Event.objects.get().name}
    Notice.objects.update(status="")
    apps = migrate("0003_all_kinds")
    apps.get_model("tom_gcn", "Event").objects.filter(name=figures["name"]).update(namespace="", event_id="", keys=[])
    old_rows(apps)

    call_command("migrate", "tom_gcn", verbosity=0)

    for name in ("S200101old", figures["name"]):
        event = Event.objects.get(name=name)
        assert (event.namespace, event.event_id, event.display_name) == ("lvk", name, name)
        assert event.keys == sorted({name.upper(), f"lvk:{name}"})
    assert {notice.status for notice in Notice.objects.all()} == {"initial", "update"}
    found = [Message.objects.get(source=f"old {number}").state for number in range(len(MESSAGES))]
    assert found == STATES_TODAY
    summary = EventSummary.objects.get(event__name="S200101old")
    assert summary.area_90_deg2 == pytest.approx(figures["area"])
    assert (summary.mission, summary.n_notices, summary.best_class) == ("LVK", 1, "BNS")
    assert (summary.far_hz, summary.is_significant, summary.probabilities["HasNS"]) == (1e-9, True, 1.0)
    assert not Event.objects.filter(summary=None).exists()


def test_the_summaries_of_the_migration_are_those_made_today(back):
    ingest_alert()
    migrate("0004_identity_of_known_events")
    call_command("migrate", "tom_gcn", verbosity=0)
    columns = [field.name for field in EventSummary._meta.concrete_fields if field.name not in ("updated_at", "tags")]
    (migrated,) = EventSummary.objects.values(*columns)
    summarize(Event.objects.get())
    (today,) = EventSummary.objects.values(*columns)
    assert migrated == today
