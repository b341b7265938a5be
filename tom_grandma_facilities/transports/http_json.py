"""Generic HTTP with JSON: for a telescope whose computer offers a small service of its own.

The service is ours to define; docs/operating/transports.md describes it for those who write one. `POST <address>`
takes the request and answers with the number it gave it (`id`); `GET <address>/<id>` tells `state` and `note`;
`DELETE <address>/<id>` takes it back; `GET <address>?key=<key>` lists what it has under our key. Every POST carries our
key in `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-07) besides the body; a service that honours it
answers a repetition with the first answer.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from tom_grandma_facilities.transports.base import (
    Down,
    Line,
    Outgoing,
    Remote,
    RemoteState,
    Repeat,
    Sent,
    Setting,
    Transport,
)
from tom_grandma_facilities.transports.guarded import Answer
from tom_grandma_facilities.transports.message import as_json
from tom_grandma_facilities.transports.web import call, read_json

_REPEATS = {"key": Repeat.KEY, "list": Repeat.FIND, "no": Repeat.PERSON}


class HttpJson(Transport):
    """A service that takes requests as JSON."""

    name = "http-json"
    label = "HTTP service (JSON)"
    about = "A small web service at the telescope takes the request as JSON, tells its state and takes it back."
    settings = (
        Setting("url", "Address of the requests", required=True, help="https://… Requests are posted there."),
        Setting("token", "Token", secret=True, help="Sent as “Authorization: Bearer …” when it is given."),
        Setting(
            "repeats",
            "How a repetition is recognised",
            help="key: the service honours Idempotency-Key (the default). list: it lists requests by our key. "
            "no: neither, and after a broken connection a person must look.",
            choices=tuple(_REPEATS),
        ),
    )
    can_cancel = can_status = True
    takes_pointings = True

    def repeat(self, line: Line) -> Repeat:
        """Return what the channel says of the service."""
        return _REPEATS[line.get("repeats", "key")]

    def _submit(self, outgoing: Outgoing, line: Line) -> Sent:
        body = as_json(outgoing)
        headers = {**_token(line), "Idempotency-Key": outgoing.key}
        answer = call("POST", line.get("url"), json=body, headers=headers, says=_reason)
        return Sent(_id_of(read_json(answer), answer), json.dumps(body), answer.text, answer.status)

    def _status(self, external_id: str, line: Line) -> Remote:
        answer = call("GET", _one(line, external_id), headers=_token(line), says=_reason)
        said = read_json(answer)
        word = str(said.get("state", "")).strip().lower() if isinstance(said, dict) else ""
        state = RemoteState(word) if word in set(RemoteState) else RemoteState.UNKNOWN
        note = str(said.get("note") or "") if isinstance(said, dict) else ""
        return Remote(state, note if state or not word else f"{word} {note}".strip(), answer.status)

    def _cancel(self, external_id: str, line: Line, outgoing: Outgoing | None) -> Sent:
        url = _one(line, external_id)
        # Gone already is as good as gone now.
        answer = call("DELETE", url, headers=_token(line), accept=(404, 410), says=_reason)
        return Sent(external_id, f"DELETE {url}", answer.text, answer.status)

    def _find(self, key: str, line: Line) -> str | None:
        answer = call("GET", f"{line.get('url')}?key={quote(key, safe='')}", headers=_token(line), says=_reason)
        listed = read_json(answer)
        ours = [one for one in listed if isinstance(one, dict) and one.get("key") == key] if listed else []
        return str(ours[0].get("id", "")) or None if ours else None


def _token(line: Line) -> dict[str, str]:
    return {"Authorization": f"Bearer {line.get('token')}"} if line.get("token") else {}


def _one(line: Line, external_id: str) -> str:
    return f"{line.get('url').rstrip('/')}/{quote(external_id, safe='')}"


def _id_of(said: Any, answer: Answer) -> str:
    found = said.get("id") if isinstance(said, dict) else None
    if found in (None, ""):
        raise Down(
            "The service took the request and did not say under which number (“id”).", True, answer.status, answer.text
        )
    return str(found)


def _reason(answer: Answer) -> str:
    """The sentence of a problem report (RFC 9457) or of the usual fields, else the beginning of the body."""
    try:
        said = json.loads(answer.body)
    except ValueError:
        said = None
    words = [said.get(name) for name in ("detail", "title", "error", "message")] if isinstance(said, dict) else []
    return next((str(one) for one in words if one), " ".join(answer.text.split())[:300] or "no reason given")


TRANSPORTS = (HttpJson(),)
