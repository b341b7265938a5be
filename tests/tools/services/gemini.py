"""Gemini's trigger page: the checks and answers of its servlet (edu.gemini.oodb.too.url)."""

import re
from urllib.parse import parse_qs

from tests.tools.services.base import Case, HttpService, make_outgoing
from tom_grandma_facilities.transports.base import Exposure, Line
from tom_grandma_facilities.transports.registry import TRANSPORTS

PROGRAM, PASSWORD = "GS-2026B-T-102", "sesame-open-up"
NEEDED = ("posangle", "note", "ready", "prog", "email", "password", "obsnum", "target", "ra", "dec")
TEMPLATES = {"12", "13"}


class Trigger(HttpService):
    """Clones templates."""

    def answer(self, method, path, headers, body):
        asked = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        assert path == "/too"
        missing = [name for name in NEEDED if name not in asked]
        if missing:
            return page(400, f"missing parameter '{missing[0]}'")
        if asked["prog"] != PROGRAM or asked["password"] != PASSWORD:
            return page(400, "Could not authenticate the user key.")
        if asked["obsnum"] not in TEMPLATES:
            return page(404, f"Observation {PROGRAM}-{asked['obsnum']} is not available for updates.")
        if not re.fullmatch(r"\d\d:\d\d:\d\d\.\d\d", asked["ra"]):
            return page(400, "cannot parse ra")
        if not re.fullmatch(r"[+-]\d\d:\d\d:\d\d\.\d\d\d", asked["dec"]):
            return page(400, "cannot parse dec")
        if not (asked["exptime"].isdecimal() and 1 <= int(asked["exptime"]) <= 1200):
            return page(400, "exptime must be between 1 and 1200")
        if not asked["windowDuration"].isdecimal() or asked["elevationType"] not in ("none", "airmass", "hourAngle"):
            return page(400, "bad constraint")
        number = f"{PROGRAM}-{100 + len(self.taken)}"
        self.taken[number] = asked
        return 200, "text/html", number


def page(status, message):
    return (
        status,
        "text/html",
        f"<html><head><title>Error {status}</title></head><body><h2>{message}</h2></body></html>",
    )


def line(service):
    settings = {"program": PROGRAM, "email": "key@example.org", "templates": "r=12, i=13, J=99", "url": service.url}
    return Line(settings, {"password": PASSWORD})


CASES = (
    Case(
        TRANSPORTS["gemini"],
        Trigger,
        line,
        refused=lambda outgoing: make_outgoing(exposures=(Exposure("J", 60.0, 1),)),
        refusal="GS-2026B-T-102-99 is not available for updates",
        wrong_secret="password",
    ),
)
