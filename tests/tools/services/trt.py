"""The service of the Thai Robotic Telescopes, as far as its public client shows it."""

import json
import re

from tests.tools.services.base import Case, HttpService, make_outgoing
from tom_grandma_facilities.transports.base import Exposure, Line, RemoteState
from tom_grandma_facilities.transports.registry import TRANSPORTS

TOKEN = "narit-token-0123"
FILTERS = {"SRO": "B V R I", "GAO": "B V R I", "SBO": "B V Rc Ic", "CTO": "B V R I g r i z"}


class Narit(HttpService):
    """One queue for all stations."""

    def is_submission(self, method, path):
        return path == "/api/newobservation"

    def answer(self, method, path, headers, body):
        if headers.get("TRT") != TOKEN:
            return 200, "application/json", '{"message": "token expired"}'
        said = json.loads(body)
        if path == "/api/newobservation":
            return self.take(said["script"][0])
        if path == "/api/getfilepath":
            state = self.taken[int(said["obs_id"])]["state"]
            paths = [{"1": {"calibrated": "https://trt.example.org/1.fits"}}] if state == "observed" else []
            return 200, "application/json", json.dumps({"file_path": paths})
        assert path == "/api/cancelobservation"
        self.cancelled += said["obs_id"]
        return 200, "application/json", '{"message": "cancelled"}'

    def take(self, script):
        assert re.fullmatch(r"\d\d:\d\d:\d\d\.\d\d", script["RA"])
        assert re.fullmatch(r"-?\d\d:\d\d:\d\d\.\d\d", script["DEC"])
        assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}", script["StartDate"])
        assert len(script["Filter"]) == len(script["Exposure"]) == len(script["Repeat"]) == len(script["Suffix"])
        if set(script["Filter"]) - set(FILTERS[script["StationName"]].split()):
            return 400, "text/plain", "Filter not mounted"
        if float(script["Exposure"][0]) > 600:
            return 400, "text/plain", "Exposures over 600 s are not guided at this station."
        number = 9000 + len(self.taken)
        self.taken[number] = script | {"state": ""}
        return 200, "application/json", json.dumps([number])

    def advance(self, external_id, state):
        self.taken[int(external_id)]["state"] = state


def case(station, *filters):
    return Case(
        TRANSPORTS["trt"],
        Narit,
        lambda service: Line({"url": f"{service.url}/api", "station": station}, {"token": TOKEN}),
        outgoing=make_outgoing(exposures=tuple(Exposure(one, 60.0, 2) for one in filters)),
        refused=lambda outgoing: make_outgoing(exposures=(Exposure(filters[0], 900.0),)),
        refusal="Exposures over 600 s are not guided at this station.",
        states=(("", RemoteState.RECEIVED), ("observed", RemoteState.DONE)),
        wrong_secret="token",
        name=f"trt-{station}",
    )


CASES = (case("SRO", "bessellr", "besselli"), case("SBO", "bessellr", "V"), case("CTO", "sdssg", "r"))
