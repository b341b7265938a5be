"""The script that takes requests for KAIT, as far as its public client shows it."""

import base64
import json
import re

from tests.tools.services.base import Case, HttpService, make_outgoing
from tom_grandma_facilities.transports.base import Exposure, Line
from tom_grandma_facilities.transports.registry import TRANSPORTS

USER, PASSWORD = "grandma", "lick-observatory"


class Lick(HttpService):
    """Behind HTTP Basic authentication."""

    def answer(self, method, path, headers, body):
        wanted = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if headers.get("Authorization") != f"Basic {wanted}":
            return 401, "text/html", "Authorization Required"
        assert path == "/cgi-bin/internal/process_kait_ztf_request.py"
        said = json.loads(body)
        assert set(said) == {"name", "ra", "dec", "filters", "exposure"}
        assert re.fullmatch(r"-?\d+\.\d{5} -?\d+\.\d{5}", f"{said['ra']} {said['dec']}")
        assert said["exposure"] in ("long", "short")
        assert set(said["filters"]) <= set("UgrizBVRI")
        if float(said["dec"]) < -35:
            return 400, "text/plain", "Target is below the limit of KAIT"
        self.taken[len(self.taken)] = said
        return 200, "text/plain", "Request received"


CASES = (
    Case(
        TRANSPORTS["kait"],
        Lick,
        lambda service: Line({"url": service.url}, {"username": USER, "password": PASSWORD}),
        outgoing=make_outgoing(exposures=(Exposure("sdssr", 60.0), Exposure("bessellb", 60.0), Exposure("r", 60.0))),
        refused=lambda outgoing: make_outgoing(dec_deg=-50.0),
        refusal="Target is below the limit of KAIT",
        wrong_secret="password",
        not_asked={
            "does_not_take_another_page_for_the_service": "What the script says to a request it takes is not public.",
        },
    ),
)
