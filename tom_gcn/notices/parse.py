"""From bytes to a notice: recognise the format, then read it."""

from __future__ import annotations

from . import avro, igwn
from .base import Notice, NoticeError

MAX_BYTES = 64 << 20
_GIVE_ALERT = "Give a gravitational-wave alert of igwn.gwalert in JSON or Avro."
_OTHERS = {
    b"<": "XML",
    b"SIMPLE  =": "a FITS file, perhaps the sky map alone",
    b"\x1f\x8b": "a gzip file",
    b"PK": "a zip file",
}


def parse(raw: bytes, topic: str = "") -> Notice:
    """Read a message.

    Parameters
    ----------
    raw : bytes
        The message as it came, not compressed.
    topic : str
        Kafka topic it came on, if any; only named in errors, as the format is told from the bytes.

    Raises
    ------
    NoticeError
        For everything that is not a notice, whatever is wrong with it.
    """
    if len(raw) > MAX_BYTES:
        raise NoticeError("too-large", f"The message has {len(raw):,} bytes, more than {MAX_BYTES:,}.", _GIVE_ALERT)
    if raw.startswith(avro.MAGIC):
        return igwn.parse_avro(raw)
    start = raw[:64].removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith((b"{", b"[")):
        return igwn.parse_json(raw)
    raise NoticeError("unknown-format" if start else "empty", _describe(start, topic), _GIVE_ALERT)


def _describe(start: bytes, topic: str) -> str:
    where = f" on {topic}" if topic.isprintable() and topic else ""
    if not start:
        return f"The message{where} is empty."
    other = next((word for magic, word in _OTHERS.items() if start.startswith(magic)), "of no known format")
    return f"The message{where} is {other}, not an alert."
