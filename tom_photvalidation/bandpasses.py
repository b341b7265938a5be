"""Filters by every name they are given; the table itself is in `bands`.

One letter means different filters by its case (`r` is Sloan, `R` is Cousins), so case matters wherever it tells two
filters apart.
"""

from __future__ import annotations

import difflib
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from tom_photvalidation.bands import AB, BANDS, SOURCES, VEGA, Band

__all__ = [
    "AB", "BANDS", "SOURCES", "VEGA", "Band", "canonical", "canonical_all", "get_band", "nearest_names", "vega_to_ab",
]  # fmt: skip

# What a plain letter means on a telescope whose own filters go by it.
UVOT_LETTERS: Mapping[str, str] = MappingProxyType(
    {"u": "uvot::u", "b": "uvot::b", "v": "uvot::v", "white": "uvot::white", "wh": "uvot::white"}
)
UVOT = re.compile(r"uvot|swift", re.IGNORECASE)
PUNCTUATION = re.compile(r"[\s_{}.:\-]+")
# Also "|": compilations write an upright polariser so, and it parts the columns of the table.
PRIMES = str.maketrans({"’": "'", "′": "'", "‘": "'", "`": "'", "ʹ": "'", "|": "¦"})


def _squeeze(name: str) -> str:
    """Return a name without the punctuation people vary: "R_{c}" -> "Rc", "ps1::g" -> "ps1g"."""
    return PUNCTUATION.sub("", name.translate(PRIMES))


def _index() -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Return names as written, names without punctuation, and names in lower case that mean one filter only."""
    written: dict[str, str] = {}
    for band in BANDS.values():
        for alias in (band.name, *band.aliases):
            written.setdefault(alias, band.name)
    squeezed: dict[str, str] = {}
    for alias, name in written.items():
        squeezed.setdefault(_squeeze(alias), name)
    meanings = Counter(key for key, _ in {(alias.lower(), name) for alias, name in squeezed.items()})
    lowered = {alias.lower(): name for alias, name in squeezed.items() if meanings[alias.lower()] == 1}
    return written, squeezed, lowered


WRITTEN, SQUEEZED, LOWERED = _index()


def canonical(name: str, telescope: str = "") -> str:
    """Return the canonical name of a filter, or "" when no filter goes by that name.

    Parameters
    ----------
    name : the filter as typed
    telescope : its telescope or instrument, which decides what U, B, V and white mean on Swift
    """
    name = name.strip()
    if not name:
        return ""
    if telescope and UVOT.search(telescope) and (own := UVOT_LETTERS.get(_squeeze(name).lower())):
        return own
    plain = name.translate(PRIMES)
    if found := WRITTEN.get(plain):
        return found
    squeezed = _squeeze(plain)
    if found := SQUEEZED.get(squeezed):
        return found
    return LOWERED.get(squeezed.lower(), "") if len(squeezed) > 1 else ""


def get_band(name: str) -> Band:
    """Return a filter by its canonical name.

    Raises
    ------
    KeyError
        When no filter has that canonical name.
    """
    return BANDS[name]


def nearest_names(name: str, n: int = 3) -> tuple[str, ...]:
    """Return the known names most like one that is not known, as people would type them."""
    known = {alias: band.name for band in BANDS.values() for alias in (band.name, *band.aliases) if "¦" not in alias}
    by_lower = {alias.lower(): alias for alias in known}
    close = difflib.get_close_matches(_squeeze(name).lower(), list(by_lower), n=3 * n, cutoff=0.5)
    seen: dict[str, str] = {}
    for alias in close:
        seen.setdefault(known[by_lower[alias]], by_lower[alias])
    return tuple(seen.values())[:n]


def vega_to_ab(name: str) -> float:
    """Return AB minus Vega of a canonical filter, magnitudes; NaN where it has none."""
    band = BANDS.get(name)
    return band.ab_minus_vega if band else math.nan


def canonical_all(names: Iterable[str], telescopes: Iterable[str]) -> list[str]:
    """Return the canonical name of each filter on each telescope, asking once for each pair."""
    known: dict[tuple[str, str], str] = {}
    found = []
    for pair in zip(names, telescopes, strict=True):
        if pair not in known:
            known[pair] = canonical(*pair)
        found.append(known[pair])
    return found
