"""Pointings as a table that says its units: Enhanced CSV (astropy APE 6). Pure."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

UNITS = {
    "ra_deg": "deg", "dec_deg": "deg", "exposure_s": "s", "altitude_start_deg": "deg", "altitude_end_deg": "deg",
    "moon_separation_deg": "deg", "start_mjd": "d", "end_mjd": "d",
}  # fmt: skip
WORDS = {
    "ra_deg": "ICRS",
    "dec_deg": "ICRS",
    "start_mjd": "UTC",
    "end_mjd": "UTC",
    "probability": "of its own footprint",
    "new_probability": "what it adds to all the network finished before",
    "cumulative_probability": "the whole network once it is done",
    "telescope_cumulative": "its telescope alone once it is done",
}
_WHOLE = ("order", "n_exposures", "epoch")
_TEXTS = ("telescope", "field_id", "start_utc", "end_utc", "filter", "galaxies", "state")


def ecsv(records: Sequence[Mapping[str, Any]], names: Sequence[str], about: Mapping[str, Any]) -> str:
    """Return records as ECSV, with the times as MJD beside the texts.

    Parameters
    ----------
    records : sequence of mapping
    names : sequence of str
        Columns, in order.
    about : mapping
        Goes into the table's meta data.
    """
    from astropy.table import Column, Table

    table = Table(meta=dict(about))
    for name in names:
        values = np.array([record[name] for record in records], dtype=_kind(name, records))
        table[name] = Column(values, unit=UNITS.get(name), description=WORDS.get(name))
    for name in ("start", "end"):
        moments = _mjd([record[f"{name}_utc"] for record in records])
        table[f"{name}_mjd"] = Column(moments, unit="d", description="UTC")
    buffer = io.StringIO()
    table.write(buffer, format="ascii.ecsv")
    return buffer.getvalue()


def _kind(name: str, records: Sequence[Mapping[str, Any]]) -> Any:
    if name in _TEXTS:
        return f"U{max((len(str(record[name])) for record in records), default=1) or 1}"
    return np.int64 if name in _WHOLE else np.float64


def _mjd(moments: Sequence[str]) -> Any:
    from astropy.time import Time

    texts = [moment.removesuffix("Z") for moment in moments]
    return Time(texts, format="isot", scale="utc").mjd if texts else np.empty(0)
