"""JSON of unknown origin, decoded within bounds."""

from __future__ import annotations

import json

from .base import NoticeError

# A list of empty objects takes thirty times its size in memory; photometry of a night has some ten thousand values.
_MOST_VALUES = 300_000
_SEND_AGAIN = "Send the message again as it was published."


def decode_json(raw: bytes) -> object:
    """What a JSON message holds.

    Raises
    ------
    NoticeError
        ``bad-json`` when it is not JSON, is cut off, or is nested too deeply; ``too-large`` when it may hold more than
        300,000 values.
    """
    # Commas and brackets in texts count too: it is a bound, not a count.
    if sum(map(raw.count, (b",", b"[", b"{"))) > _MOST_VALUES:
        raise NoticeError("too-large", f"The message holds more than {_MOST_VALUES:,} values.", "Send it in parts.")
    try:
        return json.loads(raw.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise NoticeError("bad-json", f"The message is not valid JSON ({reason[:120]}).", _SEND_AGAIN) from error


def _refuse_constant(word: str) -> float:
    raise ValueError(f"{word} is not a number in JSON")
