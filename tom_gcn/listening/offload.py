"""Fetches the content of messages that were too large for Hopskotch: the message on the topic only names a URL.

Only servers we trust are asked: the one Hopskotch itself names on ``sys.metadata``, and those of
``settings.ICARE_OFFLOAD_SERVERS``. Our login goes to no other, and redirects are not followed.
"""

import json
import time
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests
from django.conf import settings

from tom_gcn.listening.clusters import Cluster

PLACEHOLDER = "external"
ENDPOINT_KEY = "LargeMessageUploadEndpoint"
CONNECT_WITHIN_S, READ_WITHIN_S, ALL_WITHIN_S = 5.0, 20.0, 60.0
BLOCK = 64 * 1024
# What the wrapping adds to a message: its headers.
WRAPPING_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Content:
    """A message fetched from where it was kept."""

    body: bytes
    headers: dict[str, str]


class ContentAway(Exception):
    """The content cannot be had now; ask again later."""


class ContentRefused(Exception):
    """The content cannot be had this way; asking again does not help. `code` for scripts, `fix` for people."""

    def __init__(self, code: str, message: str, fix: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.fix = code, message, fix


def is_placeholder(headers: dict[str, str]) -> bool:
    """Whether a message only says where its content is."""
    return headers.get("_format", "").lower() == PLACEHOLDER


def fetch_content(cluster: Cluster, placeholder: bytes, known_server: str = "") -> Content:
    """Fetch what a placeholder stands for.

    Raises
    ------
    ContentAway
        When the server cannot be reached or is in trouble.
    ContentRefused
        When the placeholder, the server or the content is not what it must be.
    """
    # Loads hop-client, which only listeners need otherwise.
    from tom_gcn.listening.streams import unwrap

    url = _url_of(placeholder)
    _check_server(url, {known_server, *settings.ICARE_OFFLOAD_SERVERS} - {""})
    stored = _download(url, cluster)
    try:
        body, headers = unwrap(stored)
    except ValueError as error:
        raise ContentRefused("external-damaged", f"What {url} holds cannot be used: {error}.") from None
    if is_placeholder(headers):
        raise ContentRefused("external-loop", f"What {url} holds points to yet another place.")
    return Content(body, headers)


def endpoint_in(body: bytes) -> str:
    """The server that a message of ``sys.metadata`` names; empty when it names none."""
    try:
        document = json.loads(body)
    except ValueError:
        return ""
    endpoint = document.get(ENDPOINT_KEY) if isinstance(document, dict) else None
    return endpoint[:300] if isinstance(endpoint, str) and _origin(endpoint) else ""


def _url_of(placeholder: bytes) -> str:
    try:
        url = json.loads(placeholder)["url"]
    except (ValueError, KeyError, TypeError):
        raise ContentRefused("external-damaged", "The message says that its content is elsewhere, not where.") from None
    if not isinstance(url, str) or not _origin(url):
        raise ContentRefused("external-damaged", "The place named for the content is not a web address.")
    return url


def _origin(url: str) -> tuple[str, str] | None:
    """Scheme and host of a web address that names nobody's login."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    fits = parts.scheme in {"https", "http"} and parts.netloc and "@" not in parts.netloc and "\\" not in url
    return (parts.scheme, parts.netloc.lower()) if fits else None


def _check_server(url: str, trusted: Collection[str]) -> None:
    if _origin(url) not in {_origin(server) for server in trusted}:
        raise ContentRefused(
            "external-host",
            f"The content lies at {url}, on a server that is not trusted.",
            "If it is Hopskotch's, name it in HOP_OFFLOAD_SERVERS and read the message again.",
        )


def _download(url: str, cluster: Cluster) -> bytes:
    from tom_gcn.listening.streams import http_login

    timeout = (CONNECT_WITHIN_S, READ_WITHIN_S)
    try:
        with requests.get(url, auth=http_login(cluster), timeout=timeout, allow_redirects=False, stream=True) as answer:
            if answer.status_code != requests.codes.ok:
                raise _refusal(url, answer.status_code)
            return _bounded(answer)
    except (requests.RequestException, RuntimeError) as error:
        # RuntimeError: the server's part of the login does not fit.
        raise ContentAway(cluster.without_secrets(f"{url} cannot be read: {error}")) from None


def _refusal(url: str, status: int) -> Exception:
    if status in {404, 410}:
        return ContentRefused("external-gone", f"{url} has nothing (any more): HTTP {status}.")
    return ContentAway(f"{url} answers with HTTP {status}.")


def _bounded(answer: requests.Response) -> bytes:
    limit, deadline = settings.ICARE_MAX_MESSAGE_BYTES + WRAPPING_BYTES, time.monotonic() + ALL_WITHIN_S
    blocks: list[bytes] = []
    size = 0
    for block in answer.iter_content(BLOCK):
        size += len(block)
        if size > limit:
            raise ContentRefused("too-large", f"The content is larger than {settings.ICARE_MAX_MESSAGE_BYTES:,} bytes.")
        if time.monotonic() > deadline:
            raise ContentAway(f"The content did not come within {ALL_WITHIN_S:.0f} s.")
        blocks.append(block)
    return b"".join(blocks)
