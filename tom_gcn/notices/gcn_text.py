"""GCN's classic notices as text (gcn.classic.text.*): lines ``KEY: value`` (https://gcn.gsfc.nasa.gov/tech_describe.html)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from .base import Measure, Notice, NoticeError, SourceKind, Status
from .fields import bounded_key, read_line, read_time
from .regions import Cone, Point, Region, read_position
from .senders import GCN_PACKETS, PacketType, Sender

_LINE = re.compile(r"(?P<key>[A-Z][A-Za-z0-9_ ]{1,40}):[ \t]*(?P<value>.*)")
_DEGREES = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*d?\b")
_ERROR = re.compile(r"(?P<size>\d+(?:\.\d*)?)\s*\[(?P<unit>deg|arcmin|arcsec)[^\]]*?(?:(?P<percent>\d+)%[^\]]*)?\]")
_DATE = re.compile(r"(?P<tjd>\d{4,5})\s*TJD")
_CLOCK = re.compile(r"\{(\d\d):(\d\d):(\d\d(?:\.\d+)?)\}")
_IN_DEGREES = {"deg": 1.0, "arcmin": 1 / 60.0, "arcsec": 1 / 3600.0}
_PER_YEAR = 365.25 * 86400.0
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
# Truncated Julian Day 0 (NASA): 1968 May 24.
_TJD_ZERO = datetime(1968, 5, 24, tzinfo=UTC)
_NOTICE_DATE = "%a %d %b %y %H:%M:%S UT"
_MAX_BYTES = 1 << 20
_COMPARE = "Compare it with a notice of gcn.classic.text."


def parse_gcn_text(text: str) -> Notice:
    """Read a notice.

    Raises
    ------
    NoticeError
        ``too-large``, ``missing-field``, ``bad-time``, ``bad-position``, ``bad-text``.
    """
    if len(text) > _MAX_BYTES:
        raise NoticeError("too-large", f"The notice has {len(text):,} characters.", _COMPARE)
    lines = _lines(text)
    kind = _type(lines)
    event_id = _event_id(lines)
    created = _notice_date(_need(lines, "NOTICE_DATE"))
    status = _status(lines, kind)
    return Notice(
        format="gcn_text",
        source=kind.sender.source,
        notice_type=kind.name,
        status=status,
        kind=kind.sender.kind,
        event_id=event_id,
        namespace=kind.sender.namespace if event_id not in ("", "0") else "",
        key=bounded_key(f"gcn.classic.text|{kind.name}|{event_id}|{created:%Y-%m-%dT%H:%M:%SZ}"),
        event_time=_event_time(lines),
        time_created=created,
        is_test="TEST" in kind.name.upper() or event_id[:1] in ("M", "T") or event_id.endswith("99999"),
        is_retraction=status is Status.RETRACTION,
        far_hz=_far_hz(lines.get("FAR", "")),
        region=None if status is Status.RETRACTION else _region(lines, kind.sender),
        skymap_url=lines.get("SKYMAP_FITS_URL", "") if status is not Status.RETRACTION else "",
        record_number=_revision(lines),
        parameters={key: Measure(value) for key, value in lines.items()},
    )


def _lines(text: str) -> dict[str, str]:
    """The first value of each key in one line; lines without a key go on with the one before."""
    found: dict[str, str] = {}
    last = ""
    for line in text.splitlines()[:2000]:
        match = _LINE.match(line)
        if match and match["key"].strip() not in found:
            last = match["key"].strip()
            found[last] = _clean(match["value"])
        elif line.startswith(" ") and last:
            found[last] = f"{found[last]} {_clean(line)}"[:2000]
    return found


def _clean(text: str) -> str:
    return "".join(c if c.isprintable() else "\ufffd" for c in " ".join(text.split()))[:2000]


def _need(lines: dict[str, str], key: str) -> str:
    if not lines.get(key):
        raise NoticeError("missing-field", f"The notice has no {key}.", _COMPARE)
    return lines[key]


def _type(lines: dict[str, str]) -> PacketType:
    """The packet of the same name: ``ICECUBE Astrotrack Bronze`` is ICECUBE_ASTROTRACK_BRONZE."""
    name = re.sub(r"\W+", "_", _need(lines, "NOTICE_TYPE").removesuffix("Notice").strip()).upper()[:30]
    known = {packet.name: packet for packet in GCN_PACKETS.values()}
    if name in known:
        return known[name]
    first = name.partition("_")[0]
    like = next((packet for packet in GCN_PACKETS.values() if packet.name.partition("_")[0] == first), None)
    return PacketType(name, like.sender if like else Sender(first[:20], f"text:{first.lower()}"[:40], SourceKind.OTHER))


def _event_id(lines: dict[str, str]) -> str:
    if "RUN_NUM" in lines and "EVENT_NUM" in lines:
        return read_line(f"{lines['RUN_NUM']}_{lines['EVENT_NUM']}", "the event's id", 64)
    # Swift writes "TRIGGER_NUM: 1126853, Seg_Num: 0".
    return read_line(re.split(r"[,\s]", lines.get("TRIGGER_NUM", ""), maxsplit=1)[0], "TRIGGER_NUM", 64)


def _status(lines: dict[str, str], kind: PacketType) -> Status:
    if "RETRACTION" in kind.name:
        return Status.RETRACTION
    return Status.UPDATE if kind.status is Status.INITIAL and _revision(lines) else kind.status


def _revision(lines: dict[str, str]) -> int | None:
    revision = lines.get("REVISION", "")
    return int(revision) if revision.isascii() and revision.isdecimal() and len(revision) < 6 else None


def _notice_date(text: str) -> datetime:
    try:
        return datetime.strptime(text, _NOTICE_DATE).replace(tzinfo=UTC)
    except ValueError as error:
        raise NoticeError("bad-time", f"NOTICE_DATE is {text[:40]!r}, not a time.", _COMPARE) from error


def _event_time(lines: dict[str, str]) -> datetime | None:
    for name in ("GRB", "DISCOVERY", "TRIGGER", "TRANS", "EVENT", "BURST"):
        date, clock = _DATE.search(lines.get(f"{name}_DATE", "")), _CLOCK.search(lines.get(f"{name}_TIME", ""))
        if date and clock:
            seconds = int(clock[1]) * 3600 + int(clock[2]) * 60 + float(clock[3])
            time = _TJD_ZERO + timedelta(days=int(date["tjd"]), seconds=seconds)
            return read_time(time.isoformat(), f"{name}_DATE")
    return None


def _region(lines: dict[str, str], sender: Sender) -> Region | None:
    for name in ("GRB", "SRC", "EVENT", "TRANS"):
        ra, dec = (_DEGREES.match(lines.get(f"{name}_{axis}", "")) for axis in ("RA", "DEC"))
        if ra and dec:
            position = read_position(ra[1], dec[1])
            error = _ERROR.search(lines.get(f"{name}_ERROR", ""))
            radius = float(error["size"]) * _IN_DEGREES[error["unit"]] if error else 0.0
            stated = int(error["percent"]) / 100 if error and error["percent"] else sender.containment
            return Cone(*position, radius, stated) if 0 < radius < 180 else Point(*position)
    return None


def _far_hz(text: str) -> float | None:
    number = _NUMBER.match(text)
    if not number:
        return None
    return float(number[0]) / _PER_YEAR if "yr" in text else float(number[0])
