"""How the client sends: again when that is harmless, with one key, and the token to its own site only."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from icare_client import Away, Client, IcareError, TooMany

LOST = "lost"


@dataclass
class Flaky:
    """A site that answers what it was told to, in turn, and remembers what it was sent."""

    answers: list = field(default_factory=list)
    got: list = field(default_factory=list)
    url: str = ""


@pytest.fixture
def flaky() -> Iterator[Flaky]:
    told = Flaky()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            told.got.append((self.command, self.path, dict(self.headers), body))
            status, headers, content = told.answers.pop(0)
            if status == LOST:
                self.connection.close()
                return
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def do_GET(self):
            self._answer()

        def do_POST(self):
            self._answer()

        def log_message(self, *_words):
            """Nothing is written to the screen."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield told
    server.shutdown()
    server.server_close()


AWAY = (503, {"Retry-After": "7"}, b'{"code": "database-away", "message": "The database cannot be reached."}')
LOST_ANSWER = (LOST, {}, b"")
STORED = (201, {}, b'{"upload": "u1", "counts": {"created": 1}, "rows": [{"row": 2, "status": "created", "id": 7}]}')
EMPTY = (200, {}, b'{"count": 0, "next": null, "results": []}')


def client_of(flaky: Flaky, **options):
    waited: list[float] = []
    return Client(flaky.url, "icare_key", sleep=waited.append, **options), waited


def test_a_site_that_is_away_for_a_moment_is_waited_for(flaky):
    client, waited = client_of(flaky)
    flaky.answers = [AWAY, LOST_ANSWER, EMPTY]
    assert list(client.events()) == []
    assert waited[0] == 7
    assert 0 < waited[1] <= 1


def test_one_delivery_keeps_its_key_when_the_answer_is_lost(flaky):
    client, _ = client_of(flaky)
    flaky.answers = [LOST_ANSWER, (502, {}, b"bad gateway"), STORED]
    assert client.upload_photometry([{"mag": 18.2}]).ids == (7,)
    keys = {headers["Idempotency-Key"] for _, _, headers, _ in flaky.got}
    assert len(flaky.got) == 3
    assert len(keys) == 1
    flaky.answers = [STORED]
    client.upload_photometry([{"mag": 18.2}])
    assert flaky.got[-1][2]["Idempotency-Key"] not in keys


def test_what_may_have_been_done_is_not_asked_twice(flaky):
    client, _ = client_of(flaky)
    flaky.answers = [LOST_ANSWER, STORED]
    with pytest.raises(Away):
        client.make_plan("S241102br")
    assert len(flaky.got) == 1


def test_patience_ends(flaky):
    client, waited = client_of(flaky, attempts=3)
    flaky.answers = [AWAY] * 3
    with pytest.raises(Away, match="database") as away:
        list(client.events())
    assert (away.value.status, len(waited)) == (503, 2)
    flaky.answers = [(429, {}, b'{"detail": "Too many."}')] * 3
    with pytest.raises(TooMany):
        list(client.events())


def test_the_token_goes_to_its_own_site_only(flaky):
    client, _ = client_of(flaky)
    elsewhere = b'{"count": 2, "next": "https://elsewhere.example/api/events/?offset=1", "results": [{"name": "a"}]}'
    flaky.answers = [(200, {}, elsewhere)]
    with pytest.raises(IcareError, match="not sent there"):
        list(client.events())
    flaky.answers = [(307, {"Location": "https://elsewhere.example/"}, b"")]
    with pytest.raises(IcareError, match="own address"):
        client.upload_photometry([{"mag": 18.2}])
    assert "icare_key" not in repr(client)


def test_pages_follow_the_site_also_behind_a_proxy(flaky):
    client, _ = client_of(flaky)
    host = flaky.url.removeprefix("http://")
    first = f'{{"next": "https://{host}/api/events/?offset=1", "results": [{{"name": "a"}}]}}'.encode()
    flaky.answers = [(200, {}, first), (200, {}, b'{"next": null, "results": [{"name": "b"}]}')]
    assert [event["name"] for event in client.events()] == ["a", "b"]
    assert flaky.got[1][1] == "/api/events/?offset=1"


@pytest.mark.parametrize("address", ["http://tom.example.org", "tom.example.org", "ftp://tom.example.org", ""])
def test_tokens_are_not_sent_where_they_could_be_read(address):
    with pytest.raises(ValueError, match="https://"):
        Client(address, "icare_key")


def test_the_environment_holds_address_and_token(monkeypatch):
    monkeypatch.delenv("ICARE_URL", raising=False)
    monkeypatch.setenv("ICARE_TOKEN", "icare_key")
    with pytest.raises(ValueError, match="ICARE_URL"):
        Client.from_environment()
    monkeypatch.setenv("ICARE_URL", "https://tom.example.org/")
    assert repr(Client.from_environment()) == "Client('https://tom.example.org')"


def test_rows_become_a_table(flaky):
    client, _ = client_of(flaky)
    flaky.answers = [STORED]
    client.upload_photometry([{"target": "a, b", "mag": 18.2}, {"target": "c", "filter": None, "magerr": 0.1}])
    assert flaky.got[0][3].decode() == 'target,mag,filter,magerr\n"a, b",18.2,,\nc,,,0.1\n'
