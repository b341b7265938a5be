"""Gemini's targets of opportunity: one call to the observing database clones a template observation for a new target.

Sources: "Gemini URL-based Submission of ToO Triggers" (Miller & Walker, 2019-09-12), the protocol's README and servlet
in Gemini's ocs repository (bundle edu.gemini.oodb.too.url: 200 with the new observation's id as text, 400 with the
name of a bad parameter, 403 for an inactive programme, 404, 503 when the database is away), and TOM Toolkit's
`tom_observations.facilities.gemini`, which sends the same parameters. Three things differ from TOM on purpose: the
certificate is checked, the password travels in the body and not in the address, and there is a time limit.

Not known from public sources, and so not offered: any way to ask for the state of a triggered observation, to take it
back, or to recognise a repetition. When a connection breaks after the trigger was sent, a person must look.
"""

from __future__ import annotations

from math import ceil

from tom_grandma_facilities.transports.base import Down, Line, Outgoing, Refused, Sent, Setting, Transport
from tom_grandma_facilities.transports.guarded import Answer
from tom_grandma_facilities.transports.message import sexagesimal
from tom_grandma_facilities.transports.pages import words
from tom_grandma_facilities.transports.pairs import read_pairs
from tom_grandma_facilities.transports.web import call

PORTALS = {"GN": "https://gnodb.gemini.edu:8443", "GS": "https://gsodb.gemini.edu:8443"}
LONGEST_EXPOSURE_S = 1200
AIRMASS_MAX = 2.5  # as TOM's client has it


class Gemini(Transport):
    """A trigger of a template that waits On Hold in one's programme."""

    name = "gemini"
    label = "Gemini target of opportunity"
    about = "Clones a template observation of your programme for the target and sets it Ready."
    settings = (
        Setting(
            "program", "Programme", required=True, help="Such as GS-2026A-T-102; it says which telescope is asked."
        ),
        Setting("email", "User key", required=True, help="The e-mail address the key belongs to."),
        Setting("password", "Password of the key", required=True, secret=True, help="Each site has its own."),
        Setting(
            "templates",
            "Templates",
            required=True,
            help="Number of the template per filter, such as sdssr=12, sdssi=13; a single number serves every filter.",
        ),
        Setting("url", "Address", help="Without it, that of the programme's site."),
        Setting("ready", "Trigger at once", choices=("yes", "no"), help="no leaves the observation On Hold."),
        Setting("posangle", "Position angle [deg]", help="East of north; 0 without it."),
        Setting("group", "Group", help="Group of the programme that gets the observation."),
    )

    def _submit(self, outgoing: Outgoing, line: Line) -> Sent:
        form = self.form(outgoing, line)
        try:
            answer = call("POST", f"{_portal(line)}/too", form=form, says=_said)
        except Down as down:
            # The servlet says so before it has changed anything.
            untouched = down.status_code == 503 and "Database unavailable" in down.reply
            raise Down(down.reason, down.maybe_sent and not untouched, down.status_code, down.reply) from None
        observation = answer.text.strip()
        if not observation.startswith(line.get("program")):
            raise Down(f"Gemini answered {observation[:200]!r} and no observation.", True, answer.status, observation)
        shown = "&".join(f"{name}={value}" for name, value in form.items())
        return Sent(observation, f"POST {_portal(line)}/too {shown}", answer.text, answer.status)

    def form(self, outgoing: Outgoing, line: Line) -> dict[str, str]:
        """Return the parameters of the trigger.

        Raises
        ------
        Refused
            When the request does not fit one template.
        """
        if not outgoing.exposures:
            raise Refused("The request has no exposures. Add a filter, an exposure time and a number.")
        seconds = {round(one.exposure_s) for one in outgoing.exposures}
        if len(seconds) > 1 or not 1 <= min(seconds) <= LONGEST_EXPOSURE_S:
            raise Refused(f"A template takes one exposure time of 1 to {LONGEST_EXPOSURE_S} s. Ask once per time.")
        hours = max(1, ceil((outgoing.window_end - outgoing.window_start).total_seconds() / 3600))
        ra_deg, dec_deg = outgoing.position
        return {
            "prog": line.get("program"),
            "email": line.get("email"),
            "password": line.get("password"),
            "obsnum": _template(outgoing, line),
            "target": outgoing.target_name,
            "ra": _hours(ra_deg),
            "dec": _degrees(dec_deg),
            "posangle": line.get("posangle", "0"),
            "exptime": str(min(seconds)),
            "noteTitle": f"Request {outgoing.key}",
            "note": outgoing.note or f"Asked by {outgoing.requester or 'GRANDMA'}",
            "ready": "false" if line.get("ready") == "no" else "true",
            "windowDate": f"{outgoing.window_start:%Y-%m-%d}",
            "windowTime": f"{outgoing.window_start:%H:%M}",
            "windowDuration": str(hours),
            "elevationType": "airmass",
            "elevationMin": "1.0",
            "elevationMax": f"{min(outgoing.constraints.get('airmass_max', 2.0), AIRMASS_MAX):g}",
        } | ({"group": line.get("group")} if line.get("group") else {})


def _said(answer: Answer) -> str:
    return words(answer.text)


def _portal(line: Line) -> str:
    site = line.get("program")[:2].upper()
    if not line.get("url") and site not in PORTALS:
        raise Refused(f"The channel's Programme is {line.get('program')!r}; it must begin with GN or GS.")
    return line.get("url", PORTALS.get(site, "")).rstrip("/")


def _template(outgoing: Outgoing, line: Line) -> str:
    """The one template that serves all filters of the request."""
    told = line.get("templates")
    if told.isdecimal():
        return told
    templates = read_pairs(told, "Templates")
    filters = [one.filter for one in outgoing.exposures]
    missing = [name for name in filters if name not in templates]
    if missing:
        raise Refused(f"There is no Gemini template for {', '.join(missing)}; there are {', '.join(templates)}.")
    numbers = {templates[name] for name in filters}
    if len(numbers) > 1:
        raise Refused(f"{', '.join(filters)} belong to different Gemini templates. Ask once per template.")
    return numbers.pop()


def _hours(ra_deg: float) -> str:
    _, hours, minutes, seconds = sexagesimal(ra_deg, hours=True)
    return f"{hours:02d}:{minutes:02d}:{seconds:05.2f}"


def _degrees(dec_deg: float) -> str:
    sign, degrees, minutes, seconds = sexagesimal(dec_deg, places=3)
    return f"{sign}{degrees:02d}:{minutes:02d}:{seconds:06.3f}"


TRANSPORTS = (Gemini(),)
