"""Settings that translate our words into another system's: “sdssg=gp, clear=w”."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tom_grandma_facilities.transports.base import Refused


def read_pairs(text: str, label: str) -> dict[str, str]:
    """Return what stands for what; pairs are parted by commas, semicolons or line ends.

    Raises
    ------
    Refused
        When a part is not of the form ours=theirs.
    """
    pairs = {}
    for part in filter(None, (one.strip() for one in re.split(r"[,;\n]", text))):
        ours, equals, theirs = (one.strip() for one in part.partition("="))
        if not (ours and equals and theirs):
            raise Refused(f"The channel's {label} has {part!r} where ours=theirs was expected, such as sdssg=gp.")
        pairs[ours] = theirs
    return pairs


def translate(word: str, own: Mapping[str, str], usual: Mapping[str, str]) -> str:
    """Return the other system's word: what the channel says, else what is usual, else the word itself."""
    return own.get(word) or usual.get(word) or word
