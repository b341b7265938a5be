"""A signed address where the request lies as a file: the telescope's computer fetches it when it likes.

Nothing needs to leave this site. When the telescope has an address to be told at (its bell), it gets a POST with the
request's key and the address of the file; ringing twice does no harm, because the file behind the address is one.
"""

from __future__ import annotations

import json
from typing import Any

from tom_grandma_facilities.transports.base import Line, Outgoing, Refused, Repeat, Sent, Setting, Transport
from tom_grandma_facilities.transports.web import call


class Download(Transport):
    """The request waits behind a link."""

    name = "download"
    label = "Signed download link"
    about = "The telescope's computer fetches the request from a signed address of this site."
    settings = (
        Setting("bell", "Address to be told at", help="Empty: nobody is told; the telescope looks by itself."),
        Setting("token", "Token", secret=True, help="Sent as “Authorization: Bearer …” when it is given."),
    )
    can_cancel = True
    takes_pointings = True

    def repeat(self, line: Line) -> Repeat:
        """Return that a second ring is about the same file."""
        return Repeat.KEY

    def _submit(self, outgoing: Outgoing, line: Line) -> Sent:
        if not outgoing.download_url:
            raise Refused("There is no address from which the request could be fetched.")
        words = {"key": outgoing.key, "telescope": outgoing.telescope, "download_url": outgoing.download_url}
        return self._ring(outgoing.key, words | {"is_cancelled": False}, line)

    def _cancel(self, external_id: str, line: Line, outgoing: Outgoing | None) -> Sent:
        words = {"key": external_id, "is_cancelled": True}
        if outgoing:
            words |= {"telescope": outgoing.telescope, "download_url": outgoing.download_url}
        return self._ring(external_id, words, line)

    def _ring(self, key: str, words: dict[str, Any], line: Line) -> Sent:
        if not line.get("bell"):
            return Sent(key, json.dumps(words), "Nobody was told: the file waits behind its address.")
        headers = {"Authorization": f"Bearer {line.get('token')}"} if line.get("token") else {}
        answer = call("POST", line.get("bell"), json=words, headers=headers)
        return Sent(key, json.dumps(words), answer.text, answer.status)


TRANSPORTS = (Download(),)
