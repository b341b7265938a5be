"""Filters of cameras that publications name and no registry of ours declares.

Compilations name a telescope as "observatory/telescope/instrument" (`LSO/MPG-ESO(2.2m)/GROND`). Only cameras whose
filters are fixed and published are listed; of all others nothing is known, and nothing is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from tom_photvalidation.checks.base import Instrument

# U, B and V of UVOT are also found under the names of Johnson's.
_TABLE: Mapping[str, str] = MappingProxyType(
    {
        # https://swift.gsfc.nasa.gov/analysis/uvot_digest/zeropts.html
        "UVOT": "uvot::u uvot::b uvot::v uvot::uvw1 uvot::uvm2 uvot::uvw2 uvot::white bessellux bessellb bessellv",
        # Greiner et al. 2008, PASP 120, 405
        "GROND": "sdssg sdssr sdssi sdssz 2massj 2massh 2massks",
        # Friedman et al. 2015, ApJS 220, 9
        "PAIRITEL": "2massj 2massh 2massks",
    }
)
CAMERAS: Mapping[str, Instrument] = MappingProxyType(
    {name: Instrument(filters=frozenset(filters.split())) for name, filters in _TABLE.items()}
)
_NAMES = re.compile(rf"(?<![A-Za-z])({'|'.join(CAMERAS)})(?![A-Za-z])")


def published_cameras(telescopes: Iterable[str]) -> dict[str, Instrument]:
    """Return what is known of telescopes that publications name, by their names; nothing of cameras put together."""
    found = {}
    for name in set(telescopes):
        if "+" not in name and (match := _NAMES.search(name)):
            found[name] = CAMERAS[match.group(1)]
    return found
