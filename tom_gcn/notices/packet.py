"""A VOEvent packet (IVOA VOEvent 1.1 and 2.0) as plain values: XML of unknown origin, opened within bounds.

Nothing is fetched, no entity is replaced, and a document type, the door of entity bombs and of files read from disk,
is refused before the parser sees it. Names are taken without their namespace, which differs between versions.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree

from .base import Citation, Measure, NoticeError

MAX_BYTES = 1 << 20
_MAX_PARAMS = 2000
_MAX_VALUE = 2000
_MAX_NAME = 200
_ENCODINGS = {"", "utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "latin-1", "latin1"}
_DECLARATION = re.compile(r"""\s*<\?xml\b[^>]*?\bencoding\s*=\s*["']([A-Za-z0-9._-]*)["']""")
_FORBIDDEN = re.compile(r"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
_SEND_AGAIN = "Send the packet again as it was published."


@dataclass(frozen=True)
class Packet:
    """What stands in a packet, as texts.

    Attributes
    ----------
    ivorn, role, version : str
        Of the packet; roles are ``observation``, ``prediction``, ``utility`` and ``test``.
    created, event_time : str
        ``Who/Date`` and ``WhereWhen//ISOTime``, not yet read.
    position : tuple of str or None
        C1, C2 and Error2Radius (empty when absent).
    params : mapping of str to Measure
        The first value of each name; those outside groups go first.
    """

    ivorn: str
    role: str
    version: str
    created: str
    event_time: str
    position: tuple[str, str, str] | None
    params: dict[str, Measure]
    citations: tuple[Citation, ...]

    def value(self, *names: str) -> str:
        """The first of these parameters that is there, as text; empty when none is."""
        return next((str(self.params[name].value) for name in names if name in self.params), "")

    def is_true(self, *names: str) -> bool:
        """Whether one of these parameters says yes."""
        return any(self.value(name).lower() in ("true", "1", "yes") for name in names)

    def number(self, *names: str) -> float | None:
        """The first of these parameters as a finite number, None when it is none."""
        try:
            number = float(self.value(*names))
        except ValueError:
            return None
        return number if math.isfinite(number) else None


def read_packet(raw: bytes) -> Packet:
    """Read a packet.

    Raises
    ------
    NoticeError
        ``too-large``, ``bad-xml``, ``forbidden-xml`` or ``not-a-voevent``.
    """
    root = _root(raw)
    if _local(root) != "VOEvent":
        raise NoticeError("not-a-voevent", "The XML is not a VOEvent.", "Give a VOEvent packet.")
    return packet_of_tree(root)


def packet_of_tree(root: Any) -> Packet:
    """Take the values out of the element ``VOEvent``.

    Raises
    ------
    NoticeError
        ``too-large`` when it has too many parameters.
    """
    return Packet(
        ivorn=_attribute(root, "ivorn"),
        role=_attribute(root, "role") or "observation",
        version=_attribute(root, "version"),
        created=_text_of(root, "Who", "Date"),
        event_time=_text_of(root, "WhereWhen", "ISOTime"),
        position=_position(root),
        params=_params(root),
        citations=_citations(root),
    )


def _root(raw: bytes) -> Any:
    if len(raw) > MAX_BYTES:
        raise NoticeError("too-large", f"The packet has {len(raw):,} bytes, more than {MAX_BYTES:,}.", _SEND_AGAIN)
    text = _decoded(raw)
    if _FORBIDDEN.search(text):
        raise NoticeError("forbidden-xml", "The packet brings a document type or entities.", "VOEvents have neither.")
    # The encoding is given here and overrides the declaration: what was searched above is what is parsed.
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return etree.fromstring(text.encode(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        reason = "".join(c if c.isprintable() else "?" for c in str(error)[:120])
        raise NoticeError("bad-xml", f"The XML cannot be read ({reason}).", _SEND_AGAIN) from error


def _decoded(raw: bytes) -> str:
    declared = _DECLARATION.match(raw[:200].decode("latin-1").removeprefix("\xef\xbb\xbf"))
    encoding = declared.group(1).lower() if declared else ""
    if encoding not in _ENCODINGS:
        raise NoticeError("forbidden-xml", f"The packet is encoded in {encoding}.", "Packets are encoded in UTF-8.")
    try:
        return raw.decode("latin-1" if encoding in ("iso-8859-1", "latin-1", "latin1") else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise NoticeError("bad-xml", f"The packet is not valid UTF-8 ({error.reason}).", _SEND_AGAIN) from error


def _local(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _found(root: Any, *path: str) -> Iterator[Any]:
    """Elements with the last of these names anywhere below those with the names before, in order."""
    if not path:
        yield root
        return
    for element in root.iter("{*}" + path[0]):
        yield from _found(element, *path[1:])


def _clean(text: str | None) -> str:
    """A text in one line, without what cannot be shown, cut where no real one goes on."""
    words = " ".join((text or "").split())
    return "".join(c if c.isprintable() else "\ufffd" for c in words)[:_MAX_VALUE]


def _attribute(element: Any, name: str) -> str:
    return _clean(element.get(name))


def _text_of(root: Any, *path: str) -> str:
    element = next(_found(root, *path), None)
    return "" if element is None else _clean(element.text)


def _position(root: Any) -> tuple[str, str, str] | None:
    place = next(_found(root, "WhereWhen", "Position2D"), None)
    if place is None or not (ra := _text_of(place, "C1")) or not (dec := _text_of(place, "C2")):
        return None
    return ra, dec, _text_of(place, "Error2Radius")


def _params(root: Any) -> dict[str, Measure]:
    what = next(_found(root, "What"), None)
    if what is None:
        return {}
    found: dict[str, Measure] = {}
    # Groups repeat names of the packet, such as an error or a flag; the packet's own mean the event.
    elements = sorted(what.iter("{*}Param"), key=lambda param: _local(param.getparent()) != "What")
    if len(elements) > _MAX_PARAMS:
        raise NoticeError("too-large", f"The packet has {len(elements):,} parameters.", _SEND_AGAIN)
    for param in elements:
        value = param.get("value")
        text = _text_of(param, "Value") if value is None else _clean(value)
        found.setdefault(_attribute(param, "name")[:_MAX_NAME], Measure(text, _attribute(param, "unit")[:_MAX_NAME]))
    found.pop("", None)
    return found


def _citations(root: Any) -> tuple[Citation, ...]:
    cited = [(_clean(element.text), _attribute(element, "cite").lower()) for element in _found(root, "EventIVORN")]
    return tuple(Citation(ivorn[:_MAX_NAME], cite[:20]) for ivorn, cite in cited[:100] if ivorn)
