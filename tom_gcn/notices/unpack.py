"""Gzip of unknown origin, unpacked within bounds."""

from __future__ import annotations

import zlib

from .base import NoticeError

MAGIC = b"\x1f\x8b"


def gunzip(raw: bytes, limit: int) -> bytes:
    """The message's bytes, unpacked when they are gzip, never more than `limit`.

    Raises
    ------
    NoticeError
        ``bad-gzip`` when the stream is damaged or cut off, ``too-large`` when it holds more than `limit`.
    """
    if not raw.startswith(MAGIC):
        return raw
    try:
        unzip = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        unpacked = unzip.decompress(raw, limit + 1)
    except zlib.error as error:
        raise NoticeError("bad-gzip", f"The gzip stream is damaged: {error}.", "Send the file again.") from error
    if len(unpacked) > limit:
        raise NoticeError("too-large", f"Unpacked, the message weighs more than {limit:,} bytes.", "Send it in parts.")
    if not unzip.eof:
        raise NoticeError("bad-gzip", "The gzip stream ends too early.", "Send the whole file again.")
    return unpacked
