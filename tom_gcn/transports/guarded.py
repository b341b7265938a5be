"""Fetches addresses that stand in messages of strangers, and goes nowhere else than it may.

The host must be on a list, its name is resolved once, all its addresses must be public, and the connection goes to the
very address that was judged, so that a name that answers differently a moment later leads nowhere. Redirects are judged
like the first address. Size and time are bounded, whatever the other side does.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urljoin, urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}
_MOVED = {301, 302, 303, 307, 308}
_BLOCK = 64 * 1024
_LONGEST_ADDRESS = 2000


class Refused(Exception):
    """The address may not be fetched, or what is there is too large; asking again does not help."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


class Away(Exception):
    """Nothing is there now; ask again later."""


@dataclass(frozen=True)
class Policy:
    """Where one may go and how long one waits."""

    hosts: Collection[str]
    max_bytes: int
    seconds: float
    ports: Collection[int] = field(default=(80, 443))
    private_addresses: bool = False
    most_redirects: int = 5


def fetch(url: str, policy: Policy) -> bytes:
    """Return what is at an address.

    Raises
    ------
    Refused
        When the address, one it redirects to, or the size of the answer is not allowed.
    Away
        When the server cannot be reached, answers with an error, or takes too long.
    """
    ends = time.monotonic() + policy.seconds
    for _ in range(policy.most_redirects + 1):
        parts = _judged(url, policy)
        address = _resolved(parts, policy)
        body, moved_to = _get(parts, address, policy, ends)
        if moved_to is None:
            return body
        url = _joined(url, moved_to)
    raise Refused("too-many-redirects", f"The address leads on more than {policy.most_redirects} times.")


def _joined(url: str, moved_to: str) -> str:
    try:
        return urljoin(url, moved_to)
    except ValueError as error:
        raise Refused("bad-address", f"The address leads on to one that cannot be read ({error}).") from error


def judge(url: str, policy: Policy) -> None:
    """Refuse an address that may not be fetched, as far as can be told without asking anybody.

    Raises
    ------
    Refused
        As `fetch`.
    """
    _judged(url, policy)


def _judged(url: str, policy: Policy) -> SplitResult:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Refused("bad-address", f"The address cannot be read ({error}).") from error
    if len(url) > _LONGEST_ADDRESS or not url.isprintable() or not url.isascii() or " " in url:
        raise Refused("bad-address", "The address holds characters that addresses do not.")
    if parts.scheme not in _DEFAULT_PORTS or parts.username is not None or not parts.hostname:
        raise Refused("bad-address", "Only plain http and https addresses are fetched.")
    if parts.hostname not in policy.hosts:
        raise Refused("host-not-allowed", f"{parts.hostname} is not among the hosts sky maps are fetched from.")
    if port not in (None, *policy.ports):
        raise Refused("port-not-allowed", f"Port {port} is not fetched from.")
    return parts


def _resolved(parts: SplitResult, policy: Policy) -> tuple[str, int]:
    """The one address the connection goes to; every address of the name must be fit for it."""
    port = parts.port or _DEFAULT_PORTS[parts.scheme]
    try:
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise Away(f"{parts.hostname} has no address ({error.strerror or error}).") from error
    addresses = [str(info[4][0]) for info in found]
    if not policy.private_addresses and not all(_is_public(address) for address in addresses):
        raise Refused("private-address", f"{parts.hostname} has an address that is not public.")
    return addresses[0], port


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    inner = getattr(ip, "ipv4_mapped", None) or getattr(ip, "sixtofour", None)
    return all(one.is_global and not one.is_multicast for one in (ip, inner) if one is not None)


class _Connection(http.client.HTTPConnection):
    """A connection to an address that was judged, under the host's own name."""

    def __init__(self, parts: SplitResult, address: tuple[str, int], timeout: float) -> None:
        super().__init__(str(parts.hostname), address[1], timeout=timeout)
        self._address = address
        self._is_secure = parts.scheme == "https"

    def connect(self) -> None:
        """Connect, and check the certificate against the host's name."""
        plain = socket.create_connection(self._address, self.timeout)
        if self._is_secure:
            plain = ssl.create_default_context().wrap_socket(plain, server_hostname=self.host)
        self.sock = plain


def _get(parts: SplitResult, address: tuple[str, int], policy: Policy, ends: float) -> tuple[bytes, str | None]:
    left = ends - time.monotonic()
    if left <= 0:
        raise Away("The answer takes too long.")
    connection = _Connection(parts, address, left)
    # A server that sends a byte now and then keeps every single read alive: at the end the line is cut.
    cut = threading.Timer(left, _cut, [connection])
    cut.daemon = True
    cut.start()
    try:
        return _answer(connection, parts, policy, ends)
    except (OSError, http.client.HTTPException) as error:
        raise Away(f"{parts.hostname} cannot be read ({type(error).__name__}: {error}).") from error
    finally:
        cut.cancel()
        connection.close()


def _cut(connection: _Connection) -> None:
    # It may be closed already, or not yet open; then the bounded wait for it is all there is.
    with suppress(OSError, AttributeError):
        connection.sock.shutdown(socket.SHUT_RDWR)


def _answer(connection: _Connection, parts: SplitResult, policy: Policy, ends: float) -> tuple[bytes, str | None]:
    path = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
    connection.request("GET", path, headers={"User-Agent": "ICARE-TOM", "Accept-Encoding": "identity"})
    response = connection.getresponse()
    moved_to = response.getheader("Location") if response.status in _MOVED else None
    if moved_to:
        return b"", moved_to
    if response.status != http.client.OK:
        raise Away(f"{parts.hostname} answers {response.status}.")
    return _body(response, policy, ends), None


def _body(response: http.client.HTTPResponse, policy: Policy, ends: float) -> bytes:
    if (response.length or 0) > policy.max_bytes:
        raise _too_large(policy)
    body = bytearray()
    while block := response.read1(_BLOCK):
        body += block
        if len(body) > policy.max_bytes:
            raise _too_large(policy)
        if time.monotonic() > ends:
            raise Away("The answer takes too long.")
    if response.length:
        raise Away("The answer ended too early.")
    return bytes(body)


def _too_large(policy: Policy) -> Refused:
    return Refused("too-large", f"What is there weighs more than {policy.max_bytes:,} bytes.")
