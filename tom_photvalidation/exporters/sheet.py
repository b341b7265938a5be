"""Measurements as columns under the names the readers know: what CSV, Parquet and VOTable all write."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from tom_photvalidation.measurements import FLAG_COLUMNS, NOT_SAID, Floats, Measurements, Texts

TEXTS = (
    "target", "telescope", "instrument", "filter", "time_reference", "kind", "magsys", "template",
    "calibration_catalogue", "pipeline", "reducer", "observer", "origin", "reference", "extra",
)  # fmt: skip
ORDER = (
    "target", "telescope", "instrument", "filter", "mjd", "time_reference", "exposure_s", "n_exposures", "kind", "mag",
    "magerr", "limiting_mag", "limit_sigma", "magsys", "flux_ujy", "fluxerr_ujy", "ra_deg", "dec_deg",
    "position_err_arcsec", "subtracted", "template", "calibration_catalogue", "colour_term", "n_calibration_stars",
    "zero_point_scatter", "fwhm_arcsec", "extinction_corrected", "ebv", "airmass", "pipeline", "reducer", "observer",
    "origin", "reference", "extra",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class About:
    """Unit, UCD (IVOA UCD1+ 1.4) and description of a column."""

    unit: str
    ucd: str
    description: str


ABOUT: Mapping[str, About] = MappingProxyType(
    {
        "target": About("", "meta.id;src", "Target"),
        "telescope": About("", "instr.tel", "Telescope"),
        "instrument": About("", "instr", "Instrument"),
        "filter": About("", "instr.bandpass", "Filter, canonical name"),
        "mjd": About("d", "time.epoch", "Time as given, MJD UTC; time_reference says which instant of the exposure"),
        "time_reference": About("", "meta.code", "mid, start or unknown"),
        "exposure_s": About("s", "time.duration;obs.exposure", "Total exposure"),
        "n_exposures": About("", "meta.number;obs.exposure", "Number of exposures"),
        "kind": About("", "meta.code.class", "detection, limit or forced"),
        "mag": About("mag", "phot.mag", "Magnitude in the system of magsys"),
        "magerr": About("mag", "stat.error;phot.mag", "Error of the magnitude, 1 sigma"),
        "limiting_mag": About("mag", "phot.mag;stat.max", "Limiting magnitude in the system of magsys"),
        "limit_sigma": About("", "stat.value", "Sigma of the limiting magnitude"),
        "magsys": About("", "meta.code;phot.mag", "AB or Vega"),
        "flux_ujy": About("uJy", "phot.flux.density", "Flux density, AB"),
        "fluxerr_ujy": About("uJy", "stat.error;phot.flux.density", "Error of the flux density, 1 sigma"),
        "ra_deg": About("deg", "pos.eq.ra", "Measured right ascension, ICRS"),
        "dec_deg": About("deg", "pos.eq.dec", "Measured declination, ICRS"),
        "position_err_arcsec": About("arcsec", "stat.error;pos.eq", "Error of the measured position"),
        "subtracted": About("", "meta.code", "Whether a template was subtracted"),
        "template": About("", "meta.id;obs.image", "Template"),
        "calibration_catalogue": About("", "meta.id;phot.calib", "Catalogue of the calibration"),
        "colour_term": About("mag", "phot.color;phot.calib", "Colour term of the calibration"),
        "n_calibration_stars": About("", "meta.number;phot.calib", "Stars of the calibration"),
        "zero_point_scatter": About("mag", "stat.stdev;phot.calib", "Scatter of the zero point"),
        "fwhm_arcsec": About("arcsec", "instr.obsty.seeing", "Full width at half maximum"),
        "extinction_corrected": About("", "meta.code;phys.absorption", "Whether corrected for Galactic extinction"),
        "ebv": About("mag", "phot.color.excess", "E(B-V) that was used"),
        "airmass": About("", "obs.airMass", "Airmass"),
        "pipeline": About("", "meta.id;meta.software", "Reduction pipeline"),
        "reducer": About("", "meta.curation", "Who reduced"),
        "observer": About("", "obs.observer", "Observer"),
        "origin": About("", "meta.curation", "Where the measurement comes from"),
        "reference": About("", "meta.bib", "Circular or publication"),
        "extra": About("", "meta.note", "What else was given, as JSON"),
    }
)


def numbers(m: Measurements, name: str) -> Floats:
    """Return a column of numbers under its exported name; flags are 1 and 0."""
    if name == "mjd":
        return m.t_mjd
    column = getattr(m, name)
    return np.where(column == NOT_SAID, np.nan, column.astype(np.float64)) if name in FLAG_COLUMNS else column


def texts(m: Measurements, name: str) -> Texts:
    """Return a column of texts under its exported name."""
    return _extra(m) if name == "extra" else getattr(m, name)


def is_text(name: str) -> bool:
    """Tell whether an exported column holds texts."""
    return name in TEXTS


def is_given(m: Measurements, name: str) -> bool:
    """Tell whether any measurement says anything in a column."""
    if is_text(name):
        return any(texts(m, name)) if name != "extra" else any(m.extra)
    return bool((~np.isnan(numbers(m, name))).any())


def _extra(m: Measurements) -> Texts:
    made = np.empty(len(m), dtype=object)
    made[:] = [json.dumps(dict(one), ensure_ascii=False, default=str, sort_keys=True) if one else "" for one in m.extra]
    return made


def number_text(value: Any) -> str:
    """Return a number so that reading it gives the same number; "" for NaN."""
    if math.isnan(value):
        return ""
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))
