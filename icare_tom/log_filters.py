"""Keeps signed links out of logs: whoever reads a log must not be able to answer for a telescope,
nor set somebody's password."""

import logging
import re

_TOKEN = re.compile(
    r"(/(?:requests/[aud]|members/(?:confirm|answer|invitation)|accounts/password/reset/key)/)[A-Za-z0-9_:-]{8,}"
)


def without_links(text: str) -> str:
    """Return text without the tokens of signed links."""
    return _TOKEN.sub(r"\1[link]", text)


class HideLinks(logging.Filter):
    """Takes the tokens of signed links out of every line."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the line where it holds one; never drop it."""
        text = record.getMessage()
        if (clean := without_links(text)) != text:
            record.msg, record.args = clean, None
        return True
