"""Swift's TOO API, version 4: sessions by cookie, and the rules that swifttools 4.0.5 states for the fields."""

import json
import secrets
from contextlib import suppress
from urllib.parse import parse_qs, urlsplit

from tests.tools.services.base import Case, HttpService, make_outgoing
from tom_grandma_facilities.transports.base import Line, RemoteState
from tom_grandma_facilities.transports.registry import TRANSPORTS

USER, SECRET = "advocate", "s3cret/with+signs"
NEEDED = ("ra", "dec", "num_of_visits", "exp_time_just", "target_type", "target_name", "science_just", "username",
          "obs_type", "immediate_objective", "exposure")  # fmt: skip
BRIGHTNESS = ("xrt_countrate", "bat_countrate", "other_brightness")


class SwiftApi(HttpService):
    """Keeps requests by number."""

    def __init__(self):
        super().__init__()
        self.sessions = set()

    def is_submission(self, method, path):
        return method == "POST" and path == "/swift/too"

    def answer(self, method, path, headers, body):
        parts = urlsplit(path)
        if parts.path == "/login":
            return self.sign_in(json.loads(body))
        cookie = headers.get("Cookie", "")
        if cookie.removeprefix("session=") not in self.sessions:
            return said(401, {"detail": "Not authenticated"})
        if method == "GET":
            return self.listed(parse_qs(parts.query))
        return self.take({name: values[0] for name, values in parse_qs(body.decode(), True).items()})

    def sign_in(self, who):
        if who != {"username": USER, "password": SECRET}:
            return said(401, {"detail": "Incorrect username or password"})
        session = secrets.token_hex(16)
        self.sessions.add(session)
        return 200, f"application/json\r\nSet-Cookie: session={session}; HttpOnly; Path=/", "{}"

    def take(self, asked):
        errors = complaints(asked)
        if errors:
            return said(422, {"detail": errors})
        if float(asked["ra"]) < 1 and float(asked["dec"]) < 1:
            return said(200, {"status": {"status": "Rejected", "errors": ["Target is Sun constrained."]}})
        if asked["validate_only"] == "true":
            return said(200, {"status": "Validated"})
        number = 20000 + len(self.taken)
        self.taken[str(number)] = {**asked, "too_id": number, "decision": None, "done": None}
        return said(200, {"status": {"status": "Accepted", "too_id": number, "errors": [], "warnings": []}})

    def listed(self, query):
        found = list(self.taken.values())[::-1]
        if "too_id" in query:
            found = [one for one in found if str(one["too_id"]) == query["too_id"][0]]
        elif query.get("username") != [USER]:
            found = []
        if query.get("detail") != ["true"]:
            found = [{"too_id": one["too_id"]} for one in found]
        return said(200, {"entries": found, "status": {"status": "Accepted"}})

    def advance(self, external_id, state):
        decision, _, done = state.partition("/")
        self.taken[external_id] |= {"decision": decision or None, "done": 1 if done else None}


def complaints(asked):
    errors = [("missing", name) for name in NEEDED if not asked.get(name)]
    if asked.get("instrument") not in ("XRT", "UVOT", "BAT"):
        errors.append(("one of XRT, UVOT, BAT", "instrument"))
    if asked.get("urgency") not in "01234":
        errors.append(("0 to 4", "urgency"))
    if not any(asked.get(name) for name in BRIGHTNESS):
        errors.append(("Must specify at least one brightness value.", "other_brightness"))
    if asked.get("uvot_mode") != "0x9999" and not asked.get("uvot_just"):
        errors.append(("Must specify UVOT justification", "uvot_just"))
    if asked.get("num_of_visits") and not (asked.get("monitoring_freq") and asked.get("exp_time_per_visit")):
        errors.append(("Must specify monitoring frequency", "monitoring_freq"))
    with suppress(ValueError):
        if abs(float(asked["dec"])) > 90 or not 0 <= float(asked["ra"]) <= 360:
            errors.append(("Input should be less than or equal to 90", "dec"))
    return [{"loc": ["body", name], "msg": words, "type": "value_error"} for words, name in errors]


def said(status, value):
    return status, "application/json", json.dumps(value)


def line(service):
    settings = {"url": service.url, "username": USER, "source_type": "Kilonova candidate", "science": "Colours in UV."}
    return Line(settings, {"secret": SECRET})


def case(refused, refusal, **more):
    return Case(
        TRANSPORTS["swift-too"],
        SwiftApi,
        line,
        refused=refused,
        refusal=refusal,
        states=(
            ("", RemoteState.RECEIVED),
            ("Approved", RemoteState.ACCEPTED),
            ("Approved/done", RemoteState.DONE),
            ("Rejected: too faint", RemoteState.DECLINED),
            ("On hold", RemoteState.RECEIVED),
        ),
        wrong_secret="secret",
        **more,
    )


CASES = (
    case(lambda outgoing: make_outgoing(dec_deg=95.0), "dec: Input should be less than or equal to 90"),
    case(lambda outgoing: make_outgoing(ra_deg=0.5, dec_deg=0.5), "Sun constrained", name="swift-too-rejected"),
)
