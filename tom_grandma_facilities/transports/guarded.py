"""Asks other hosts over HTTP, and goes nowhere else than it may.

`fetch` gets what lies at addresses that stand in messages of strangers: the host must be on a list, and redirects are
judged like the first address. `send` speaks to services that operators have set, and follows no redirect. For both,
the name is resolved once, all its addresses must be public, and the connection goes to the very address that was
judged, so that a name that answers differently a moment later leads nowhere. Size and time are bounded, whatever the
other side does.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urljoin, urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}
_MOVED = {301, 302, 303, 307, 308}
_BLOCK = 64 * 1024
# Gateways lead these to the IPv4 address in their last four bytes (RFC 6052).
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_LONGEST_ADDRESS = 2000


class Refused(Exception):
    """The address may not be fetched, or what is there is too large; asking again does not help."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


class Away(Exception):
    """Nothing is there now; ask again later. `maybe_sent`: the other side may have got what was sent."""

    def __init__(self, message: str, maybe_sent: bool = False) -> None:
        super().__init__(message)
        self.maybe_sent = maybe_sent


@dataclass(frozen=True)
class Policy:
    """Where one may go and how long one waits. None for hosts or ports: any."""

    hosts: Collection[str] | None
    max_bytes: int
    seconds: float
    ports: Collection[int] | None = field(default=(80, 443))
    private_addresses: bool = False
    most_redirects: int = 5


@dataclass(frozen=True)
class Answer:
    """What a server said; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text, whatever it is."""
        return self.body.decode("utf-8", "replace")


@dataclass(frozen=True)
class _Ask:
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    # What comes with a refusal is for people to read; of a file only the file is of use.
    reads_errors: bool = False


def send(
    method: str, url: str, policy: Policy, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
) -> Answer:
    """Return the answer of a server, whatever its status; redirects are not followed.

    Raises
    ------
    Refused
        When the address or the size of the answer is not allowed.
    Away
        When the server cannot be reached, or its answer does not arrive whole and in time.
    """
    ends = time.monotonic() + policy.seconds
    parts = _judged(url, policy)
    return _exchange(parts, _resolved(parts, policy), policy, ends, _Ask(method, headers or {}, body, True))


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
        answer = _exchange(parts, address, policy, ends, _Ask())
        moved_to = answer.headers.get("location") if answer.status in _MOVED else None
        if not moved_to:
            return _found(answer, parts)
        url = _joined(url, moved_to)
    raise Refused("too-many-redirects", f"The address leads on more than {policy.most_redirects} times.")


def _found(answer: Answer, parts: SplitResult) -> bytes:
    if answer.status != http.client.OK:
        raise Away(f"{parts.hostname} answers {answer.status}.")
    return answer.body


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
    if policy.hosts is not None and parts.hostname not in policy.hosts:
        raise Refused("host-not-allowed", f"{parts.hostname} is not among the hosts sky maps are fetched from.")
    if policy.ports is not None and port not in (None, *policy.ports):
        raise Refused("port-not-allowed", f"Port {port} is not fetched from.")
    return parts


def _resolved(parts: SplitResult, policy: Policy) -> tuple[str, int]:
    port = parts.port or _DEFAULT_PORTS[parts.scheme]
    return resolve(str(parts.hostname), port, private_addresses=policy.private_addresses)


def resolve(host: str, port: int, *, private_addresses: bool) -> tuple[str, int]:
    """Return the one address a connection goes to; every address of the name must be fit for it.

    Raises
    ------
    Refused
        When an address is not public and private ones are not allowed.
    Away
        When the name has no address.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Away(f"{host} has no address ({getattr(error, 'strerror', None) or error}).") from error
    addresses = [str(info[4][0]) for info in found]
    if not private_addresses and not all(_is_public(address) for address in addresses):
        raise Refused("private-address", f"{host} has an address that is not public.")
    return addresses[0], port


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    inner = getattr(ip, "ipv4_mapped", None) or getattr(ip, "sixtofour", None)
    if ip.version == 6 and ip in _NAT64:
        inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return all(one.is_global and not one.is_multicast for one in (ip, inner) if one is not None)


class _Connection(http.client.HTTPConnection):
    """A connection to an address that was judged, under the host's own name."""

    def __init__(self, parts: SplitResult, address: tuple[str, int], timeout: float) -> None:
        super().__init__(str(parts.hostname), address[1], timeout=timeout)
        self._address = address
        self._is_secure = parts.scheme == "https"
        self.was_open = False

    def connect(self) -> None:
        """Connect, and check the certificate against the host's name."""
        plain = socket.create_connection(self._address, self.timeout)
        if self._is_secure:
            plain = ssl.create_default_context().wrap_socket(plain, server_hostname=self.host)
        self.sock = plain
        self.was_open = True


def _exchange(parts: SplitResult, address: tuple[str, int], policy: Policy, ends: float, ask: _Ask) -> Answer:
    left = ends - time.monotonic()
    if left <= 0:
        raise Away("The answer takes too long.")
    connection = _Connection(parts, address, left)
    # A server that sends a byte now and then keeps every single read alive: at the end the line is cut.
    cut = threading.Timer(left, _cut, [connection])
    cut.daemon = True
    cut.start()
    try:
        return _answer(connection, parts, policy, ends, ask)
    except (OSError, http.client.HTTPException) as error:
        # Once there is a connection nobody knows how much of what was sent has arrived.
        raise Away(
            f"{parts.hostname} cannot be read ({type(error).__name__}: {error}).", connection.was_open
        ) from error
    except ValueError:
        # Its words repeat the header: it may be a token.
        raise Refused("bad-header", "A token or name holds a line break or letters that no header takes.") from None
    finally:
        cut.cancel()
        connection.close()


def _cut(connection: _Connection) -> None:
    # It may be closed already, or not yet open; then the bounded wait for it is all there is.
    with suppress(OSError, AttributeError):
        connection.sock.shutdown(socket.SHUT_RDWR)


def _answer(connection: _Connection, parts: SplitResult, policy: Policy, ends: float, ask: _Ask) -> Answer:
    path = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
    headers = {"User-Agent": "ICARE-TOM", "Accept-Encoding": "identity", **ask.headers}
    connection.request(ask.method, path, body=ask.body, headers=headers)
    response = connection.getresponse()
    names = {name.lower(): value for name, value in response.getheaders()}
    is_read = ask.reads_errors or response.status == http.client.OK
    return Answer(response.status, names, _body(response, policy, ends) if is_read else b"")


def _body(response: http.client.HTTPResponse, policy: Policy, ends: float) -> bytes:
    if (response.length or 0) > policy.max_bytes:
        raise _too_large(policy)
    body = bytearray()
    while block := response.read1(_BLOCK):
        body += block
        if len(body) > policy.max_bytes:
            raise _too_large(policy)
        if time.monotonic() > ends:
            raise Away("The answer takes too long.", maybe_sent=True)
    if response.length:
        raise Away("The answer ended too early.", maybe_sent=True)
    return bytes(body)


def _too_large(policy: Policy) -> Refused:
    return Refused("too-large", f"What is there weighs more than {policy.max_bytes:,} bytes.")
