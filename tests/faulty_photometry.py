"""Photometry with labelled faults: faults drawn anew into the true rows of a batch, and into published rows."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path

import numpy as np

from tom_photvalidation import scoring
from tom_photvalidation.bandpasses import BANDS
from tom_photvalidation.cameras import published_cameras
from tom_photvalidation.checks import Context
from tom_photvalidation.measurements import VEGA, Measurements, concatenate
from tom_photvalidation.readers import read
from tom_photvalidation.scoring import LabelledBatch
from tom_photvalidation.sites import OBSERVATORIES, places_of

DATA = Path(__file__).parent / "data" / "photometry"
FAULTS = DATA / "faults"
LABELS = DATA / "labels" / "grblc_not_observable_rows.csv"
PUBLISHED = DATA / "grblc" / "grblc_raw.csv.gz"
NOW_MJD = 61_000.0

SHARE = 0.045  # of the rows, as in the labelled batch
CHANGED = ("t_mjd", "mag", "magerr", "limiting_mag", "ra_deg", "dec_deg", "filter", "telescope")
PLACE = ("site_lat_deg", "site_lon_deg")
KEPT = ("target_ra_deg", "target_dec_deg", "t0_mjd", "site_elev_m")
# Filters are mostly mistaken for the next one.
NEXT = {
    "bessellux": "bessellb", "bessellb": "bessellv", "bessellv": "bessellr", "bessellr": "besselli",
    "besselli": "bessellr", "sdssu": "sdssg", "sdssg": "sdssr", "sdssr": "sdssi", "sdssi": "sdssz", "sdssz": "sdssi",
    "2massj": "2massh", "2massh": "2massj", "2massks": "2massh", "ps1::y": "sdssz", "clear": "bessellr",
}  # fmt: skip
CERTAIN = (
    "jd_as_mjd", "future", "mag_sign", "mag_minus_10", "mag_digit_swap", "err_zero", "err_negative", "err_x10",
    "dup_exact", "dup_rounded", "offset_position",
)  # fmt: skip


def labelled() -> LabelledBatch:
    """The batch that came with labels."""
    return scoring.read_labelled(
        FAULTS / "batch_with_faults.csv.gz", FAULTS / "truth.csv", FAULTS / "sites.csv", NOW_MJD, LABELS
    )


# --- published rows ---------------------------------------------------------------------------------------------------
@cache
def epochs() -> dict[str, float]:
    """T0 of published bursts, MJD."""
    found = {}
    with gzip.open(PUBLISHED, "rt") as file:
        for one in csv.DictReader(file):
            if one["t0_utc"]:
                t0 = datetime.fromisoformat(one["t0_utc"]) - datetime(1858, 11, 17)
                found[one["grb"]] = t0.total_seconds() / 86_400
    return found


def published() -> Measurements:
    return read(gzip.decompress(PUBLISHED.read_bytes()), filename="grblc_raw.csv").measurements


def context_of(m: Measurements) -> Context:
    latitude, longitude, elevation = places_of(m.telescope)
    position = np.array([[one.get("ra", one.get("ra_deg")), one.get("dec", one.get("dec_deg"))] for one in m.extra])
    position = np.where(position == "", "nan", position).astype(float)
    t0 = np.array([epochs().get(name, np.nan) for name in m.target])
    cameras = published_cameras(m.telescope.tolist())
    return Context(NOW_MJD, position[:, 0], position[:, 1], t0, latitude, longitude, elevation, cameras)


def of_other_objects(batch: LabelledBatch, only: Collection[str] = ()) -> LabelledBatch:
    """Published detections of bursts that a batch does not have, in AB, each once; limits and positions as there."""
    m = published()
    others = np.array([one for one in epochs() if one not in set(batch.m.target)])
    known = np.isin(m.target.astype(str), list(only) or others) & (m.kind == "detection") & (m.magerr > 0)
    known &= (m.magerr < 1) & np.array([name in BANDS for name in m.filter])
    m = m.take(np.flatnonzero(known))
    context = context_of(m)
    to_ab = np.where(m.magsys == VEGA, [BANDS[name].ab_minus_vega for name in m.filter], 0.0)
    mag = np.round(m.mag + to_ab, 3)
    rng = np.random.default_rng(2)
    n = len(m)
    m = m.replaced(
        magsys=np.full(n, "AB", dtype=object),
        mag=mag,
        limiting_mag=np.round(mag + 2.5 * np.log10(1.0857 / 5.0 / m.magerr), 2),
        limit_sigma=np.full(n, scoring.LIMIT_SIGMA),
        ra_deg=context.target_ra_deg + rng.normal(0, 0.3, n) / 3600,
        dec_deg=context.target_dec_deg + rng.normal(0, 0.3, n) / 3600,
    )
    # the compilation has some rows two to four times
    keys = list(zip(m.target, m.telescope, m.filter, m.t_exact_us, mag, m.magerr, strict=True))
    first = {key: row for row, key in reversed(list(enumerate(keys)))}
    rows = np.array(sorted(first.values()), dtype=np.int64)
    rows = rows[np.isfinite(mag[rows]) & (m.t_mjd[rows] > context.t0_mjd[rows])]
    return LabelledBatch(m, context, np.full(n, "", dtype=object), scoring.named_rows(m, LABELS)).take(rows)


# --- faults -----------------------------------------------------------------------------------------------------------
Columns = dict[str, np.ndarray]
Maker = Callable[[Columns, int, np.random.Generator, LabelledBatch], "bool | None"]


def drawn_anew(batch: LabelledBatch, seed: int) -> LabelledBatch:
    """Take the true rows of a batch and make `SHARE` of them faulty, one fault to a row, all kinds alike."""
    rng = np.random.default_rng(seed)
    true = batch.take(np.flatnonzero(batch.fault == ""))
    n = len(true.m)
    columns = {name: getattr(true.m, name).copy() for name in CHANGED}
    columns |= {name: getattr(true.context, name).copy() for name in PLACE}
    fault = np.full(n, "", dtype=object)
    copies = []
    for row in rng.choice(n, int(SHARE * n), replace=False).tolist():
        name = rng.choice(list(MAKERS))
        if name.startswith("dup"):
            copies.append((row, name))
        elif MAKERS[name](columns, row, rng, true) is not False:
            fault[row] = name
    place = {name: columns.pop(name) for name in PLACE}
    typed = np.where(columns["filter"] == true.m.filter, true.m.filter_given, columns["filter"]).astype(object)
    m = true.m.replaced(**columns, filter_given=typed, t_exact_us=_microseconds(columns["t_mjd"]))
    index = np.concatenate([np.arange(n), np.array([row for row, _ in copies], dtype=np.int64)])
    both = concatenate([m, _copied(true.m, copies)])
    known = {name: getattr(true.context, name)[index] for name in KEPT}
    known |= {name: column[index] for name, column in place.items()}
    context = Context(now_mjd=NOW_MJD, instruments=published_cameras(both.telescope.tolist()), **known)
    faults = np.concatenate([fault, np.array([name for _, name in copies], dtype=object)])
    return replace(batch, m=both, context=context, fault=faults, set_aside=true.set_aside[index])


def _microseconds(mjd: np.ndarray) -> np.ndarray:
    return np.rint(mjd * 86_400e6).astype(np.int64)


def _copied(m: Measurements, copies: list[tuple[int, str]]) -> Measurements:
    extra = m.take(np.array([row for row, _ in copies], dtype=np.int64))
    rounded = np.array([name == "dup_rounded" for _, name in copies], dtype=bool)
    t = np.where(rounded, np.round(extra.t_mjd, 3), extra.t_mjd)
    return extra.replaced(
        t_mjd=t,
        t_exact_us=_microseconds(t),
        mag=np.where(rounded, np.round(extra.mag, 1), extra.mag),
        magerr=np.where(rounded, np.round(extra.magerr, 2), extra.magerr),
    )


def _shift(days: float) -> Maker:
    def make(columns, row, rng, true):
        columns["t_mjd"][row] += days

    return make


def _set(name: str, change: Callable[[float, np.random.Generator], float]) -> Maker:
    def make(columns, row, rng, true):
        columns[name][row] = change(columns[name][row], rng)

    return make


def _local(columns, row, rng, true):
    longitude = true.context.site_lon_deg[row]
    if not np.isfinite(longitude) or round(longitude / 15) == 0:
        return False
    columns["t_mjd"][row] += round(longitude / 15) / 24
    return True


def _digits(columns, row, rng, true):
    tens, ones = divmod(int(columns["mag"][row]), 10)
    columns["mag"][row] += 9 * (ones - tens)
    return tens != ones


def _vega(columns, row, rng, true):
    constant = BANDS[columns["filter"][row]].ab_minus_vega
    if not constant >= 0.15:
        return False
    columns["mag"][row] -= constant
    return True


def _filter(columns, row, rng, true):
    meant = NEXT.get(columns["filter"][row])
    if meant is None:
        return False
    columns["filter"][row] = meant
    return True


def _telescope(columns, row, rng, true):
    """Any other observatory of the batch, whether or not the target could be seen from there."""
    codes = sorted({name.split("/")[0] for name in true.m.telescope} & set(OBSERVATORIES))
    place = OBSERVATORIES[code := rng.choice(codes)]
    if not abs(place.latitude_deg - columns["site_lat_deg"][row]) > 1:
        return False
    columns["telescope"][row] = f"{code}/?"
    columns["site_lat_deg"][row], columns["site_lon_deg"][row] = place.latitude_deg, place.longitude_deg
    return True


def _limit(columns, row, rng, true):
    columns["mag"][row] = np.floor((columns["mag"][row] - rng.uniform(0.5, 3)) * 10) / 10
    columns["magerr"][row] = 0.1


MAKERS: dict[str, Maker] = {
    "date+1d": _shift(1.0),
    "mjd+0.5": _shift(0.5),
    "mjd-0.5": _shift(-0.5),
    "future": _set("t_mjd", lambda t, rng: 62_500 + rng.uniform()),
    "jd_as_mjd": _shift(2_400_000.5),
    "localtime": _local,
    "mag_sign": _set("mag", lambda mag, rng: -mag),
    "mag_minus_10": _set("mag", lambda mag, rng: mag - 10),
    "mag_digit_swap": _digits,
    "err_zero": _set("magerr", lambda error, rng: 0.0),
    "err_negative": _set("magerr", lambda error, rng: -error),
    "err_x10": _set("magerr", lambda error, rng: 10 * error),
    "limit_as_detection": _limit,
    "mag_gt_limit": lambda columns, row, rng, true: columns["limiting_mag"].__setitem__(
        row, columns["mag"][row] - rng.uniform(0.3, 2)
    ),
    "offset_position": _set("dec_deg", lambda dec, rng: dec + rng.uniform(10, 60) / 3600),
    "vega_swap": _vega,
    "wrong_filter": _filter,
    "wrong_telescope": _telescope,
    "dup_exact": lambda columns, row, rng, true: None,
    "dup_rounded": lambda columns, row, rng, true: None,
}
