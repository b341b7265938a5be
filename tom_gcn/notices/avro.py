"""Avro object containers of unknown origin, opened within bounds (Apache Avro 1.11 specification).

The schema comes with the message, so it can be written to hurt: arrays of nothing with 2**60 entries, records inside
themselves, compressed blocks. The schema is therefore looked at before any data are read with it.
"""

from __future__ import annotations

import io
import json
import struct
from itertools import islice
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


def read_records(raw: bytes) -> list[object]:
    """The first records of a container, two at most: one message is one alert.

    Raises
    ------
    NoticeError
        ``bad-avro`` when it is damaged, its schema is not safe to read with, or its blocks are compressed.
    """
    try:
        header: Any = fastavro.schemaless_reader(io.BytesIO(raw), _HEADER, None)
        meta = header["meta"]
        if meta.get("avro.codec", b"null") != b"null":
            raise ValueError("its blocks are compressed")
        _least_bytes(json.loads(meta["avro.schema"]), {}, _MAX_DEPTH)
        return list(islice(fastavro.reader(io.BytesIO(raw)), 2))
    except _FAULTS as error:
        raise NoticeError(
            "bad-avro",
            f"The Avro container cannot be read ({_reason(error)}).",
            "Send the message as it was published.",
        ) from error


def _reason(error: BaseException) -> str:
    text = str(error)[:120]
    return text if text and text.isprintable() else "it is damaged or cut off"


def _least_bytes(schema: object, named: dict[str, int | None], depth: int) -> int:
    """Fewest bytes a value of this schema takes; refuses what could take none in any number, or hold itself."""
    if depth == 0:
        raise ValueError("its schema is nested too deeply")
    if isinstance(schema, list):
        return 1 + min((_least_bytes(branch, named, depth - 1) for branch in schema), default=0)
    if isinstance(schema, str):
        return _least_of_name(schema, named)
    if not isinstance(schema, dict):
        raise ValueError("its schema is not one")
    kind = schema.get("type")
    if kind in ("array", "map"):
        items = _least_bytes(schema.get("items" if kind == "array" else "values"), named, depth - 1)
        if kind == "array" and items == 0:
            raise ValueError("its schema allows endless empty lists")
        return 1
    if kind in ("record", "error", "fixed", "enum"):
        return _least_of_definition(schema, named, depth)
    return _least_bytes(kind, named, depth - 1)


def _least_of_name(name: str, named: dict[str, int | None]) -> int:
    if name in _PRIMITIVE_BYTES:
        return _PRIMITIVE_BYTES[name]
    size = named.get(name.rsplit(".", 1)[-1])
    if size is None:
        raise ValueError("its schema is recursive or incomplete")
    return size


def _least_of_definition(schema: dict[str, object], named: dict[str, int | None], depth: int) -> int:
    name = str(schema.get("name", "")).rsplit(".", 1)[-1]
    # None while its fields are being walked, so that a reference back to it is seen as recursion.
    named[name] = None
    size = 1
    if schema["type"] == "fixed":
        size = int(str(schema.get("size", 0)))
    elif schema["type"] != "enum":
        fields = schema.get("fields")
        if not isinstance(fields, list):
            raise ValueError("a record of its schema has no fields")
        size = sum(_least_bytes(entry["type"], named, depth - 1) for entry in fields)
    named[name] = size
    return size
