"""Rows of photometry for a report to the Transient Name Server (wis-tns.org, bulk reports manual, "photometry_group").

Filters and units are given by TNS's own names; the numbers TNS uses for them are looked up in its list of values when a
report is sent, for they are not fixed. The start of the exposure is what TNS asks for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from tom_photvalidation.bandpasses import BANDS
from tom_photvalidation.exporters.instants import iso_texts
from tom_photvalidation.measurements import VEGA, Measurements

OTHER = "Other"
FILTERS: Mapping[str, str] = MappingProxyType(
    {
        "bessellux": "U-Johnson", "bessellb": "B-Johnson", "bessellv": "V-Johnson", "bessellr": "R-Cousins",
        "besselli": "I-Cousins", "2massj": "J-Bessel", "2massh": "H-Bessel", "2massks": "K-Bessel",
        "sdssu": "u-Sloan", "sdssg": "g-Sloan", "sdssr": "r-Sloan", "sdssi": "i-Sloan", "sdssz": "z-Sloan",
        "ps1::g": "g-P1", "ps1::r": "r-P1", "ps1::i": "i-P1", "ps1::z": "z-P1", "ps1::y": "y-P1", "ps1::w": "w-P1",
        "ztfg": "g-ZTF", "ztfr": "r-ZTF", "ztfi": "i-ZTF", "atlasc": "cyan-ATLAS", "atlaso": "orange-ATLAS",
        "gaia::g": "G-Gaia", "uvot::uvw1": "UVW1-Swift", "uvot::uvm2": "UVM2-Swift", "uvot::uvw2": "UVW2-Swift",
        "clear": "Clear-",
    }
)  # fmt: skip


def write(m: Measurements) -> Iterator[bytes]:
    """Yield a document {"photometry": [...]}."""
    yield json.dumps({"photometry": rows(m)}, ensure_ascii=False, indent=1).encode()


def rows(m: Measurements) -> list[dict[str, Any]]:
    """Return one row for each measurement that has a magnitude or a limit."""
    times = iso_texts(m.start_us, separator=" ", unit="s")
    return [_row(m, int(at), times[at]) for at in np.flatnonzero(~np.isnan(m.mag) | ~np.isnan(m.limiting_mag))]


def _row(m: Measurements, at: int, when: str) -> dict[str, Any]:
    comments = [f"{m.limit_sigma[at]:g} sigma limit"] if np.isfinite(m.limit_sigma[at]) else []
    filter_name = FILTERS.get(BANDS[m.filter[at]].glass or m.filter[at], OTHER) if m.filter[at] in BANDS else OTHER
    if filter_name == OTHER or BANDS[m.filter[at]].glass:
        comments.append(f"filter {BANDS[m.filter[at]].label}" if m.filter[at] in BANDS else f"filter {m.filter[at]}")
    return {
        "obsdate": when,
        "flux": _rounded(m.mag[at]),
        "flux_error": _rounded(m.magerr[at]),
        "limiting_flux": _rounded(m.limiting_mag[at]),
        "flux_units": "VegaMag" if m.magsys[at] == VEGA else "ABMag",
        "filter_value": filter_name,
        "instrument_value": m.instrument[at] or m.telescope[at],
        "exptime": _rounded(m.exposure_s[at]),
        "observer": m.observer[at],
        "comments": "; ".join(comments),
    }


def _rounded(value: float) -> float | str:
    return "" if np.isnan(value) else round(float(value), 3)
