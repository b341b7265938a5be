"""Speaks to services over HTTP and sorts their answers into taken, refused and down.

Addresses come from channels that operators set, never from a request. Private addresses are refused unless their host
stands in `ICARE_TRANSPORT_PRIVATE_HOSTS`.
"""

from __future__ import annotations

import base64
import json as json_format
import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings

from tom_grandma_facilities.transports import guarded
from tom_grandma_facilities.transports.base import Down, Refused
from tom_grandma_facilities.transports.guarded import Answer, Policy

_MAX_BYTES = 4 * 1024 * 1024
# The server says that it has not taken anything: too many at once, or closed for the moment.
_NOT_TAKEN = {429, 503}
_HARMLESS = {"GET", "HEAD"}


def call(
    method: str,
    url: str,
    *,
    json: Any = None,
    form: Mapping[str, str | Sequence[str]] | None = None,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    accept: Collection[int] = (),
    says: Callable[[Answer], str] | None = None,
    changes: bool | None = None,
) -> Answer:
    """Return the answer when it is a good one (2xx, or a status of `accept`).

    `says` finds the sentence for people in an answer of the service; without it, the beginning of the body is shown.
    `changes`: whether the call asks for something, for services that do so by GET, or sign in by POST; None: as HTTP
    has it.

    Raises
    ------
    Refused
        The address may not be asked, or the service said no (3xx, 4xx).
    Down
        The service cannot be reached, is too slow, or is out of order (5xx, 429).
    """
    content, kind = _content(json, form, body)
    changes = method not in _HARMLESS if changes is None else changes
    try:
        answer = guarded.send(method, url, _policy(url), headers={**kind, **(headers or {})}, body=content)
    except guarded.Refused as error:
        raise Refused(f"The channel's address cannot be used: {error.message}") from error
    except guarded.Away as error:
        raise Down(str(error), maybe_sent=error.maybe_sent and changes) from error
    if 200 <= answer.status < 300 or answer.status in accept:
        return answer
    raise _failure(changes, url, answer, (says or _beginning)(answer))


def read_json(answer: Answer) -> Any:
    """Return what a JSON answer says.

    Raises
    ------
    Down
        When it is not JSON: a proxy or an error page spoke instead of the service.
    """
    try:
        return json_format.loads(answer.body)
    except ValueError as error:
        raise Down(
            f"The service answered something that is not JSON: {_beginning(answer)}",
            maybe_sent=True,
            status_code=answer.status,
            reply=answer.text,
        ) from error


def basic(username: str, password: str) -> dict[str, str]:
    """Return the header that signs in with a user name and a password (RFC 7617)."""
    return {"Authorization": "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()}


def multipart(fields: Mapping[str, str], files: Mapping[str, tuple[str, str, bytes]]) -> tuple[bytes, dict[str, str]]:
    """Return body and header of a form with files, each (file name, content type, content) (RFC 7578)."""
    mark = secrets.token_hex(16)
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    for name, (filename, kind, content) in files.items():
        head = f'Content-Disposition: form-data; name="{name}"; filename="{filename}"\r\nContent-Type: {kind}'
        parts.append(f"--{mark}\r\n{head}\r\n\r\n".encode() + content + b"\r\n")
    parts.append(f"--{mark}--\r\n".encode())
    return b"".join(parts), {"Content-Type": f"multipart/form-data; boundary={mark}"}


def _content(
    json: Any, form: Mapping[str, str | Sequence[str]] | None, body: bytes | None
) -> tuple[bytes | None, dict[str, str]]:
    if json is not None:
        return json_format.dumps(json).encode(), {"Content-Type": "application/json", "Accept": "application/json"}
    if form is not None:
        return urlencode(form, doseq=True).encode(), {"Content-Type": "application/x-www-form-urlencoded"}
    return body, {}


def _policy(url: str) -> Policy:
    private = _host(url) in settings.ICARE_TRANSPORT_PRIVATE_HOSTS
    return Policy(
        hosts=None, max_bytes=_MAX_BYTES, seconds=settings.ICARE_TRANSPORT_S, ports=None, private_addresses=private
    )


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _failure(changes: bool, url: str, answer: Answer, words: str) -> Exception:
    status, host = answer.status, _host(url)
    if status in _NOT_TAKEN:
        return Down(f"{host} is busy or closed for the moment ({status}): {words}", False, status, answer.text)
    if status >= 500:
        return Down(f"{host} is out of order ({status}): {words}", changes, status, answer.text)
    if status in (401, 403):
        return Refused(f"{host} does not accept the channel's credentials ({status}): {words}", status, answer.text)
    if 300 <= status < 400:
        there = answer.headers.get("location", "elsewhere")
        return Refused(f"{host} has moved to {there}; an administrator must change the channel's address.", status)
    return Refused(f"{host} refuses ({status}): {words}", status, answer.text)


def _beginning(answer: Answer) -> str:
    return " ".join(answer.text.split())[:300] or "no reason given"
