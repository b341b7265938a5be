"""JSON of unknown origin, decoded within bounds."""

from __future__ import annotations

import json

from .base import NoticeError

_SEND_AGAIN = "Send the message again as it was published."


def decode_json(raw: bytes) -> object:
    """What a JSON message holds.

    Raises
    ------
    NoticeError
        ``bad-json`` when it is not JSON, is cut off, or is nested too deeply.
    """
    try:
        return json.loads(raw.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise NoticeError("bad-json", f"The message is not valid JSON ({reason[:120]}).", _SEND_AGAIN) from error


def _refuse_constant(word: str) -> float:
    raise ValueError(f"{word} is not a number in JSON")
