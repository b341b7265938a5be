"""An observation portal with the rules of observatorycontrolsystem/observation-portal that matter to a client."""

import json
from urllib.parse import parse_qs, urlsplit

from tests.tools.services.base import Case, HttpService, make_outgoing, make_pointings
from tom_grandma_facilities.transports.base import Line, RemoteState
from tom_grandma_facilities.transports.registry import TRANSPORTS

TOKEN = "0123456789abcdef0123456789abcdef01234567"
PROPOSAL = "LCO2026B-007"
INSTRUMENTS = {
    "1M0-SCICAM-SINISTRO": ("1m0", {"gp", "rp", "ip", "zs", "B", "V", "w"}),
    "SOAR_GHTS_REDCAM_IMAGER": ("4m0", {"g-SDSS", "r-SDSS", "i-SDSS"}),
    "BLANCO_NEWFIRM": ("4m0", {"JX", "HX", "KXs"}),
}
NEVER = "According to the constraints of the request, the target is never visible within the time window."
OPEN = {"PENDING", "IN_PROGRESS", "SCHEDULED"}


class Portal(HttpService):
    """Keeps request groups by number."""

    def is_submission(self, method, path):
        return method == "POST" and path == "/api/requestgroups/"

    def answer(self, method, path, headers, body):
        if headers.get("Authorization") != f"Token {TOKEN}":
            return self.said(401, {"detail": "Invalid token."})
        parts = urlsplit(path)
        steps = [one for one in parts.path.split("/") if one]
        if steps == ["api", "requestgroups"]:
            return self.take(json.loads(body)) if method == "POST" else self.listed(parse_qs(parts.query))
        if steps[:2] == ["api", "requests"] and steps[3:] == ["observations"]:
            return self.observations(steps[2])
        return self.one(method, steps[2], steps[3:])

    def take(self, group):
        errors = complaints(group)
        if errors:
            return self.said(400, errors)
        number = str(1000 + len(self.taken))
        requests = [{**one, "id": int(number) * 10 + i, "state": "PENDING"} for i, one in enumerate(group["requests"])]
        self.taken[number] = {**group, "id": int(number), "state": "PENDING", "requests": requests}
        return self.said(201, self.taken[number])

    def listed(self, query):
        name, proposal = query.get("name", [""])[0], query.get("proposal", [""])[0]
        found = [one for one in self.taken.values() if name.lower() in one["name"].lower()]
        found = [one for one in found if proposal in ("", one["proposal"])]
        return self.said(200, {"count": len(found), "results": found[::-1]})

    def observations(self, number):
        states = {"SCHEDULED": "PENDING", "IN_PROGRESS": "IN_PROGRESS"}
        [group] = [one for one in self.taken.values() for part in one["requests"] if str(part["id"]) == number]
        blocks = [{"state": "CANCELED", "start": "2026-11-20T19:00:00"}]
        if group.get("block") in states:
            blocks.append({"state": states[group["block"]], "start": "2026-11-20T21:30:00"})
        return self.said(200, blocks)

    def one(self, method, number, rest):
        group = self.taken.get(number)
        if group is None:
            return self.said(404, {"detail": "Not found."})
        if rest == ["cancel"] and method == "POST":
            if group["state"] != "PENDING":
                return self.said(400, {"errors": [f"Cannot change state from {group['state']} to CANCELED"]})
            group["state"] = "CANCELED"
            self.cancelled.append(number)
        return self.said(200, group)

    def advance(self, external_id, state):
        group = self.taken[external_id]
        group["block"] = state
        group["state"] = "PENDING" if state in OPEN else state
        for part in group["requests"]:
            part["state"] = group["state"]

    def said(self, status, value):
        return status, "application/json", json.dumps(value)


def complaints(group):
    """What the serializers say, in their nesting."""
    errors = {}
    if len(group["name"]) > 50:
        errors["name"] = ["Ensure this field has no more than 50 characters."]
    if group["proposal"] != PROPOSAL:
        errors["proposal"] = [f'Invalid pk "{group["proposal"]}" - object does not exist.']
    if (group["operator"] == "SINGLE") != (len(group["requests"]) == 1):
        errors["operator"] = ["Operator does not fit the number of requests."]
    if not 0.5 <= group["ipp_value"] <= 2:
        errors["ipp_value"] = ["Requested ipp_value is out of bounds."]
    parts = [part_complaints(one) for one in group["requests"]]
    if any(parts):
        errors["requests"] = parts
    return errors


def part_complaints(part):
    errors = {}
    for window in part["windows"]:
        if window["end"] <= window["start"]:
            errors["windows"] = [{"non_field_errors": ["Window end must be later than window start"]}]
    for configuration in part["configurations"]:
        telescope_class, filters = INSTRUMENTS[configuration["instrument_type"]]
        if part["location"]["telescope_class"] != telescope_class:
            errors["location"] = ["Instrument type is not available at this location."]
        for one in configuration["instrument_configs"]:
            code = one["optical_elements"]["filter"]
            if code not in filters:
                errors["configurations"] = [f"optical element {code} of type filter is not available"]
            if one["exposure_time"] <= 0 or one["exposure_count"] < 1:
                errors["configurations"] = ["exposure_time must be positive"]
        for needed in ("acquisition_config", "guiding_config", "constraints", "target", "type"):
            if needed not in configuration:
                errors["configurations"] = [f"{needed}: This field is required."]
        if configuration["target"]["dec"] > 80:
            errors["non_field_errors"] = [NEVER]
    return errors


def line(**settings):
    return lambda service: Line({"url": service.url, "proposal": PROPOSAL, **settings}, {"token": TOKEN})


LCO = {"instrument_type": "1M0-SCICAM-SINISTRO", "telescope_class": "1m0"}
SOAR = {"instrument_type": "SOAR_GHTS_REDCAM_IMAGER", "telescope_class": "4m0", "filters": "r=r-SDSS, g=g-SDSS"}
BLANCO = {"instrument_type": "BLANCO_NEWFIRM", "telescope_class": "4m0", "filters": "r=JX"}
STATES = (
    ("PENDING", RemoteState.RECEIVED),
    ("SCHEDULED", RemoteState.ACCEPTED),
    ("IN_PROGRESS", RemoteState.OBSERVING),
    ("COMPLETED", RemoteState.DONE),
    ("WINDOW_EXPIRED", RemoteState.EXPIRED),
    ("FAILURE_LIMIT_REACHED", RemoteState.FAILED),
)


def case(transport, settings, **more):
    return Case(
        TRANSPORTS[transport],
        Portal,
        line(**settings),
        refused=lambda outgoing: make_outgoing(dec_deg=85.0),
        refusal=NEVER,
        states=STATES,
        wrong_secret="token",
        **more,
    )


CASES = (
    case("ocs", LCO),
    case("soar", SOAR),
    case("blanco", BLANCO),
    case("ocs", LCO, name="ocs-pointings", outgoing=make_outgoing(exposures=(), pointings=make_pointings())),
)
