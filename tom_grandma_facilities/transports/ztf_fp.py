"""Forced photometry of ZTF at IPAC (ZFPS): pages with tables, made for people and scripts alike.

Sources: Masci et al. 2023, arXiv:2305.16279, with IPAC's example ztf_ForcedPhotometryRequestExample.py (2022-06-02),
and github.com/skyportal/skyportal (`services/facility_queue`, exit codes and messages). A request is a GET of
`requestForcedPhotometry.cgi`; the answer is a page whose table repeats it. The service gives no number: a job is known
by its position and times, to 1e-5. `getForcedPhotometryRequests.cgi` lists jobs as a table of eleven columns (“Pending
jobs”; “All recent jobs”, of the last 30 days, renewed once an hour); the last column is the path of the light curve.

The service wants one's password in the address. It is kept out of all that is stored, but not out of the service's own
logs. Not known from public sources: what a refused request looks like (an answer without the table is taken as one, and
shown), and any way to withdraw.
"""

from __future__ import annotations

from urllib.parse import urlencode, urljoin

from tom_grandma_facilities.forced_photometry import JD_MINUS_MJD, ForcedPoint, read_ztf
from tom_grandma_facilities.transports.base import (
    Down,
    Line,
    Outgoing,
    Refused,
    Remote,
    RemoteState,
    Repeat,
    Sent,
    Setting,
)
from tom_grandma_facilities.transports.forced import DAYS_BACK, ForcedPhotometry, span_mjd
from tom_grandma_facilities.transports.guarded import Answer
from tom_grandma_facilities.transports.pages import tables, words
from tom_grandma_facilities.transports.web import basic, call

URL = "https://ztfweb.ipac.caltech.edu"
CLOSE = 1e-5  # degrees and days: the service rounds
BUSY = "database is busy"
NONE = "Zero records returned"
LISTS = ("Pending jobs", "All recent jobs")
COLUMNS = ("reqid", "ra", "dec", "startJD", "endJD", "created", "started", "ended", "exitcode")
_WHERE = ("ra", "dec", "jdstart", "jdend")
CODES = {
    63: "no image covers the position in this time",
    64: "a catastrophic error (see the service's log)",
    65: "the time lies before the survey began, 2018-03-17",
    255: "the service's database failed",
}

Row = dict[str, str]


class ZtfForced(ForcedPhotometry):
    """A light curve in ZTF g, r and i at the position of the target."""

    name = "ztf-fp"
    label = "ZTF forced photometry"
    about = "Asks IPAC for fluxes at the target's position in all difference images of the last weeks."
    settings = (
        Setting("email", "E-mail", required=True, help="As subscribed to the service."),
        Setting("userpass", "Password", required=True, secret=True, help="The one the service sent."),
        Setting(
            "http_user", "Name at the door", required=True, help="HTTP user name, the same for all; in the manual."
        ),
        Setting("http_password", "Password at the door", required=True, secret=True, help="HTTP password, likewise."),
        DAYS_BACK,
        Setting("url", "Address", help=f"Without it: {URL}"),
    )
    can_status = True
    nobody = "0.0 0.0 0.0 0.0"

    def repeat(self, line: Line) -> Repeat:
        """Jobs are listed by position and time."""
        return Repeat.FIND

    def submit_again(self, outgoing: Outgoing, line: Line) -> Sent:
        """Send it unless a job for the same position and time is listed.

        Raises
        ------
        Refused, Down
        """
        job = job_of(outgoing, line)
        if self.find(job, line) is None:
            return self.submit(outgoing, line)
        return Sent(job, reply="It had arrived the first time; it was not sent again.")

    def read(self, text: str) -> tuple[ForcedPoint, ...]:
        """Return the usable epochs of a light curve."""
        return read_ztf(text)

    def _submit(self, outgoing: Outgoing, line: Line) -> Sent:
        job = job_of(outgoing, line)
        query = dict(zip(_WHERE, job.split(), strict=True))
        answer = self._ask("requestForcedPhotometry.cgi", query, line, changes=True)
        if not any(_same(row[:4], job) for row in tables(answer.text)):
            raise Refused(f"ZTF did not take the request: {words(answer.text)}", answer.status, answer.text)
        return Sent(job, f"GET requestForcedPhotometry.cgi?{urlencode(query)}", answer.text, answer.status)

    def _status(self, external_id: str, line: Line) -> Remote:
        row = self._job(external_id, line)
        if row is None:
            return Remote(RemoteState.RECEIVED, "Not listed yet; the service renews its list once an hour.")
        if not row["ended"]:
            return Remote(RemoteState.OBSERVING if row["started"] else RemoteState.RECEIVED, f"Job {row['reqid']}.")
        code = int(row["exitcode"]) if row["exitcode"].isdecimal() else 0
        if code in CODES or not row["lightcurve"]:
            why = CODES.get(code, "it ended without a light curve")
            return Remote(RemoteState.FAILED, f"No photometry: {why}.")
        return Remote(RemoteState.DONE, "The light curve is ready.")

    def _find(self, key: str, line: Line) -> str | None:
        """`key` is a job as `job_of` names it: the service knows no other name."""
        if len(key.split()) != len(_WHERE):
            raise Refused("ZTF knows a request by its position and times only, not by our number.")
        return key if self._job(key, line) is not None else None

    def _results(self, external_id: str, line: Line) -> str:
        row = self._job(external_id, line)
        path = row["lightcurve"] if row else ""
        if not path:
            raise Refused("ZTF has no light curve for this job.")
        url = urljoin(f"{_base(line)}/", path)
        if not url.startswith(f"{_base(line)}/"):
            raise Refused(f"ZTF leads on to {url}, where the password is not sent.")
        return call("GET", url, headers=_door(line)).text

    def _job(self, job: str, line: Line) -> Row | None:
        """The newest job of this position and time, ended ones first."""
        found = []
        for option in LISTS:
            query = {"option": option, "action": "Query Database"}
            answer = self._ask("getForcedPhotometryRequests.cgi", query, line)
            if NONE in answer.text:
                continue
            cells = [row for row in tables(answer.text) if len(row) > len(COLUMNS) and _same(row[1:5], job)]
            found += [{**dict(zip(COLUMNS, row, strict=False)), "lightcurve": row[-1]} for row in cells]
        return max(found, key=lambda row: (bool(row["ended"]), row["reqid"]), default=None)

    def _ask(self, script: str, query: dict[str, str], line: Line, *, changes: bool = False) -> Answer:
        """Here a GET may ask for work, whatever HTTP says of it."""
        asked = urlencode(query | {"email": line.get("email"), "userpass": line.get("userpass")})
        answer = call("GET", f"{_base(line)}/cgi-bin/{script}?{asked}", headers=_door(line), changes=changes)
        if BUSY in answer.text:
            raise Down(
                "ZTF's database is busy; it asks to try again a minute later.", False, answer.status, answer.text
            )
        return answer


def job_of(outgoing: Outgoing, line: Line) -> str:
    """Return what a job is known by: right ascension, declination, first and last JD."""
    (ra_deg, dec_deg), (first, last) = outgoing.position, span_mjd(outgoing, line)
    return f"{ra_deg:.6f} {dec_deg:.6f} {first + JD_MINUS_MJD:.5f} {last + JD_MINUS_MJD:.5f}"


def _same(cells: list[str], job: str) -> bool:
    try:
        return all(abs(float(one) - float(other)) <= CLOSE for one, other in zip(cells, job.split(), strict=True))
    except ValueError:
        return False


def _door(line: Line) -> dict[str, str]:
    return basic(line.get("http_user"), line.get("http_password"))


def _base(line: Line) -> str:
    return line.get("url", URL).rstrip("/")


TRANSPORTS = (ZtfForced(),)
