"""GCN circulars: JSON as on gcn.circulars, and the text form of the archive and of hop-client."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import takewhile

from .base import Circular, NoticeError
from .fields import Fields, read_time

_MAX_BODY = 1 << 20
_ADDRESS = re.compile(r"\s*<[^>]*>|\S+@\S+")
_HEADER = re.compile(r"(TITLE|NUMBER|SUBJECT|DATE|FROM|EDITED ON|EDITED BY):[ \t]*(.*)")
_FORMATS = {"text/plain", "text/markdown"}
_COMPARE = "Compare it with a circular on gcn.nasa.gov."


def is_circular(content: Mapping[str, object]) -> bool:
    """Whether a decoded message is one: of GCN's schema, or with its head lines as an object, as hop-client has it."""
    return {"circularId", "body"} <= content.keys() or content.keys() == {"header", "body"}


def parse_circular(content: Mapping[str, object]) -> Circular:
    """Read a decoded circular.

    Raises
    ------
    NoticeError
        ``bad-number`` without a number of its own, and those of `Fields`.
    """
    if "circularId" not in content:
        return _parse_header_and_body(content)
    fields = Fields(content)
    version = fields.integer("version")
    body_format = fields.text("format") or "text/plain"
    return _circular(
        form="circular",
        number=fields.integer("circularId"),
        version=1 if version is None else version,
        subject=fields.prose("subject", 2000),
        body=fields.prose("body", _MAX_BODY),
        event_name=fields.text("eventId"),
        created_at=_moment(fields.number("createdOn")),
        submitter=fields.prose("submitter", 2000),
        body_format=body_format if body_format in _FORMATS else "text/plain",
    )


def parse_circular_text(text: str) -> Circular:
    """Read a circular in the form with lines TITLE, NUMBER, SUBJECT, DATE and FROM.

    Raises
    ------
    NoticeError
        ``bad-number``, ``bad-time``, ``bad-text``.
    """
    lines = text.splitlines()
    head = list(takewhile(bool, map(_HEADER.match, lines)))
    header = {found[1]: found[2].strip() for found in head if found}
    return _of_header(header, "\n".join(lines[len(head) :]))


def _parse_header_and_body(content: Mapping[str, object]) -> Circular:
    """A circular of hop-client's model `GCNCircular`."""
    header, body = Fields(content["header"], "header"), Fields(content).prose("body", _MAX_BODY)
    return _of_header({name.upper(): header.text(name, 2000) for name in header.names()}, body)


def _of_header(header: Mapping[str, str], body: str) -> Circular:
    fields = Fields({"subject": header.get("SUBJECT"), "from": header.get("FROM"), "body": body})
    number = header.get("NUMBER", "")
    date = header.get("DATE", "")
    return _circular(
        form="circular_text",
        number=int(number) if number.isascii() and number.isdecimal() and len(number) < 10 else None,
        version=1,
        subject=fields.prose("subject", 2000),
        body=fields.prose("body", _MAX_BODY).strip("\n"),
        event_name="",
        created_at=_archive_time(date) if date else None,
        submitter=fields.prose("from", 2000),
        body_format="text/plain",
    )


def _circular(
    *,
    form: str,
    number: int | None,
    version: int,
    subject: str,
    body: str,
    event_name: str,
    created_at: datetime | None,
    submitter: str,
    body_format: str,
) -> Circular:
    if number is None or not (0 < number < 1 << 31 and 0 < version < 1 << 31):
        raise NoticeError("bad-number", "The circular has no number.", _COMPARE)
    return Circular(
        format=form,
        key=f"circular|{number}|{version}",
        circular_id=number,
        version=version,
        subject=" ".join(subject.split()),
        body=body,
        event_name=event_name,
        created_at=created_at,
        submitter=" ".join(_ADDRESS.sub("", submitter).split()),
        body_format=body_format,
    )


def _moment(milliseconds: float | None) -> datetime | None:
    if milliseconds is None:
        return None
    try:
        time = datetime.fromtimestamp(milliseconds / 1000.0, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise NoticeError("bad-time", f"createdOn is {milliseconds}, not a time.", _COMPARE) from error
    return read_time(time.isoformat(), "createdOn")


def _archive_time(text: str) -> datetime:
    try:
        return datetime.strptime(text.removesuffix("GMT").strip(), "%y/%m/%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError as error:
        raise NoticeError("bad-time", f"DATE is {text[:40]!r}, not a time.", _COMPARE) from error
