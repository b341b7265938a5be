"""The listener against a broker of the tests' own: what comes, what is acknowledged, and what does not stop it."""

import json
import threading
from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from tests.tools.broker import OFFSET_COMMIT, TOPIC_AUTHORIZATION_FAILED, Broker
from tests.tools.listener_soak import restart_postgresql
from tests.tools.listening import Listening, row, stored
from tests.waiting import PATIENCE_S, wait_until
from tom_gcn import signals, tasks
from tom_gcn.actions import receive_message
from tom_gcn.actions.messages import Place
from tom_gcn.choices import MessageState
from tom_gcn.listening.listener import Occupied
from tom_gcn.listening.states import warnings
from tom_gcn.models import AlertTopic, Event, ListenerHeartbeat, Message

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.alone]

TOPIC = "igwn.gwalert"


def reads(*topics: str) -> bool:
    return ListenerHeartbeat.objects.filter(pk="hopskotch", topics=list(topics)).exists()


def listens() -> bool:
    return ListenerHeartbeat.objects.filter(pk="hopskotch").exclude(topics=[]).exists()


def reaches(broker: Broker, offset: int, topic: str = TOPIC) -> None:
    wait_until(lambda: broker.committed(topic, row().group) == offset, f"position {offset} is not taken")


def test_a_message_is_stored_with_its_place_queued_and_then_acknowledged(broker, listening):
    broker.create(TOPIC)
    broker.publish(TOPIC, b"first", headers=[("_format", b"avro"), ("odd", b"a\x00b\xff")])
    listening.start()
    stored(1)
    message = Message.objects.get()
    assert (message.source, message.topic, message.partition, message.offset) == ("hopskotch", TOPIC, 0, 0)
    assert message.headers == {"_format": "avro", "odd": "a\\x00b\\xff"}
    assert (bytes(message.body), message.state) == (b"first", MessageState.RECEIVED)
    assert OrmQ.objects.get().task["args"] == (message.pk,)
    reaches(broker, 1)


def test_what_is_read_in_the_background_becomes_an_event(broker, listening):
    from tests.factories import ALERTS

    broker.create(TOPIC)
    broker.publish(TOPIC, (ALERTS / "S241102br_UPDATE_1.json").read_bytes())
    listening.start()
    stored(1)
    assert tasks.run_message(OrmQ.objects.get().task["args"][0]) == MessageState.READ
    event = Event.objects.get()
    assert (event.name, event.is_test) == ("S241102br", False)
    assert event.localizations.get().skymap.area_90_deg2 == pytest.approx(28.4, abs=0.1)


def test_a_message_marked_as_a_test_by_its_sender_is_kept_and_flagged(broker, listening):
    from tests.factories import ALERTS

    broker.create(TOPIC)
    broker.publish(TOPIC, (ALERTS / "S241102br_UPDATE_1.json").read_bytes(), headers=[("_test", b"1")])
    listening.start()
    stored(1)
    tasks.run_message(Message.objects.get().pk)
    event = Event.objects.get()
    assert event.is_test
    assert not event.plans.exists()


def test_the_same_content_at_another_offset_is_the_same_message(broker, listening):
    broker.create(TOPIC)
    broker.publish(TOPIC, b"again", b"again", b"last")
    listening.start()
    stored(2)
    reaches(broker, 3)
    assert sorted(Message.objects.values_list("offset", flat=True)) == [0, 2]
    assert OrmQ.objects.count() == 2


def test_a_topic_made_anew_loses_nothing():
    place = Place(0, 7)
    first, _ = receive_message(b"of the old topic", source="hopskotch", topic=TOPIC, place=place)
    second, is_new = receive_message(b"of the new one", source="hopskotch", topic=TOPIC, place=place)
    again, is_new_again = receive_message(b"of the new one", source="hopskotch", topic=TOPIC, place=place)
    assert (is_new, is_new_again) == (True, False)
    assert (first.offset, second.offset, again.pk) == (7, None, second.pk)


def test_a_row_and_its_task_are_there_both_or_neither(broker):
    def fails(**_):
        raise OSError("the queue is broken")

    signals.message_stored.connect(fails)
    try:
        with pytest.raises(OSError, match="the queue is broken"):
            receive_message(b"something", source="hopskotch", read_later=True)
    finally:
        signals.message_stored.disconnect(fails)
    assert (Message.objects.count(), OrmQ.objects.count()) == (0, 0)


def test_poison_is_kept_and_stops_nothing(broker, listening):
    """Bodies nobody can read, none at all, and one that cannot even be stored the usual way."""

    def fails(message, **_):
        if bytes(message.body) == b"poison":
            raise ValueError("cannot be queued")

    broker.create(TOPIC)
    broker.publish(TOPIC, b"\x00\xff{", b"", b'{"a": "\\ud800"}', b"poison", b"[" * 100_000, b"good")
    signals.message_stored.connect(fails)
    try:
        listening.start()
        stored(6)
        reaches(broker, 6)
    finally:
        signals.message_stored.disconnect(fails)
    bare = Message.objects.get(sha256=Message.objects.get(headers__stored="bare").sha256)
    assert bytes(bare.body) == b"poison"
    assert json.loads(bare.headers["place"]) == [TOPIC, 0, 3]
    for message in Message.objects.exclude(pk=bare.pk):
        assert tasks.run_message(message.pk) == MessageState.UNREADABLE
    assert not Message.objects.filter(state=MessageState.UNREADABLE, reason="").exists()


def test_headers_that_are_no_text_do_not_stop_it(broker, listening):
    broker.create(TOPIC)
    broker.publish(TOPIC, b"before")
    broker.publish_with_header(TOPIC, b"odd", b"\xff\xfe")
    broker.publish(TOPIC, b"after", headers=[("name", b"value")])
    listening.start()
    stored(3)
    reaches(broker, 3)
    headers = {bytes(m.body): m.headers for m in Message.objects.all()}
    assert headers == {
        b"before": {},
        b"odd": {"unreadable": "its headers could not be decoded"},
        b"after": {"name": "value"},
    }


def test_a_broker_that_goes_away_and_comes_back(broker, listening, settings):
    broker.create(TOPIC)
    broker.publish(TOPIC, b"before")
    listening.start()
    stored(1)
    reaches(broker, 1)
    broker.tell("down")
    wait_until(lambda: "does not answer" in row().trouble, "nobody notices")
    settings.ICARE_LISTENER_SILENT_AFTER_S = 0.5
    wait_until(warnings, "nobody is told")
    assert warnings()[0].startswith("No alerts come in from Hopskotch: it has not been reached since")
    broker.tell("up")
    broker.publish(TOPIC, b"after")
    stored(2)
    settings.ICARE_LISTENER_SILENT_AFTER_S = 30.0
    wait_until(lambda: not warnings(), "the warning stays")
    # Written with the next beat, not with the first message.
    wait_until(lambda: row().trouble == "", "the trouble stays")


def test_a_position_the_broker_does_not_take_stops_nothing(broker, listening):
    broker.create(TOPIC)
    broker.tell(f"err {OFFSET_COMMIT} {TOPIC_AUTHORIZATION_FAILED} 1")
    broker.publish(TOPIC, b"one", b"two", b"three")
    listener = listening.start()
    stored(3)
    listening.stop()
    # Sent in the background, at the latest when the stream is closed.
    assert broker.committed(TOPIC, row().group) == 3
    assert listener.vitals.stored == 3


def test_topics_that_do_not_exist_are_read_once_they_do(broker, listening):
    broker.create(TOPIC)
    broker.publish(TOPIC, b"one")
    listening.start()
    stored(1)
    wait_until(lambda: reads(TOPIC), "it does not say what it reads")
    broker.create("gcn.notices.einstein_probe.wxt.alert")
    broker.publish("gcn.notices.einstein_probe.wxt.alert", b"two")
    stored(2)
    assert Message.objects.filter(topic="gcn.notices.einstein_probe.wxt.alert").exists()


def test_without_any_topic_it_waits_and_says_why(broker, listening):
    listening.start()
    wait_until(lambda: ListenerHeartbeat.objects.exclude(trouble="").exists(), "it says nothing")
    assert "none of the topics" in row().trouble
    broker.create(TOPIC)
    broker.publish(TOPIC, b"one")
    stored(1)


def test_people_choose_the_topics(broker, listening):
    for topic in (TOPIC, "gcn.notices.a", "gcn.notices.b", "gcn.circulars"):
        broker.create(topic)
    AlertTopic.objects.create(cluster="hopskotch", name="gcn.notices.b", enabled=False)
    listening.start()
    wait_until(lambda: reads("gcn.notices.a", TOPIC), "it does not read what is chosen")
    AlertTopic.objects.filter(name="gcn.notices.*").update(enabled=False)
    AlertTopic.objects.create(cluster="hopskotch", name="gcn.circulars")
    wait_until(lambda: reads("gcn.circulars", TOPIC), "the choice is not taken up")


def test_one_listener_for_each_cluster(broker, listening):
    broker.create(TOPIC)
    first = listening.start()
    wait_until(listens, "it does not listen")
    second = Listening()
    second.start(waits=False)
    wait_until(lambda: second.failures, "two listen")
    assert isinstance(second.failures[0], Occupied)
    successor = listening.start()
    wait_until(lambda: successor.vitals.waits_for_lock, "it does not wait")
    first.stop()
    broker.publish(TOPIC, b"for the successor")
    stored(1)
    wait_until(lambda: successor.vitals.stored == 1, "somebody else stored it")


def test_it_survives_a_restart_of_the_database(broker, listening):
    broker.create(TOPIC)
    broker.publish(TOPIC, b"one")
    listener = listening.start()
    stored(1)
    restart_postgresql()
    broker.publish(TOPIC, b"two")
    stored(2)
    wait_until(lambda: (timezone.now() - row().beat_at) < timedelta(seconds=1), "it gives no sign of life")
    assert listener.vitals.stored == 2


def test_heartbeats_are_not_stored_but_tell_that_the_stream_lives(broker, listening):
    broker.create(TOPIC)
    broker.create("sys.heartbeat")
    broker.publish("sys.heartbeat", b"1", b"2", b"3")
    broker.publish(TOPIC, b"alert")
    listening.start()
    stored(1)
    wait_until(lambda: row().pulse_at and row().lag == 0 and row().stored == 1, f"{row().__dict__}")
    assert Message.objects.count() == 1


def test_lag_counts_what_is_not_stored_yet(broker, listening):
    broker.create(TOPIC)
    broker.publish(TOPIC, *[b"%d" % n for n in range(20)])
    go_on = threading.Semaphore(5)

    def holds(**_):
        assert go_on.acquire(timeout=PATIENCE_S)

    signals.message_stored.connect(holds)
    try:
        listening.start()
        wait_until(lambda: ListenerHeartbeat.objects.filter(lag=15).exists(), "five of twenty are stored")
    finally:
        go_on.release(20)
        signals.message_stored.disconnect(holds)
    stored(20)
    wait_until(lambda: row().lag == 0, f"the lag stays {row().lag}")


def test_from_the_beginning_again_adds_nothing(broker, listening):
    broker.create(TOPIC)
    broker.publish(TOPIC, b"one", b"two")
    listening.start()
    stored(2)
    listening.stop()
    before = row().group
    ListenerHeartbeat.objects.update(group="another-group")
    listening.start()
    wait_until(lambda: broker.committed(TOPIC, "another-group") == 2, "it does not read again")
    assert before != "another-group"
    assert (Message.objects.count(), OrmQ.objects.count()) == (2, 2)
