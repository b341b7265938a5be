"""TAROT: the telescopes at Calern, La Silla (Chile) and Les Makes (Reunion), asked through their manager.

What is known comes from SkyPortal's client (skyportal/skyportal, skyportal/facility_apis/tarot.py, BSD-3-Clause), which
speaks to the manager's web pages, usually through a proxy with credentials of its own:

* `manage/manage/login.php` answers a form with a page that holds `hashuser=` and 20 characters: the session;
* `manage/manage/depot/depot-defaultshort.res.php` takes lines of scenes, each with a name, a position, a time and six
  pairs of exposure and filter, into an existing request (`idreq`), and says "New Scene Inserted" and `insert_id = n`;
* `rejected<n>.txt` and `sequenced<n>.txt` say what the scheduler of station n made of a scene, with a code in brackets;
  the folder of the station (`tarot_calern/`) lists the images, named after the scene;
* `manage/manage/liste_scene.php` removes scenes and says "Scene 'n' removed".

Not known: what the two numbers between time and exposures in a scene mean (sent as SkyPortal sends them), how the page
that lists scenes looks (so a scene whose answer was lost cannot be looked for, and a person must look), and other codes
than those in `CODES`. The scheduler places a scene near its time; it is given the beginning of the window.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from tom_grandma_facilities.transports.base import (
    Down,
    Exposure,
    Line,
    Outgoing,
    Refused,
    Remote,
    RemoteState,
    Sent,
    Setting,
    Transport,
)
from tom_grandma_facilities.transports.guarded import Answer
from tom_grandma_facilities.transports.pairs import read_pairs, translate
from tom_grandma_facilities.transports.web import call


@dataclass(frozen=True)
class Station:
    """A telescope: its number in the scheduler's files, how long its database lags, s, and its filters."""

    number: int
    lag_s: float
    filters: tuple[str, ...]


STATIONS = {
    "Tarot_Calern": Station(1, 20.0, ("NoFilter", "g", "r", "i")),
    "Tarot_Chili": Station(2, 250.0, ("NoFilter", "g", "r", "i")),
    "Tarot_Reunion": Station(8, 28.0, ("NoFilter",)),
}
FILTER_NUMBERS = {"NoFilter": 0, "g": 13, "r": 14, "i": 15}
CODES = {
    1: (RemoteState.DECLINED, "Its date is before the coming night."),
    2: (RemoteState.RECEIVED, "It is planned for a later night."),
    3: (RemoteState.DECLINED, "It is never visible in its time."),
    4: (RemoteState.DECLINED, "The quota is used up."),
    5: (RemoteState.ACCEPTED, "It is planned."),
    6: (RemoteState.ACCEPTED, "It is planned, over the quota."),
}
_USUAL = {"": "NoFilter", "no filter": "NoFilter", "ps1::open": "NoFilter", "sdssg": "g", "sdssr": "r", "sdssi": "i"}
_SLOTS = 6
_READOUT_S = 45.0
_HIGHEST, _STEP = 5, 2
_SCENES = "manage/manage/liste_scene.php"
_DEPOT = "manage/manage/depot/depot-defaultshort.res.php"


class Tarot(Transport):
    """The manager of the TAROT telescopes."""

    name = "tarot"
    label = "TAROT"
    about = "Scenes in TAROT's manager: up to six exposures each, planned by the telescope's own scheduler."
    settings = (
        Setting("url", "Address of the manager", required=True, help="Of the manager or of the proxy before it."),
        Setting("station", "Station", required=True, choices=tuple(STATIONS)),
        Setting("request_id", "Number of the request", required=True, help="Scenes are added to this one (idreq)."),
        Setting("filters", "Filter names", help="ours=theirs, separated by commas, where they differ."),
        Setting("username", "User name", required=True, secret=True),
        Setting("password", "Password", required=True, secret=True),
        Setting("proxy_token", "Token of the proxy", secret=True),
        Setting("browser_username", "User name at the proxy", secret=True),
        Setting("browser_password", "Password at the proxy", secret=True),
    )
    can_cancel = can_status = True
    takes_pointings = True

    def _submit(self, outgoing: Outgoing, line: Line) -> Sent:
        data = "\n\r".join(_scenes(outgoing, line)) + "\n\r"
        session = self._sign_in(line)
        form = {
            "type": "defaultshort",
            "mod": "new",
            "idreq": line.get("request_id"),
            "idscene": "0",
            "hashuser": session,
            "check[type]": "IM",
            "data": data,
            "Submit": "Ok for quick depot",
        }
        answer = self._call("POST", _page(_DEPOT, session, line), line, form=form)
        if "New Scene Inserted" not in answer.text:
            raise _not_inserted(answer)
        scenes = re.findall(r"insert_id\s*=\s*(\d+)", answer.text)
        if not scenes:
            raise Down("TAROT inserted the scenes and did not number them.", True, answer.status)
        return Sent(_packed(scenes), data, answer.text.replace(session, "[session]"), answer.status)

    def _status(self, external_id: str, line: Line) -> Remote:
        scenes = [_as_in_files(one) for one in _unpacked(external_id)]
        name = line.get("station")
        number = STATIONS[name].number
        images = self._call("GET", f"{name.lower()}/", line).text
        taken = sum(images.count(one) for one in scenes)
        if taken:
            return Remote(RemoteState.DONE, f"{taken} images of {len(scenes)} scenes")
        # All scenes of a request share its fate; the first speaks for them.
        state, words = _verdict(scenes[0], self._call("GET", f"rejected{number}.txt", line).text)
        if state is RemoteState.ACCEPTED:
            words += _planned_for(scenes[0], self._call("GET", f"sequenced{number}.txt", line).text)
        return Remote(state, words)

    def _cancel(self, external_id: str, line: Line, outgoing: Outgoing | None) -> Sent:
        session = self._sign_in(line)
        scenes = _unpacked(external_id)
        form = {"check[]": scenes, "remove": "Remove Scenes"}
        answer = self._call("POST", _page(_SCENES, session, line), line, form=form)
        left = [one for one in scenes if f"Scene '{one}' removed" not in answer.text]
        if left:
            raise Refused(f"TAROT did not remove scene {', '.join(left)}.", answer.status, answer.text)
        return Sent(
            external_id, f"remove {', '.join(scenes)}", answer.text.replace(session, "[session]"), answer.status
        )

    def _sign_in(self, line: Line) -> str:
        form = {"login": line.get("username"), "pass": line.get("password"), "Submit": "Entry"}
        answer = self._call("POST", "manage/manage/login.php", line, form=form, changes=False)
        found = re.search(r"hashuser=([0-9A-Za-z]{20})", answer.text)
        if found is None:
            raise Refused("TAROT does not accept the channel's user name and password.", answer.status)
        return found[1]

    def _call(
        self,
        method: str,
        path: str,
        line: Line,
        form: Mapping[str, str | Sequence[str]] | None = None,
        changes: bool | None = None,
    ) -> Answer:
        names = {"browser_username": "X-Browser-Username", "browser_password": "X-Browser-Password"}
        headers = {header: line.get(name) for name, header in names.items() if line.get(name)}
        if line.get("proxy_token"):
            headers["Authorization"] = f"token {line.get('proxy_token')}"
        url = f"{line.get('url').rstrip('/')}/{path}"
        return call(method, url, form=form, headers=headers, changes=changes)


def _page(path: str, session: str, line: Line) -> str:
    return f"{path}?hashuser={session}&idreq={line.get('request_id')}"


def _not_inserted(answer: Answer) -> Exception:
    if "secu_erreur" in answer.text:
        return Down("TAROT ended the session before the scene was inserted.", status_code=answer.status)
    words = " ".join(re.sub(r"<[^>]*>", " ", answer.text).split())[:300]
    return Refused(f"TAROT did not insert the scene: {words or 'no reason given'}", answer.status, answer.text)


def _scenes(outgoing: Outgoing, line: Line) -> Iterator[str]:
    """One line per scene: six exposures of a position at most."""
    own = read_pairs(line.get("filters"), "filter names")
    for name, ra_deg, dec_deg, start, exposures in _positions(outgoing):
        shots = [f"{one.exposure_s:g} {_filter_number(one, own, line)}" for one in exposures for _ in range(one.count)]
        if not shots:
            raise Refused("TAROT needs at least one exposure.")
        at = max(start, timezone.now() + timedelta(seconds=STATIONS[line.get("station")].lag_s))
        for i in range(0, len(shots), _SLOTS):
            now = shots[i : i + _SLOTS]
            slots = " ".join(now + ["0 0"] * (_SLOTS - len(now)))
            priority = _HIGHEST - _STEP * (outgoing.priority - 1)
            where = f'"{name}" {ra_deg:.6f} {dec_deg:.6f} {at:%Y-%m-%dT%H:%M:%S}.000'
            yield f"{where} 0.004180983 0.00 {slots} {priority} {line.get('station')}"
            at += timedelta(seconds=sum(_READOUT_S + float(one.split()[0]) for one in now))


def _positions(outgoing: Outgoing) -> Iterator[tuple[str, float, float, datetime, tuple[Exposure, ...]]]:
    # The name stands between quotes in a line of its own.
    name = re.sub(r"[^\w .+-]", "_", outgoing.target_name)
    if not outgoing.pointings:
        yield name, *outgoing.position, outgoing.window_start, outgoing.exposures
    for one in outgoing.pointings:
        exposure = Exposure(one.filter, one.exposure_s, one.count)
        yield f"{name}_{one.order}", one.ra_deg, one.dec_deg, one.start or outgoing.window_start, (exposure,)


def _filter_number(exposure: Exposure, own: dict[str, str], line: Line) -> int:
    theirs = translate(exposure.filter, own, _USUAL)
    station = line.get("station")
    if theirs not in STATIONS[station].filters:
        raise Refused(f"{station} has no filter {exposure.filter!r}; it has {', '.join(STATIONS[station].filters)}.")
    return FILTER_NUMBERS[theirs]


def _as_in_files(scene: str) -> str:
    """The scheduler's files write a scene's first digit, an underscore, and the rest."""
    return f"{scene[0]}_{scene[1:]}"


def _verdict(scene: str, rejected: str) -> tuple[RemoteState, str]:
    found = re.search(rf"\b\d*{re.escape(scene)}\d*\b[^\n]*?\((\d+)\)", rejected)
    if found is None:
        return RemoteState.RECEIVED, "The scheduler has not looked at it yet."
    return CODES.get(int(found[1]), (RemoteState.DECLINED, f"It was not planned (code {found[1]})."))


def _planned_for(scene: str, sequenced: str) -> str:
    entry = next((one for one in sequenced.splitlines() if scene in one), "")
    moments = re.findall(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}", entry)
    # The second time of an entry is the one at which it begins in truth.
    return f" It begins {moments[1].replace('T', ' ')} UTC." if len(moments) > 1 else ""


def _packed(scenes: list[str]) -> str:
    """Numbers of scenes in one short word: runs as first-last."""
    runs: list[list[int]] = []
    for number in map(int, scenes):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


def _unpacked(word: str) -> list[str]:
    ends = [part.partition("-") for part in word.split(",")]
    return [str(one) for first, _, last in ends for one in range(int(first), int(last or first) + 1)]


TRANSPORTS = (Tarot(),)
