"""Alerts too large for the stream: their content is fetched from where the broker keeps it, and from nowhere else."""

import http.server
import json
import threading
from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.models import OrmQ
from hop import bson

from tests.tools.broker import stream_settings
from tests.tools.listening import row, stored
from tests.waiting import wait_until
from tom_gcn import tasks
from tom_gcn.actions import receive_message
from tom_gcn.actions.messages import FETCH_PAUSES, Place
from tom_gcn.choices import MessageState
from tom_gcn.models import Event, Message

pytestmark = [pytest.mark.django_db(transaction=True)]

TOPIC = "igwn.gwalert"


class Store(http.server.BaseHTTPRequestHandler):
    """Where too large messages are kept: the first answers may be errors."""

    answers: list[tuple[int, bytes]] = []
    asked: list[str] = []

    def do_GET(self):
        self.asked.append(self.path)
        status, body = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """Quiet."""


@pytest.fixture
def store():
    Store.asked = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Store)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def as_kept(body: bytes, headers: list[tuple[str, bytes]]) -> bytes:
    return bson.dumps({"message": body, "metadata": {"timestamp": 1, "headers": [list(pair) for pair in headers]}})


def placeholder(url: str) -> Message:
    body = json.dumps({"url": url}).encode()
    place = Place(0, Message.objects.count())
    return receive_message(body, source="hopskotch", topic=TOPIC, headers={"_format": "external"}, place=place)[0]


def test_content_kept_elsewhere_is_fetched_where_the_broker_says(broker, listening, store):
    from tests.factories import ALERTS

    alert = (ALERTS / "S241102br_UPDATE_1.json").read_bytes()
    Store.answers = [(200, as_kept(alert, [("_format", b"json")]))]
    broker.create(TOPIC)
    broker.create("sys.metadata")
    broker.publish("sys.metadata", json.dumps({"LargeMessageUploadEndpoint": f"{store}/upload"}).encode())
    broker.publish(TOPIC, json.dumps({"url": f"{store}/kept/1"}).encode(), headers=[("_format", b"external")])
    listening.start()
    stored(1)
    wait_until(lambda: row().offload_server == f"{store}/upload", "the place is not learnt")
    message = Message.objects.get()
    tasks.run_message(message.pk)
    message.refresh_from_db()
    content = Message.objects.exclude(pk=message.pk).get()
    assert (message.state, message.reason_code, content.state) == (MessageState.READ, "fetched", MessageState.READ)
    assert content.sha256[:8] in message.reason
    assert (bytes(content.body), content.headers, content.topic) == (alert, {"_format": "json"}, TOPIC)
    assert Event.objects.get().name == "S241102br"
    assert Store.asked == ["/kept/1"]


def test_content_on_another_server_is_not_asked_for(store, settings):
    settings.ICARE_STREAMS = stream_settings("127.0.0.1:1")
    Store.answers = [(200, b"")]
    for url in (f"{store}/kept", "file:///etc/passwd", "http://169.254.169.254/latest", "https://a@b.org/x", 7):
        message = placeholder(url)
        tasks.run_message(message.pk)
        message.refresh_from_db()
        assert message.state == MessageState.UNREADABLE
        assert message.reason_code in {"external-host", "external-damaged"}
    assert Store.asked == []


def test_content_that_cannot_be_had_is_asked_for_again_and_then_given_up(store, settings):
    settings.ICARE_STREAMS = stream_settings("127.0.0.1:1")
    settings.ICARE_OFFLOAD_SERVERS = [store]
    Store.answers = [(503, b"busy")]
    message = placeholder(f"{store}/kept")
    for _ in FETCH_PAUSES:
        assert tasks.run_message(message.pk) == MessageState.RECEIVED
        message.refresh_from_db()
        assert message.again_at > timezone.now()
        assert tasks.recover() == 0, "not before its time"
        Message.objects.update(again_at=timezone.now() - timedelta(seconds=1))
        assert tasks.recover() == 1
        OrmQ.objects.all().delete()
    assert tasks.run_message(message.pk) == MessageState.UNREADABLE
    message.refresh_from_db()
    assert (message.reason_code, message.starts) == ("external-away", len(FETCH_PAUSES))


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((404, b""), "external-gone"),
        ((200, b"not bson"), "external-damaged"),
        ((200, bson.dumps({"message": "text", "metadata": {"headers": []}})), "external-damaged"),
        ((200, as_kept(b"{}", [("_format", b"external")])), "external-loop"),
        ((200, b"x" * 3_000_000), "too-large"),
    ],
)
def test_content_that_is_not_what_it_must_be(store, settings, answer, code):
    settings.ICARE_STREAMS = stream_settings("127.0.0.1:1")
    settings.ICARE_OFFLOAD_SERVERS = [store]
    settings.ICARE_MAX_MESSAGE_BYTES = 1_000_000
    Store.answers = [answer]
    message = placeholder(f"{store}/kept")
    assert tasks.run_message(message.pk) == MessageState.UNREADABLE
    message.refresh_from_db()
    assert message.reason_code == code


def test_redirects_are_not_followed(store, settings):
    settings.ICARE_STREAMS = stream_settings("127.0.0.1:1")
    settings.ICARE_OFFLOAD_SERVERS = [store]
    Store.answers = [(302, b"")]
    message = placeholder(f"{store}/kept")
    tasks.run_message(message.pk)
    message.refresh_from_db()
    assert "HTTP 302" in message.reason
    assert len(Store.asked) == 1
