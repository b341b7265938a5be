"""A VOEvent written as JSON, as hop-client publishes it on Hopskotch: the packet's elements as nested objects.

hop-client makes objects of elements, lists of elements that repeat, and plain values of attributes; the text beside
attributes is named ``#text`` (https://hop-client.readthedocs.io, models.VOEvent). Here it becomes a tree of elements
again, so that one reader serves both forms.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lxml import etree

from .base import NoticeError
from .packet import MAX_BYTES, Packet, packet_of_tree

_MARK = "ivorn"
_PARTS = {"Who", "What", "WhereWhen", "Citations", "Why", "How"}
# Attributes in the schema of VOEvent 2.0 (http://www.ivoa.net/xml/VOEvent/VOEvent-v2.0.xsd) that are read here.
_ATTRIBUTES = {"cite", "ivorn", "name", "role", "unit", "value", "version"}
_TEXT = "#text"
_MOST_LEVELS = 30
_SEND_AGAIN = "Send the packet again as it was published."


def is_packet(content: Mapping[str, Any]) -> bool:
    """Whether decoded JSON is a VOEvent."""
    return _MARK in content and bool(_PARTS & content.keys())


def packet_of_mapping(content: Mapping[str, Any], size: int) -> Packet:
    """Read a packet out of decoded JSON.

    Raises
    ------
    NoticeError
        ``too-large`` for messages larger than packets may be; ``bad-json`` when it is nested too deeply.
    """
    if size > MAX_BYTES:
        raise NoticeError("too-large", f"The packet has {size:,} bytes, more than {MAX_BYTES:,}.", _SEND_AGAIN)
    root = etree.Element("VOEvent")
    _fill(root, content, _MOST_LEVELS)
    return packet_of_tree(root)


def _fill(element: Any, values: Mapping[str, Any], levels: int) -> None:
    if not levels:
        raise NoticeError("bad-json", "The packet is nested too deeply.", _SEND_AGAIN)
    for name, value in values.items():
        if isinstance(value, Mapping | list):
            _add(element, name, value, levels)
        elif name == _TEXT:
            element.text = _plain(value)
        elif name in _ATTRIBUTES:
            element.set(name, _plain(value))
        else:
            _add(element, name, {_TEXT: value}, levels)


def _add(element: Any, name: str, value: Mapping[str, Any] | list[Any], levels: int) -> None:
    if not (name.isascii() and name.isidentifier()):
        # ``xlink:href``, ``µ`` and the like, which nothing here reads, are no names of elements.
        return
    for part in value if isinstance(value, list) else [value]:
        _fill(etree.SubElement(element, name), part if isinstance(part, Mapping) else {_TEXT: part}, levels - 1)


def _plain(value: Any) -> str:
    """A value as text that XML can hold."""
    if value is None:
        return ""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return "".join(c for c in text if c.isprintable() or (c.isspace() and c not in "\x0b\x0c\x1c\x1d\x1e\x1f\x85"))
