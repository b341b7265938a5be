"""Rows of photometry for Hermes messages (hermes.lco.global): AB mag, Vega mag or mJy.

Hermes has no field for the kind, the sigma of a limit, the part of the exposure the time stands for or the pipeline;
they stand in `comments` as "name=value; name=value", where people and our readers find them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import numpy as np

from tom_photvalidation.exporters import sheet
from tom_photvalidation.exporters.instants import iso_texts
from tom_photvalidation.measurements import Measurements

IN_COMMENTS = (
    "kind", "time_reference", "limit_sigma", "n_exposures", "pipeline", "origin", "reference", "reducer", "template",
    "subtracted", "extinction_corrected", "ebv", "airmass", "fwhm_arcsec", "ra_deg", "dec_deg", "position_err_arcsec",
    "colour_term", "n_calibration_stars", "zero_point_scatter", "flux_ujy", "fluxerr_ujy", "extra",
)  # fmt: skip


def write(m: Measurements) -> Iterator[bytes]:
    """Yield a document {"photometry": [...]}."""
    yield json.dumps({"photometry": rows(m)}, ensure_ascii=False, indent=1).encode()


def rows(m: Measurements) -> list[dict[str, Any]]:
    """Return one row for each measurement, as the photometry of a Hermes message holds them."""
    times = iso_texts(m.t_exact_us)
    comments = {name: _values(m, name) for name in IN_COMMENTS}
    return [_row(m, at, times[at], {name: values[at] for name, values in comments.items()}) for at in range(len(m))]


def _row(m: Measurements, at: int, when: str, comments: dict[str, str]) -> dict[str, Any]:
    row: dict[str, Any] = {
        "target_name": m.target[at],
        "date_obs": when,
        "telescope": m.telescope[at],
        "instrument": m.instrument[at],
        "bandpass": m.filter[at],
        "brightness_unit": f"{m.magsys[at]} mag",
    }
    if np.isfinite(m.mag[at]):
        row["brightness"] = float(m.mag[at])
        if np.isfinite(m.magerr[at]):
            row["brightness_error"] = float(m.magerr[at])
        comments = {name: value for name, value in comments.items() if name not in ("flux_ujy", "fluxerr_ujy")}
    elif np.isfinite(m.flux_ujy[at]):
        row |= {"brightness": float(m.flux_ujy[at]) / 1000.0, "brightness_unit": "mJy"}
        row["brightness_error"] = float(m.fluxerr_ujy[at]) / 1000.0
        comments["magsys"] = m.magsys[at]
    if np.isfinite(m.limiting_mag[at]):
        row |= {"limiting_brightness": float(m.limiting_mag[at]), "limiting_brightness_unit": f"{m.magsys[at]} mag"}
    for name, value in (("exposure_time", m.exposure_s[at]), ("observer", m.observer[at]),
                        ("catalog", m.calibration_catalogue[at])):  # fmt: skip
        if isinstance(value, str) or np.isfinite(value):
            row[name] = value if isinstance(value, str) else float(value)
    row["comments"] = "; ".join(f"{name}={quote(value, safe=' :/.,()+')}" for name, value in comments.items() if value)
    return row


def _values(m: Measurements, name: str) -> list[str]:
    if sheet.is_text(name):
        return [str(text) for text in sheet.texts(m, name)]
    return [sheet.number_text(value) for value in sheet.numbers(m, name).tolist()]
