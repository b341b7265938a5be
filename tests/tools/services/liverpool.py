"""The node agent of the Liverpool Telescope, after its public source: SOAP around RTML."""

from lxml import etree

from tests.tools.services.base import Case, HttpService, make_outgoing
from tom_grandma_facilities.transports.base import Line
from tom_grandma_facilities.transports.registry import TRANSPORTS

USER, PASSWORD = "grandma_lt", "rtml-pass-99"
RTML = "{http://www.rtml.org/v3.1a}"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"


class NodeAgent(HttpService):
    """Checks the headers, the contact and the proposal, and keeps documents by uid."""

    def __init__(self):
        super().__init__()
        self.submissions = 0

    def count(self):
        return self.submissions

    def answer(self, method, path, headers, body):
        if method != "POST" or path != "/node_agent2/node_agent":
            return 404, "text/html", "<h1>Apache Tomcat</h1>"
        if headers.get("Username") != USER:
            return self.soap_fault("checkUsernamePassword:Failed to find password for username in persistent store.")
        if headers.get("Password") != PASSWORD:
            return self.soap_fault(f"checkUsernamePassword:Incorrect Password for User:{USER}")
        asked = etree.fromstring(body).find(".//{http://node_agent2.estar.org/}handle_rtml/arg0")
        document = etree.fromstring(asked.text.encode())
        assert document.get("version") == "3.1a"
        if document.find(f".//{RTML}Username").text != USER:
            return self.reply("reject", "", "Usernames do not match")
        if document.find(f"{RTML}Project").get("ProjectID") != "PL26A01":
            return self.reply("reject", "", "Proposal not found")
        return self.abort(document) if document.get("mode") == "abort" else self.request(document)

    def request(self, document):
        assert document.get("mode") == "request"
        for schedule in document.iter(f"{RTML}Schedule"):
            assert schedule.find(f"{RTML}Device").get("name") == "IO:O"
            assert schedule.find(f".//{RTML}Filter").get("type") in ("U", "G", "R", "I", "Z")
            if int(schedule.find(f".//{RTML}Degrees").text) < -40:
                return self.reply("reject", "", "Target never rises at La Palma")
        self.submissions += 1
        self.taken[document.get("uid")] = document
        return self.reply("confirm", document.get("uid"))

    def abort(self, document):
        uid = document.get("uid")
        if uid not in self.taken:
            return self.reply("reject", uid, "No such group")
        self.cancelled.append(uid)
        return self.reply("confirm", uid)

    def reply(self, mode, uid, error=""):
        words = f"<Error>{error}</Error>" if error else ""
        head = '<?xml version="1.0" encoding="ISO-8859-1"?>'
        text = f'{head}<RTML xmlns="{RTML[1:-1]}" mode="{mode}" uid="{uid}" version="3.1a">{words}</RTML>'
        envelope = etree.Element(f"{{{SOAP}}}Envelope")
        inner = etree.SubElement(
            etree.SubElement(envelope, f"{{{SOAP}}}Body"), "{http://node_agent2.estar.org/}handle_rtmlResponse"
        )
        etree.SubElement(inner, "return").text = text
        return 200, "text/xml", etree.tostring(envelope, encoding="unicode")

    def soap_fault(self, words):
        inner = f"<f:Fault xmlns:f='{SOAP}'><faultcode>S:Server</faultcode><faultstring>{words}</faultstring></f:Fault>"
        return 500, "text/xml", f"<S:Envelope xmlns:S='{SOAP}'><S:Body>{inner}</S:Body></S:Envelope>"


CASES = (
    Case(
        TRANSPORTS["liverpool"],
        NodeAgent,
        lambda service: Line(
            {"url": f"{service.url}/node_agent2/node_agent", "proposal": "PL26A01"},
            {"username": USER, "password": PASSWORD},
        ),
        refused=lambda outgoing: make_outgoing(dec_deg=-70.0),
        refusal="Target never rises at La Palma",
        wrong_secret="password",
    ),
)
