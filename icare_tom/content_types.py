"""Requests whose `Content-Type` nobody can read are refused before Django, which would fail without a page."""

import codecs
from collections.abc import Callable, Iterable
from typing import Any

from django.utils.http import parse_header_parameters

Answer = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
REFUSED = b"The header Content-Type cannot be read. Name utf-8 as its charset, or none.\n"
# Text, but not of whole bodies: what they cannot read is no UnicodeDecodeError.
_OF_NAMES = frozenset({"idna", "punycode"})


class ReadableContentTypes:
    """Answers 400 where Django would fail while it makes its request."""

    def __init__(self, application: Answer) -> None:
        self.application = application

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer, or refuse."""
        if is_readable(environ.get("CONTENT_TYPE", "")):
            return self.application(environ, start_response)
        headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(REFUSED)))]
        start_response("400 Bad Request", headers)
        return [REFUSED]


def is_readable(content_type: str) -> bool:
    """Say whether Django can take a `Content-Type` apart, and text in its charset; it passes over unknown charsets."""
    try:
        charset = parse_header_parameters(content_type)[1].get("charset", "utf-8")
    except ValueError:
        return False
    try:
        name = codecs.lookup(charset).name
    except (LookupError, ValueError):
        return True
    try:
        # Refused by codecs that are not of text, such as hex.
        "a".encode(name)
    except (LookupError, UnicodeError):
        return False
    return name not in _OF_NAMES
