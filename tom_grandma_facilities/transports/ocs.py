"""Observation portals of the Observatory Control System: Las Cumbres (LCO) and what is scheduled through it.

Source: github.com/observatorycontrolsystem/observation-portal (routes `/api/requestgroups/`, filters, states) and TOM
Toolkit's `tom_observations.facilities.ocs` and `lco`, whose default address, states and shape of a request are used
here; a test compares what is sent with what TOM's own form builds. TOM's call itself is not used: it waits for ever,
follows redirects with the token, and knows one token per site, where we have one per allocation.

A portal takes no key, but lists requests by a part of their name: our key ends the name, and is looked for there
before anything is sent a second time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from math import radians, sin
from typing import Any, ClassVar
from urllib.parse import quote, urlencode

from tom_observations.facilities.lco import LCOSettings
from tom_observations.facilities.ocs import OCSSettings

from tom_grandma_facilities.transports.base import (
    Down,
    Exposure,
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
from tom_grandma_facilities.transports.message import iso
from tom_grandma_facilities.transports.pairs import read_pairs, translate
from tom_grandma_facilities.transports.web import call, read_json

LONGEST_NAME = 50  # RequestGroup.name of the portal
MOST_POINTINGS = 100
STATES = {
    "PENDING": RemoteState.RECEIVED,
    "COMPLETED": RemoteState.DONE,
    "WINDOW_EXPIRED": RemoteState.EXPIRED,
    "CANCELED": RemoteState.CANCELLED,
    "FAILURE_LIMIT_REACHED": RemoteState.FAILED,
    "NOT_ATTEMPTED": RemoteState.FAILED,
}
# Codes of LCO's imagers for the bands our telescopes declare.
FILTERS = {
    **{band: f"{band}p" for band in "ugri"},
    **{f"sdss{band}": f"{band}p" for band in "ugri"},
    **{f"bessell{band.lower()}": band for band in "UBVRI"},
    "z": "zs",
    "sdssz": "zs",
    "ps1::y": "Y",
    "ps1::w": "w",
    "clear": "air",
    "open": "air",
}
_AIRMASS_MAX = 1.6
_MOON_MIN_DEG = 30.0


class Ocs(Transport):
    """A portal that takes request groups."""

    name = "ocs"
    label = "LCO / OCS observation portal"
    about = "Las Cumbres Observatory and other portals of the Observatory Control System, with a token and a proposal."
    facility: ClassVar[OCSSettings] = LCOSettings()
    settings: ClassVar[tuple[Setting, ...]] = (
        Setting("url", "Address of the portal", help="Without it: https://observe.lco.global"),
        Setting("token", "API token", required=True, secret=True, help="From your profile page at the portal."),
        Setting("proposal", "Proposal", required=True, help="Its code, such as LCO2026A-001."),
        Setting("instrument_type", "Instrument type", required=True, help="Such as 1M0-SCICAM-SINISTRO."),
        Setting("telescope_class", "Telescope class", required=True, help="Such as 0m4, 1m0, 2m0, 4m0."),
        Setting("site", "Site", help="Three letters; without it, any site of the class."),
        Setting("readout_mode", "Readout mode", help="Without it, the instrument's default."),
        Setting(
            "observation_type",
            "Kind of observation",
            help="NORMAL (the default), TIME_CRITICAL or RAPID_RESPONSE, as the proposal has time for.",
            choices=("NORMAL", "TIME_CRITICAL", "RAPID_RESPONSE"),
        ),
        Setting("ipp_value", "IPP", help="Priority within the proposal, 0.5 to 2; 1.05 without it."),
        Setting(
            "filters", "Filters", help="Ours=theirs, such as sdssg=gp, clear=w. Only where the usual codes differ."
        ),
    )
    can_cancel = can_status = True
    takes_pointings = True

    def repeat(self, line: Line) -> Repeat:
        """Requests are listed by name."""
        return Repeat.FIND

    def _submit(self, outgoing: Outgoing, line: Line) -> Sent:
        body = self.payload(outgoing, line)
        url = f"{self._portal(line)}/api/requestgroups/"
        answer = call("POST", url, json=body, headers=_token(line), says=errors_of)
        said = read_json(answer)
        number = said.get("id") if isinstance(said, dict) else None
        if number is None:
            raise Down("The portal took the request and gave it no number.", True, answer.status, answer.text)
        return Sent(str(number), json.dumps(body), answer.text, answer.status)

    def _status(self, external_id: str, line: Line) -> Remote:
        group = self._get(f"requestgroups/{quote(external_id, safe='')}/", line)
        state = STATES.get(str(group.get("state")), RemoteState.UNKNOWN)
        parts = [one for one in group.get("requests", []) if isinstance(one, dict)]
        done = sum(one.get("state") == "COMPLETED" for one in parts)
        counted = f"{done} of {len(parts)} done. " if len(parts) > 1 else ""
        if state is not RemoteState.RECEIVED:
            return Remote(state, counted.strip() or str(group.get("state", "")))
        return self._scheduled(parts, counted, line)

    def _scheduled(self, parts: list[dict[str, Any]], counted: str, line: Line) -> Remote:
        """The portal says PENDING until the end; its schedule knows more."""
        for part in parts:
            if part.get("state") != "PENDING":
                continue
            blocks = self._get(f"requests/{part.get('id')}/observations/", line)
            for state, ours, words in (
                ("IN_PROGRESS", RemoteState.OBSERVING, "Observing since"),
                ("PENDING", RemoteState.ACCEPTED, "Scheduled for"),
            ):
                starts = sorted(str(one.get("start")) for one in blocks if one.get("state") == state)
                if starts:
                    return Remote(ours, f"{counted}{words} {starts[0]} UTC")
            return Remote(RemoteState.RECEIVED, f"{counted}Waiting to be scheduled.")
        return Remote(RemoteState.RECEIVED, counted.strip())

    def _cancel(self, external_id: str, line: Line, outgoing: Outgoing | None) -> Sent:
        url = f"{self._portal(line)}/api/requestgroups/{quote(external_id, safe='')}/cancel/"
        answer = call("POST", url, json={}, headers=_token(line), says=errors_of)
        return Sent(external_id, f"POST {url}", answer.text, answer.status)

    def _find(self, key: str, line: Line) -> str | None:
        query = urlencode({"name": _tail(key), "proposal": line.get("proposal")})
        listed = self._get(f"requestgroups/?{query}", line).get("results", [])
        # The portal looks for a part of the name, and 12-1 is a part of 12-10.
        ours = [one for one in listed if str(one.get("name", "")).endswith(_tail(key))]
        return str(ours[0]["id"]) if ours else None

    def payload(self, outgoing: Outgoing, line: Line) -> dict[str, Any]:
        """Return the request group: one request, or one per pointing.

        Raises
        ------
        Refused
            When there is nothing to expose, or more pointings than a portal should get at once.
        """
        requests = list(self._requests(outgoing, line))
        return {
            "name": name_of(outgoing),
            "proposal": line.get("proposal"),
            "ipp_value": _number(line, "ipp_value", "1.05"),
            "operator": "SINGLE" if len(requests) == 1 else "MANY",
            "observation_type": line.get("observation_type", "NORMAL"),
            "requests": requests,
        }

    def _requests(self, outgoing: Outgoing, line: Line) -> Iterator[dict[str, Any]]:
        if not outgoing.pointings:
            yield self._request(outgoing, line, outgoing.target_name, outgoing.position, outgoing.exposures)
        if len(outgoing.pointings) > MOST_POINTINGS:
            raise Refused(f"{len(outgoing.pointings)} pointings are too many for a portal: {MOST_POINTINGS} at most.")
        for one in outgoing.pointings:
            exposures = (Exposure(one.filter, one.exposure_s, one.count),)
            name = f"{outgoing.target_name} {one.field_id or one.order}"
            yield self._request(outgoing, line, name, (one.ra_deg, one.dec_deg), exposures)

    def _request(
        self,
        outgoing: Outgoing,
        line: Line,
        name: str,
        position: tuple[float, float],
        exposures: tuple[Exposure, ...],
    ) -> dict[str, Any]:
        if not exposures:
            raise Refused("The request has no exposures. Add a filter, an exposure time and a number.")
        location = {"telescope_class": line.get("telescope_class")}
        if line.get("site"):
            location["site"] = line.get("site")
        return {
            "optimization_type": "TIME",
            "configuration_repeats": 1,
            "configurations": [self._configuration(outgoing, line, name, position, exposures)],
            "windows": [{"start": iso(outgoing.window_start), "end": iso(outgoing.window_end)}],
            "location": location,
        }

    def _configuration(
        self,
        outgoing: Outgoing,
        line: Line,
        name: str,
        position: tuple[float, float],
        exposures: tuple[Exposure, ...],
    ) -> dict[str, Any]:
        return {
            "type": "EXPOSE",
            "instrument_type": line.get("instrument_type"),
            "instrument_configs": [self._exposure(one, line) for one in exposures],
            "acquisition_config": {},
            "guiding_config": {"mode": "ON", "optional": True},
            "constraints": {"max_airmass": _airmass(outgoing), "min_lunar_distance": _moon(outgoing)},
            "target": {
                "name": name[:LONGEST_NAME],
                "type": "ICRS",
                "ra": position[0],
                "dec": position[1],
                "proper_motion_ra": 0.0,
                "proper_motion_dec": 0.0,
                "epoch": 2000.0,
            },
        }

    def _exposure(self, one: Exposure, line: Line) -> dict[str, Any]:
        code = translate(one.filter, read_pairs(line.get("filters"), "Filters"), FILTERS)
        config = {
            "exposure_count": one.count,
            "exposure_time": one.exposure_s,
            "optical_elements": {"filter": code},
        }
        return config | ({"mode": line.get("readout_mode")} if line.get("readout_mode") else {})

    def _portal(self, line: Line) -> str:
        return line.get("url", self.facility.default_settings["portal_url"]).rstrip("/")

    def _get(self, path: str, line: Line) -> Any:
        return read_json(call("GET", f"{self._portal(line)}/api/{path}", headers=_token(line), says=errors_of))


def name_of(outgoing: Outgoing) -> str:
    """Return the name of a request group: the target, cut where it must be, and our key."""
    tail = _tail(outgoing.key)
    return f"{outgoing.target_name[: LONGEST_NAME - len(tail)]}{tail}"


def errors_of(answer: Answer) -> str:
    """Return the portal's complaints with the place of each: “requests.0.windows.0: the window must …”."""
    try:
        said = json.loads(answer.body)
    except ValueError:
        return " ".join(answer.text.split())[:300] or "no reason given"
    return "; ".join(_complaints(said)) or "no reason given"


def _complaints(said: Any, where: str = "") -> Iterator[str]:
    if isinstance(said, dict):
        for name, inner in said.items():
            silent = name in ("errors", "non_field_errors", "detail")
            yield from _complaints(inner, where if silent else f"{where}.{name}".strip("."))
    elif isinstance(said, list):
        for number, inner in enumerate(said):
            deeper = f"{where}.{number}".strip(".") if isinstance(inner, dict | list) else where
            yield from _complaints(inner, deeper)
    elif said:
        yield f"{where}: {said}" if where else str(said)


def _tail(key: str) -> str:
    return f" icare-{key}"


def _token(line: Line) -> dict[str, str]:
    return {"Authorization": f"Token {line.get('token')}"}


def _number(line: Line, name: str, default: str) -> float:
    try:
        return float(line.get(name, default))
    except ValueError:
        raise Refused(f"The channel's {name} is {line.get(name)!r}, which is not a number.") from None


def _airmass(outgoing: Outgoing) -> float:
    """The smaller of the two limits that say the same thing."""
    limits = [outgoing.constraints.get("airmass_max", _AIRMASS_MAX)]
    altitude = outgoing.constraints.get("min_altitude_deg")
    if altitude and altitude > 0:
        limits.append(round(1.0 / sin(radians(altitude)), 3))
    return min(limits)


def _moon(outgoing: Outgoing) -> float:
    return outgoing.constraints.get("moon_separation_min_deg", _MOON_MIN_DEG)


TRANSPORTS = (Ocs(),)
