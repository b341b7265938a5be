"""The queue of ATLAS forced photometry: the rules of lukeshingles/atlasserver that matter to a client."""

import json
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

from tests.tools.services.base import TONIGHT, Case, HttpService, make_outgoing
from tom_grandma_facilities.transports.base import Line, RemoteState
from tom_grandma_facilities.transports.registry import TRANSPORTS

TOKEN = "atlas-token-5f3c1d"
PAGE = 6
MOST_TASKS = 100
RESULT = """\
###MJD m dm uJy duJy F err chi/N RA Dec x y maj min phi apfit mag5sig Sky Obs
61364.235875 16.177 0.012 1228 15 c 0 54.64 150.25000 -20.50000 7768.79 7767.00 2.53 2.39 -63.4 -0.375 19.58 21.54 01a1
61365.242600 -20.100 0.900 -11 20 o 0 7.87 150.25000 -20.50000 2179.59 9252.78 3.41 3.09 -51.0 -0.396 19.28 21.28 02a2
"""


class AtlasQueue(HttpService):
    """Keeps tasks by number; `busy` makes it throttle, `result_host` makes it point elsewhere."""

    def __init__(self):
        super().__init__()
        self.busy = 0
        self.result_host = ""

    def answer(self, method, path, headers, body):
        if headers.get("Authorization") != f"Token {TOKEN}":
            return said(401, {"detail": "Invalid token."})
        parts = urlsplit(path)
        if parts.path.startswith("/forcedphot/static/"):
            return 200, "text/plain", RESULT
        steps = [one for one in parts.path.split("/") if one][2:]
        if steps:
            return self.one(method, steps[0])
        if method == "POST":
            return self.take({name: values[0] for name, values in parse_qs(body.decode()).items()})
        return self.listed(int(parse_qs(parts.query).get("page", ["1"])[0]))

    def take(self, asked):
        if self.busy:
            self.busy -= 1
            return said(429, {"detail": "Request was throttled. Expected available in 17 seconds."})
        waiting = sum(not one["starttimestamp"] for one in self.taken.values())
        if waiting >= MOST_TASKS:
            return said(400, {"non_field_errors": f"ERROR: You have too many queued tasks ({waiting} queued)."})
        if len(asked.get("comment", "")) > 300:
            return said(400, {"comment": ["Ensure this field has no more than 300 characters."]})
        if float(asked["mjd_max"]) <= float(asked["mjd_min"]):
            return said(400, {"mjd_max": f"mjd_max must be greater than mjd_min ({asked['mjd_min']} was applied)."})
        number = str(1851000 + len(self.taken))
        task = {"url": f"{self.url}/forcedphot/queue/{number}/", "id": int(number), "comment": asked.get("comment")}
        nothing = {"starttimestamp": None, "finishtimestamp": None, "error_msg": None, "result_url": None}
        self.taken[number] = {**asked, **task, **nothing, "queuepos": 3}
        return said(201, self.taken[number])

    def listed(self, page):
        tasks = [one for number, one in self.taken.items() if number not in self.cancelled][::-1]
        more = f"{self.url}/forcedphot/queue/?ordering=-id&page={page + 1}" if len(tasks) > page * PAGE else None
        return said(200, {"next": more, "results": tasks[(page - 1) * PAGE : page * PAGE]})

    def one(self, method, number):
        if number not in self.taken or number in self.cancelled:
            return said(404, {"detail": "Not found."})
        if method == "DELETE":
            self.cancelled.append(number)
            return 204, "application/json", ""
        return said(200, self.taken[number])

    def advance(self, external_id, state):
        task = self.taken[external_id]
        task["starttimestamp"] = "2026-11-20T20:01:00Z" if state != "queued" else None
        task["finishtimestamp"] = "2026-11-20T20:02:00Z" if state in ("finished", "error") else None
        task["error_msg"] = "No data returned" if state == "error" else None
        address = f"{self.result_host or self.url}/forcedphot/static/results/job{external_id}.txt"
        task["result_url"] = address if state == "finished" else None


def said(status, value):
    return status, "application/json", json.dumps(value)


def line(service):
    return Line({"url": f"{service.url}/forcedphot"}, {"token": TOKEN})


CASES = (
    Case(
        TRANSPORTS["atlas-fp"],
        AtlasQueue,
        line,
        refused=lambda outgoing: make_outgoing(window_end=TONIGHT - timedelta(days=60)),
        refusal="mjd_max must be greater than mjd_min",
        states=(
            ("queued", RemoteState.RECEIVED),
            ("started", RemoteState.OBSERVING),
            ("finished", RemoteState.DONE),
            ("error", RemoteState.FAILED),
        ),
        wrong_secret="token",
    ),
)
