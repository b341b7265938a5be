"""Typed values out of a mapping nobody has checked: each is what it should be, or a `NoticeError` names it."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from datetime import UTC, datetime

from .base import NoticeError

_MAX_TEXT = 200
_MAX_ENTRIES = 100
# Gamma-ray bursts are known since 1967. Farther times are faults of a clock, and databases and pages choke on some.
_FIRST_YEAR, _LAST_YEAR = 1950, 2100
_COMPARE = "Compare the message with the user guide of its sender."


class Fields:
    """One object of a message, with the path that leads to it.

    Parameters
    ----------
    values : object
        What stands there; anything but a mapping is refused.
    path : str
        How to call this object in error messages, e.g. ``"event"``.

    Raises
    ------
    NoticeError
        ``wrong-type`` when it is no mapping. The methods raise ``missing-field``, ``wrong-type``, ``bad-text``,
        ``bad-field``, ``bad-number`` and ``bad-time``.
    """

    def __init__(self, values: object, path: str = "") -> None:
        if not isinstance(values, Mapping):
            raise _wrong(path or "the message", "an object", values)
        self._values = values
        self._path = path

    def _name(self, key: str) -> str:
        return f"{self._path}.{key}" if self._path else key

    def _get(self, key: str, kind: type | tuple[type, ...], word: str) -> object:
        """The value, None when it is absent or null."""
        value = self._values.get(key)
        if value is not None and (not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool)):
            raise _wrong(self._name(key), word, value)
        return value

    def required_text(self, key: str) -> str:
        """A text that must be there."""
        text = self.text(key)
        if not text:
            raise NoticeError("missing-field", f"The message has no {self._name(key)}.", _COMPARE)
        return text

    def text(self, key: str, most: int | None = None) -> str:
        """A short line of text; empty when absent. One of more than `most` characters is refused as ``bad-field``."""
        value = self._get(key, str, "a text")
        text = "" if value is None else str(value)
        if most is not None and len(text) > most:
            raise NoticeError("bad-field", f"{self._name(key)} has {len(text)} characters, more than {most}.", _COMPARE)
        return _line(text, self._name(key))

    def number(self, key: str) -> float | None:
        """A finite number."""
        value = self._get(key, (int, float), "a number")
        return None if value is None else _finite(value, self._name(key))

    def integer(self, key: str) -> int | None:
        """A whole number of at most 64 bits."""
        value = self._get(key, int, "a whole number")
        if value is None:
            return None
        if not isinstance(value, int) or abs(value) >= 1 << 63:
            raise NoticeError("bad-number", f"{self._name(key)} is too large.", _COMPARE)
        return value

    def flag(self, key: str) -> bool | None:
        """True, false or not said."""
        value = self._get(key, bool, "true or false")
        return None if value is None else bool(value)

    def time(self, key: str) -> datetime | None:
        """An ISO 8601 time, UTC where no zone is given."""
        text = self.text(key)
        return read_time(text, self._name(key)) if text else None

    def required_time(self, key: str) -> datetime:
        """A time that must be there."""
        return read_time(self.required_text(key), self._name(key))

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of short texts; empty when absent."""
        values = self._get(key, (list, tuple), "a list")
        if values is None:
            return ()
        if not isinstance(values, list | tuple) or len(values) > _MAX_ENTRIES:
            raise NoticeError("too-large", f"{self._name(key)} has too many entries.", _COMPARE)
        for value in values:
            if not isinstance(value, str):
                raise _wrong(f"{self._name(key)}[]", "a text", value)
        return tuple(_line(value, self._name(key)) for value in values)

    def numbers(self, key: str) -> dict[str, float]:
        """A mapping of names to numbers, without the entries that are null."""
        inner = self._entries(key)
        found = {name: inner.number(name) for name in inner.names()}
        return {name: value for name, value in found.items() if value is not None}

    def links(self, key: str) -> dict[str, str]:
        """A mapping of names to web addresses; anything but http and https is left out, for pages link to them."""
        inner = self._entries(key)
        found = {name: inner.text(name) for name in inner.names()}
        return {name: link for name, link in found.items() if link.startswith(("https://", "http://"))}

    def _entries(self, key: str) -> Fields:
        return Fields(self._get(key, Mapping, "an object") or {}, self._name(key))

    def names(self) -> list[str]:
        """Names of the entries, checked as texts."""
        if len(self._values) > _MAX_ENTRIES:
            raise NoticeError("too-large", f"{self._path} has too many entries.", _COMPARE)
        return [_line(str(name), self._path) for name in self._values]

    def words(self, key: str) -> tuple[str, ...]:
        """One short text or number, or a list of them, as texts; empty when absent."""
        value = self._values.get(key)
        entries = value if isinstance(value, list | tuple) else [] if value is None else [value]
        if len(entries) > _MAX_ENTRIES:
            raise NoticeError("too-large", f"{self._name(key)} has too many entries.", _COMPARE)
        for entry in entries:
            if isinstance(entry, bool) or not isinstance(entry, str | int):
                raise _wrong(f"{self._name(key)}[]", "a text", entry)
        return tuple(_line(str(entry), self._name(key)) for entry in entries)

    def prose(self, key: str, most: int) -> str:
        """A long text of several lines, at most `most` characters; what cannot be stored or shown is replaced."""
        value = self._get(key, str, "a text")
        text = "" if value is None else str(value)
        if len(text) > most:
            raise NoticeError("bad-text", f"{self._name(key)} has {len(text)} characters, more than {most}.", _COMPARE)
        return "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text.replace("\r\n", "\n"))

    def inners(self, key: str) -> list[Fields]:
        """A list of objects; empty when absent."""
        values = self._get(key, list, "a list")
        if not isinstance(values, list):
            return []
        if len(values) > _MAX_ENTRIES:
            raise NoticeError("too-large", f"{self._name(key)} has too many entries.", _COMPARE)
        return [Fields(value, f"{self._name(key)}[]") for value in values]

    def entry(self, key: str) -> object:
        """Whatever stands there, unchecked."""
        return self._values.get(key)

    def inner(self, key: str) -> Fields | None:
        """An object inside this one; None when absent or null."""
        value = self._get(key, Mapping, "an object")
        return None if value is None else Fields(value, self._name(key))

    def raw(self, key: str, kind: type[str] | type[bytes]) -> str | bytes | None:
        """A long text or bytes as they are."""
        value = self._get(key, kind, "text" if kind is str else "bytes")
        return value if isinstance(value, str | bytes) else None


def read_time(text: str, name: str) -> datetime:
    """An ISO 8601 time as aware UTC.

    Raises
    ------
    NoticeError
        ``bad-time`` when it is no such time.
    """
    try:
        time = datetime.fromisoformat(text.removesuffix(" UTC"))
        time = (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise NoticeError("bad-time", f"{name} is {text!r}, not a time.", "Times are ISO 8601 in UTC.") from error
    if not _FIRST_YEAR <= time.year <= _LAST_YEAR:
        raise NoticeError("bad-time", f"{name} is in the year {time.year}.", "Times of alerts lie in 1950 to 2100.")
    return time


def read_line(text: str, name: str, most: int = _MAX_TEXT) -> str:
    """A short line of text, checked.

    Raises
    ------
    NoticeError
        ``bad-text`` when it is too long or cannot be printed.
    """
    return _line(text, name, most)


def bounded_key(key: str) -> str:
    """An idempotence key that fits its column; long ones are digested, equal ones stay equal."""
    return key if len(key) <= _MAX_TEXT else f"sha256:{hashlib.sha256(key.encode()).hexdigest()}"


def _wrong(name: str, word: str, value: object) -> NoticeError:
    kind = "null" if value is None else type(value).__name__
    return NoticeError("wrong-type", f"{name} should be {word}, not {kind}.", _COMPARE)


def _line(text: str, name: str, most: int = _MAX_TEXT) -> str:
    if len(text) > most:
        raise NoticeError("bad-text", f"{name} has {len(text)} characters, more than {most}.", _COMPARE)
    # Zero bytes and lone surrogates cannot be stored, control characters must not reach a page or a log.
    if not text.isprintable():
        raise NoticeError("bad-text", f"{name} holds characters that cannot be printed.", _COMPARE)
    return text


def _finite(value: object, name: str) -> float:
    try:
        number = float(value)  # type: ignore[arg-type]
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise NoticeError("bad-number", f"{name} is not a finite number.", _COMPARE)
    return number
