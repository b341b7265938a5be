"""The Liverpool Telescope: RTML documents over SOAP to its node agent.

What is known: RTML at the telescope (telescope.livjm.ac.uk/PropInst/RTML), SkyPortal's client (skyportal/skyportal,
skyportal/facility_apis/lt.py, BSD-3-Clause), the ltrtml module, and the source of the node agent itself (the eSTAR
node_agent2: `handle_rtml` takes one document as text; user name and password travel as HTTP headers and must be those
of the document's contact; documents ask for a score, a request or an abort). The answer is a document of mode "confirm"
with the uid, or one with an `Error`.

Not known: what happens to a second document with the same uid (it is not relied on, so a person must look after a lost
answer), and any way to ask for the state: the node agent handles none. IO:O is asked, one schedule per filter.
"""

from __future__ import annotations

from typing import Any

from lxml import etree

from tom_grandma_facilities.transports.base import Down, Exposure, Line, Outgoing, Refused, Sent, Setting, Transport
from tom_grandma_facilities.transports.guarded import Answer
from tom_grandma_facilities.transports.message import sexagesimal
from tom_grandma_facilities.transports.pairs import read_pairs, translate
from tom_grandma_facilities.transports.web import call

RTML = "http://www.rtml.org/v3.1a"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_SCHEMA = f"{RTML} http://telescope.livjm.ac.uk/rtml/RTML-nightly.xsd"
_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_AGENT = "http://node_agent2.estar.org/"
FILTERS = ("U", "G", "R", "I", "Z")
_USUAL = {f"sdss{one}": one.upper() for one in "ugriz"} | {one: one.upper() for one in "ugriz"}
# What the agent says when the telescope behind it is not connected (node_agent2, handleRTMLDocument).
_NOT_CONNECTED = "not sending rtml onwards"


class Liverpool(Transport):
    """The node agent of the Liverpool Telescope."""

    name = "liverpool"
    label = "Liverpool Telescope (IO:O)"
    about = "RTML to the node agent; the telescope's queue plans it, and no state is told."
    settings = (
        Setting("url", "Address of the node agent", required=True, help="Up to /node_agent2/node_agent."),
        Setting("proposal", "Proposal", required=True, help="Such as PL26A01."),
        Setting("seeing_max", "Worst seeing, arcsec", help="Empty: 2."),
        Setting("sky_brightness", "Sky brightness, dark + magnitudes", help="Empty: 2."),
        Setting("filters", "Filter names", help="ours=theirs, separated by commas, where they differ."),
        Setting("username", "User name", required=True, secret=True),
        Setting("password", "Password", required=True, secret=True),
    )
    can_cancel = True

    def _submit(self, outgoing: Outgoing, line: Line) -> Sent:
        document = _document("request", f"icare-{outgoing.key}", line)
        schedules = [_schedule(outgoing, one, line) for one in outgoing.exposures]
        if not schedules:
            raise Refused("The Liverpool Telescope needs at least one exposure.")
        document.extend(schedules)
        return self._send(document, line)

    def _cancel(self, external_id: str, line: Line, outgoing: Outgoing | None) -> Sent:
        return self._send(_document("abort", external_id, line), line)

    def _send(self, document: Any, line: Line) -> Sent:
        text = etree.tostring(document, encoding="unicode", pretty_print=True)
        headers = {
            "Username": line.get("username"),
            "Password": line.get("password"),
            "Content-Type": "text/xml; charset=utf-8",
            "SOAPAction": '""',
        }
        # The agent tells wrong passwords as a fault, which SOAP 1.1 sends with status 500.
        answer = call("POST", line.get("url"), body=_envelope(text), headers=headers, accept=(500,))
        reply = _reply(answer)
        mode, error = reply.get("mode"), " ".join(reply.xpath("string(//*[local-name()='Error'])").split())
        if mode == "confirm" and reply.get("uid"):
            return Sent(str(reply.get("uid")), text, answer.text, answer.status)
        if _NOT_CONNECTED in error:
            raise Down(f"The Liverpool Telescope is not connected: {error}", False, answer.status, answer.text)
        raise Refused(f"The Liverpool Telescope refuses: {error or f'mode {mode}'}", answer.status, answer.text)


def _envelope(text: str) -> bytes:
    envelope = etree.Element(f"{{{_SOAP}}}Envelope", nsmap={"soap": _SOAP, "agent": _AGENT})
    body = etree.SubElement(envelope, f"{{{_SOAP}}}Body")
    asked = etree.SubElement(body, f"{{{_AGENT}}}handle_rtml")
    etree.SubElement(asked, "arg0").text = text
    return bytes(etree.tostring(envelope, xml_declaration=True, encoding="utf-8"))


def _reply(answer: Answer) -> Any:
    """The RTML document in a SOAP answer."""
    soap = _parsed(answer.body, answer)
    fault = soap.xpath("string(//*[local-name()='Fault']/faultstring)")
    if fault:
        # The agent's words for a wrong user name and password; anything else in a fault is its own trouble.
        if "password" in fault.lower() or "username" in fault.lower():
            raise Refused(
                "The Liverpool Telescope does not accept the channel's user name and password.", answer.status
            )
        raise Down(f"The Liverpool Telescope's agent failed: {fault}", True, answer.status, answer.text)
    text = soap.xpath("string(//*[local-name()='handle_rtmlResponse']/*[local-name()='return'])")
    if not text:
        raise _not_the_agent(answer)
    # A document in a string says an encoding of its own, which is not that of the string.
    return _parsed(text.replace('encoding="ISO-8859-1"', "").encode(), answer)


def _parsed(data: bytes, answer: Answer) -> Any:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        return etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise _not_the_agent(answer) from error


def _not_the_agent(answer: Answer) -> Down:
    words = " ".join(answer.text.split())[:200]
    return Down(
        f"The Liverpool Telescope's agent answered without a document: {words}", True, answer.status, answer.text
    )


def _document(mode: str, uid: str, line: Line) -> Any:
    document = etree.Element(f"{{{RTML}}}RTML", {f"{{{_XSI}}}schemaLocation": _SCHEMA}, nsmap={None: RTML, "xsi": _XSI})
    for name, value in (("mode", mode), ("uid", uid), ("version", "3.1a")):
        document.set(name, value)
    project = _add(document, "Project", ProjectID=line.get("proposal"))
    contact = _add(project, "Contact")
    _add(contact, "Username", line.get("username"))
    _add(contact, "Name", line.get("username"))
    if mode == "abort":
        _add(contact, "Communication")
    return document


def _schedule(outgoing: Outgoing, exposure: Exposure, line: Line) -> Any:
    schedule = etree.Element(f"{{{RTML}}}Schedule")
    device = _add(schedule, "Device", name="IO:O", type="camera")
    _add(device, "SpectralRegion", "optical")
    setup = _add(device, "Setup")
    _add(setup, "Filter", type=_filter(exposure, line))
    binning = _add(_add(setup, "Detector"), "Binning")
    _add(binning, "X", "2", units="pixels")
    _add(binning, "Y", "2", units="pixels")
    taken = _add(schedule, "Exposure", count=str(exposure.count))
    _add(taken, "Value", f"{exposure.exposure_s:g}", units="seconds")
    _add_target(schedule, outgoing)
    _add_constraints(schedule, outgoing, line)
    return schedule


def _add_target(schedule: Any, outgoing: Outgoing) -> None:
    ra_deg, dec_deg = outgoing.position
    _, hours, minutes, seconds = sexagesimal(ra_deg, hours=True)
    sign, degrees, arcminutes, arcseconds = sexagesimal(dec_deg, places=1)
    coordinates = _add(_add(schedule, "Target", name=outgoing.target_name), "Coordinates")
    ra = _add(coordinates, "RightAscension")
    for name, value in (("Hours", f"{hours}"), ("Minutes", f"{minutes}"), ("Seconds", f"{seconds:.2f}")):
        _add(ra, name, value)
    dec = _add(coordinates, "Declination")
    parts = (("Degrees", f"{sign}{degrees}"), ("Arcminutes", f"{arcminutes}"), ("Arcseconds", f"{arcseconds:.1f}"))
    for name, value in parts:
        _add(dec, name, value)
    _add(coordinates, "Equinox", "J2000")


def _add_constraints(schedule: Any, outgoing: Outgoing, line: Line) -> None:
    _add(schedule, "AirmassConstraint", maximum=f"{outgoing.constraints.get('airmass_max', 2.0):g}")
    sky = _add(schedule, "SkyConstraint")
    _add(sky, "Flux", line.get("sky_brightness", "2"))
    _add(sky, "Units", "magnitudes/square-arcsecond")
    _add(schedule, "SeeingConstraint", maximum=line.get("seeing_max", "2"), units="arcseconds")
    _add(_add(schedule, "ExtinctionConstraint"), "Clouds", "light")
    when = _add(schedule, "DateTimeConstraint", type="include")
    for name, moment in (("DateTimeStart", outgoing.window_start), ("DateTimeEnd", outgoing.window_end)):
        _add(when, name, system="UT", value=f"{moment:%Y-%m-%dT%H:%M:%S}+00:00")


def _add(parent: Any, tag: str, text: str | None = None, **attributes: str) -> Any:
    child = etree.SubElement(parent, f"{{{RTML}}}{tag}", dict(attributes))
    child.text = text
    return child


def _filter(exposure: Exposure, line: Line) -> str:
    theirs = translate(exposure.filter, read_pairs(line.get("filters"), "filter names"), _USUAL)
    if theirs not in FILTERS:
        raise Refused(f"IO:O has no filter {exposure.filter!r}; it has {', '.join(FILTERS)}.")
    return theirs


TRANSPORTS = (Liverpool(),)
