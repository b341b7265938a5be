"""The Thai Robotic Telescopes (TRT) of NARIT: stations SRO, GAO, SBO and CTO.

What is known comes from SkyPortal's client (skyportal/skyportal, skyportal/facility_apis/trt.py, BSD-3-Clause): POST
`newobservation` with a script, answered by a list whose first item is the number of the observation; POST `getfilepath`
with that number, answered by the images when there are any; POST `cancelobservation`. The token travels in a header
called TRT, and "token expired" comes with status 200.

Not known: the address of the service (the operator has it), what other fields mean than those sent there, whether there
is a list of one's observations or a key against duplicates (none is used), and any state between taken and observed.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from tom_grandma_facilities.transports.base import (
    Down,
    Exposure,
    Line,
    Outgoing,
    Refused,
    Remote,
    RemoteState,
    Sent,
    Setting,
    Transport,
)
from tom_grandma_facilities.transports.guarded import Answer
from tom_grandma_facilities.transports.message import sexagesimal
from tom_grandma_facilities.transports.pairs import read_pairs, translate
from tom_grandma_facilities.transports.web import call, read_json

_JOHNSON, _COUSINS = ("B", "V", "R", "I"), ("B", "V", "Rc", "Ic")
FILTERS = {"SRO": _JOHNSON, "GAO": _JOHNSON, "SBO": _COUSINS, "CTO": (*_JOHNSON, "g", "r", "i", "z")}
_USUAL = {
    "bessellb": "B",
    "bessellv": "V",
    "bessellr": "R",
    "besselli": "I",
    "sdssg": "g",
    "sdssr": "r",
    "sdssi": "i",
    "sdssz": "z",
}
_SBO = {"R": "Rc", "I": "Ic"}
_AIRMASS_MAX = 3.0


class Trt(Transport):
    """The queue of the Thai Robotic Telescopes."""

    name = "trt"
    label = "Thai Robotic Telescopes"
    about = "The queue of NARIT's robotic telescopes; images are told when they are there."
    settings = (
        Setting("url", "Address of the service", required=True, help="The part before /newobservation."),
        Setting("station", "Station", required=True, choices=tuple(FILTERS)),
        Setting("token", "Token", required=True, secret=True, help="Given out by NARIT; it expires."),
        Setting("filters", "Filter names", help="ours=theirs, separated by commas, where they differ."),
    )
    can_cancel = can_status = True

    def _submit(self, outgoing: Outgoing, line: Line) -> Sent:
        script = {"script": [_script(outgoing, line)]}
        said, answer = self._call("newobservation", script, line, changes=True)
        first = said[0] if isinstance(said, list) and said else None
        if not first:
            raise Down("TRT took the request and gave it no number.", True, answer.status, answer.text)
        return Sent(str(first), json.dumps(script), answer.text, answer.status)

    def _status(self, external_id: str, line: Line) -> Remote:
        said, answer = self._call("getfilepath", {"obs_id": external_id}, line, changes=False)
        paths = said.get("file_path") if isinstance(said, dict) else None
        images = [one for path in paths or () if isinstance(path, dict) for one in path.values() if _is_image(one)]
        if images:
            return Remote(RemoteState.DONE, f"{len(images)} calibrated images", answer.status)
        return Remote(RemoteState.RECEIVED, "No image yet", answer.status)

    def _cancel(self, external_id: str, line: Line, outgoing: Outgoing | None) -> Sent:
        body = {"obs_id": [external_id]}
        _, answer = self._call("cancelobservation", body, line, changes=True)
        return Sent(external_id, json.dumps(body), answer.text, answer.status)

    def _call(self, name: str, body: dict[str, Any], line: Line, changes: bool) -> tuple[Any, Answer]:
        url = f"{line.get('url').rstrip('/')}/{name}"
        answer = call("POST", url, json=body, headers={"TRT": line.get("token")}, changes=changes)
        if "token expired" in answer.text.lower():
            raise Refused(
                "TRT says that the channel's token has expired; an administrator must renew it.", answer.status
            )
        return read_json(answer), answer


def _is_image(found: Any) -> bool:
    return isinstance(found, dict) and bool(found.get("calibrated"))


def _script(outgoing: Outgoing, line: Line) -> dict[str, Any]:
    ra_deg, dec_deg = outgoing.position
    _, hours, minutes, seconds = sexagesimal(ra_deg, hours=True)
    sign, degrees, arcminutes, arcseconds = sexagesimal(dec_deg)
    filters = [_filter(one, line) for one in outgoing.exposures]
    if not filters:
        raise Refused("TRT needs at least one exposure.")
    return {
        "ObjectName": outgoing.target_name,
        "StationName": line.get("station"),
        "RA": f"{hours:02d}:{minutes:02d}:{seconds:05.2f}",
        "DEC": f"{'-' if sign == '-' else ''}{degrees:02d}:{arcminutes:02d}:{arcseconds:05.2f}",
        "Subframe": "1",
        "BinningXY": "1,1",
        "CadenceInterval": "00:00:00",
        "MaxAirmass": min(outgoing.constraints.get("airmass_max", 2.0), _AIRMASS_MAX),
        "PA": "0",
        "Dither": "0",
        "ExpiryDate": _moment(outgoing.window_end),
        "StartDate": _moment(outgoing.window_start),
        "EndDate": _moment(outgoing.window_end),
        "ExposuresMode": "1",
        "M3Port": "1",
        "Filter": filters,
        "Suffix": [f"{outgoing.target_name}_{one}" for one in filters],
        "Exposure": [f"{one.exposure_s:g}" for one in outgoing.exposures],
        "Repeat": [str(one.count) for one in outgoing.exposures],
    }


def _filter(exposure: Exposure, line: Line) -> str:
    station = line.get("station")
    theirs = translate(exposure.filter, read_pairs(line.get("filters"), "filter names"), _USUAL)
    if station == "SBO":
        theirs = _SBO.get(theirs, theirs)
    if theirs not in FILTERS[station]:
        raise Refused(
            f"TRT's station {station} has no filter {exposure.filter!r}; it has {', '.join(FILTERS[station])}."
        )
    return theirs


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}.000"


TRANSPORTS = (Trt(),)
