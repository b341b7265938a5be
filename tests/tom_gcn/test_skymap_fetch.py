"""Sky maps behind addresses: fetched from a real local server, again and again, and from nowhere they should not be."""

import socket
import threading
import time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from tom_gcn import tasks
from tom_gcn.actions import fetch_skymap, hand_out_fetches, read_message, receive_message, renew_fetches
from tom_gcn.actions.fetches import MOST_ATTEMPTS
from tom_gcn.choices import FetchState, MessageState
from tom_gcn.exceptions import NotAllowed
from tom_gcn.models import Event, Localization, ObservationPlan, SkyMapFetch
from tom_gcn.transports import Away, Policy, Refused, fetch

ALERTS = Path(__file__).parents[1] / "data" / "alerts"
MAP = (Path(__file__).parents[1] / "data" / "skymaps" / "MS220722v_bayestar.multiorder.fits").read_bytes()


class Stub(BaseHTTPRequestHandler):
    """Answers as its server was told to: path -> function of the handler."""

    def do_GET(self):
        self.server.asked.append(self.path)
        answer = self.server.answers.get(self.path)
        if answer is None:
            self.send_error(404)
        elif isinstance(answer, bytes):
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)
        else:
            answer(self)

    def log_message(self, *args):
        """Quiet."""


def redirect(to):
    def answer(handler):
        handler.send_response(302)
        handler.send_header("Location", to)
        handler.end_headers()

    return answer


def endless(handler):
    handler.send_response(200)
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(bytes(65536))
    except OSError:
        return


def drip(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    try:
        for _ in range(200):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.1)
    except OSError:
        return


def cut_off(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(MAP)))
    handler.end_headers()
    handler.wfile.write(MAP[:1000])


@pytest.fixture
def server():
    stub = ThreadingHTTPServer(("127.0.0.1", 0), Stub)
    stub.answers, stub.asked = {}, []
    thread = threading.Thread(target=stub.serve_forever, daemon=True)
    thread.start()
    yield stub
    stub.shutdown()
    stub.server_close()


@pytest.fixture
def base(server):
    return f"http://localhost:{server.server_port}"


@pytest.fixture
def policy(server):
    return Policy(("localhost",), 4_000_000, 5.0, (server.server_port,), private_addresses=True)


# --- the transport -----------------------------------------------------------------------------------------------


def test_a_file_comes_as_it_is(server, base, policy):
    server.answers["/a/map.fits,0?x=1"] = MAP
    assert fetch(f"{base}/a/map.fits,0?x=1", policy) == MAP


def test_redirects_are_followed_where_they_may_lead(server, base, policy):
    server.answers |= {"/one": redirect("/two"), "/two": redirect(f"{base}/three"), "/three": b"here"}
    assert fetch(f"{base}/one", policy) == b"here"


@pytest.mark.parametrize(
    ("to", "code"),
    [
        ("http://example.org/map.fits", "host-not-allowed"),
        ("http://169.254.169.254/latest/meta-data", "host-not-allowed"),
        ("file:///etc/passwd", "bad-address"),
        ("ftp://localhost/x", "bad-address"),
        ("http://localhost:1/", "port-not-allowed"),
        ("http://user@localhost/", "bad-address"),
        ("http://[::1", "bad-address"),
        ("http://localhost/with space", "bad-address"),
        ("http://localhost/" + "a" * 3000, "bad-address"),
    ],
)
def test_redirects_elsewhere_are_refused_like_addresses(server, base, policy, to, code):
    with pytest.raises(Refused) as direct:
        fetch(to, policy)
    assert direct.value.code == code
    server.answers["/x"] = redirect(to)
    with pytest.raises(Refused) as moved:
        fetch(f"{base}/x", policy)
    assert moved.value.code == code


def test_redirects_in_a_circle_end(server, base, policy):
    server.answers["/x"] = redirect("/x")
    with pytest.raises(Refused) as caught:
        fetch(f"{base}/x", policy)
    assert caught.value.code == "too-many-redirects"
    assert len(server.asked) == 6


def test_an_allowed_name_with_a_private_address_is_refused(server, base):
    guarded = Policy(("localhost", "127.0.0.1", "[::1]"), 1000, 5.0, (server.server_port,))
    for address in (base, base.replace("localhost", "127.0.0.1")):
        with pytest.raises(Refused) as caught:
            fetch(f"{address}/x", guarded)
        assert caught.value.code == "private-address"
    assert not server.asked


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "192.168.1.1", "169.254.169.254", "0.0.0.0", "::1", "fe80::1", "fd00::1",
     "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "224.0.0.1", "100.64.0.1"],
)  # fmt: skip
def test_a_name_that_also_has_a_private_address_is_refused(monkeypatch, address):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    answers = [(socket.AF_INET, 1, 6, "", ("93.184.215.14", 80)), (family, 1, 6, "", (address, 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: answers)
    with pytest.raises(Refused) as caught:
        fetch("http://gracedb.ligo.org/map.fits", Policy(("gracedb.ligo.org",), 1000, 1.0))
    assert caught.value.code == "private-address"


def test_a_name_is_resolved_once_and_the_connection_goes_there(server, policy, monkeypatch):
    """A name that answers with another address a moment later leads nowhere."""
    server.answers["/x"] = b"here"
    asked = []

    def resolve(host, *args, **kwargs):
        asked.append(host)
        address = "127.0.0.1" if len(asked) == 1 else "10.0.0.1"
        return [(socket.AF_INET, 1, 6, "", (address, server.server_port))]

    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *a, **k: (resolve if host == "rebind.example" else real)(host, *a, **k)
    )
    bound = Policy(("rebind.example",), 1000, 5.0, (server.server_port,), private_addresses=True)
    assert fetch(f"http://rebind.example:{server.server_port}/x", bound) == b"here"
    assert asked == ["rebind.example"]


def test_size_and_time_are_bounded(server, base, policy):
    server.answers |= {"/stated": bytes(5_000_000), "/endless": endless, "/drip": drip, "/cut": cut_off}
    for path in ("/stated", "/endless"):
        with pytest.raises(Refused) as caught:
            fetch(base + path, policy)
        assert caught.value.code == "too-large"
    begun = time.monotonic()
    with pytest.raises(Away):
        fetch(f"{base}/drip", Policy(policy.hosts, 4_000_000, 1.0, policy.ports, private_addresses=True))
    assert time.monotonic() - begun < 3
    with pytest.raises(Away):
        fetch(f"{base}/cut", policy)


def test_what_is_not_there_is_away(base, policy):
    with pytest.raises(Away, match="404"):
        fetch(f"{base}/missing", policy)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        with pytest.raises(Away):
            fetch(f"http://localhost:{port}/", Policy(("localhost",), 10, 2.0, (port,), private_addresses=True))


# --- from the notice to the localization -------------------------------------------------------------------------


@pytest.fixture
def allowed(settings, server, db):
    settings.ICARE_SKYMAP_HOSTS = ["localhost"]
    settings.ICARE_SKYMAP_PORTS = [server.server_port]
    settings.ICARE_SKYMAP_PRIVATE_ADDRESSES = True
    settings.ICARE_SKYMAP_FETCH_S = 5.0


def ingest(path, base):
    """A bundled packet whose sky map is said to be on the local server."""
    text = path.read_text()
    message, _ = receive_message(text.replace("https://gracedb.ligo.org", base).encode(), source=path.name)
    return read_message(message)


PRELIMINARY = next(path for path in sorted((ALERTS / "voevent/LVC").glob("*PRELIMINARY*S2*")))


@pytest.fixture
def awaited(allowed, base):
    result = ingest(PRELIMINARY, base)
    assert result.message.state == MessageState.READ
    return SkyMapFetch.objects.get()


def path_of(row):
    return "/" + row.url.split("/", 3)[3]


def test_a_map_that_appears_later_becomes_the_localization_and_is_planned(awaited, server):
    event = Event.objects.get()
    row = fetch_skymap(awaited.pk)
    assert (row.state, row.attempts, row.reason_code) == (FetchState.WAITING, 1, "not-there")
    assert not event.localizations.exists()
    server.answers[path_of(row)] = MAP
    row = fetch_skymap(awaited.pk)
    assert (row.state, row.attempts, row.reason) == (FetchState.DONE, 2, "")
    localization = event.localizations.get()
    assert (localization.kind, localization.is_current, localization.notice_id) == ("skymap", True, row.notice_id)
    assert ObservationPlan.objects.filter(event=event).exists() == (not event.is_test)
    fetch_skymap(awaited.pk)
    assert Localization.objects.count() == 1


def test_attempts_are_put_off_longer_and_longer_and_end(awaited):
    pauses = []
    for _ in range(MOST_ATTEMPTS):
        before = timezone.now()
        row = fetch_skymap(awaited.pk)
        pauses.append(row.next_try_at - before)
    assert row.state == FetchState.FAILED
    assert "30 times" in row.reason
    assert [round(pause / timedelta(minutes=1)) for pause in pauses[:8]] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert timedelta(hours=20) < sum(pauses[:-1], timedelta()) < timedelta(hours=28)


def test_a_bad_map_is_asked_for_a_few_times(awaited, server):
    server.answers[path_of(awaited)] = b"no FITS at all"
    for _ in range(5):
        row = fetch_skymap(awaited.pk)
    assert (row.state, row.reason_code) == (FetchState.FAILED, "not-fits")


def test_a_host_that_is_not_listed_is_never_asked(db, settings):
    message, _ = receive_message(PRELIMINARY.read_bytes(), source="test")
    read_message(message)
    settings.ICARE_SKYMAP_HOSTS = []
    row = fetch_skymap(SkyMapFetch.objects.get().pk)
    assert (row.state, row.reason_code) == (FetchState.FAILED, "host-not-allowed")


def test_the_sweep_hands_out_what_is_due_once(awaited):
    OrmQ.objects.all().delete()
    assert tasks.hand_out_skymap_fetches() == 1
    assert OrmQ.objects.count() == 1
    assert tasks.hand_out_skymap_fetches() == 0
    assert hand_out_fetches(10, timezone.now() + timedelta(minutes=11)), "one that was lost comes again"
    assert tasks.run_skymap_fetch(awaited.pk) == FetchState.WAITING


def test_an_administrator_can_ask_again(awaited, administrator, member):
    SkyMapFetch.objects.update(state=FetchState.FAILED, attempts=30)
    with pytest.raises(NotAllowed):
        renew_fetches(SkyMapFetch.objects.all(), by=member)
    assert renew_fetches(SkyMapFetch.objects.all(), by=administrator) == 1
    assert SkyMapFetch.objects.get().state == FetchState.WAITING
