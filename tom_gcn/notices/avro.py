"""Avro object containers of unknown origin, opened within bounds (Apache Avro 1.11 specification).

The schema comes with the message, so it can be written to hurt: arrays of nothing with 2**60 entries, records inside
themselves, compressed blocks. The schema is therefore looked at before any data are read with it.
"""

from __future__ import annotations

import io
import json
import struct
from dataclasses import dataclass
from typing import Any

import fastavro
from fastavro.schema import SchemaParseException, UnknownType

from .base import NoticeError

MAGIC = b"Obj\x01"
_HEADER = {
    "type": "record",
    "name": "Header",
    "fields": [
        {"name": "magic", "type": {"type": "fixed", "name": "Magic", "size": 4}},
        {"name": "meta", "type": {"type": "map", "values": "bytes"}},
    ],
}
_MAX_DEPTH = 24
# The schema of LVK's alerts has 10 kB and some 40 parts, an alert some hundred values.
_MAX_SCHEMA_BYTES = 100_000
_MAX_PARTS = 1000
_MAX_OBJECTS = 200_000
_HEADER_READS = 1000
_SYNC_BYTES = 16
_FAULTS = (
    ValueError,
    EOFError,
    LookupError,
    TypeError,
    AttributeError,
    OverflowError,
    RecursionError,
    StopIteration,
    struct.error,
    SchemaParseException,
    UnknownType,
)
_PRIMITIVE_BYTES = {"null": 0, "boolean": 1, "int": 1, "long": 1, "float": 4, "double": 8, "bytes": 1, "string": 1}


@dataclass(frozen=True)
class _Size:
    """Fewest bytes a value of a schema takes, and most objects it makes with one entry in each list."""

    least_bytes: int
    parts: int


class _CountedStream(io.BytesIO):
    """Bytes that may be read so many times: the library reads at least once for every value that is not null."""

    reads_left = _HEADER_READS

    def read(self, size: int | None = -1, /) -> bytes:
        """The next bytes."""
        self.reads_left -= 1
        if self.reads_left < 0:
            raise ValueError("it holds too many values")
        return super().read(size)


def read_records(raw: bytes) -> list[object]:
    """The first records of a container, two at most: one message is one alert.

    Raises
    ------
    NoticeError
        ``bad-avro`` when it is damaged, its schema is not safe to read with, or its blocks are compressed.
    """
    try:
        return _read(_CountedStream(raw))
    except _FAULTS as error:
        raise NoticeError(
            "bad-avro",
            f"The Avro container cannot be read ({_reason(error)}).",
            "Send the message as it was published.",
        ) from error


def _reason(error: BaseException) -> str:
    text = str(error)[:120]
    return text if text and text.isprintable() else "it is damaged or cut off"


def _read(stream: _CountedStream) -> list[object]:
    header: Any = fastavro.schemaless_reader(stream, _HEADER, None)
    meta, text = header["meta"], header["meta"]["avro.schema"]
    if meta.get("avro.codec", b"null") != b"null":
        raise ValueError("its blocks are compressed")
    if len(text) > _MAX_SCHEMA_BYTES:
        raise ValueError("its schema is too long")
    schema = json.loads(text)
    parts = _size(schema, {}, _MAX_DEPTH).parts
    if parts > _MAX_PARTS:
        raise ValueError("its schema has too many parts")
    sync = stream.read(_SYNC_BYTES)
    stream.reads_left = _MAX_OBJECTS // parts
    return _first_two(stream, fastavro.parse_schema(schema), sync)


def _first_two(stream: _CountedStream, schema: Any, sync: bytes) -> list[object]:
    """Records of the blocks: their number, their size in bytes, the records, and the mark between blocks."""
    records: list[object] = []
    while len(records) < 2 and stream.tell() < len(stream.getbuffer()):
        count: Any = fastavro.schemaless_reader(stream, "long", None)
        fastavro.schemaless_reader(stream, "long", None)
        for _ in range(min(count, 2 - len(records))):
            records.append(fastavro.schemaless_reader(stream, schema, None))
        if len(records) < 2 and stream.read(_SYNC_BYTES) != sync:
            raise ValueError("a block does not end where it should")
    return records


def _size(schema: object, named: dict[str, _Size | None], depth: int) -> _Size:
    """Size of a value; refuses a schema whose values could take no bytes in any number, or hold themselves."""
    if depth == 0:
        raise ValueError("its schema is nested too deeply")
    if isinstance(schema, list):
        branches = [_size(branch, named, depth - 1) for branch in schema]
        least = min((branch.least_bytes for branch in branches), default=0)
        return _Size(1 + least, max((branch.parts for branch in branches), default=1))
    if isinstance(schema, str):
        return _size_of_name(schema, named)
    if not isinstance(schema, dict) or "logicalType" in schema:
        raise ValueError("its schema is not one of an alert")
    kind = schema.get("type")
    if kind in ("array", "map"):
        items = _size(schema.get("items" if kind == "array" else "values"), named, depth - 1)
        if kind == "array" and items.least_bytes == 0:
            raise ValueError("its schema allows endless empty lists")
        return _Size(1, 2 + items.parts)
    if kind in ("record", "error", "fixed", "enum"):
        return _size_of_definition(schema, named, depth)
    return _size(kind, named, depth - 1)


def _size_of_name(name: str, named: dict[str, _Size | None]) -> _Size:
    if name in _PRIMITIVE_BYTES:
        return _Size(_PRIMITIVE_BYTES[name], 1)
    size = named.get(name.rsplit(".", 1)[-1])
    if size is None:
        raise ValueError("its schema is recursive or incomplete")
    return size


def _size_of_definition(schema: dict[str, object], named: dict[str, _Size | None], depth: int) -> _Size:
    name = str(schema.get("name", "")).rsplit(".", 1)[-1]
    # None while its fields are being walked, so that a reference back to it is seen as recursion.
    named[name] = None
    size = _Size(1, 1)
    if schema["type"] == "fixed":
        size = _Size(int(str(schema.get("size", 0))), 1)
    elif schema["type"] != "enum":
        fields = schema.get("fields")
        if not isinstance(fields, list):
            raise ValueError("a record of its schema has no fields")
        inner = [_size(entry["type"], named, depth - 1) for entry in fields]
        size = _Size(sum(field.least_bytes for field in inner), 1 + sum(field.parts for field in inner))
    named[name] = size
    return size
