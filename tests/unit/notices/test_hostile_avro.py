"""Avro and JSON that unfold to far more than they weigh."""

import io
import json
import time
import tracemalloc
from typing import Any

import fastavro
import pytest

from tests.unit.notices.samples import ALERTS
from tom_gcn.notices import NoticeError, decoded, parse

NULLS = [{"name": f"n{i}", "type": "null"} for i in range(200)]
AVRO = sorted((ALERTS / "lvk_avro").glob("*.avro"))


def container(schema: object, body: bytes, count: int = 1) -> bytes:
    out = io.BytesIO(b"Obj\x01")
    out.seek(4)
    meta = {"avro.schema": json.dumps(schema).encode(), "avro.codec": b"null"}
    fastavro.schemaless_writer(out, {"type": "map", "values": "bytes"}, meta)
    out.write(bytes(16))
    fastavro.schemaless_writer(out, "long", count)
    fastavro.schemaless_writer(out, "bytes", body)
    out.write(bytes(16))
    return out.getvalue()


def record(name: str, *fields: Any) -> dict[str, Any]:
    named = [{"name": f"f{i}", "type": kind} for i, kind in enumerate(fields)]
    return {"type": "record", "name": name, "fields": named}


def listed(items: object, count: int, item: bytes) -> bytes:
    out = io.BytesIO()
    fastavro.schemaless_writer(out, "long", count)
    return container(record("R", {"type": "array", "items": items}), out.getvalue() + item * count + b"\x00")


def doubled(levels: int) -> dict[str, Any]:
    """Records of two records each: nothing but a depth, and two to that power of objects."""
    inner: Any = record("L0", "null")
    for level in range(1, levels):
        inner = record(f"L{level}", inner, f"L{level - 1}")
    return inner


BOMBS = {
    "records of nulls": listed({"type": "record", "name": "I", "fields": [*NULLS, {"name": "b", "type": "boolean"}]},
                               3000, b"\x00"),
    "small records": listed(record("I", "boolean"), 300_000, b"\x00"),
    "empty texts": listed("string", 300_000, b"\x00"),
    "empty lists": listed({"type": "array", "items": "long"}, 300_000, b"\x00"),
    "doubling": container(doubled(20), b""),
    "a map of empty names": container(record("R", {"type": "map", "values": "null"}), b"\xc0\xcf\x24" + bytes(300_000)),
    "a number of a megabyte": container(
        record("R", {"type": "bytes", "logicalType": "decimal", "precision": 9}), b"\x80\x89\x7a" + b"\x01" * 1_000_000
    ),
    "a schema of many lists": container([[]] * 200_000, b""),
}  # fmt: skip


@pytest.mark.parametrize("what", BOMBS)
def test_avro_that_unfolds_is_refused_soon_and_cheaply(what: str) -> None:
    tracemalloc.start()
    start = time.process_time()
    with pytest.raises(NoticeError) as caught:
        parse(BOMBS[what])
    seconds, (_, peak) = time.process_time() - start, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert caught.value.code == "bad-avro"
    assert seconds < 2
    assert peak < 40 << 20


def test_header_of_many_entries_is_refused() -> None:
    out = io.BytesIO(b"Obj\x01")
    out.seek(4)
    meta = {"type": "map", "values": "bytes"}
    fastavro.schemaless_writer(out, meta, {f"k{i}": b"" for i in range(50_000)})
    with pytest.raises(NoticeError) as caught:
        parse(out.getvalue())
    assert caught.value.code == "bad-avro"


@pytest.mark.parametrize("path", AVRO, ids=lambda path: path.name)
def test_real_alerts_are_read_as_the_library_reads_them(path: Any) -> None:
    with path.open("rb") as file:
        assert decoded(path.read_bytes()) == list(fastavro.reader(file))


JSON_BOMBS = {
    "empty lists": b"[" + b"[]," * 2_000_000 + b"[]]",
    "empty objects": b'{"superevent_id":[' + b"{}," * 2_000_000 + b"{}]}",
    "small numbers": b"[" + b"1," * 3_000_000 + b"1]",
}


@pytest.mark.parametrize("what", JSON_BOMBS)
def test_json_that_unfolds_is_refused_soon_and_cheaply(what: str) -> None:
    raw = JSON_BOMBS[what]
    tracemalloc.start()
    start = time.process_time()
    with pytest.raises(NoticeError) as caught:
        parse(raw)
    seconds, (_, peak) = time.process_time() - start, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert caught.value.code == "too-large"
    assert seconds < 1
    assert peak < 1 << 20
