"""TAROT's manager behind its proxy, as far as its public client shows it."""

import re
from urllib.parse import parse_qs, urlsplit

from tests.tools.services.base import Case, HttpService, make_outgoing, make_pointings
from tom_grandma_facilities.transports.base import Exposure, Line, RemoteState
from tom_grandma_facilities.transports.registry import TRANSPORTS

USER, PASSWORD, PROXY, BROWSER = "grandma", "calern-1270m", "proxy-token-77", "browser-word-88"
SESSION = "a1B2c3D4e5F6g7H8i9J0"
SCENE = re.compile(
    r'"(?P<name>[^"]+)" (?P<ra>[\d.]+) (?P<dec>-?[\d.]+) (?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}) '
    r"0\.004180983 0\.00 (?P<slots>(?:[\d.]+ \d+ ){6})(?P<priority>-?\d) (?P<station>Tarot_\w+)"
)
# What the scheduler says in brackets.
CODES = {"past": 1, "later": 2, "never": 3, "quota": 4, "planned": 5, "planned over": 6, "odd": 9}


class Manager(HttpService):
    """Requests and scenes of one account, and the files of the scheduler of station 1."""

    def __init__(self):
        super().__init__()
        self.submissions = 0

    def count(self):
        return self.submissions

    def is_submission(self, method, path):
        return "depot-defaultshort" in path

    def answer(self, method, path, headers, body):
        if headers.get("Authorization") != f"token {PROXY}" or headers.get("X-Browser-Password") != BROWSER:
            return 401, "text/plain", "Authentication required"
        parts = urlsplit(path)
        form = parse_qs(body.decode(), keep_blank_values=True)
        if parts.path == "/manage/manage/login.php":
            right = form["login"] == [USER] and form["pass"] == [PASSWORD]
            return self.page(f"liste_req.php?hashuser={SESSION}" if right else "Try again")
        if method == "GET":
            return self.file(parts.path)
        query = parse_qs(parts.query)
        if query["hashuser"] != [SESSION] or query["idreq"] != ["2282"]:
            return self.page("secu_erreur")
        return self.remove(form) if "liste_scene" in path else self.insert(form["data"][0])

    def insert(self, data):
        scenes = [SCENE.fullmatch(one) for one in data.split("\n\r") if one]
        assert scenes
        if not all(scenes):
            return self.page("Error: line not understood")
        if any(float(one["dec"]) > 80 for one in scenes):
            return self.page("<b>Declination</b> above the limit of the mount")
        numbers = [1000300 + len(self.taken) + i for i in range(len(scenes))]
        self.taken |= {str(number): [scene, ""] for number, scene in zip(numbers, scenes, strict=True)}
        self.submissions += 1
        return self.page("".join(f"New Scene Inserted insert_id = {one}<br>" for one in numbers))

    def remove(self, form):
        assert form["remove"] == ["Remove Scenes"]
        self.cancelled.append(form["check[]"])
        return self.page(" ".join(f"Scene '{one}' removed" for one in form["check[]"] if one in self.taken))

    def file(self, path):
        lines = []
        for number, (scene, state) in self.taken.items():
            name = f"{number[0]}_{number[1:]}"
            entry = f"44{name}01 {scene['name']} 2026-11-20T20:00:00.000 2026-11-20T21:15:00.000"
            if path == "/tarot_calern/" and state == "observed":
                lines += [f'<a href="IM_{name}_{i}.fits">' for i in range(3)]
            if path == "/rejected1.txt" and state in CODES:
                lines.append(f"{entry} ({CODES[state]})")
            if path == "/sequenced1.txt" and state.startswith("planned"):
                lines.append(entry)
        return 200, "text/plain", "\n".join(lines)

    def page(self, text):
        return 200, "text/html", f"<html><body>{text}</body></html>"

    def advance(self, external_id, state):
        for one in self.taken.values():
            one[1] = state


SECRETS = {
    "username": USER,
    "password": PASSWORD,
    "proxy_token": PROXY,
    "browser_username": "proxy-user",
    "browser_password": BROWSER,
}
STATES = (
    ("", RemoteState.RECEIVED),
    ("past", RemoteState.DECLINED),
    ("later", RemoteState.RECEIVED),
    ("never", RemoteState.DECLINED),
    ("quota", RemoteState.DECLINED),
    ("planned", RemoteState.ACCEPTED),
    ("planned over", RemoteState.ACCEPTED),
    ("odd", RemoteState.DECLINED),
    ("observed", RemoteState.DONE),
)


def case(name, outgoing):
    return Case(
        TRANSPORTS["tarot"],
        Manager,
        lambda service: Line({"url": service.url, "station": "Tarot_Calern", "request_id": "2282"}, SECRETS),
        outgoing=outgoing,
        refused=lambda outgoing: make_outgoing(dec_deg=85.0),
        refusal="Declination above the limit of the mount",
        states=STATES,
        wrong_secret="password",
        name=name,
    )


CASES = (
    # Twenty exposures are four scenes.
    case("tarot", make_outgoing(exposures=(Exposure("sdssr", 120.0, 14), Exposure("ps1::open", 60.0, 6)))),
    case("tarot-pointings", make_outgoing(ra_deg=None, dec_deg=None, exposures=(), pointings=make_pointings())),
)
