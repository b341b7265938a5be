"""What a member sees of the original bytes: text of bounded length, made at a bounded cost."""

import gzip
import io
import json
import time
import tracemalloc

import fastavro
import pytest

from tests.unit.notices.samples import ALERTS
from tom_gcn.models import Message
from tom_gcn.raw_content import MAX_TEXT, readable


def shown(body: bytes) -> str:
    return readable(Message(body=body, size_bytes=len(body)))


def test_alert_is_shown_in_order_with_its_map_shortened() -> None:
    body = next((ALERTS / "lvk_json").glob("S*INITIAL*.json")).read_bytes()
    text = shown(body)
    assert list(json.loads(text)) == list(json.loads(body))
    assert "characters" in json.loads(text)["event"]["skymap"]
    assert shown(gzip.compress(body)) == text


def test_avro_is_shown_as_json() -> None:
    body = next((ALERTS / "lvk_avro").glob("*.avro")).read_bytes()
    alert = json.loads(shown(body))[0]
    assert alert["superevent_id"].startswith("MS")
    assert alert["event"]["skymap"].endswith("bytes")


@pytest.mark.parametrize("body", [b"TITLE: GCN\nline", b"{not json", "Zürich".encode()])
def test_text_is_shown_as_it_is(body: bytes) -> None:
    assert shown(body) == body.decode()


@pytest.mark.parametrize("body", [b"\x00\x01\x02", b"\x1f\x8bnoise", b"Obj\x01\x00\x00"])
def test_what_is_no_text_is_described(body: bytes) -> None:
    assert f"{len(body)} bytes" in shown(body)


def avro_bomb() -> bytes:
    out = io.BytesIO()
    fields = [{"name": f"n{i}", "type": "null"} for i in range(200)] + [{"name": "b", "type": "boolean"}]
    item = {"type": "record", "name": "I", "fields": fields}
    schema = {"type": "record", "name": "R", "fields": [{"name": "a", "type": {"type": "array", "items": item}}]}
    fastavro.writer(out, schema, [{"a": [{"b": True}] * 2000}])
    return out.getvalue()


BOMBS = {
    "avro": avro_bomb,
    "many items": lambda: b'{"a":[' + b"{}," * 5_000_000 + b"{}]}",
    "as many items as are read": lambda: b'{"a":[' + b'"abc",' * 140_000 + b"1]}",
    "as many names": lambda: json.dumps({f"k{i}": {} for i in range(60_000)}).encode(),
    "deep": lambda: b'{"a":' * 900 + b"1" + b"}" * 900,
    "deep and wide": lambda: b"[" * 60 + b",".join([b'"' + b"x" * 290 + b'"'] * 3000) + b"]" * 60,
    "long names": lambda: json.dumps({f"{i}" + "k" * 100_000: 1 for i in range(50)}).encode(),
    "text": lambda: b"<a>" * 5_000_000,
    "gzip": lambda: gzip.compress(bytes(64 << 20)),
    "controls": lambda: json.dumps({"a": ["\x01" * 290] * 1000}).encode(),
}


@pytest.mark.parametrize("what", BOMBS)
def test_bomb_is_shown_soon_and_short(what: str) -> None:
    body = BOMBS[what]()
    tracemalloc.start()
    start = time.process_time()
    text = shown(body)
    seconds, (_, peak) = time.process_time() - start, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(text) < MAX_TEXT + 200
    assert seconds < 3
    assert peak < 96 << 20
