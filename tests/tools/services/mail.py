"""A mail server that knows one list of people and takes short letters."""

import asyncio
import email
import email.policy
from contextlib import suppress

from aiosmtpd.controller import Controller

from tests.tools.services.base import Case, Service, make_outgoing
from tom_grandma_facilities.transports.base import Line
from tom_grandma_facilities.transports.registry import TRANSPORTS

TEAM = "observers@telescope.example.org"
LARGEST = 4000


class AnyPort(Controller):
    """Listens at a port that is free, and remembers which."""

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


NOT_ASKED = {
    "does_not_take_another_page_for_the_service": "A mail server is the site's own; no page answers for it.",
    "keeps_to_public_addresses": "The mail server is the site's own and mostly at a private address.",
}


class MailServer(Service):
    """Speaks SMTP on loopback; letters by their Message-ID."""

    def __init__(self):
        super().__init__()
        self.letters = []
        self.controller = AnyPort(self, hostname="127.0.0.1", port=0, ready_timeout=10)
        self.controller.start()
        self.settings = {
            "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": self.controller.port,
            "EMAIL_USE_TLS": False,
            "DEFAULT_FROM_EMAIL": "icare@icare.example.org",
        }

    async def handle_RCPT(self, server, session, envelope, address, options):
        self.log.append(address)
        if address != TEAM:
            return "550 5.1.1 No such user here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        fault, self.fault = self.fault, ""
        if fault == "error":
            return "451 4.3.0 Our disk is being moved"
        if fault == "hang":
            await self.wait()
            return "451 4.3.0 Too late"
        if len(envelope.content) > LARGEST:
            return "552 5.3.4 Letters over 4000 bytes are not taken"
        self.keep(email.message_from_bytes(envelope.content, policy=email.policy.default))
        if fault == "lost":
            await self.wait()
        return "250 OK"

    def keep(self, letter):
        self.letters.append(letter)
        if letter["Subject"].startswith("Cancelled:"):
            self.cancelled.append(letter["In-Reply-To"])
        else:
            self.taken[len(self.letters)] = letter

    async def wait(self):
        while not self.over.is_set():
            await asyncio.sleep(0.02)

    def close(self):
        super().close()
        with suppress(AssertionError):  # stopped already
            self.controller.stop()


CASES = (
    Case(
        TRANSPORTS["email"],
        MailServer,
        lambda service: Line({"to": TEAM}),
        refused=lambda outgoing: make_outgoing(note="Long. " * LARGEST),
        refusal="Letters over 4000 bytes are not taken",
        not_asked=NOT_ASKED,
    ),
    Case(
        TRANSPORTS["email"],
        MailServer,
        lambda service: Line({"to": TEAM}),
        refused_line=lambda line: Line({"to": "nobody@telescope.example.org"}),
        refusal="No such user here",
        not_asked=NOT_ASKED,
        name="email-unknown-address",
    ),
)
