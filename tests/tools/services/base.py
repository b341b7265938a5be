"""Services that stand in for telescopes: real servers on loopback, strict as the true ones, failing when they are told.

A module beside this one declares its service and `CASES`, one for each transport it serves. The contract suite
(tests/tom_grandma_facilities/transports/test_contract.py) puts every case through the same questions.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tom_grandma_facilities.transports.base import Exposure, Line, Outgoing, Pointing, RemoteState, Transport

TONIGHT = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)


def make_outgoing(**changes: Any) -> Outgoing:
    """A request for one target, as an advocate would ask for it."""
    given = Outgoing(
        key="41-1",
        telescope="TAROT-TCA",
        target_name="AT 2026abc",
        ra_deg=150.25,
        dec_deg=-20.5,
        exposures=(Exposure("r", 120.0, 3),),
        window_start=TONIGHT,
        window_end=TONIGHT + timedelta(hours=6),
        constraints={"airmass_max": 2.0, "moon_separation_min_deg": 30.0},
        priority=2,
        note="Kilonova candidate",
        requester="A. Advocate",
        answer_url="https://icare.example.org/answer/token",
        download_url="https://icare.example.org/download/token",
    )
    return replace(given, **changes)


def make_pointings(n: int = 3) -> tuple[Pointing, ...]:
    """Pointings of a plan, five minutes apart."""
    starts = [TONIGHT + timedelta(minutes=5 * i) for i in range(n)]
    return tuple(
        Pointing(i + 1, 150.0 + i, -20.0 + i, f"F{i + 1}", at, at + timedelta(minutes=4), "r", 120.0, 1)
        for i, at in enumerate(starts)
    )


class Service:
    """What every service offers the suite.

    `fault` makes the next submission go wrong: "error" (it says it is out of order and takes nothing), "hang" (it takes
    nothing and never answers), "lost" (it takes the request and its answer does not arrive), "garbage" (an error page
    that is not of the service, with a good status).
    """

    def __init__(self) -> None:
        self.fault = ""
        self.taken: dict[str, Any] = {}
        self.cancelled: list[str] = []
        self.log: list[str] = []
        self.over = threading.Event()
        # What went wrong in the service itself: requests that break its rules in ways it has no answer to.
        self.broken: list[BaseException] = []
        # Settings of the site that lead to this service, for what a channel does not say.
        self.settings: dict[str, Any] = {}

    def count(self) -> int:
        """How many requests lie there."""
        return len(self.taken)

    def advance(self, external_id: str, state: str) -> None:
        """Let a request be in one of the service's own states."""
        raise NotImplementedError

    def forget(self) -> None:
        """Lose what was taken: what a person finds who looks and sees nothing."""
        self.taken.clear()

    def close(self) -> None:
        """Let those who wait go, and stop."""
        self.over.set()


class HttpService(Service):
    """A service over HTTP. Subclasses write `answer`, which returns (status, content type, body) or a JSON value."""

    def __init__(self) -> None:
        super().__init__()
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                service.handle(self)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815

            def log_message(self, *args: Any) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    # What becomes of an answer that is lost: silence until one gives up, or a line that is cut, which tests faster.
    is_silent = False

    def is_submission(self, method: str, path: str) -> bool:
        """Whether a request asks for an observation: faults strike these."""
        return method == "POST"

    def answer(self, method: str, path: str, headers: Any, body: bytes) -> tuple[int, str, str]:
        """Serve a request by the service's own rules."""
        raise NotImplementedError

    def handle(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        method, path = handler.command, handler.path
        self.log.append(f"{method} {path}")
        fault = self.fault if self.is_submission(method, path) else ""
        if fault:
            self.fault = ""
        if fault == "hang":
            self.over.wait(20)
            handler.close_connection = True
            return
        if fault == "error":
            status, kind, text = 500, "text/html", "<h1>Internal Server Error</h1>"
        else:
            status, kind, text = self.answered(method, path, handler.headers, body)
        if fault == "lost":
            self.over.wait(20 if self.is_silent else 0)
            handler.close_connection = True
            return
        if fault == "garbage":
            status, kind, text = 200, "text/html", "<html>Welcome to the hotel's network</html>"
        self.say(handler, status, kind, text)

    def answered(self, method: str, path: str, headers: Any, body: bytes) -> tuple[int, str, str]:
        try:
            return self.answer(method, path, headers, body)
        except (AssertionError, LookupError, ValueError, TypeError, AttributeError) as error:
            self.broken.append(error)
            return 500, "text/plain", repr(error)

    def say(self, handler: BaseHTTPRequestHandler, status: int, kind: str, text: str) -> None:
        data = text.encode()
        with suppress(OSError):
            handler.send_response(status)
            handler.send_header("Content-Type", kind)
            handler.send_header("Content-Length", str(len(data)))
            handler.end_headers()
            handler.wfile.write(data)

    def close(self) -> None:
        super().close()
        self.server.shutdown()
        self.server.server_close()


@dataclass(frozen=True)
class Case:
    """One transport and the service it is tried against.

    `refused` changes a good request (or `refused_line` a good line) into one that is refused, and `refusal` stands in
    the sentence shown to the user.
    `states` is what the service says (through `Service.advance`) and what we make of it.
    `wrong_secret` is a name in the line's secrets that the service checks ("" when there is nothing to check).
    """

    transport: Transport
    service: Callable[[], Service]
    line: Callable[[Any], Line]
    outgoing: Outgoing = field(default_factory=make_outgoing)
    refused: Callable[[Outgoing], Outgoing] = lambda outgoing: outgoing
    refused_line: Callable[[Line], Line] = lambda line: line
    refusal: str = ""
    states: tuple[tuple[str, RemoteState], ...] = ()
    wrong_secret: str = ""
    # What the suite cannot ask of this protocol, each with its reason.
    not_asked: dict[str, str] = field(default_factory=dict)
    name: str = ""

    @property
    def id(self) -> str:
        return self.name or self.transport.name
