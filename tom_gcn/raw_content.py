"""The original bytes of a notice as text a person can read: JSON in order, sky maps shortened, never too long.

Everything here runs while a member waits for the page, so it is bounded in time and memory whatever was sent.
"""

import json
from typing import Any

from django.conf import settings

from tom_gcn.models import Message
from tom_gcn.notices import NoticeError, decoded, gunzip

MAX_TEXT = 60_000
LONG_STRING = 300
# What is left of a message of more values or levels is more than a page shows.
MOST_VALUES = 5_000
MOST_LEVELS = 40
_AVRO = b"Obj\x01"
_LEFT_OUT = "…"


def readable(message: Message) -> str:
    """Return a message's content as text; what is not text is described."""
    try:
        body = gunzip(bytes(message.body), settings.ICARE_MAX_MESSAGE_BYTES)
    except NoticeError as error:
        return f"{message.size_bytes:,} bytes that cannot be unpacked. {error.message}"
    return _as_json(body) or _as_text(body)


def _as_json(body: bytes) -> str:
    """Empty when it is neither JSON nor Avro, or unfolds to more than can be read."""
    try:
        content = decoded(body)
    except NoticeError:
        return ""
    return _cut(json.dumps(Shortener().shortened(content), indent=2, ensure_ascii=False, default=str))


def _as_text(body: bytes) -> str:
    if body.startswith(_AVRO) or b"\x00" in body[:4096]:
        return f"{len(body):,} bytes, not text"
    # A character has up to four bytes.
    text = body[: 4 * MAX_TEXT].decode("utf-8", "replace")
    return _cut(text, len(body) - len(body[: 4 * MAX_TEXT]))


def _cut(text: str, more: int = 0) -> str:
    left = len(text) - MAX_TEXT + more
    return text if left <= 0 else f"{text[:MAX_TEXT]}\n… {left:,} characters more"


class Shortener:
    """Copies a structure with long strings and bytes cut, and only so many values; a map is of no use to the eye."""

    def __init__(self) -> None:
        self._values_left = MOST_VALUES

    def shortened(self, value: Any, levels: int = MOST_LEVELS) -> Any:
        """The same structure, shorter."""
        self._values_left -= 1
        if isinstance(value, dict | list) and value and levels == 0:
            return _LEFT_OUT
        if isinstance(value, dict):
            return self._dict(value, levels - 1)
        if isinstance(value, list):
            return self._list(value, levels - 1)
        if isinstance(value, bytes):
            return f"{len(value):,} bytes"
        return _short(value) if isinstance(value, str) else value

    def _dict(self, values: dict[str, Any], levels: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, inner in values.items():
            if self._values_left <= 0:
                return found | {_LEFT_OUT: f"{len(values) - len(found):,} entries more"}
            found[_short(key)] = self.shortened(inner, levels)
        return found

    def _list(self, values: list[Any], levels: int) -> list[Any]:
        found: list[Any] = []
        for inner in values:
            if self._values_left <= 0:
                return [*found, f"{_LEFT_OUT} {len(values) - len(found):,} entries more"]
            found.append(self.shortened(inner, levels))
        return found


def _short(text: str) -> str:
    return text if len(text) <= LONG_STRING else f"{text[:60]}{_LEFT_OUT} {len(text):,} characters"
