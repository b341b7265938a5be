"""ZTF's forced-photometry service: pages behind a common door, tables of jobs, light curves as files."""

import base64
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

from tests.tools.services.base import TONIGHT, Case, HttpService, make_outgoing
from tom_grandma_facilities.transports.base import Line, RemoteState
from tom_grandma_facilities.transports.registry import TRANSPORTS

DOOR_USER, DOOR_PASSWORD = "doorman", "knock-three-times"
EMAIL, PASSWORD = "advocate@example.org", "zfps-1234"
HEAD = "<tr><th>reqid</th><th>ra</th><th>dec</th><th>startJD</th><th>endJD</th><th>created</th><th>started</th>"
RESULT = """\
# Requested input R.A. = 150.250000 degrees
# Column definitions:
# index = sequential counter
index, field, ccdid, qid, filter, pid, infobitssci, sciinpseeing, scibckgnd, scisigpix, zpmaginpsci, zpmaginpsciunc, \
zpmaginpscirms, clrcoeff, clrcoeffunc, ncalmatches, exptime, adpctdif1, adpctdif2, diffmaglim, zpdiff, programid, jd, \
rfid, forcediffimflux, forcediffimfluxunc, forcediffimsnr, forcediffimchisq, forcediffimfluxap, forcediffimfluxuncap, \
forcediffimsnrap, aperturecorr, dnearestrefsrc, nearestrefmag, nearestrefmagunc, nearestrefchi, nearestrefsharp, \
refjdstart, refjdend, procstatus
 0 600 1 1 ZTF_g 1 0 2.1 100.0 10.0 26.2 0.02 0.03 0.1 0.01 100 30.0 0.1 0.1 20.5 26.20 1 2461350.7500 1 1500.0 50.0 \
30.0 1.1 1490.0 55.0 27.0 1.0 5.0 18.0 0.1 1.0 0.1 2458000 2458100 0
 1 600 1 1 ZTF_r 1 0 2.1 100.0 10.0 26.3 0.02 0.03 0.1 0.01 100 30.0 0.1 0.1 20.4 26.30 1 2461350.7600 1 -25.0 40.0 \
0.6 1.1 24.0 45.0 0.5 1.0 5.0 18.0 0.1 1.0 0.1 2458000 2458100 56,57
 2 600 1 1 ZTF_i 1 0 2.1 100.0 10.0 26.3 0.02 0.03 0.1 0.01 100 30.0 0.1 0.1 20.5 26.30 1 2461350.7700 1 null null \
null 1.1 null null null 1.0 5.0 18.0 0.1 1.0 0.1 2458000 2458100 64
"""


class ZtfPages(HttpService):
    """Keeps jobs by number; `busy` makes the database busy."""

    def __init__(self):
        super().__init__()
        self.busy = 0

    def is_submission(self, method, path):
        return path.startswith("/cgi-bin/requestForcedPhotometry.cgi")

    def answer(self, method, path, headers, body):
        door = base64.b64encode(f"{DOOR_USER}:{DOOR_PASSWORD}".encode()).decode()
        if headers.get("Authorization") != f"Basic {door}":
            return 401, "text/html", "<h1>Unauthorized</h1>"
        parts = urlsplit(path)
        if parts.path.startswith("/ztf/ops/"):
            return 200, "text/plain", RESULT
        if self.busy:
            self.busy -= 1
            return page("Error: database is busy; try again a minute later.")
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if (asked.get("email"), asked.get("userpass")) != (EMAIL, PASSWORD):
            return page("Error: this e-mail and password are not subscribed.")
        if "option" in asked:
            return self.listed(asked["option"])
        if float(asked["jdend"]) <= float(asked["jdstart"]):
            return page("Error: the end of the time range lies before its start.")
        return self.take(asked)

    def take(self, asked):
        number = str(15000 + len(self.taken))
        where = [asked[name] for name in ("ra", "dec", "jdstart", "jdend")]
        self.taken[number] = {"where": where, "started": "", "ended": "", "code": "", "path": ""}
        cells = "".join(f"<td> {float(one):.7f} </td>" for one in where)
        return page(f"<table><tr><th>RA</th><th>Dec</th><th>JD</th><th>JD</th></tr><tr>{cells}</tr></table>")

    def listed(self, option):
        jobs = {number: one for number, one in self.taken.items() if bool(one["ended"]) == (option != "Pending jobs")}
        if not jobs:
            return page("Zero records returned.")
        rows = [self.row(number, one) for number, one in jobs.items()]
        return page(f"{len(rows)} records returned.<table>{HEAD}{''.join(rows)}</table>")

    def row(self, number, job):
        cells = [
            number,
            *job["where"],
            "2026-11-20 20:00:00",
            job["started"],
            job["ended"],
            job["code"],
            "",
            job["path"],
        ]
        return "<tr>" + "".join(f"<td> {one} </td>" for one in cells) + "</tr>"

    def advance(self, external_id, state):
        job = next(one for one in self.taken.values() if " ".join(one["where"]) == external_id)
        job["started"] = "" if state == "pending" else "2026-11-20 20:10:00"
        job["ended"] = "" if state in ("pending", "started") else "2026-11-20 20:20:00"
        job["code"] = {"ended": "0", "suspect": "56", "nothing": "63"}.get(state, "")
        job["path"] = "/ztf/ops/forcedphot/lc/req15000_lc.txt" if state in ("ended", "suspect") else ""


def page(words):
    return 200, "text/html", f"<html><head><style>td {{ color: red }}</style></head><body>{words}</body></html>"


def line(service):
    settings = {"url": service.url, "email": EMAIL, "http_user": DOOR_USER}
    return Line(settings, {"userpass": PASSWORD, "http_password": DOOR_PASSWORD})


CASES = (
    Case(
        TRANSPORTS["ztf-fp"],
        ZtfPages,
        line,
        refused=lambda outgoing: make_outgoing(window_end=TONIGHT - timedelta(days=60)),
        refusal="the end of the time range lies before its start",
        states=(
            ("pending", RemoteState.RECEIVED),
            ("started", RemoteState.OBSERVING),
            ("ended", RemoteState.DONE),
            ("suspect", RemoteState.DONE),
            ("nothing", RemoteState.FAILED),
        ),
        wrong_secret="userpass",
        not_asked={"finds_only_its_own": "The service knows jobs by position and time; test_forced.py asks for those."},
    ),
)
