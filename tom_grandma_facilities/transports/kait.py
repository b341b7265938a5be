"""KAIT, the Katzman Automatic Imaging Telescope of Lick Observatory.

What is known comes from SkyPortal's client (skyportal/skyportal, skyportal/facility_apis/kait.py, BSD-3-Clause): a JSON
document with name, position, a string of one-letter filters and "long" or "short", posted to a CGI script with HTTP
Basic authentication; status 200 means taken, and the text of any other answer is the reason.

Not known: how long "long" and "short" are (so exposure times cannot be asked for), what the script says when it has
taken a request, and any way to list, follow or cancel one.
"""

from __future__ import annotations

import json
from http import HTTPStatus

from tom_grandma_facilities.transports.base import Line, Outgoing, Refused, Sent, Setting, Transport
from tom_grandma_facilities.transports.pairs import read_pairs, translate
from tom_grandma_facilities.transports.web import basic, call

FILTERS = ("U", "g", "r", "i", "z", "B", "V", "R", "I")
_SCRIPT = "/cgi-bin/internal/process_kait_ztf_request.py"
_USUAL = {
    "sdssg": "g",
    "sdssr": "r",
    "sdssi": "i",
    "sdssz": "z",
    "bessellux": "U",
    "bessellb": "B",
    "bessellv": "V",
    "bessellr": "R",
    "besselli": "I",
}


class Kait(Transport):
    """The script that takes requests at Berkeley."""

    name = "kait"
    label = "KAIT"
    about = "Lick Observatory's robotic telescope; it takes filters and “long” or “short”, no exposure times."
    settings = (
        Setting("url", "Address of the server", required=True, help=f"The part before {_SCRIPT}"),
        Setting("exposure", "Exposure", choices=("long", "short"), help="Empty: long."),
        Setting("filters", "Filter names", help="ours=theirs, separated by commas, where they differ."),
        Setting("username", "User name", required=True, secret=True),
        Setting("password", "Password", required=True, secret=True),
    )

    def _submit(self, outgoing: Outgoing, line: Line) -> Sent:
        ra_deg, dec_deg = outgoing.position
        body = {
            "name": outgoing.target_name,
            "ra": f"{ra_deg:.5f}",
            "dec": f"{dec_deg:.5f}",
            "filters": _filters(outgoing, line),
            "exposure": line.get("exposure", "long"),
        }
        headers = basic(line.get("username"), line.get("password"))
        answer = call("POST", line.get("url").rstrip("/") + _SCRIPT, json=body, headers=headers)
        if answer.status != HTTPStatus.OK:
            raise Refused(f"KAIT refuses ({answer.status}): {answer.text[:300]}", answer.status, answer.text)
        return Sent(outgoing.key, json.dumps(body), answer.text, answer.status)


def _filters(outgoing: Outgoing, line: Line) -> str:
    own = read_pairs(line.get("filters"), "filter names")
    found = [translate(one.filter, own, _USUAL) for one in outgoing.exposures]
    unknown = [one for one in found if one not in FILTERS]
    if unknown or not found:
        what = f"no filter {', '.join(map(repr, unknown))}" if unknown else "nothing to expose"
        raise Refused(f"KAIT has {what}; it has {', '.join(FILTERS)}.")
    return "".join(dict.fromkeys(found))


TRANSPORTS = (Kait(),)
