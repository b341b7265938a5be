"""Where telescopes stand: those of the registry, and observatories that publications name.

Compilations name a telescope as "observatory/telescope/instrument" (`ORM/NOT(2.56m)/ALFOSC`); the observatory is
enough to know what could be seen from there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import numpy as np
from astropy import units as u

from tom_grandma_facilities.registry import UnknownTelescope, get_telescope
from tom_photvalidation.measurements import Floats, Texts


@dataclass(frozen=True, slots=True)
class Place:
    """A place on the ground: degrees, longitude positive to the east, metres."""

    latitude_deg: float
    longitude_deg: float
    elevation_m: float


# Observatory codes of the grbLC compilation (Dainotti et al. 2024, MNRAS 533, 4023). Coordinates to 0.001 degrees, a
# hundred metres, which is 0.001 degrees of altitude; for observatories of several hills, one of them.
_TABLE = """
    LSO | -29.257 | -70.738 | 2400
    OAN | 31.044 | -115.464 | 2830
    FLWO | 31.681 | -110.878 | 2320
    ORM | 28.76 | -17.88 | 2350
    TuNO | 36.824 | 30.335 | 2500
    CTIO | -30.169 | -70.804 | 2200
    Haleakala | 20.707 | -156.256 | 3055
    McDonald | 30.679 | -104.022 | 2070
    OAO | 34.574 | 133.594 | 372
    ARIES | 29.361 | 79.457 | 1950
    IAO | 32.779 | 78.964 | 4500
    MDM | 31.952 | -111.617 | 1925
    Xinglong | 40.394 | 117.577 | 950
    SSO | -31.272 | 149.061 | 1149
    SAAO | -32.379 | 20.811 | 1770
    MAO | 38.673 | 66.896 | 2593
    OAFA | -31.802 | -69.327 | 2420
    CrAO | 44.727 | 34.016 | 600
    LMSU | 44.727 | 34.016 | 600
    Calern | 43.752 | 6.923 | 1320
    LesMakes | -21.199 | 55.41 | 991
    PAO | -24.627 | -70.404 | 2635
    MKO | 19.826 | -155.472 | 4200
    KO | 19.826 | -155.475 | 4145
    LO | 37.343 | -121.643 | 1290
    WISE | 30.596 | 34.763 | 875
    Lulin | 23.469 | 120.873 | 2862
    Xinjiang | 43.471 | 87.177 | 2080
    TSAO | 43.058 | 76.971 | 2750
    OSN | 37.064 | -3.385 | 2896
    Boyden | -29.039 | 26.405 | 1387
    HESS | -23.272 | 16.5 | 1800
    LANL | 35.89 | -106.28 | 2600
    Abastumani | 41.754 | 42.82 | 1650
    SAO-RAS | 43.647 | 41.44 | 2070
    Loiano | 44.259 | 11.334 | 785
    PO | 33.356 | -116.863 | 1700
    Konkoly | 47.917 | 19.894 | 944
    Skinakas | 35.212 | 24.899 | 1750
    Yunnan | 26.695 | 100.03 | 3193
    Sayan | 51.62 | 100.92 | 2000
    ISU | 51.811 | 103.074 | 680
    BOAO | 36.165 | 128.977 | 1162
    LBTO | 32.701 | -109.889 | 3220
    LBT | 32.701 | -109.889 | 3220
    CAHA | 37.224 | -2.546 | 2168
    Asiago | 45.849 | 11.569 | 1350
    KPNO | 31.958 | -111.6 | 2096
    APO | 32.78 | -105.82 | 2788
    KAO | 29.933 | 31.826 | 470
    ATO | 43.225 | 77.871 | 2750
    HPO | 43.931 | 5.712 | 650
    KOUROVKA | 57.036 | 59.545 | 290
    TLS | 50.98 | 11.711 | 341
    HCT | 32.779 | 78.964 | 4500
    SARA | 31.96 | -111.6 | 2073
    Kiso | 35.794 | 137.628 | 1130
    IshigakiJima | 24.373 | 124.139 | 197
    MLO | 32.842 | -116.427 | 1859
    GO | -30.24 | -70.737 | 2700
    LCO | -29.015 | -70.692 | 2380
    MSO | -35.32 | 149.007 | 770
    UKIRT | 19.822 | -155.47 | 4194
"""


def _observatories() -> Mapping[str, Place]:
    places = {}
    for row in _TABLE.strip().splitlines():
        code, latitude, longitude, elevation = (part.strip() for part in row.split("|"))
        places[code] = Place(float(latitude), float(longitude), float(elevation))
    return MappingProxyType(places)


OBSERVATORIES: Mapping[str, Place] = _observatories()
# Telescopes that the compilation files under another observatory than where they stand.
ELSEWHERE: Mapping[str, str] = MappingProxyType({"Tautenburg": "TLS", "MASTER-II": "KOUROVKA"})
_BARE = re.compile(r"\(.*?\)")


@lru_cache(maxsize=4096)
def place_of(telescope: str) -> Place | None:
    """Return where a telescope stands; None in space, for generic ones and for those we do not know."""
    try:
        return _declared(telescope)
    except UnknownTelescope:
        # of telescopes put together (A+B) the first is taken
        return _published(telescope.split("+", maxsplit=1)[0])


def _declared(name: str) -> Place | None:
    telescope = get_telescope(name)
    latitude, longitude = telescope.site.latitude.value, telescope.site.longitude.value
    if telescope.space or latitude is None or longitude is None:
        return None
    elevation = telescope.site.elevation.value
    return Place(
        float(latitude.to_value(u.deg)),
        float(longitude.to_value(u.deg)),
        0.0 if elevation is None else float(elevation.to_value(u.m)),
    )


def _published(label: str) -> Place | None:
    """Return the observatory of a label `observatory/telescope/instrument`."""
    if "/" not in label:
        return OBSERVATORIES.get(label.strip())
    observatory, telescope = label.strip().split("/")[:2]
    for name, code in ELSEWHERE.items():
        if _BARE.sub("", telescope).startswith(name):
            return OBSERVATORIES[code]
    return OBSERVATORIES.get(observatory)


def places_of(telescopes: Texts) -> tuple[Floats, Floats, Floats]:
    """Return latitudes and longitudes in degrees and elevations in metres, (n,), NaN where `place_of` knows none."""
    found = [place_of(name) for name in telescopes.tolist()]
    rows = [(np.nan,) * 3 if one is None else (one.latitude_deg, one.longitude_deg, one.elevation_m) for one in found]
    columns = np.array(rows, dtype=np.float64).reshape(-1, 3)
    return columns[:, 0], columns[:, 1], columns[:, 2]
