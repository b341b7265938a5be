"""What single transports take care of beyond the contract: headers of letters, computers' keys, dresses of secrets."""

import base64
import json
from dataclasses import replace
from urllib.parse import quote

import pytest

from tests.tools.services import file_drop, mail, tarot
from tests.tools.services.base import HttpService, make_outgoing
from tom_grandma_facilities.transports.base import Down, Line, Refused
from tom_grandma_facilities.transports.registry import TRANSPORTS
from tom_grandma_facilities.transports.web import call, multipart


@pytest.fixture(autouse=True)
def _loopback(settings):
    settings.ICARE_TRANSPORT_PRIVATE_HOSTS = ["127.0.0.1"]
    settings.ICARE_TRANSPORT_S = 5.0


@pytest.fixture
def post(settings):
    server = mail.MailServer()
    for name, value in server.settings.items():
        setattr(settings, name, value)
    yield server
    server.close()


@pytest.fixture
def computer():
    server = file_drop.Computer()
    yield server
    server.close()


def test_letters_of_a_request_belong_together(post):
    line = Line({"to": mail.TEAM, "reply_to": "shift@icare.example.org"})
    email = TRANSPORTS["email"]
    sent = email.submit(make_outgoing(), line)
    email.cancel(sent.external_id, line, make_outgoing())
    first, second = post.letters
    assert first["Message-ID"] == sent.external_id == "<request-41-1@icare.example.org>"
    assert second["In-Reply-To"] == second["References"] == first["Message-ID"]
    assert first["Reply-To"] == "shift@icare.example.org"
    assert "https://icare.example.org/answer/token" in first.get_content()
    assert "AT 2026abc" in second["Subject"]


def test_no_name_of_a_target_writes_headers(post):
    TRANSPORTS["email"].submit(make_outgoing(target_name="X\nBcc: all@example.org"), Line({"to": mail.TEAM}))
    (letter,) = post.letters
    assert letter["Bcc"] is None
    assert "X Bcc: all@example.org" in letter["Subject"]


def test_addresses_that_cannot_be_are_refused(post):
    with pytest.raises(Refused, match="'nobody' where an e-mail address belongs"):
        TRANSPORTS["email"].submit(make_outgoing(), Line({"to": f"{mail.TEAM}, nobody"}))
    assert not post.letters


def test_another_computer_under_the_same_name_gets_nothing(computer):
    line = file_drop.line(password=file_drop.PASSWORD)(computer)
    other = file_drop.read_key(file_drop.make_key())
    wrong = Line({**line.settings, "host_key": f"ssh-ed25519 {other.get_base64()}"}, line.secret)
    with pytest.raises(Refused, match="another key than the channel names"):
        TRANSPORTS["file-drop"].submit(make_outgoing(), wrong)
    odd = Line({**line.settings, "host_key": "ssh-odd AAAA"}, line.secret)
    with pytest.raises(Refused, match="cannot be used: 'ssh-odd'"):
        TRANSPORTS["file-drop"].submit(make_outgoing(), odd)
    assert computer.count() == 0


def test_a_file_says_what_its_team_says_of_it(computer):
    line, drop = file_drop.line(password=file_drop.PASSWORD)(computer), TRANSPORTS["file-drop"]
    sent = drop.submit(make_outgoing(), line)
    computer.advance(sent.external_id, "declined")
    (computer.root / "inbox" / "declined" / "41-1.txt").write_text("Dome is frozen\n")
    assert drop.status(sent.external_id, line).note == "Dome is frozen"
    drop.cancel(sent.external_id, line)
    assert json.loads((computer.root / "inbox" / "41-1.cancel").read_text())["is_cancelled"] is True
    computer.files()[0].unlink()
    assert drop.status(sent.external_id, line).note == "The file is not there any more."


@pytest.mark.parametrize("key", ["no key at all", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n"])
def test_private_keys_that_cannot_be_read_are_refused_without_showing_them(computer, key):
    line = file_drop.line(private_key=key)(computer)
    with pytest.raises(Refused, match="cannot be read") as caught:
        TRANSPORTS["file-drop"].submit(make_outgoing(), line)
    assert key.strip() not in caught.value.reason


def test_private_keys_may_have_lost_their_lines(computer):
    line = file_drop.line(private_key=file_drop.USER_KEY_TEXT.replace("\n", ""))(computer)
    TRANSPORTS["file-drop"].submit(make_outgoing(), line)
    assert computer.count() == 1


def test_names_of_files_stay_in_their_folder(computer):
    line = file_drop.line(password=file_drop.PASSWORD)(computer)
    TRANSPORTS["file-drop"].submit(make_outgoing(key="../../41"), line)
    assert [one.name for one in computer.files()] == [".._.._41.json"]


def test_tarot_without_filters_or_with_others_says_which_there_are():
    line = Line({"url": "http://127.0.0.1:9", "station": "Tarot_Reunion", "request_id": "1"}, tarot.SECRETS)
    with pytest.raises(Refused, match="Tarot_Reunion has no filter 'sdssg'; it has NoFilter"):
        outgoing = make_outgoing()
        exposures = (replace(outgoing.exposures[0], filter="sdssg"),)
        TRANSPORTS["tarot"].submit(replace(outgoing, exposures=exposures), line)
    with pytest.raises(Refused, match="Station must be one of"):
        TRANSPORTS["tarot"].submit(make_outgoing(), Line({**line.settings, "station": "Tarot_Moon"}, line.secret))


def test_single_targets_only_where_a_protocol_takes_no_plan():
    plan = make_outgoing(ra_deg=None, dec_deg=None, pointings=file_drop.make_pointings())
    line = Line({"url": "http://127.0.0.1:9"}, {"username": "someone", "password": "something"})
    with pytest.raises(Refused, match="KAIT takes single targets"):
        TRANSPORTS["kait"].submit(plan, line)
    with pytest.raises(Refused, match="no position"):
        TRANSPORTS["kait"].submit(replace(plan, pointings=()), line)


def test_secrets_are_hidden_in_every_dress():
    line = Line({}, {"password": 'pä"ss word', "short": "ab"})
    dressed = [
        'pä"ss word',
        quote('pä"ss word'),
        json.dumps('pä"ss word'),
        base64.b64encode('pä"ss word'.encode()).decode(),
    ]
    for text in dressed:
        assert line.redact(f"x {text} y").count("[secret]") == 1
        assert "ss" not in line.redact(text)
    assert line.redact("abc") == "abc"
    assert len(line.redact("long " * 10_000)) < 5000
    assert "pä" not in repr(line)


class Mover(HttpService):
    """Says that it lives elsewhere."""

    def answer(self, method, path, headers, body):
        self.taken[path] = headers.get("Authorization", "")
        return 302 if path == "/old" else 200, "text/plain", "hello"


def test_redirects_are_not_followed_and_named():
    server = Mover()
    with pytest.raises(Refused, match="has moved"):
        call("POST", f"{server.url}/old", json={}, headers={"Authorization": "Bearer x"})
    assert list(server.taken) == ["/old"]
    assert call("GET", f"{server.url}/new").text == "hello"
    server.close()


@pytest.mark.parametrize(
    "url", ["ftp://example.org/", "http://user@example.org/", "http://[::1", "no address", "http:///x"]
)
def test_addresses_that_are_none_are_refused(url):
    with pytest.raises(Refused, match="address cannot be used"):
        call("POST", url, json={})


def test_names_that_lead_nowhere_are_down():
    with pytest.raises(Down) as caught:
        call("POST", "http://nowhere.invalid/", json={})
    assert not caught.value.maybe_sent


def test_forms_with_files_are_read_by_others():
    from email import message_from_bytes, policy

    body, headers = multipart({"a": "1"}, {"f": ("x.csv", "text/csv", b"1,2\r\n")})
    head = f"Content-Type: {headers['Content-Type']}\r\n\r\n".encode()
    first, second = message_from_bytes(head + body, policy=policy.default).iter_parts()
    assert first.get_param("name", header="content-disposition") == "a"
    assert second.get_filename() == "x.csv"
    assert second.get_payload(decode=True) == b"1,2\r\n"
