"""Circulars, classic text notices, Hermes messages, heartbeats, and the flat record of each."""

import json
from datetime import UTC, datetime

import pytest

from tests.unit.notices.samples import ALERTS, gcn_json, read
from tom_gcn.notices import (
    Circular,
    Cone,
    Heartbeat,
    HermesMessage,
    NoticeError,
    Point,
    parse,
    summarize,
    summarize_unread,
)

TEXT = (ALERTS / "text/ICECUBE_ASTROTRACK_BRONZE_139279_10803235.txt").read_text()


def circular(**fields: object) -> Circular:
    base = {
        "circularId": 40000,
        "subject": "GRB 260101A: a burst",
        "body": "Text",
        "submitter": "A. Person at X <a@b.org>",
    }
    parsed = parse(json.dumps(base | {"createdOn": 1695767565204} | fields).encode())
    assert isinstance(parsed, Circular)
    return parsed


def hermes(**target: object) -> HermesMessage:
    place = {"name": "X", "ra": "10.5", "dec": "-3.25"} | target
    content = {"title": "T", "message_text": "M", "topic": "hermes.test", "data": {"event_id": "E", "targets": [place]}}
    parsed = parse(json.dumps(content).encode())
    assert isinstance(parsed, HermesMessage)
    return parsed


def code_of(raw: bytes, topic: str = "") -> str:
    with pytest.raises(NoticeError) as caught:
        parse(raw, topic)
    return caught.value.code


def test_circular_and_its_edit_have_two_keys() -> None:
    assert (circular().key, circular(version=2).key) == ("circular|40000|1", "circular|40000|2")


def test_circular_without_an_event_and_without_the_address() -> None:
    parsed = circular(eventId=None)
    assert parsed.event_name == ""
    assert parsed.submitter == "A. Person at X"
    assert parsed.created_at == datetime(2023, 9, 26, 22, 32, 45, 204000, tzinfo=UTC)


def test_text_of_a_circular_keeps_its_lines_and_loses_what_cannot_be_stored() -> None:
    assert circular(body="a\r\n\tb\u0000\ud800c").body == "a\n\tb\ufffd\ufffdc"


def test_circular_of_the_archive() -> None:
    parsed = parse((ALERTS / "text/circular_40.gcn3").read_bytes())
    assert isinstance(parsed, Circular)
    assert (parsed.circular_id, parsed.subject) == (40, "GRB980329 VLA observations")
    assert parsed.created_at == datetime(1998, 4, 3, 7, 10, 15, tzinfo=UTC)
    assert parsed.body.startswith("G.B. Taylor, D.A. Frail")
    assert parsed.body.rstrip().endswith("in progress.")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"circularId": None}, "bad-number"),
        ({"circularId": -1}, "bad-number"),
        ({"circularId": "1"}, "wrong-type"),
        ({"createdOn": 1e300}, "bad-time"),
        ({"createdOn": 253402300799000}, "bad-time"),
        ({"body": "x" * ((1 << 20) + 1)}, "bad-text"),
        ({"body": 5}, "wrong-type"),
    ],
)
def test_bad_circular_is_refused(fields: dict[str, object], code: str) -> None:
    base = {"circularId": 1, "subject": "s", "body": "b", "createdOn": 0}
    assert code_of(json.dumps(base | fields).encode()) == code


def test_classic_text_of_icecube() -> None:
    notice = read(TEXT.encode())
    assert (notice.notice_type, notice.namespace) == ("ICECUBE_ASTROTRACK_BRONZE", "icecube")
    assert notice.region == Cone(103.7861, 5.8716, pytest.approx(69.22 / 60), 0.9)
    assert notice.far_hz == pytest.approx(3.4096 / 31557600.0)
    assert (notice.record_number, notice.time_created) == (0, datetime(2024, 4, 12, 5, 34, 35, tzinfo=UTC))


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("NOTICE_DATE:      Fri", "NOTICE_DATE:      Foo", "bad-time"),
        ("NOTICE_TYPE:", "NO_TYPE:", "missing-field"),
        ("SRC_RA:           103.7861d", "SRC_RA:           703.7861d", "bad-position"),
        ("20412 TJD", "99999 TJD", "bad-time"),
    ],
)
def test_bad_text_is_refused(old: str, new: str, code: str) -> None:
    assert old in TEXT
    assert code_of(TEXT.replace(old, new).encode()) == code


def test_hermes_message() -> None:
    message = hermes()
    assert (message.event_id, message.is_test, message.targets[0].region) == ("E", True, Point(10.5, -3.25))
    assert message.key == hermes().key
    assert message.key != hermes(ra="11").key


def test_hermes_error_in_its_unit() -> None:
    region = hermes(ra_error="3", dec_error="6", ra_error_units="arcsec", dec_error_units="arcsec").targets[0].region
    assert region == Cone(10.5, -3.25, pytest.approx(6 / 3600), None)


def test_hermes_target_off_the_sky_is_refused() -> None:
    with pytest.raises(NoticeError):
        hermes(dec="north")


@pytest.mark.parametrize(("name", "source"), [("gcn.heartbeat.json", "gcn"), ("sys.heartbeat.json", "hopskotch")])
def test_heartbeats(name: str, source: str) -> None:
    parsed = parse((ALERTS / "heartbeat" / name).read_bytes())
    assert isinstance(parsed, Heartbeat)
    assert parsed.source == source
    assert parsed.sent_at is not None
    assert parsed.sent_at.replace(microsecond=0) == datetime(2024, 7, 25, 15, 50, 35, tzinfo=UTC)


def test_heartbeat_of_a_broken_clock_is_refused() -> None:
    assert code_of(b'{"timestamp": 9223372036854775807, "count": 1, "beat": "listen"}') == "bad-time"


def test_record_of_what_cannot_be_read_says_what_it_looks_like() -> None:
    error = NoticeError("bad-xml", "It is broken.", "Send it again.")
    assert (summarize_unread(b"<a", error).kind, summarize_unread(b"<a", error).status) == ("voevent", "malformed")
    assert summarize_unread(b"?", error).kind == "unknown"
    assert summarize_unread(gcn_json(ra="north"), error).kind == "gcn_json"
    assert summarize_unread(b"<a", NoticeError("not-an-alert", "a.", "b.")).status == "other"


def test_record_of_an_ellipse_has_its_three_numbers() -> None:
    record = summarize(read(gcn_json(ra_dec_error=[0.2, 0.1, 30])))
    assert (record.err_deg, record.localization, record.containment) == ((0.2, 0.1, 30.0), "ellipse", 0.9)
    assert record.event_time == "2026-04-09T11:45:11.949000Z"


HEAD = {
    "title": "GCN CIRCULAR",
    "number": "34771",
    "subject": "GRB 230928A: a burst",
    "date": "23/09/28 12:00:01 GMT",
    "from": "A. Person at X <a@b.org>",
}


@pytest.mark.parametrize(
    "wrap", [lambda content: content, lambda content: {"format": "circular", "content": content}], ids=["bare", "hop"]
)
def test_circular_of_hop_client_is_the_circular_of_its_text(wrap) -> None:
    body = "\nThe burst was bright.\n<script>alert(1)</script>\n"
    text = "\n".join(f"{name.upper()}: {value}" for name, value in HEAD.items()) + "\n" + body
    parsed = parse(json.dumps(wrap({"header": HEAD, "body": body})).encode(), "gcn.circulars")
    assert parsed == parse(text.encode())
    assert (parsed.circular_id, parsed.submitter) == (34771, "A. Person at X")


@pytest.mark.parametrize(
    ("header", "code"),
    [({}, "bad-number"), (HEAD | {"number": "x"}, "bad-number"), (HEAD | {"date": "soon"}, "bad-time"),
     (HEAD | {"subject": 5}, "wrong-type"), (HEAD | {"subject": "x" * 3000}, "bad-field")],
)  # fmt: skip
def test_bad_circular_of_hop_client_is_refused(header: dict[str, object], code: str) -> None:
    assert code_of(json.dumps({"header": header, "body": "b"}).encode()) == code


PLACE = {"name": "X", "ra": "10.5", "dec": "-3.25"}


@pytest.mark.parametrize(
    "data",
    [
        {"event_id": "E", "targets": [PLACE]},
        {"data": {"event_id": "E", "targets": [PLACE]}},
        {"main_data": {"data": {"event_id": "E", "targets": [PLACE]}}},
        {"event_id": "E", "targets": [{"target": PLACE, "remark": "first"}]},
    ],
    ids=["flat", "data", "main_data", "target"],
)
def test_targets_of_hermes_are_found_where_programs_put_them(data: dict[str, object]) -> None:
    content = {"title": "T", "message_text": "M", "topic": "hermes.test", "data": data}
    parsed = parse(json.dumps(content).encode())
    assert isinstance(parsed, HermesMessage)
    assert parsed.event_id == "E"
    assert [(target.name, target.region) for target in parsed.targets] == [("X", Point(10.5, -3.25))]


def test_hermes_nested_without_end_has_no_targets() -> None:
    data: dict[str, object] = {}
    for _ in range(30):
        data = {"data": data}
    parsed = parse(json.dumps({"title": "T", "message_text": "M", "data": data}).encode(), "hermes.test")
    assert isinstance(parsed, HermesMessage)
    assert parsed.targets == ()
