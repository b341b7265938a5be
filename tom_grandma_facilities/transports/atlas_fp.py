"""Forced photometry of ATLAS: a queue over REST.

Sources: https://fallingstar-data.com/forcedphot/apiguide/ and the server itself, github.com/lukeshingles/atlasserver
(MIT): POST `queue/` answers 201 with the task; 429 says when to come again; at most so many tasks wait per user;
GET `queue/?…` lists one's own tasks page by page; a task that finished has `result_url` or `error_msg`; DELETE takes it
from the queue. A task's comment carries our key, by which it is found again.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, urlsplit

from tom_grandma_facilities.forced_photometry import ForcedPoint, read_atlas
from tom_grandma_facilities.transports.base import (
    Down,
    Line,
    Outgoing,
    Refused,
    Remote,
    RemoteState,
    Repeat,
    Sent,
    Setting,
)
from tom_grandma_facilities.transports.forced import DAYS_BACK, ForcedPhotometry, span_mjd
from tom_grandma_facilities.transports.guarded import Answer
from tom_grandma_facilities.transports.web import call, read_json

URL = "https://fallingstar-data.com/forcedphot"
_MOST_PAGES = 40


class AtlasForced(ForcedPhotometry):
    """A light curve in ATLAS c and o at the position of the target."""

    name = "atlas-fp"
    label = "ATLAS forced photometry"
    about = "Asks for fluxes at the target's position in all images of the last weeks; no telescope moves."
    settings = (
        Setting("token", "API token", required=True, secret=True, help="From api-token-auth of the service."),
        DAYS_BACK,
        Setting("use_reduced", "Images", choices=("difference", "reduced"), help="difference without it."),
        Setting("url", "Address", help=f"Without it: {URL}"),
    )
    can_cancel = can_status = True

    def repeat(self, line: Line) -> Repeat:
        """One's tasks are listed with their comments, which carry our key."""
        return Repeat.FIND

    def read(self, text: str) -> tuple[ForcedPoint, ...]:
        """Return the epochs of a light curve."""
        return read_atlas(text)

    def _submit(self, outgoing: Outgoing, line: Line) -> Sent:
        (ra_deg, dec_deg), (first, last) = outgoing.position, span_mjd(outgoing, line)
        form = {
            "ra": f"{ra_deg:.6f}",
            "dec": f"{dec_deg:.6f}",
            "mjd_min": f"{first:.5f}",
            "mjd_max": f"{last:.5f}",
            "use_reduced": "true" if line.get("use_reduced") == "reduced" else "false",
            "send_email": "false",
            "comment": f"{outgoing.target_name[:200]}{_mark(outgoing.key)}",
        }
        try:
            answer = call("POST", f"{_base(line)}/queue/", form=form, headers=_headers(line), says=errors_of)
        except Refused as refusal:
            if "too many queued tasks" in refusal.reason:
                # Nothing is wrong with the request: there is room again when some have finished.
                raise Down(refusal.reason, False, refusal.status_code, refusal.reply) from None
            raise
        task = read_json(answer)
        number = task.get("id") if isinstance(task, dict) else None
        if number is None:
            raise Down("ATLAS took the request and gave it no number.", True, answer.status, answer.text)
        return Sent(str(number), json.dumps(form), answer.text, answer.status)

    def _status(self, external_id: str, line: Line) -> Remote:
        task = self._task(external_id, line)
        if task.get("finishtimestamp"):
            if task.get("error_msg"):
                return Remote(RemoteState.FAILED, str(task["error_msg"]))
            return Remote(RemoteState.DONE, "The light curve is ready.")
        if task.get("starttimestamp"):
            return Remote(RemoteState.OBSERVING, f"Measuring since {task['starttimestamp']}.")
        place = task.get("queuepos")
        return Remote(RemoteState.RECEIVED, "In the queue." if place is None else f"In the queue, {place} before it.")

    def _cancel(self, external_id: str, line: Line, outgoing: Outgoing | None) -> Sent:
        url = _one(external_id, line)
        answer = call("DELETE", url, headers=_headers(line), accept=(404,), says=errors_of)
        return Sent(external_id, f"DELETE {url}", answer.text, answer.status)

    def _find(self, key: str, line: Line) -> str | None:
        url = f"{_base(line)}/queue/?ordering=-id"
        for _ in range(_MOST_PAGES):
            page = read_json(call("GET", url, headers=_headers(line), says=errors_of))
            for task in page.get("results", []):
                if str(task.get("comment") or "").endswith(_mark(key)):
                    return str(task["id"])
            url = page.get("next")
            if not url:
                return None
            _stay(url, line)
        raise Down("ATLAS lists more tasks than are looked through. Delete old ones there.", maybe_sent=True)

    def _results(self, external_id: str, line: Line) -> str:
        task = self._task(external_id, line)
        url = task.get("result_url")
        if not url:
            raise Refused(str(task.get("error_msg") or "ATLAS has no result for this task."))
        _stay(url, line)
        return call("GET", url, headers=_headers(line)).text

    def _task(self, external_id: str, line: Line) -> dict[str, Any]:
        task = read_json(call("GET", _one(external_id, line), headers=_headers(line), says=errors_of))
        if not isinstance(task, dict):
            raise Down(f"ATLAS answered no task: {task!r}")
        return task


def errors_of(answer: Answer) -> str:
    """Return the complaints of Django REST framework: “ra: must be …”."""
    try:
        said = json.loads(answer.body)
    except ValueError:
        return " ".join(answer.text.split())[:300] or "no reason given"
    if not isinstance(said, dict):
        return str(said)
    return "; ".join(_complaint(name, one) for name, one in said.items()) or "no reason given"


def _complaint(name: str, said: Any) -> str:
    words = " ".join(map(str, said)) if isinstance(said, list) else str(said)
    return words if name in ("detail", "non_field_errors") else f"{name}: {words}"


def _stay(url: str, line: Line) -> None:
    """Refuse to carry the token to another host."""
    if urlsplit(url).netloc != urlsplit(_base(line)).netloc:
        raise Refused(f"ATLAS leads on to {urlsplit(url).netloc}, where the token is not sent.")


def _mark(key: str) -> str:
    return f" icare-{key}"


def _headers(line: Line) -> dict[str, str]:
    return {"Authorization": f"Token {line.get('token')}", "Accept": "application/json"}


def _one(external_id: str, line: Line) -> str:
    return f"{_base(line)}/queue/{quote(external_id, safe='')}/"


def _base(line: Line) -> str:
    return line.get("url", URL).rstrip("/")


TRANSPORTS = (AtlasForced(),)
