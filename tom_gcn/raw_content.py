"""The original bytes of a notice as text a person can read: JSON in order, sky maps shortened, never too long."""

import gzip
import io
import json
import zlib
from typing import Any

import fastavro

from tom_gcn.models import Message

MAX_READ_BYTES = 32 * 1024 * 1024
MAX_TEXT = 60_000
LONG_STRING = 300
_AVRO = b"Obj\x01"
_GZIP = b"\x1f\x8b"


def readable(message: Message) -> str:
    """Return a message's content as text; what is not text is described."""
    try:
        body = _unzipped(bytes(message.body))
    except (OSError, EOFError, zlib.error) as error:
        return f"{message.size_bytes:,} bytes that cannot be unpacked: {error}"
    text = _as_json(body)
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}\n… {len(text) - MAX_TEXT:,} characters more"


def _unzipped(body: bytes) -> bytes:
    if not body.startswith(_GZIP):
        return body
    with gzip.GzipFile(fileobj=io.BytesIO(body)) as file:
        return file.read(MAX_READ_BYTES)


def _as_json(body: bytes) -> str:
    try:
        content = list(fastavro.reader(io.BytesIO(body))) if body.startswith(_AVRO) else json.loads(body)
    except (ValueError, LookupError, TypeError, EOFError, RecursionError):
        return body[:MAX_TEXT].decode("utf-8", "replace") if _is_text(body) else f"{len(body):,} bytes, not text"
    return json.dumps(_shortened(content), indent=2, ensure_ascii=False, default=str)


def _is_text(body: bytes) -> bool:
    return b"\x00" not in body[:4096]


def _shortened(value: Any) -> Any:
    """The same structure with long strings and bytes cut: a sky map is of no use to the eye."""
    if isinstance(value, dict):
        return {key: _shortened(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_shortened(inner) for inner in value]
    if isinstance(value, bytes):
        return f"{len(value):,} bytes"
    if isinstance(value, str) and len(value) > LONG_STRING:
        return f"{value[:60]}… {len(value):,} characters"
    return value
