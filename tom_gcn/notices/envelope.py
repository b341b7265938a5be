"""A message inside one of our own, byte for byte: pasted by somebody, or replayed as a drill.

Envelopes are only opened on topics of our own, which no stream carries.
"""

from __future__ import annotations

import base64
import binascii

from .base import NoticeError
from .fields import Fields


def enclose(raw: bytes, topic: str) -> dict[str, str]:
    """A message and the topic it came on, to stand in another one."""
    return {"body": base64.b64encode(raw).decode(), "topic": topic}


def enclosed_in(content: object) -> tuple[bytes, str] | None:
    """The message inside and its topic; None when there is none.

    Raises
    ------
    NoticeError
        ``bad-base64``, and those of `Fields`.
    """
    inner = Fields(content).inner("message")
    return None if inner is None else (decoded(inner.raw("body", str), "message.body"), inner.text("topic"))


def decoded(value: object, name: str) -> bytes:
    """The bytes of a text in base64.

    Raises
    ------
    NoticeError
        ``bad-base64`` when it is none.
    """
    try:
        return base64.b64decode(str(value), validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoticeError("bad-base64", f"{name} is not base64 ({error}).", "Send it again.") from error
