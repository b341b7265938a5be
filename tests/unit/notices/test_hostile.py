"""Messages written to hurt: each ends in a `NoticeError`, soon and without much memory."""

import gzip
import json
import time
import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.notices.samples import ALERTS, gcn_json, packet, read
from tom_gcn.notices import NoticeError, gunzip, parse

ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {name} "{f"&{inner};" * 10}">' for inner, name in zip("abcdefgh", "bcdefghi", strict=True)
)
BOMB = packet().replace(b"?><voe", f"?>{ENTITIES}]><voe".encode()).replace(b">10.0<", b">&i;<")
IN_ATTRIBUTE = packet().replace(b"?><voe", f"?>{ENTITIES}]><voe".encode()).replace(b'value="61"', b'value="&i;"')
OWN_FILE = packet().replace(b"?><voe", b'?><!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><voe')
OTHER_HOST = packet().replace(b"?><voe", b'?><!DOCTYPE x SYSTEM "http://127.0.0.1:1/evil.dtd"><voe')
IN_UTF_7 = OWN_FILE.replace(b"UTF-8", b"UTF-7").replace(b"<!", b"+ADw-!")
PARAMETER = packet().replace(b"?><voe", b'?><!DOCTYPE x [<!ENTITY % p SYSTEM "file:///etc/hostname"> %p;]><voe')

HOSTILE: dict[str, tuple[set[str], Callable[[], bytes]]] = {
    "entity bomb": ({"forbidden-xml"}, lambda: BOMB),
    "entity bomb in an attribute": ({"forbidden-xml"}, lambda: IN_ATTRIBUTE),
    "file of the server": ({"forbidden-xml"}, lambda: OWN_FILE),
    "document type elsewhere": ({"forbidden-xml"}, lambda: OTHER_HOST),
    "parameter entity": ({"forbidden-xml"}, lambda: PARAMETER),
    "document type in UTF-16": ({"bad-xml", "unknown-format"}, lambda: OWN_FILE.decode().encode("utf-16")),
    "document type in UTF-16, big end first": ({"unknown-format"}, lambda: OWN_FILE.decode().encode("utf-16-be")),
    "document type in UTF-7": (
        {"forbidden-xml"},
        lambda: OWN_FILE.replace(b"UTF-8", b"UTF-7").replace(b"<!", b"+ADw-!"),
    ),
    "undefined entity": ({"bad-xml"}, lambda: packet(params={"a": "&nope;"})),
    "too large": ({"too-large"}, lambda: packet(params={"a": "x" * (1 << 20)})),
    "deep": ({"bad-xml"}, lambda: packet().replace(b"<What>", b"<What>" + b"<a>" * 50_000)),
    "many parameters": ({"too-large"}, lambda: packet(params={f"p{i}": "" for i in range(5000)})),
    "not UTF-8": ({"bad-xml"}, lambda: packet().replace(b"61", b"\xff\xfe")),
    "zero byte": ({"bad-xml"}, lambda: packet().replace(b"61", b"\x00")),
    "another root": ({"not-a-voevent"}, lambda: b"<html/>"),
    "JSON of 50 MB": ({"too-large"}, lambda: gcn_json(x="y" * (50 << 20))),
    "JSON of 10 MB": ({"too-large"}, lambda: gcn_json(x="y" * (10 << 20))),
    "deep JSON": ({"bad-json"}, lambda: b'{"$schema":' * 200_000),
    "deep list": ({"bad-json"}, lambda: b"[" * 200_000),
    "wrapped in itself": ({"bad-json"}, lambda: b'{"format":"json","content":' * 50_000),
    "number of a million digits": (
        {"bad-json"},
        lambda: gcn_json(far=1).replace(b'"far": 1', b'"far": ' + b"9" * 1_000_000),
    ),
    "JSON that is not UTF-8": ({"bad-json"}, lambda: gcn_json().replace(b"WXT", b"\xff\xff")),
    "year 9999": ({"bad-time"}, lambda: gcn_json(trigger_time="9999-12-31T23:59:59.999999+00:00")),
    "text without end": ({"too-large"}, lambda: b"TITLE: GCN/TEST\n" + b"A" * (2 << 20)),
    "text without type": ({"missing-field"}, lambda: b"TITLE: GCN/TEST\n"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_message_is_refused_soon_and_cheaply(name: str) -> None:
    codes, make = HOSTILE[name]
    raw = make()
    tracemalloc.start()
    start = time.process_time()
    with pytest.raises(NoticeError) as caught:
        parse(raw)
    seconds, (_, peak) = time.process_time() - start, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert caught.value.code in codes
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 600
    assert seconds < 5
    assert peak < 10 * len(raw) + (16 << 20)


def test_script_in_a_text_is_kept_as_text() -> None:
    notice = read(packet(params={"TrigID": "1", "Packet_Type": "61", "note": "&lt;script&gt;alert(1)&lt;/script&gt;"}))
    assert notice.parameters["note"].value == "<script>alert(1)</script>"


def test_text_that_turns_the_direction_of_writing_is_replaced() -> None:
    assert (
        read(packet(params={"TrigID": "1", "Packet_Type": "61", "n": "a\u202eb"})).parameters["n"].value == "a\ufffdb"
    )


def test_bomb_in_gzip_is_not_unpacked_beyond_its_bound() -> None:
    bomb = gzip.compress(bytes(64 << 20))
    tracemalloc.start()
    with pytest.raises(NoticeError) as caught:
        gunzip(bomb, 1 << 20)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert caught.value.code == "too-large"
    assert peak < 8 << 20


@pytest.mark.parametrize("raw", [b"\x1f\x8b\x08\x00", gzip.compress(b"x" * 1000, mtime=0)[:-9], b"\x1f\x8bnoise"])
def test_damaged_gzip_is_refused(raw: bytes) -> None:
    with pytest.raises(NoticeError) as caught:
        gunzip(raw, 1 << 20)
    assert caught.value.code == "bad-gzip"


def test_gzip_is_unpacked_and_the_rest_left_alone() -> None:
    assert gunzip(gzip.compress(b"abc"), 100) == b"abc"
    assert gunzip(b"<xml/>", 1) == b"<xml/>"


SEEDS = [
    packet(),
    (ALERTS / "voevent/SVOM/SVOM_mxt-initial__sb26022501__e5b405.xml").read_bytes(),
    (ALERTS / "text/ICECUBE_ASTROTRACK_BRONZE_139279_10803235.txt").read_bytes(),
    (ALERTS / "text/circular_40.gcn3").read_bytes(),
    (ALERTS / "hermes/GRB230409B.json").read_bytes(),
    (ALERTS / "circulars/34771.json").read_bytes(),
    gcn_json(),
]


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.sampled_from(SEEDS), data=st.data())
def test_damaged_message_is_read_or_refused_and_nothing_else(seed: bytes, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(seed)))
    end = data.draw(st.integers(start, min(len(seed), start + 40)))
    raw = seed[:start] + data.draw(st.binary(max_size=20)) + seed[end:]
    try:
        parse(raw)
    except NoticeError as error:
        assert str(error).isprintable()


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)
FIELDS = [
    "id", "event_name", "ra", "dec", "ra_dec_error", "trigger_time", "alert_datetime", "alert_type", "alert_tense",
    "record_number", "far", "classification", "properties", "healpix_file", "healpix_url", "containment_probability",
    "rectangular_error_corners", "instrument", "mission", "messenger", "pipeline", "t90", "data",
]  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(fields=st.dictionaries(st.sampled_from(FIELDS), JSON_VALUES, max_size=6))
def test_any_value_in_any_field_is_read_or_refused(fields: dict[str, object]) -> None:
    schema = "https://gcn.nasa.gov/schema/main/gcn/notices/svom/trigger.schema.json"
    circular = {
        "circularId": 5,
        "subject": "s",
        "body": "b",
        "eventId": fields.get("id"),
        "createdOn": fields.get("far"),
    }
    hermes = {"title": "t", "message_text": "m", "data": {"targets": [fields], "event_id": fields.get("id")}}
    for content in ({"$schema": schema} | fields, circular, hermes):
        try:
            parse(json.dumps(content).encode())
        except NoticeError as error:
            assert str(error).isprintable()
