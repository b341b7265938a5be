"""The small service of docs/operating/transports.md, as a telescope's team might write it."""

import json
from urllib.parse import parse_qs, urlsplit

from tests.tools.services.base import Case, HttpService, make_outgoing, make_pointings
from tom_grandma_facilities.transports.base import Line, RemoteState
from tom_grandma_facilities.transports.registry import TRANSPORTS

TOKEN = "correct-horse-battery"


class TelescopeService(HttpService):
    """Keeps requests by number; honours Idempotency-Key unless it is made without."""

    is_silent = True

    def __init__(self, keeps_keys=True):
        super().__init__()
        self.keeps_keys = keeps_keys

    def answer(self, method, path, headers, body):
        if headers.get("Authorization") != f"Bearer {TOKEN}":
            return self.problem(401, "This token is not known here.")
        parts = urlsplit(path)
        if parts.path == "/requests":
            return self.listed(parse_qs(parts.query)) if method == "GET" else self.take(headers, body)
        return self.one(method, parts.path.removeprefix("/requests/"))

    def listed(self, query):
        wanted = query.get("key", [None])[0]
        found = [{"id": number, "key": one["key"]} for number, one in self.taken.items() if one["key"] == wanted]
        return 200, "application/json", json.dumps(found)

    def take(self, headers, body):
        asked = json.loads(body)
        if self.keeps_keys:
            known = [number for number, one in self.taken.items() if one["key"] == headers["Idempotency-Key"]]
            if known:
                return 200, "application/json", json.dumps({"id": known[0]})
        if asked["dec_deg"] is not None and asked["dec_deg"] > 60:
            return self.problem(422, "The target never rises above 20 degrees here.")
        number = f"R{len(self.taken) + 1}"
        self.taken[number] = asked | {"state": "received"}
        return 201, "application/json", json.dumps({"id": number})

    def one(self, method, number):
        if number not in self.taken:
            return self.problem(404, "No such request.")
        if method == "DELETE":
            self.cancelled.append(number)
            self.taken[number]["state"] = "cancelled"
            return 204, "application/json", ""
        return 200, "application/json", json.dumps({"state": self.taken[number]["state"], "note": "Seeing 1.2"})

    def problem(self, status, detail):
        return status, "application/problem+json", json.dumps({"title": "No", "status": status, "detail": detail})

    def advance(self, external_id, state):
        self.taken[external_id]["state"] = state


def line(repeats):
    return lambda service: Line({"url": f"{service.url}/requests", "repeats": repeats}, {"token": TOKEN})


def case(repeats, **more):
    return Case(
        TRANSPORTS["http-json"],
        lambda: TelescopeService(keeps_keys=repeats == "key"),
        line(repeats),
        refused=lambda outgoing: make_outgoing(dec_deg=75.0),
        refusal="The target never rises above 20 degrees here.",
        states=(
            ("received", RemoteState.RECEIVED),
            ("observing", RemoteState.OBSERVING),
            ("done", RemoteState.DONE),
            ("declined", RemoteState.DECLINED),
            ("parked", RemoteState.UNKNOWN),
        ),
        wrong_secret="token",
        name=f"http-json-{repeats}",
        **more,
    )


CASES = (
    case("key"),
    case("list"),
    case("no"),
    Case(
        TRANSPORTS["http-json"],
        TelescopeService,
        line("key"),
        outgoing=make_outgoing(ra_deg=None, dec_deg=None, exposures=(), pointings=make_pointings()),
        refused=lambda outgoing: make_outgoing(dec_deg=75.0),
        refusal="The target never rises above 20 degrees here.",
        states=(("accepted", RemoteState.ACCEPTED),),
        wrong_secret="token",
        name="http-json-pointings",
    ),
)
