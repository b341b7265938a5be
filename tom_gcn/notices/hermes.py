"""Messages of Hermes (https://hermes.lco.global): text with targets and photometry, written by people and brokers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from .base import HermesMessage, HermesTarget
from .fields import Fields, bounded_key
from .regions import Cone, Point, Region, read_position

_MAX_TEXT = 1 << 20
_DEGREES_IN = {"degrees": 1.0, "arcmin": 1 / 60.0, "arcsec": 1 / 3600.0, "marcsec": 1 / 3.6e6}
_WITHIN = ("targets", "event_id", "photometry")
_WRAPPERS = ("data", "main_data", "content")
_MOST_LEVELS = 4
_TEST_TOPICS = {"hermes.test", "tomtoolkit.test", "hermes-message"}


def is_hermes(content: Mapping[str, object], topic: str = "") -> bool:
    """Whether a decoded message is one."""
    return topic.startswith("hermes.") or ({"title", "data"} <= content.keys() and "message_text" in content)


def parse_hermes(content: Mapping[str, object], topic: str = "") -> HermesMessage:
    """Read a decoded message.

    Raises
    ------
    NoticeError
        ``bad-position``, ``too-large``, and those of `Fields`.
    """
    fields = Fields(content)
    data = _data(fields)
    topic = fields.text("topic") or topic
    rows = data.entry("photometry")
    uuid = fields.text("uuid")
    return HermesMessage(
        key=bounded_key(f"hermes|{uuid}" if uuid else f"hermes|sha256:{_digest(content)}"),
        topic=topic,
        title=fields.prose("title", 2000),
        submitter=fields.prose("submitter", 2000),
        authors=fields.prose("authors", 20_000),
        text=fields.prose("message_text", _MAX_TEXT),
        event_id=data.text("event_id"),
        targets=tuple(_target(target) for target in data.inners("targets")),
        n_photometry=len(rows) if isinstance(rows, list) else 0,
        sent_at=fields.time("published") or fields.time("timestamp"),
        is_test=topic in _TEST_TOPICS or topic.endswith(".test"),
    )


def _data(message: Fields) -> Fields:
    """Where the targets and the event stand: in ``data``, or in an object inside it, as some programs send them."""
    found = message.inner("data") or Fields({}, "data")
    for _ in range(_MOST_LEVELS):
        if any(found.entry(name) is not None for name in _WITHIN):
            break
        inner = next((found.inner(name) for name in _WRAPPERS if isinstance(found.entry(name), Mapping)), None)
        if inner is None:
            break
        found = inner
    return found


def _target(target: Fields) -> HermesTarget:
    if isinstance(target.entry("target"), Mapping):
        target = target.inner("target") or target
    return HermesTarget(target.text("name") or target.text("target_name"), _region(target), target.words("aliases"))


def _region(target: Fields) -> Region | None:
    """A circle that holds both errors; Hermes does not say at what containment."""
    if target.entry("ra") is None or target.entry("dec") is None:
        return None
    ra, dec = read_position(target.entry("ra"), target.entry("dec"))
    radius = max(_error(target, "ra"), _error(target, "dec"))
    return Cone(ra, dec, radius, None) if 0 < radius < 180 else Point(ra, dec)


def _error(target: Fields, axis: str) -> float:
    unit = target.entry(f"{axis}_error_units")
    try:
        return float(str(target.entry(f"{axis}_error"))) * _DEGREES_IN[str(unit)]
    except (ValueError, KeyError):
        return 0.0


def _digest(content: Mapping[str, object]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]
