"""Bodies of photometry as they came: our own readers tell rows and columns."""

import zlib
from typing import Any

from django.conf import settings
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser


class TooLarge(APIException):
    """More than one request may weigh."""

    status_code = 413
    default_code = "too-large"


class BodyParser(BaseParser):
    """Any body that is no form, bounded; gzip is taken apart."""

    media_type = "*/*"

    def parse(  # type: ignore[override]  # the view reads the bytes
        self, stream: Any, media_type: str | None = None, parser_context: Any = None
    ) -> bytes:
        """Read all of it, and not more than is allowed."""
        body = bytes(stream.read(settings.ICARE_MAX_UPLOAD_BYTES + 1))
        request = (parser_context or {}).get("request")
        if request is not None and request.headers.get("Content-Encoding", "").lower() == "gzip":
            body = unpacked(body)
        return bounded(body)


def bounded(body: bytes) -> bytes:
    """Return a body that is not too large.

    Raises
    ------
    TooLarge
    """
    most = settings.ICARE_MAX_UPLOAD_BYTES
    if len(body) > most:
        raise TooLarge(f"The body has more than {most:,} bytes. Send it in parts: points that are known are no harm.")
    return body


def unpacked(body: bytes) -> bytes:
    """Return the content of a gzip body, as far as it may be read.

    Raises
    ------
    ParseError
    """
    try:
        opened = zlib.decompressobj(zlib.MAX_WBITS | 16)
        return opened.decompress(body, settings.ICARE_MAX_UPLOAD_BYTES + 1)
    except zlib.error as error:
        raise ParseError(f"Content-Encoding says gzip, and the body is not: {error}.") from error
