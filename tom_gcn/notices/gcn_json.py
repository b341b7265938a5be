"""GCN's unified JSON notices (https://gcn.nasa.gov/docs/schema): Einstein Probe, IceCube, KM3NeT, GUANO, FRBs ...

All missions share the core schema read here; what else they say is kept under their own names.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from .base import Measure, Notice, NoticeError, SourceKind, Status
from .fields import Fields, bounded_key, read_line
from .regions import Cone, Ellipse, Point, Polygon, Region, read_position

MAX_BYTES = 8 << 20
_SCHEMA = re.compile(r"gcn/notices/(?P<path>[A-Za-z0-9_./-]+?)\.schema\.json$")
_TOPIC = re.compile(r"gcn\.notices\.(?P<path>[A-Za-z0-9_.-]+)")
_DEFAULT_CONTAINMENT = 0.9
_TESTS = {"test", "injection", "commanded"}
_LONGEST_LINK = 500
_MAX_PARAMETERS = 200
_MAX_PARAMETER_TEXT = 2000
_MOST_NUMBERS = 20
# Fields with a place of their own in a notice, or too long to be kept twice.
_READ_ELSEWHERE = {"$schema", "healpix_file", "healpix_url", "id", "event_name", "classification", "properties", "data"}
_COMPARE = "Compare the message with its schema on gcn.nasa.gov."


@dataclass(frozen=True)
class Mission:
    """What is known of the notices below one folder of the schema."""

    source: str
    namespace: str
    kind: SourceKind


# The longest folder that fits counts. Namespaces are shared with VOEvents where both number events alike.
MISSIONS: dict[str, Mission] = {
    "boom": Mission("Boom", "boom", SourceKind.OPTICAL),
    "burstcube": Mission("BurstCube", "burstcube", SourceKind.GRB),
    "chime": Mission("CHIME", "chime", SourceKind.FRB),
    "dsa110": Mission("DSA-110", "dsa110", SourceKind.FRB),
    "einstein_probe": Mission("Einstein Probe", "einstein-probe", SourceKind.XRAY),
    "fermi.gbm": Mission("Fermi", "fermi-gbm", SourceKind.GRB),
    "fermi.lat": Mission("Fermi", "fermi-lat-json", SourceKind.OTHER),
    "glowbug": Mission("GLOWBUG", "glowbug", SourceKind.GRB),
    "icecube": Mission("IceCube", "icecube", SourceKind.NEUTRINO),
    "km3net": Mission("KM3NeT", "km3net", SourceKind.NEUTRINO),
    "maxi": Mission("MAXI", "maxi", SourceKind.XRAY),
    "superk": Mission("Super-Kamiokande", "superk", SourceKind.NEUTRINO),
    "svom": Mission("SVOM", "svom", SourceKind.GRB),
    "swift.bat.guano": Mission("Swift", "swift-guano", SourceKind.GRB),
    "swift": Mission("Swift", "swift", SourceKind.GRB),
}
_KIND_OF_MESSENGER = {"neutrino": SourceKind.NEUTRINO, "gw": SourceKind.GW}


def stream_of(content: Mapping[str, object], topic: str = "") -> str:
    """Which kind of notice this is, e.g. ``einstein_probe.wxt.alert``, by its schema, else its topic; else empty.

    The schema goes first so that the same notice from a file and from Kafka has the same key.
    """
    schema = content.get("$schema")
    found = _SCHEMA.search(schema[:_LONGEST_LINK]) if isinstance(schema, str) else None
    found = found or _TOPIC.fullmatch(topic)
    return found["path"].replace("/", ".").lower()[:100] if found else ""


def parse_gcn_json(content: Mapping[str, object], stream: str, size: int = 0) -> Notice:
    """Read a decoded notice of a stream (see `stream_of`); `size` is that of the message in bytes.

    Raises
    ------
    NoticeError
        ``too-large``, ``unknown-type`` for an alert_type nobody knows, ``bad-position``, and those of `Fields`.
    """
    if size > MAX_BYTES:
        raise NoticeError("too-large", f"The notice has {size:,} bytes, more than {MAX_BYTES:,}.", _COMPARE)
    fields = Fields(content)
    mission = _mission(stream, fields)
    status = _status(fields)
    names = _names(fields)
    is_retraction = status is Status.RETRACTION
    is_test = fields.text("alert_tense").lower() in _TESTS or stream.endswith(".test")
    return Notice(
        format="gcn_json",
        source=mission.source,
        notice_type=f"gcn.notices.{stream}",
        status=status,
        kind=mission.kind,
        event_id=names[0],
        namespace=mission.namespace if names[0] else "",
        key=_key(content, fields, f"{stream}|{names[0]}", status, is_test=is_test),
        event_time=fields.time("trigger_time"),
        time_created=fields.time("alert_datetime"),
        is_test=is_test,
        is_retraction=is_retraction,
        far_hz=fields.number("far"),
        instruments=fields.words("instrument"),
        pipeline=fields.text("pipeline")[:40],
        classification=_probabilities(fields, "classification"),
        properties=_probabilities(fields, "properties"),
        duration_s=fields.number("t90") if _is_number(fields.entry("t90")) else None,
        urls=_links(content),
        region=None if is_retraction else _region(fields),
        skymap=None if is_retraction else _skymap(fields),
        skymap_url="" if is_retraction else _skymap_url(fields),
        aliases=names[1:],
        related=_related(fields),
        record_number=_record_number(fields),
        parameters=_parameters(content),
    )


def _related(fields: Fields) -> tuple[str, ...]:
    """Events this one answers to, as their senders name them: IceCube searches for LVK, Swift's GUANO for Fermi."""
    found = (fields.entry(key) for key in ("ref_ID", "follow_up_event"))
    return tuple(read_line(name, "a related event", 100) for name in found if isinstance(name, str) and name)


def _mission(stream: str, fields: Fields) -> Mission:
    stream = stream.removeprefix("classic.")
    for folder in sorted(MISSIONS, key=len, reverse=True):
        if stream == folder or stream.startswith(f"{folder}."):
            return MISSIONS[folder]
    top = stream.partition(".")[0]
    kind = _KIND_OF_MESSENGER.get(fields.text("messenger").lower(), SourceKind.OTHER)
    return Mission(fields.text("mission")[:20] or top[:20], f"json:{top}"[:40], kind)


def _status(fields: Fields) -> Status:
    word = fields.text("alert_type").lower() or "initial"
    if word not in set(Status):
        raise NoticeError("unknown-type", f"alert_type is {word}.", f"Known types are {', '.join(Status)}.")
    return Status(word)


def _names(fields: Fields) -> tuple[str, ...]:
    """The id first (empty when there is none), then every other name of the event."""
    ids = [read_line(word, "id", 64) for word in fields.words("id") if word]
    others = [read_line(word, "event_name", 64) for word in fields.words("event_name") if word]
    first = ids[0] if ids else ""
    return (first, *dict.fromkeys(word for word in [*ids[1:], *others] if word != first))


def _key(content: Mapping[str, object], fields: Fields, subject: str, status: Status, *, is_test: bool) -> str:
    serial = _record_number(fields)
    if serial is not None:
        mark = str(serial)
    else:
        # Not the time alone: SVOM's instruments may speak of one burst in one second, and LAT dates the flares of a day
        # alike. The same content is the same notice, whatever cluster it came from.
        plain = json.dumps(content, sort_keys=True, ensure_ascii=True)
        mark = f"{fields.text('alert_datetime')}|{hashlib.sha256(plain.encode()).hexdigest()[:32]}"
    # Neither a test nor an earlier notice of a sender who does not count well may make a retraction a duplicate.
    return bounded_key(f"gcn.notices.{subject}|{mark}|{'test ' if is_test else ''}{status}")


def _record_number(fields: Fields) -> int | None:
    number = fields.integer("record_number")
    return number if number is not None and 0 <= number < 1 << 31 else None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _probabilities(fields: Fields, key: str) -> dict[str, float]:
    """The entries that are numbers: some missions put words beside them."""
    inner = fields.inner(key) if isinstance(fields.entry(key), Mapping) else None
    if inner is None:
        return {}
    found = {name: inner.number(name) for name in inner.names() if _is_number(inner.entry(name))}
    return {name: value for name, value in found.items() if value is not None}


def _links(content: Mapping[str, object]) -> dict[str, str]:
    links = {
        _shown(name)[:100]: value
        for name, value in content.items()
        if isinstance(value, str) and value.startswith(("https://", "http://")) and name != "$schema"
    }
    return {name: link for name, link in list(links.items())[:20] if len(link) <= _LONGEST_LINK and link.isprintable()}


def _region(fields: Fields) -> Region | None:
    if fields.entry("ra") is None or fields.entry("dec") is None:
        return None
    ra, dec = read_position(fields.number("ra"), fields.number("dec"))
    containment = fields.number("containment_probability")
    containment = _DEFAULT_CONTAINMENT if containment is None else containment
    if not 0 < containment <= 1:
        raise NoticeError("bad-position", f"The containment probability is {containment}.", _COMPARE)
    error, corners = fields.entry("ra_dec_error"), fields.entry("rectangular_error_corners")
    if error is None and corners is not None:
        return _polygon(corners, containment, (ra, dec))
    if isinstance(error, list) and len(error) > 1:
        return _ellipse(ra, dec, _numbers(error, "ra_dec_error"), containment)
    radius = _numbers(error, "ra_dec_error")[0] if isinstance(error, list) and error else fields.number("ra_dec_error")
    return Cone(ra, dec, _size(radius), containment) if radius else Point(ra, dec)


def _ellipse(ra: float, dec: float, printed: tuple[float, ...], containment: float) -> Ellipse:
    """Semi-axis at the position angle, semi-axis across, position angle (default 0).

    The schema calls the first one the major, but CHIME and DSA-110 put the shorter one there at times.
    """
    first, second, angle = (*printed, 0.0)[:3]
    if len(printed) > 3 or not math.isfinite(angle):
        raise NoticeError("bad-position", f"ra_dec_error has {len(printed)} values.", _COMPARE)
    if first < second:
        first, second, angle = second, first, angle + 90.0
    return Ellipse(ra, dec, _size(first), _size(second), angle % 180.0, containment, printed)


def _polygon(corners: object, containment: float, best: tuple[float, float]) -> Polygon:
    if not isinstance(corners, list) or not 3 <= len(corners) <= 100:
        raise NoticeError("bad-position", "rectangular_error_corners are no corners.", _COMPARE)
    pairs = [_numbers(corner, "rectangular_error_corners") for corner in corners]
    if any(len(pair) != 2 for pair in pairs):
        raise NoticeError("bad-position", "A corner is no pair of RA and Dec.", _COMPARE)
    return Polygon(tuple(read_position(ra, dec) for ra, dec in pairs), containment, *best)


def _numbers(values: object, name: str) -> tuple[float, ...]:
    if not isinstance(values, list) or len(values) > _MOST_NUMBERS or not all(map(_is_number, values)):
        raise NoticeError("bad-position", f"{name} is no list of numbers.", _COMPARE)
    # A whole number may have more digits than any float.
    return tuple(float(value) if abs(value) < 1e6 else math.inf for value in values)


def _size(degrees: float) -> float:
    if not (0 < degrees <= 180 and math.isfinite(degrees)):
        raise NoticeError("bad-position", f"The error is {degrees} degrees.", _COMPARE)
    return degrees


def _skymap(fields: Fields) -> bytes | None:
    """The bytes of a map. What is not base64 is kept as it is: the map is then refused, the notice is not."""
    value = fields.raw("healpix_file", str)
    if not isinstance(value, str) or not value:
        return None
    try:
        return base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        return value.encode("utf-8", "replace")


def _skymap_url(fields: Fields) -> str:
    link = fields.entry("healpix_url")
    if not isinstance(link, str) or len(link) > _LONGEST_LINK or not link.isprintable():
        return ""
    return link if link.startswith(("https://", "http://")) else ""


def _parameters(content: Mapping[str, object]) -> dict[str, Measure]:
    """What else stands at the top of the message: single values as they are, lists and objects as JSON."""
    found: dict[str, Measure] = {}
    for name, value in content.items():
        if name in _READ_ELSEWHERE or value is None or len(found) == _MAX_PARAMETERS:
            continue
        unit = content.get(f"{name}_unit", content.get(f"{name}_units", ""))
        shown = value if isinstance(value, bool | float) else _shown(value)
        found[_shown(name)[:100]] = Measure(shown, _shown(unit)[:40] if isinstance(unit, str) else "")
    return found


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=True)
    text = text if len(text) <= _MAX_PARAMETER_TEXT else text[: _MAX_PARAMETER_TEXT - 1] + "…"
    return "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text)
