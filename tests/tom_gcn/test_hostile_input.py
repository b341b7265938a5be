"""Messages and requests written to hurt: stored or refused with a reason, soon, in little memory, and shown escaped."""

import base64
import gzip
import http.server
import io
import json
import resource
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from tests.factories import make_user
from tom_gcn.actions import fetch_skymap, read_message, receive_message
from tom_gcn.choices import FetchState, MessageState
from tom_gcn.models import Circular, Event, HermesMessage, Message, SkyMapFetch

pytestmark = pytest.mark.django_db

ALERTS = Path(__file__).parents[1] / "data" / "alerts"
LVK = json.loads((ALERTS / "lvk_json" / "S241102br_UPDATE_1.json").read_text())
PACKET = next((ALERTS / "voevent" / "Swift").glob("SWIFT_BAT_GRB_POS_ACK*.xml")).read_bytes()
SECONDS = 15
MEGABYTES = 700
SCRIPT = "<script>alert(1)</script>"

ENTITIES = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + b"".join(
    b'<!ENTITY %c "%s">' % (name, b"&%c;" % inner * 10) for inner, name in zip(b"abcdefgh", b"bcdefghi", strict=True)
)


def with_doctype(doctype, entity=b""):
    head, _, rest = PACKET.partition(b"?>")
    body = rest.replace(b"<Description>", b"<Description>" + entity, 1)
    return head + b"?>" + doctype + body


def table(**columns):
    """A sky map whose columns say what they are told."""
    made = [fits.Column(name, "K" if name == "UNIQ" else "D", array=np.asarray(v)) for name, v in columns.items()]
    hdu = fits.BinTableHDU.from_columns(made)
    hdu.header["ORDERING"], hdu.header["PIXTYPE"], hdu.header["COORDSYS"] = "NUNIQ", "HEALPIX", "C"
    out = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(out)
    return out.getvalue()


def whole_sky(**change):
    density = np.full(12, 1 / (4 * np.pi))
    return table(UNIQ=np.arange(4, 16), PROBDENSITY=change.get("density", density))


def huge_nside():
    """Says to have NSIDE 2^29, in a file of a few kilobytes."""
    hdu = fits.BinTableHDU.from_columns([fits.Column("PROB", "D", array=np.ones(12) / 12)])
    hdu.header["ORDERING"], hdu.header["PIXTYPE"], hdu.header["NSIDE"] = "NESTED", "HEALPIX", 1 << 29
    out = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(out)
    raw = out.getvalue()
    rows = b"NAXIS2  =                   12"
    assert rows in raw
    return raw.replace(rows, b"NAXIS2  =  3458764513820540928"[:30])


def spoiled(value):
    density = np.full(12, 1 / (4 * np.pi))
    density[3] = value
    return whole_sky(density=density)


MAPS = {
    "gzip bomb": lambda: gzip.compress(b"\0" * (300 << 20)),
    "NSIDE 2^29": huge_nside,
    "negative": lambda: spoiled(-1.0),
    "NaN": lambda: spoiled(np.nan),
    "infinite": lambda: spoiled(np.inf),
    "no map": lambda: b"hello",
    "cut": lambda: whole_sky()[:3000],
    "UNIQ of order 29 and beyond": lambda: table(UNIQ=[1 << 62], PROBDENSITY=[1.0]),
}


def lvk(**changes):
    return json.dumps(LVK | {"event": LVK["event"] | changes}).encode()


def as_text(data):
    return base64.b64encode(data).decode()


MESSAGES = {
    "entity bomb": (lambda: with_doctype(ENTITIES + b"]>", b"&i;"), "forbidden-xml"),
    "file of the server": (
        lambda: with_doctype(b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>', b"&f;"),
        "forbidden-xml",
    ),
    "address inside": (
        lambda: with_doctype(b'<!DOCTYPE x SYSTEM "http://127.0.0.1:1/evil.dtd">'),
        "forbidden-xml",
    ),
    "gzip bomb": (lambda: gzip.compress(b" " * (300 << 20)), "too-large"),
    "JSON of 50 MB": (lambda: b'{"superevent_id": "' + b"x" * (50 << 20) + b'"}', "too-large"),
    "XML of 50 MB": (lambda: PACKET + b" " * (50 << 20), "too-large"),
    "not UTF-8": (lambda: lvk().replace(b"UPDATE", b"UPD\xff\xfe"), "bad-json"),
    "XML that is not UTF-8": (lambda: PACKET.replace(b"Swift", b"Sw\xffft"), "bad-xml"),
    "year 9999": (lambda: lvk(time="9999-12-31T23:59:59.999Z"), "bad-time"),
    "year 9999 in XML": (lambda: _dated(b"9999-12-31T23:59:59.99"), "bad-time"),
    "deep JSON": (lambda: b"[" * 50_000, "bad-json"),
    "vast JSON": (lambda: b"[" * 1_000_000, "too-large"),
    "zero bytes": (lambda: b"\0" * 1000, "unknown-format"),
    "nothing": (lambda: b"", "empty"),
    "NaN for a rate": (lambda: lvk().replace(b'"far": ', b'"far": NaN, "was": '), "bad-json"),
}


def _dated(time_text):
    start = PACKET.index(b"<ISOTime>") + len(b"<ISOTime>")
    return PACKET[:start] + time_text + PACKET[PACKET.index(b"</ISOTime>") :]


class Bounds:
    """Seconds of work and the rise of the largest memory this process ever had."""

    def __enter__(self):
        self.began, self.memory = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return self

    def __exit__(self, *_):
        assert time.process_time() - self.began < SECONDS
        assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - self.memory) / 1024 < MEGABYTES


def ingest(path, **options):
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("ingest", str(path), stdout=out, stderr=err, **options)
    except CommandError as error:
        err.write(str(error))
    return out.getvalue(), err.getvalue()


@pytest.fixture
def api(grandma):
    author = make_user("author", grandma)
    author.user_permissions.add(Permission.objects.get(codename="add_event"))
    client = APIClient(raise_request_exception=False)
    client.force_authenticate(author)
    return client


@pytest.mark.parametrize("name", MESSAGES)
def test_a_bad_message_is_stored_with_its_reason(name, tmp_path):
    make, code = MESSAGES[name]
    path = tmp_path / "message"
    path.write_bytes(make())
    with Bounds():
        _, err = ingest(path)
    message = Message.objects.get()
    assert (message.state, message.reason_code) == (MessageState.UNREADABLE, code)
    assert message.reason and code in err
    assert not Event.objects.exists()
    assert message.size_bytes == path.stat().st_size


@pytest.mark.parametrize("name", MESSAGES)
def test_a_bad_message_pasted_is_refused_with_its_reason(api, name):
    make, code = MESSAGES[name]
    file = SimpleUploadedFile("message", make())
    with Bounds():
        answer = api.post("/api/events/", {"shape": "message", "file": file}, format="multipart")
    assert answer.status_code in (400, 413, 422), answer.content[:300]
    if answer.status_code == 422 and not name.startswith("gzip"):
        assert answer.json()["code"] == code
    assert not Message.objects.exists()
    assert not Event.objects.exists()


@pytest.mark.parametrize("name", MAPS)
def test_a_bad_map_costs_the_map_and_not_the_notice(name, tmp_path):
    path = tmp_path / "message.json"
    path.write_bytes(lvk(skymap=as_text(MAPS[name]())))
    with Bounds():
        _, err = ingest(path)
    message = Message.objects.get()
    assert message.state == MessageState.PARTIAL
    assert message.reason and message.reason_code in err
    assert Event.objects.get().localizations.count() == 0


def test_a_bomb_behind_a_sound_map_is_never_unpacked(tmp_path):
    path = tmp_path / "message.json"
    path.write_bytes(lvk(skymap=as_text(gzip.compress(whole_sky() + b" " * (300 << 20)))))
    with Bounds():
        ingest(path)
    assert Event.objects.get().localizations.get().skymap.n_tiles == 12


@pytest.mark.parametrize("name", MAPS)
def test_a_bad_map_uploaded_is_refused_at_its_field(api, name):
    fields = {"shape": "fits", "name": "X1", "kind": "gw", "file": SimpleUploadedFile("map.fits", MAPS[name]())}
    with Bounds():
        answer = api.post("/api/events/", fields, format="multipart")
    assert answer.status_code == 400, answer.content[:300]
    assert set(answer.json()) == {"file"}
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        b'{"shape": "cone", "name": "' + b"x" * (50 << 20) + b'"}',
        b"[" * 100_000,
        b'{"name": "\xff\xfe"}',
        b'{"ra_deg": NaN}',
        b'{"ra_deg": ' + b"9" * 5000 + b"}",
        b"[1, 2]",
        b'"text"',
        b"null",
        b'{"name": {"a": 1}, "groups": {"a": 1}, "corners": "x", "shape": ["cone"]}',
        b'{"shape": "message", "message": "\\ud800"}',
        b'{"shape": "message", "message": "\\u0000"}',
    ],
    ids=["50 MB", "deep", "bytes", "NaN", "digits", "list", "text", "null", "kinds", "surrogate", "zero"],
)
def test_bad_requests_are_refused(api, body):
    with Bounds():
        answer = api.generic("POST", "/api/events/", body, content_type="application/json")
    assert 400 <= answer.status_code < 500, answer.content[:300]
    assert answer.json()
    assert not Message.objects.exists()


def hostile_events():
    """Script wherever a sender can put a text."""
    text = SCRIPT + "\"'&"
    yield lvk(group=text[:20], pipeline=text, search=text, instruments=[text], properties={SCRIPT: 0.5},
              classification={SCRIPT: 0.7, "BBH": 0.1})  # fmt: skip
    escaped = SCRIPT.replace("<", "&lt;").replace(">", "&gt;").encode()
    packet = PACKET.replace(b"<Description>", b"<Description>" + escaped)
    yield packet.replace(b"<What>", b'<What><Param name="' + escaped + b'" value="' + escaped + b'" unit="x"/>', 1)
    yield json.dumps(
        {
            "$schema": "https://gcn.nasa.gov/schema/main/gcn/notices/einstein_probe/wxt/alert.schema.json",
            "instrument": text, "trigger_time": "2026-01-02T03:04:05Z", "id": [SCRIPT], "event_name": [f"GRB {SCRIPT}"],
            "ra": 1.0, "dec": 2.0, "ra_dec_error": 0.1, "additional_info": text, "pipeline": text, SCRIPT: SCRIPT,
            "far": 1e-9, "url": "https://x.example/" + SCRIPT,
        }
    ).encode()  # fmt: skip
    yield json.dumps(
        {"circularId": 7, "version": 1, "eventId": f"S241102br {SCRIPT}", "subject": f"S241102br {text}",
         "submitter": text, "body": f"S241102br {text}", "createdOn": 1700000000000}
    ).encode()  # fmt: skip
    yield from hostile_texts(text)
    yield SCRIPT.encode()


def hostile_texts(text):
    """The formats of prose: GCN's text, circulars in their other forms, Hermes."""
    bronze = (ALERTS / "text" / "ICECUBE_ASTROTRACK_BRONZE_139279_10803235.txt").read_text()
    yield bronze.replace("COMMENTS:", f"SOURCE_NAME: {text}\nCOMMENTS: {text}", 1).encode()
    date = "24/11/02 12:00:00 GMT"
    head = {"title": "GCN CIRCULAR", "number": "8", "subject": f"S241102br {text}", "date": date, "from": text}
    lines = [f"{name.upper()}: {value}" for name, value in head.items()]
    yield "\n".join([*lines, "", text]).encode()
    head |= {"title": text, "number": "9"}
    yield json.dumps({"header": head, "body": text}).encode()
    target = {"name": text[:40], "aliases": [text[:40]], "ra": "10", "dec": "5"}
    data = {"event_id": "S241102br", "targets": [target], "photometry": [{"telescope": text}]}
    yield json.dumps(
        {"title": text, "message_text": text, "submitter": text, "authors": text, "topic": "hermes.test", "data": data}
    ).encode()


def test_script_is_shown_escaped_everywhere(administrator, browse):
    for body in hostile_events():
        read_message(receive_message(body, source=SCRIPT, topic=SCRIPT)[0])
    assert Event.objects.count() == 4
    assert (Circular.objects.count(), HermesMessage.objects.count()) == (3, 1)
    client = browse(administrator)
    paths = ["/", "/events/?tests=on", f"/events/?tests=on&q={SCRIPT}", "/events/new/", "/search/?q=<script>alert(1)"]
    paths += [
        "/admin/tom_gcn/" + name + "/"
        for name in ("message", "unreadablemessage", "event", "notice", "circular", "hermesmessage", "eventsummary")
    ]
    paths += [f"/admin/tom_gcn/message/{message.pk}/change/" for message in Message.objects.all()]
    for event in Event.objects.all():
        paths.append(event.get_absolute_url())
        paths += [f"{event.get_absolute_url()}notices/{notice.pk}/" for notice in event.notices.all()]
        paths += [f"/admin/tom_gcn/event/{event.pk}/change/", f"{event.get_absolute_url()}joint/?with={SCRIPT}"]
        paths += [f"{event.get_absolute_url()}{part}/" for part in ("coincidences", "candidates", "galaxies")]
        paths += [f"{event.get_absolute_url()}circulars/{row.circular_id}/" for row in event.circulars.all()]
        paths += [f"{event.get_absolute_url()}messages/{row.pk}/" for row in event.hermes_messages.all()]
    for path in paths:
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert b"<script>alert" not in answer.content, path
    shown = client.get(Event.objects.get(namespace="einstein-probe").get_absolute_url()).content
    assert b"&lt;script&gt;" in shown


@pytest.fixture
def elsewhere():
    """A server at a private address, and one that leads there."""

    class Handler(http.server.BaseHTTPRequestHandler):
        asked: list[str] = []

        def do_GET(self):
            self.asked.append(self.path)
            self.send_response(302)
            self.send_header("Location", "http://169.254.169.254/latest/meta-data/")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port, Handler.asked
    server.shutdown()


def with_address(url):
    content = {
        "$schema": "https://gcn.nasa.gov/schema/main/gcn/notices/einstein_probe/wxt/alert.schema.json",
        "id": ["X1"], "trigger_time": "2026-01-02T03:04:05Z", "healpix_url": url,
    }  # fmt: skip
    return json.dumps(content).encode()


def test_addresses_in_notices_lead_to_no_private_place(elsewhere):
    port, asked = elsewhere
    read_message(receive_message(with_address(f"http://127.0.0.1:{port}/map.fits"), source="gcn")[0])
    row = fetch_skymap(SkyMapFetch.objects.get().pk)
    assert (row.state, row.reason_code) == (FetchState.FAILED, "host-not-allowed")
    assert not asked


def test_allowed_names_with_private_addresses_are_refused(settings, elsewhere):
    port, asked = elsewhere
    settings.ICARE_SKYMAP_HOSTS, settings.ICARE_SKYMAP_PORTS = ["localhost"], [port]
    read_message(receive_message(with_address(f"http://localhost:{port}/map.fits"), source="gcn")[0])
    row = fetch_skymap(SkyMapFetch.objects.get().pk)
    assert (row.state, row.reason_code) == (FetchState.FAILED, "private-address")
    assert not asked


def test_redirects_to_private_places_are_refused(settings, elsewhere):
    port, asked = elsewhere
    settings.ICARE_SKYMAP_HOSTS, settings.ICARE_SKYMAP_PORTS = ["localhost"], [port]
    settings.ICARE_SKYMAP_PRIVATE_ADDRESSES = True
    read_message(receive_message(with_address(f"http://localhost:{port}/map.fits"), source="gcn")[0])
    row = fetch_skymap(SkyMapFetch.objects.get().pk)
    assert (row.state, row.reason_code) == (FetchState.FAILED, "host-not-allowed")
    assert "169.254.169.254" in row.reason
    assert asked == ["/map.fits"]
