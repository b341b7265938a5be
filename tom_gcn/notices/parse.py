"""From bytes to a value: recognise the format, then read it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from . import avro, drill, igwn, manual
from .base import Notice, NoticeError, Parsed
from .circular import is_circular, parse_circular, parse_circular_text
from .envelope import enclosed_in
from .gcn_json import parse_gcn_json, stream_of
from .gcn_text import parse_gcn_text
from .heartbeat import is_heartbeat, parse_heartbeat
from .hermes import is_hermes, parse_hermes
from .json_text import decode_json
from .packet_json import is_packet, packet_of_mapping
from .voevent import notice_of_packet, parse_voevent

# LVK's messages weigh up to 3 MB, Kafka's at GCN up to 4 MiB; decoded JSON takes ten times its size in memory.
MAX_BYTES = 16 << 20
_GIVE_ALERT = "Give an alert of LVK, a VOEvent, a notice, circular or heartbeat of GCN, or a message of Hermes."
_OTHERS = {
    b"SIMPLE  =": "a FITS file, perhaps the sky map alone",
    b"\x1f\x8b": "a gzip file",
    b"PK": "a zip file",
}
_JSON_MARKS = {
    b'"ivorn"': "voevent",
    b'"superevent_id"': "igwn-json",
    b"/gcn/notices/": "gcn_json",
    b'"circularId"': "circular",
}
_TEXT_START = re.compile(rb"TITLE:[ \t]+GCN", re.IGNORECASE)
_CIRCULAR_NUMBER = re.compile(rb"^NUMBER:", re.MULTILINE)


def parse(raw: bytes, topic: str = "") -> Parsed:
    """Read a message.

    Parameters
    ----------
    raw : bytes
        The message as it came, not compressed.
    topic : str
        Kafka topic it came on, if any; the format is told from the bytes, the topic settles what they leave open.

    Raises
    ------
    NoticeError
        For everything that is none of the known messages, whatever is wrong with it.
    """
    if len(raw) > MAX_BYTES:
        raise NoticeError("too-large", f"The message has {len(raw):,} bytes, more than {MAX_BYTES:,}.", _GIVE_ALERT)
    if raw.startswith(avro.MAGIC):
        return igwn.parse_avro(raw)
    start = raw[:64].removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith((b"{", b"[")):
        return _parse_own(raw, topic) if topic in (manual.TOPIC, drill.TOPIC) else _parse_json(raw, topic)
    if start.startswith(b"<"):
        return parse_voevent(raw)
    if _TEXT_START.match(start):
        return _parse_text(raw)
    raise NoticeError("unknown-format" if start else "empty", _describe(start, topic), _GIVE_ALERT)


def decoded(raw: bytes) -> object:
    """The plain values of a message in JSON or Avro, whatever they mean; of Avro a list of its records.

    Raises
    ------
    NoticeError
        When it is neither, or too large.
    """
    if len(raw) > MAX_BYTES:
        raise NoticeError("too-large", f"The message has {len(raw):,} bytes, more than {MAX_BYTES:,}.", _GIVE_ALERT)
    return avro.read_records(raw) if raw.startswith(avro.MAGIC) else decode_json(raw)


def format_of(raw: bytes) -> str:
    """The format these bytes begin like, for messages that cannot be read; empty when they are like none."""
    start = raw[:64].removeprefix(b"\xef\xbb\xbf").lstrip()
    if raw.startswith(avro.MAGIC):
        return "igwn-avro"
    if start.startswith(b"<"):
        return "voevent"
    if start.startswith((b"{", b"[")):
        return next((form for mark, form in _JSON_MARKS.items() if mark in raw[:4096]), "json")
    return "gcn_text" if _TEXT_START.match(start) else ""


def _parse_json(raw: bytes, topic: str) -> Parsed:
    content = decode_json(raw)
    # hop-client wraps what it publishes.
    while isinstance(content, Mapping) and content.keys() == {"format", "content"}:
        content = content["content"]
    if not isinstance(content, Mapping) or "superevent_id" in content:
        return igwn.notice_of(content)
    return _parse_mapping(content, topic, len(raw))


def _parse_mapping(content: Mapping[str, Any], topic: str, size: int) -> Parsed:
    if is_packet(content):
        return notice_of_packet(packet_of_mapping(content, size))
    if is_heartbeat(content, topic):
        return parse_heartbeat(content)
    if is_circular(content):
        return parse_circular(content)
    if stream := stream_of(content, topic):
        return parse_gcn_json(content, stream, size)
    if is_hermes(content, topic):
        return parse_hermes(content, topic)
    return igwn.notice_of(content)


def _parse_own(raw: bytes, topic: str) -> Parsed:
    """What our own people entered, or had replayed; the message inside is read as if it had just come."""
    content = decode_json(raw)
    if not isinstance(content, Mapping):
        raise NoticeError("wrong-type", f"The message on {topic} is no object.", _GIVE_ALERT)
    inside = enclosed_in(content)
    if inside is None:
        return manual.parse_manual(content) if topic == manual.TOPIC else igwn.notice_of(content)
    raw, inner_topic = inside
    # What was entered by hand can be replayed; nothing else of ours lies in an envelope.
    is_own = inner_topic in (manual.TOPIC, drill.TOPIC)
    inner = parse(raw, "" if is_own and not (topic == drill.TOPIC and inner_topic == manual.TOPIC) else inner_topic)
    if not isinstance(inner, Notice):
        raise NoticeError("not-a-notice", f"It is a {inner.format}, not a notice.", "Only notices have events.")
    return manual.as_pasted(inner, content) if topic == manual.TOPIC else drill.as_drill(inner, content)


def _parse_text(raw: bytes) -> Parsed:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        # The archive's oldest texts hold names in Latin-1.
        text = raw.decode("latin-1")
    return parse_circular_text(text) if _CIRCULAR_NUMBER.search(raw[:2000]) else parse_gcn_text(text)


def _describe(start: bytes, topic: str) -> str:
    where = f" on {topic}" if topic.isprintable() and topic else ""
    if not start:
        return f"The message{where} is empty."
    other = next((word for magic, word in _OTHERS.items() if start.startswith(magic)), "of no known format")
    return f"The message{where} is {other}, not an alert."
