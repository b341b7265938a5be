"""Drill alerts through the drill's own broker and a real listener, as ``./run --drill`` sends them."""

import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django_q.models import OrmQ

from icare_tom.workers import drill
from icare_tom.workers.drill import DrillStream
from tests.waiting import PATIENCE_S, wait_until
from tom_gcn.actions import read_message
from tom_gcn.choices import EventState, MessageState
from tom_gcn.drills import TOPIC, alert_of
from tom_gcn.listening import drill_broker
from tom_gcn.listening.drill_broker import NoDrillBroker
from tom_gcn.models import Event, Message
from tom_gcn.notices import parse

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[2]
LISTEN = """
import sys
import django
django.setup()
from django.core.management import call_command
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[1]
call_command("listen", "--cluster", "drill", "--parent", sys.argv[2])
"""


def test_every_alert_of_the_stream_is_a_labelled_drill_of_today():
    first, second, end = (parse(alert_of(number, NOW, "090000")) for number in range(3))
    assert {notice.is_test for notice in (first, second, end)} == {True}
    assert {notice.drill_of for notice in (first, second, end)} == {"S241102br", "S230518h"}
    assert second.event_id == end.event_id != first.event_id
    assert end.is_retraction
    assert 0 < (NOW - first.event_time).total_seconds() < 3600
    assert alert_of(3, NOW, "090000") is None
    other = parse(alert_of(0, NOW, "100000"))
    assert other.event_id != first.event_id, "another start is another drill"


@pytest.mark.django_db(transaction=True)
def test_they_come_in_through_kafka(monkeypatch):
    monkeypatch.setattr(drill, "FIRST_AFTER_S", 0.0)
    said: list[str] = []
    stream = DrillStream(said.append, every_s=0.0)
    command = [sys.executable, "-c", LISTEN, connection.settings_dict["NAME"], str(os.getpid())]
    environment = dict(stream.environment()) | {"DJANGO_SETTINGS_MODULE": "icare_tom.settings.test"}
    listener = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        for _ in range(5):
            stream.look()
            time.sleep(0.01)
        wait_until(lambda: Message.objects.count() == 3, "the alerts do not come in")
    finally:
        listener.terminate()
        listener.wait(timeout=PATIENCE_S)
        stream.stop()
    assert len(said) == 3
    assert {message.source for message in Message.objects.all()} == {"drill"}
    assert {row.key for row in OrmQ.objects.all()} == {settings.ICARE_ALERT_QUEUE}
    for message in Message.objects.order_by("offset"):
        assert read_message(message).message.state == MessageState.READ
    planned, retracted = Event.objects.order_by("pk")
    assert (planned.is_drill, planned.is_test, planned.plans.count()) == (True, True, 1)
    assert retracted.state == EventState.RETRACTED
    assert Message.objects.first().topic == TOPIC


def test_a_machine_without_the_library_is_told_so(monkeypatch, tmp_path):
    drill_broker.library.cache_clear()
    monkeypatch.setattr(drill_broker.confluent_kafka, "__file__", str(tmp_path / "confluent_kafka" / "__init__.py"))
    with pytest.raises(NoDrillBroker, match="wheel"):
        DrillStream(print)
    monkeypatch.undo()
    assert drill_broker.library()


def test_without_a_drill_there_is_no_such_cluster():
    assert list(settings.ICARE_STREAMS) == ["hopskotch", "gcn"]
