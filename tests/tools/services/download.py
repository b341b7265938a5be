"""The bell of a telescope whose computer fetches its requests by itself."""

import json

from tests.tools.services.base import Case, HttpService, make_outgoing
from tom_grandma_facilities.transports.base import Line
from tom_grandma_facilities.transports.registry import TRANSPORTS

TOKEN = "ring-ring-ring"


class Bell(HttpService):
    """Takes notice of addresses of its own site's requests."""

    def answer(self, method, path, headers, body):
        if headers.get("Authorization") != f"Bearer {TOKEN}":
            return 401, "text/plain", "Who rings?"
        said = json.loads(body)
        if said["is_cancelled"]:
            self.cancelled.append(said["key"])
            return 200, "text/plain", "forgotten"
        if not said["download_url"].startswith("https://icare.example.org/"):
            return 400, "text/plain", "We fetch from icare.example.org only."
        self.taken[said["key"]] = said
        return 200, "text/plain", "noted"


CASES = (
    Case(
        TRANSPORTS["download"],
        Bell,
        lambda service: Line({"bell": f"{service.url}/bell"}, {"token": TOKEN}),
        refused=lambda outgoing: make_outgoing(download_url="https://elsewhere.example.org/x"),
        refusal="We fetch from icare.example.org only.",
        wrong_secret="token",
        not_asked={
            "does_not_take_another_page_for_the_service": "A bell says nothing of itself; the file waits all the same."
        },
    ),
)
