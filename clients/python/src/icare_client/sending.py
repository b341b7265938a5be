"""How requests leave: with the token to its own site only, and again when that is harmless."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

from icare_client.errors import Away, IcareError, error_of

VERSION = "0.1.0"
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
# The site, or a proxy before it, is away or asks for patience: whatever was sent was not done.
NOT_DONE = frozenset({429, 503})
PERHAPS_DONE = frozenset({500, 502, 504})
LONGEST_WAIT_S = 60.0

Params = Mapping[str, Any]


class Sender:
    """One session with a site.

    Parameters
    ----------
    site
        Its address, such as ``https://tom.example.org``. Without TLS only this machine is talked to, because the token
        would be read on the way.
    token
        From your profile page.
    timeout_s
        How long to wait for the connection and between bytes of the answer, s.
    attempts
        How often to try at most.
    """

    def __init__(
        self,
        site: str,
        token: str,
        *,
        timeout_s: float = 60.0,
        attempts: int = 5,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        parts = urlsplit(site)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{site!r} is no address of a site. Write it as https://tom.example.org.")
        if parts.scheme == "http" and parts.hostname not in LOOPBACK:
            raise ValueError(f"{site} has no TLS: your token could be read on the way. Write https://.")
        self.site = f"{parts.scheme}://{parts.netloc}"
        self._timeout, self._attempts, self._sleep = timeout_s, max(1, attempts), sleep
        self._session = requests.Session()
        self._session.headers.update(
            {"Authorization": f"token {token}", "User-Agent": f"icare-client/{VERSION}", "Accept": "*/*"}
        )
        # A .netrc on the machine would replace the token.
        self._session.trust_env = False

    def close(self) -> None:
        """Let the connections go."""
        self._session.close()

    def get(self, path: str, params: Params | None = None) -> requests.Response:
        """Ask for something."""
        return self.send("GET", path, params=params)

    def send(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        data: bytes | None = None,
        json: Any = None,
        is_repeatable: bool | None = None,
        refusals: frozenset[int] = frozenset(),
    ) -> requests.Response:
        """Send one request, again after failures that may pass.

        What is not repeatable is sent again only where it cannot have been done. Answers with a status in `refusals`
        are returned, other refusals raised.

        Raises
        ------
        IcareError
            One of its kinds.
        """
        address = self._address(path)
        repeats = method == "GET" if is_repeatable is None else is_repeatable
        for attempt in range(1, self._attempts + 1):
            try:
                answer = self._session.request(
                    method, address, params=_given(params), headers=headers, data=data, json=json,
                    timeout=self._timeout, allow_redirects=method == "GET",
                )  # fmt: skip
            except requests.RequestException as trouble:
                if attempt == self._attempts or not (repeats or isinstance(trouble, requests.ConnectTimeout)):
                    raise Away(f"{self.site} cannot be reached: {trouble}.") from trouble
                self._sleep(_pause(attempt))
                continue
            may_pass = answer.status_code in NOT_DONE or (repeats and answer.status_code in PERHAPS_DONE)
            if not may_pass or attempt == self._attempts:
                return self._checked(answer, refusals)
            self._sleep(_asked_pause(answer) or _pause(attempt))
        raise AssertionError("unreachable: the last attempt returns or raises")

    def rows(self, path: str, params: Params | None = None) -> Iterator[dict[str, Any]]:
        """Yield the rows of a list, page after page."""
        page = json_of(self.get(path, params))
        while True:
            yield from page["results"]
            if not page.get("next"):
                return
            page = json_of(self.get(page["next"]))

    def _address(self, path: str) -> str:
        """Return the whole address; one that the site named must lead to the site itself."""
        address = urljoin(f"{self.site}/", path)
        parts = urlsplit(address)
        if parts.netloc != urlsplit(self.site).netloc:
            raise IcareError(f"{address} is not on {self.site}; the token is not sent there.")
        # Behind a proxy the site may take itself for one without TLS.
        return f"{self.site}{parts.path}{'?' + parts.query if parts.query else ''}"

    def _checked(self, answer: requests.Response, refusals: frozenset[int]) -> requests.Response:
        if answer.is_redirect:
            where = answer.headers.get("Location", "")
            raise IcareError(f"{self.site} sends {answer.request.method} on to {where}. Write the site's own address.")
        if answer.status_code >= 400 and answer.status_code not in refusals:
            raise error_of(answer.status_code, _json_or_none(answer), answer.text)
        return answer


def json_of(answer: requests.Response) -> Any:
    """Read an answer as JSON."""
    told = _json_or_none(answer)
    if told is None:
        raise Away(f"{answer.url} did not answer with JSON.", status=answer.status_code)
    return told


def _json_or_none(answer: requests.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None


def _given(params: Params | None) -> dict[str, Any]:
    """What was given of parameters, as the site writes it."""
    words: dict[str, Any] = {}
    for name, value in (params or {}).items():
        if value is None or value == "":
            continue
        words[name] = str(value).lower() if isinstance(value, bool) else value
    return words


def _pause(attempt: int) -> float:
    """Seconds before the next attempt: 0.5, 1, 2, 4 ..., a little different for everybody who waits."""
    longest = min(LONGEST_WAIT_S, 0.5 * 2.0 ** (attempt - 1))
    return longest * random.uniform(0.75, 1.0)  # noqa: S311  no secret


def _asked_pause(answer: requests.Response) -> float:
    """Seconds the site asks to wait, at most a minute; 0 when it does not say."""
    told = answer.headers.get("Retry-After", "").strip()
    if told.isdecimal():
        return min(LONGEST_WAIT_S, float(told))
    try:
        moment = parsedate_to_datetime(told)
    except (TypeError, ValueError):
        return 0.0
    return min(LONGEST_WAIT_S, max(0.0, moment.timestamp() - time.time()))
