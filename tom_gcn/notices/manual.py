"""What people enter by hand, as the message it is stored in: figures or a map of their own, or a message they pasted.

The form and the API write such a message, and nobody else can: it is only read as one on a topic of our own. The groups
it is for are part of it, so that the same entered for others is another event.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import replace

from .base import Measure, Notice, NoticeError, SourceKind, Status
from .envelope import decoded
from .fields import Fields, bounded_key, read_line
from .regions import Annulus, Cone, Ellipse, Point, Polygon, Region, read_position

TOPIC = "icare.manual"
STATUSES = (Status.INITIAL, Status.UPDATE, Status.RETRACTION)
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._+-]{0,39}")
MOST_CORNERS = 100
_MOST_GROUPS = 100
MOST_WORDS = 2000
LONGEST_URL = 500
_ENTER_AGAIN = "Enter the event again."


def as_message(content: Mapping[str, object]) -> bytes:
    """The bytes to store: the same for the same content, whoever enters it and whenever."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def as_pasted(notice: Notice, content: object) -> Notice:
    """A pasted notice: under a key of its own, so that it never stands in the way of the one a stream brings."""
    fields = Fields(content)
    is_test = notice.is_test or bool(fields.flag("is_test"))
    return replace(notice, key=bounded_key(f"pasted|{_namespace(fields)}|{notice.key}"), is_test=is_test)


def parse_manual(content: Mapping[str, object]) -> Notice:
    """Read figures entered by hand.

    Raises
    ------
    NoticeError
        ``bad-name``, ``bad-position``, ``unknown-type``, ``bad-base64``, and those of `Fields`.
    """
    fields = Fields(content)
    name, status, kind = _name(fields), _status(fields), _kind(fields)
    where = fields.inner("localization")
    if where is None and status is not Status.RETRACTION:
        raise NoticeError("missing-field", "The event has no localization.", _ENTER_AGAIN)
    namespace = _namespace(fields)
    digest = hashlib.sha256(as_message(content)).hexdigest()[:32]
    return Notice(
        format="manual",
        source="by hand",
        notice_type="MANUAL",
        status=status,
        kind=kind,
        event_id=name,
        namespace=namespace,
        key=bounded_key(f"{namespace}|{name}|{digest}"),
        event_time=fields.time("time"),
        time_created=None,
        is_test=bool(fields.flag("is_test")),
        is_retraction=status is Status.RETRACTION,
        urls=fields.links("urls"),
        region=region_of(where) if where else None,
        skymap=_skymap(where) if where else None,
        skymap_url=_url(where) if where else "",
        aliases=(name,),
        parameters=_remark(fields),
    )


def region_of(where: Fields) -> Region | None:
    """The figures of a region; None where it is a sky map.

    Raises
    ------
    NoticeError
        ``bad-position`` for a place not on the sky, ``unknown-type`` for a shape nobody knows.
    """
    shape = where.required_text("shape")
    if shape in ("fits", "url"):
        return None
    containment = where.number("containment")
    if shape == "polygon":
        return Polygon(_corners(where), containment)
    ra, dec = read_position(where.number("ra_deg"), where.number("dec_deg"))
    if shape == "point":
        return Point(ra, dec)
    if shape == "cone":
        return Cone(ra, dec, _number(where, "radius_deg"), containment)
    if shape == "ellipse":
        major, minor, angle = (_number(where, name) for name in ("major_deg", "minor_deg", "position_angle_deg"))
        if major < minor:
            major, minor, angle = minor, major, angle + 90.0
        return Ellipse(ra, dec, major, minor, angle % 180.0, containment)
    if shape == "annulus":
        return Annulus(ra, dec, _number(where, "radius_deg"), _number(where, "half_width_deg"), containment)
    raise NoticeError("unknown-type", f"The shape is {shape}.", _ENTER_AGAIN)


def _number(where: Fields, name: str) -> float:
    value = where.number(name)
    if value is None:
        raise NoticeError("missing-field", f"The localization has no {name}.", _ENTER_AGAIN)
    return value


def _corners(where: Fields) -> tuple[tuple[float, float], ...]:
    corners = where.entry("corners")
    if not isinstance(corners, list) or not 3 <= len(corners) <= MOST_CORNERS:
        raise NoticeError("bad-position", f"A polygon has 3 to {MOST_CORNERS} corners.", _ENTER_AGAIN)
    if not all(isinstance(corner, list) and len(corner) == 2 for corner in corners):
        raise NoticeError("bad-position", "A corner is no pair of RA and Dec.", _ENTER_AGAIN)
    return tuple(read_position(ra, dec) for ra, dec in corners)


def _name(fields: Fields) -> str:
    name = fields.required_text("name")
    if not NAME.fullmatch(name):
        raise NoticeError("bad-name", f"The event is called {name!r}.", "Use letters, digits, spaces and . _ + -.")
    return name


def _status(fields: Fields) -> Status:
    word = fields.text("status") or Status.INITIAL
    if word not in STATUSES:
        raise NoticeError("unknown-type", f"The status is {word}.", f"Known are {', '.join(STATUSES)}.")
    return Status(word)


def _kind(fields: Fields) -> SourceKind:
    word = fields.required_text("kind")
    if word not in set(SourceKind):
        raise NoticeError("unknown-type", f"The kind is {word}.", f"Known are {', '.join(SourceKind)}.")
    return SourceKind(word)


def _namespace(fields: Fields) -> str:
    """Names are unique among those who see the event: two groups may use the same one without knowing."""
    groups = fields.entry("groups")
    if not isinstance(groups, list) or not all(type(number) is int for number in groups[:_MOST_GROUPS]):
        raise NoticeError("wrong-type", "The groups are no list of numbers.", _ENTER_AGAIN)
    marks = "+".join(str(number) for number in sorted(groups[:_MOST_GROUPS]))
    mark = marks if len(marks) <= 40 else hashlib.sha256(marks.encode()).hexdigest()[:32]
    return f"manual:{mark}"


def _skymap(where: Fields) -> bytes | None:
    return decoded(where.raw("fits", str), "localization.fits") if where.entry("fits") is not None else None


def _url(where: Fields) -> str:
    url = where.raw("url", str)
    return read_line(str(url), "localization.url", LONGEST_URL) if url else ""


def _remark(fields: Fields) -> dict[str, Measure]:
    remark = fields.prose("remark", MOST_WORDS)
    return {"remark": Measure(remark)} if remark else {}
