"""Targets of opportunity for the Neil Gehrels Swift Observatory, over version 4 of its API.

Source: the observatory's own client swifttools 4.0.5 (PyPI; `swift_too/base/common.py` for the session, `swift/
toorequest.py` for the fields and their rules, `swift/requests.py` for the list). The client itself is not used: it
keeps the session of one user in a file of the home folder, which several allocations of a site cannot share, sends
nothing that can be bounded in time as a whole, and brings an S3 client and a key ring. The fields sent here are those
that its schema makes of the same request, and the stub server of the tests enforces its rules.

A request's justification carries our key, by which it is found again. Not known from public sources: the words in
which `decision` says yes or no (they are read by their beginning and shown as they are), and any way to withdraw.
"""

from __future__ import annotations

from collections.abc import Iterator
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import urlencode

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
    Transport,
)
from tom_grandma_facilities.transports.guarded import Answer
from tom_grandma_facilities.transports.web import call, read_json

URL = "https://www.swift.psu.edu/api/v4"
FILTER_OF_THE_DAY = "0x9999"
INSTRUMENTS = ("UVOT", "XRT", "BAT")
OBS_TYPES = ("Light Curve", "Spectroscopy", "Position", "Timing")
# Our 1 (highest) to 5 on Swift's 1 (highest, within a day) to 4 (weeks); 0 interrupts, and is for people to ask.
URGENCIES = {1: 1, 2: 2, 3: 3, 4: 4, 5: 4}
_LIST_LENGTH = 100
_YES = ("approved", "accepted", "yes")
_NO = ("rejected", "declined", "denied", "no")


class SwiftToo(Transport):
    """A request to the Swift observatory duty scientist."""

    name = "swift-too"
    label = "Swift target of opportunity"
    about = "Asks Swift for XRT and UVOT; a duty scientist decides."
    settings = (
        Setting("username", "User name", required=True, help="As registered for the Swift TOO API."),
        Setting("secret", "Shared secret", required=True, secret=True, help="Shown on the page of your account there."),
        Setting(
            "source_type", "Type of source", required=True, help="Such as GW counterpart candidate, GRB afterglow."
        ),
        Setting("science", "Scientific justification", required=True, help="Goes with every request of this channel."),
        Setting("brightness", "Brightness", help="In words, for when the request tells none."),
        Setting("instrument", "Instrument", choices=INSTRUMENTS, help="The one that matters most; UVOT without it."),
        Setting("obs_type", "What drives the exposure", choices=OBS_TYPES, help="Light Curve without it."),
        Setting("uvot_mode", "UVOT mode", help="Such as 0x30ed; the filter of the day (0x9999) without it."),
        Setting("uvot_reason", "Reason for the UVOT mode", help="Swift asks for it with any other than 0x9999."),
        Setting("dry_run", "Only validate", choices=("no", "yes"), help="yes asks Swift to check and not to keep."),
        Setting("url", "Address of the API", help=f"Without it: {URL}"),
    )
    can_status = True

    def repeat(self, line: Line) -> Repeat:
        """One's requests are listed with their justification, which carries our key."""
        return Repeat.FIND

    def _submit(self, outgoing: Outgoing, line: Line) -> Sent:
        form = self.form(outgoing, line)
        session = _sign_in(line)
        answer = call("POST", f"{_base(line)}/swift/too", form=form, headers=session, says=errors_of)
        status = _status_of(read_json(answer))
        if status.get("errors") or str(status.get("status")) == "Rejected":
            raise Refused(f"Swift refuses: {errors_of(answer)}", answer.status, answer.text)
        number = status.get("too_id")
        if number is None and line.get("dry_run") != "yes":
            raise Down("Swift took the request and gave it no number.", True, answer.status, answer.text)
        shown = urlencode(form)
        return Sent(str(number or "validated"), f"POST {_base(line)}/swift/too {shown}", answer.text, answer.status)

    def _status(self, external_id: str, line: Line) -> Remote:
        entries = self._list(line, {"too_id": external_id})
        if not entries:
            return Remote(RemoteState.UNKNOWN, f"Swift lists no request {external_id}.")
        return _told(entries[0])

    def _find(self, key: str, line: Line) -> str | None:
        for entry in self._list(line, {"username": line.get("username"), "limit": str(_LIST_LENGTH)}):
            if _mark(key) in str(entry.get("immediate_objective", "")):
                return str(entry.get("too_id"))
        return None

    def _list(self, line: Line, query: dict[str, str]) -> list[dict[str, Any]]:
        address = f"{_base(line)}/swift/too?{urlencode({**query, 'detail': 'true'})}"
        said = read_json(call("GET", address, headers=_sign_in(line), says=errors_of))
        entries = said.get("entries") if isinstance(said, dict) else None
        return [one for one in entries or [] if isinstance(one, dict)]

    def form(self, outgoing: Outgoing, line: Line) -> dict[str, str]:
        """Return the fields of the request.

        Raises
        ------
        Refused
            When a rule of Swift's is broken that can be seen from here.
        """
        exposure_s = round(sum(one.exposure_s * one.count for one in outgoing.exposures))
        if exposure_s < 1:
            raise Refused("The request has no exposures. Swift must be told for how long to look.")
        mode, reason = line.get("uvot_mode", FILTER_OF_THE_DAY), line.get("uvot_reason")
        if mode != FILTER_OF_THE_DAY and not reason:
            raise Refused("The channel sets a UVOT mode and no reason for it, which Swift asks for.")
        ra_deg, dec_deg = outgoing.position
        window = f"{outgoing.window_start:%Y-%m-%d %H:%M} to {outgoing.window_end:%Y-%m-%d %H:%M} UTC"
        words = outgoing.note or f"Follow-up of {outgoing.target_name} by {outgoing.requester or 'GRANDMA'}"
        return {
            "username": line.get("username"),
            "target_name": outgoing.target_name,
            "target_type": line.get("source_type"),
            "ra": f"{ra_deg:.6f}",
            "dec": f"{dec_deg:.6f}",
            "instrument": line.get("instrument", "UVOT"),
            "obs_type": line.get("obs_type", "Light Curve"),
            "urgency": str(URGENCIES.get(outgoing.priority, 3)),
            "other_brightness": line.get("brightness", "not known"),
            "immediate_objective": f"{words} {_mark(outgoing.key)}",
            "science_just": line.get("science"),
            "exposure": str(exposure_s),
            "exp_time_just": f"{exposure_s} s as asked for, between {window}",
            "exp_time_per_visit": str(exposure_s),
            "num_of_visits": "1",
            "monitoring_freq": "1 day",
            "uvot_mode": mode,
            "uvot_just": reason,
            "xrt_mode": "7",
            "proposal": "false",
            "tiling": "false",
            "quiet": "true",
            "debug": "false",
            "validate_only": "true" if line.get("dry_run") == "yes" else "false",
        }


def errors_of(answer: Answer) -> str:
    """Return Swift's complaints: those of a status, those of a failed validation (422), or what stands there."""
    try:
        said = read_json(answer)
    except Down:
        return " ".join(answer.text.split())[:300] or "no reason given"
    return "; ".join(_complaints(said)) or "no reason given"


def _complaints(said: Any) -> Iterator[str]:
    yield from (str(one) for one in _status_of(said).get("errors") or [])
    detail = said.get("detail") if isinstance(said, dict) else None
    for one in detail if isinstance(detail, list) else [detail] if detail else []:
        place = one.get("loc") if isinstance(one, dict) else None
        yield f"{place[-1] if place else 'request'}: {one.get('msg')}" if isinstance(one, dict) else str(one)


def _status_of(said: Any) -> dict[str, Any]:
    """The status of an answer; short answers carry it as one word beside its fields."""
    status = said.get("status") if isinstance(said, dict) else None
    if isinstance(status, dict):
        return status
    return said if isinstance(status, str) else {}


def _sign_in(line: Line) -> dict[str, str]:
    """Return the cookie of a new session."""
    who = {"username": line.get("username"), "password": line.get("secret")}
    answer = call("POST", f"{_base(line)}/login", json=who, says=errors_of, changes=False)
    try:
        cookies = SimpleCookie(answer.headers.get("set-cookie", ""))
    except CookieError:
        cookies = SimpleCookie()
    if not cookies:
        raise Down("Swift's sign-in gave no session.", False, answer.status)
    return {"Cookie": "; ".join(f"{name}={morsel.value}" for name, morsel in cookies.items())}


def _told(entry: dict[str, Any]) -> Remote:
    decision = str(entry.get("decision") or "").strip()
    if entry.get("done"):
        return Remote(RemoteState.DONE, f"Observed. {decision}".strip())
    if decision.lower().startswith(_YES):
        return Remote(RemoteState.ACCEPTED, decision)
    if decision.lower().startswith(_NO):
        return Remote(RemoteState.DECLINED, decision)
    return Remote(RemoteState.RECEIVED, decision or "Waiting for the duty scientist's decision.")


def _mark(key: str) -> str:
    return f"[icare-{key}]"


def _base(line: Line) -> str:
    return line.get("url", URL).rstrip("/")


TRANSPORTS = (SwiftToo(),)
