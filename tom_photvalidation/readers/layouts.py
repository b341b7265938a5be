"""Known layouts of text tables: what their columns mean where the names alone do not say it, or say it wrongly."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote

import numpy as np

from tom_photvalidation import times
from tom_photvalidation.cells import as_texts, not_given, numbers
from tom_photvalidation.columns import FIELDS, tidy
from tom_photvalidation.measurements import Floats, Texts
from tom_photvalidation.table import Table

SYSTEMS = frozenset({"ab", "vega"})
LARGEST_T0_SCATTER_D = 0.05
FIELDS_AND_EXTRA = frozenset(FIELDS) | {"extra"}


@dataclass(frozen=True, slots=True)
class Layout:
    """A layout, the columns it is known by, and what to do with them."""

    name: str
    known_by: frozenset[str]  # in lower case
    columns: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    zero_error_is_limit: bool = False
    derived_limit_sigma: float = 3.0
    adapt: Callable[[Table], Table] | None = None

    def fits(self, headers: Sequence[str]) -> bool:
        """Tell whether a table has the columns of this layout."""
        return self.known_by <= {header.lower() for header in headers}

    def applied(self, table: Table) -> Table:
        """Return the table with what the layout says of it."""
        by_lower = {header.lower(): header for header in table.headers}
        old = table.conventions
        said = replace(
            old,
            values={**self.values, **old.values},
            columns={**{by_lower[k]: v for k, v in self.columns.items() if k in by_lower}, **old.columns},
            zero_error_is_limit=self.zero_error_is_limit,
            derived_limit_sigma=self.derived_limit_sigma,
        )
        told = replace(table, conventions=said, format=self.name)
        return self.adapt(told) if self.adapt and len(told) else told


def _with_columns(table: Table, columns: Mapping[str, Any]) -> Table:
    """Return a table with columns replaced or added, by name."""
    merged: dict[str, Any] = {**dict(zip(table.headers, table.columns, strict=True)), **columns}
    return replace(table, headers=tuple(merged), columns=tuple(merged.values()))


def system_or_catalogue(header: str) -> Callable[[Table], Table]:
    """Part a column that holds either a magnitude system or the catalogue of the calibration."""

    def adapt(table: Table) -> Table:
        column = table.column(header)
        is_system = np.fromiter((text.lower() in SYSTEMS for text in column), bool, len(column))
        conventions = replace(
            table.conventions,
            columns={**table.conventions.columns, header: "", "magnitude system": "magsys",
                     "catalogue": "calibration_catalogue"},
        )  # fmt: skip
        made = {"magnitude system": np.where(is_system, column, ""), "catalogue": np.where(is_system, "", column)}
        kept = {name: one for name, one in zip(table.headers, table.columns, strict=True) if name != header}
        return replace(table, headers=(*kept, *made), columns=(*kept.values(), *made.values()), conventions=conventions)

    return adapt


def grbsn(table: Table) -> Table:
    """Settle units, systems and times of the GRB-supernova compilation row by row."""
    said = {**table.conventions.columns, "date": "", "date_unit": "", "time": "", "time_unit": "", "mag_type": ""}
    n = len(table)
    made: dict[str, Any] = {}
    notes = list(table.notes)
    system = _grbsn_system(table)
    made["magnitude system"] = system
    said |= {"mag_unit": "", "magnitude system": "magsys"}
    dates = _grbsn_dates(table) if "date" in table.headers else np.full(n, np.nan)
    since = numbers(table.column("time")).values if "time" in table.headers else np.full(n, np.nan)
    t0 = dates - since
    if np.isfinite(t0).any() and np.nanmax(np.abs(t0 - np.nanmedian(t0))) < LARGEST_T0_SCATTER_D:
        notes.append(
            f"T0 was taken as MJD {np.nanmedian(t0):.5f}, from rows that give both a date and a time since T0."
        )
        made["t0 of the file"] = np.full(n, float(np.nanmedian(t0)))
        said["t0 of the file"] = "t0"
    made["mjd of the date"] = dates
    made["days since t0"] = since
    said |= {"mjd of the date": "mjd", "days since t0": "since_t0:d"}
    if "integration" in table.headers:
        made["integration"] = _grbsn_integration(table)
        said |= {"integration": "exposure_s:s", "integration_unit": "", "integration_time": ""}
    for flux, unit in (("flux_density", "flux_density_unit"), ("flux", "flux_unit")):
        if flux in table.headers:
            said |= {flux: f"flux:{_unit(table, unit)}", f"d{flux}": "fluxerr", unit: ""}
    told = _with_columns(table, made)
    conventions = replace(told.conventions, compare_times=False,
                          columns={k: v for k, v in said.items() if k in told.headers})  # fmt: skip
    return replace(told, conventions=conventions, notes=tuple(notes))


def _grbsn_system(table: Table) -> Texts:
    """Two files have the system in the column of the type of magnitude."""
    system = table.column("mag_unit") if "mag_unit" in table.headers else as_texts([""] * len(table))
    if "mag_type" not in table.headers:
        return system
    kind = table.column("mag_type")
    swapped = np.fromiter((text.lower() in SYSTEMS for text in kind), bool, len(kind))
    return np.where(swapped, kind, system)


def _grbsn_dates(table: Table) -> Floats:
    """Return the MJD of dates that are exact; the others are kept as typed, for their rows have a time since T0."""
    column = table.column("date")
    read = times.from_column(column, "isot")
    return np.where(not_given(column) | (read.codes != ""), np.nan, read.mjd)


def _grbsn_integration(table: Table) -> Texts:
    """Write the unit of each row beside its exposure."""
    column = table.column("integration")
    name = next((one for one in ("integration_unit", "integration_time") if one in table.headers), "")
    units = table.column(name) if name else as_texts([""] * len(table))
    silent = not_given(units) | not_given(column)
    made = np.empty(len(table), dtype=object)
    made[:] = [
        text if quiet or any(letter.isalpha() for letter in text.replace("times", "").replace("e", ""))
        else f"{text} {unit}"
        for text, unit, quiet in zip(column, units, silent, strict=True)
    ]  # fmt: skip
    return made


def _unit(table: Table, header: str) -> str:
    said = set(table.column(header)) - {"NaN", ""} if header in table.headers else set()
    return said.pop() if len(said) == 1 else "mJy"


def hermes(table: Table) -> Table:
    """Part brightness by its unit, and take what Hermes has no field for out of the comments."""
    n = len(table)
    unit = table.column("brightness_unit") if "brightness_unit" in table.headers else as_texts([""] * n)
    limit_unit = table.column("limiting_brightness_unit") if "limiting_brightness_unit" in table.headers else unit
    in_flux = np.fromiter((text.lower() == "mjy" for text in unit), bool, n)
    made: dict[str, Any] = {
        name: column for name, column in zip(table.headers, table.columns, strict=True) if name not in HERMES_PARTED
    }
    system = np.where(in_flux, limit_unit, unit)
    for source, mag, flux in (("brightness", "mag", "flux"), ("brightness_error", "magerr", "fluxerr")):
        if source in table.headers:
            texts = _as_text(table.column(source))
            made[mag], made[flux] = np.where(in_flux, "", texts), np.where(in_flux, texts, "")
    comments = table.column("comments") if "comments" in table.headers else as_texts([""] * n)
    told = [_told(text) for text in comments]
    for name in dict.fromkeys(name for one in told for name in one):
        column = np.empty(n, dtype=object)
        column[:] = [one.get(name, "") for one in told]
        made[name] = column
    if "flux_ujy" in made and "flux" in made:  # the same flux, unrounded
        for name in ("flux", "fluxerr"):
            made[name] = np.where(made["flux_ujy"] != "", "", made[name])
    said = made.pop("magsys", as_texts([""] * n))
    made["magsys"] = np.where(said == "", np.where(np.char.lower(system.astype(str)) == "mjy", "", system), said)
    if "comments" in table.headers and not any(told):
        made["comments"] = comments
    conventions = replace(table.conventions, columns={k: v for k, v in HERMES.items() if k in made})
    return replace(table, headers=tuple(made), columns=tuple(made.values()), conventions=conventions)


HERMES_PARTED = frozenset({"brightness", "brightness_error", "brightness_unit", "limiting_brightness_unit", "comments"})
HERMES: Mapping[str, str] = {
    "date_obs": "isot", "flux": "flux:mJy", "fluxerr": "fluxerr", "limiting_brightness": "limiting_mag",
    "exposure_time": "exposure_s", "catalog": "calibration_catalogue",
}  # fmt: skip


def _as_text(column: Any) -> Texts:
    if column.dtype != object:
        column = as_texts(["" if math.isnan(one) else repr(one) for one in column.tolist()])
    texts: Texts = column
    return texts


def _told(comment: str) -> dict[str, str]:
    """Return "name=value; name=value" as our exports write it; nothing for the comments of others."""
    pairs = [part.partition("=") for part in comment.split("; ")]
    if not all(equals and name in FIELDS_AND_EXTRA for name, equals, _ in pairs):
        return {}
    return {name: unquote(value) for name, _, value in pairs}


LAYOUTS: tuple[Layout, ...] = (
    Layout(
        "atlas-forced",
        frozenset({"mjd", "m", "dm", "ujy", "dujy", "f", "mag5sig"}),
        columns={"m": "", "dm": "", "ujy": "flux:uJy", "dujy": "fluxerr", "f": "filter", "err": "", "ra": "", "dec": "",
                 "mag5sig": "limiting_mag"},
        values={"limit_sigma": "5", "magsys": "AB", "telescope": "ATLAS", "origin": "ATLAS forced photometry"},
    ),
    Layout(
        "ztf-forced",
        frozenset({"forcediffimflux", "forcediffimfluxunc", "zpdiff", "filter", "jd"}),
        columns={"forcediffimflux": "flux", "forcediffimfluxunc": "fluxerr", "zpdiff": "zp", "jd": "jd",
                 "filter": "filter", "field": "", "diffmaglim": "limiting_mag"},
        # jd: "Observation Julian date at start of exposure"
        values={"limit_sigma": "5", "magsys": "AB", "telescope": "ZTF", "subtracted": "yes",
                "time_reference": "start", "origin": "ZTF forced photometry"},
    ),
    Layout(
        "grblc",
        frozenset({"grb", "time_since_t0_s", "system_or_catalog", "human_flag"}),
        columns={"ra_deg": "", "dec_deg": "", "source": "reference"},
        adapt=system_or_catalogue("system_or_catalog"),
    ),
    Layout(
        "grblc-extract",
        frozenset({"g", "mjd", "dt", "mag", "err", "band", "sys", "tel", "src"}),
        columns={"g": "target", "ra": "", "dec": "", "tel": "telescope", "src": "reference", "site": ""},
        zero_error_is_limit=True,
        adapt=system_or_catalogue("sys"),
    ),
    Layout(
        "grbsn",
        frozenset({"band", "mag", "mag_limit", "dmag", "time", "time_unit", "instrument", "reference"}),
        columns={"mag_limit": "is_limit", "instrument": "telescope", "extinction": ""},
        adapt=grbsn,
    ),
    Layout("hermes", frozenset({"target_name", "date_obs", "bandpass", "brightness_unit"}), adapt=hermes),
    Layout(
        "circular-table",
        frozenset({"mjd", "observer", "exposure", "filter", "mag", "magerr", "limit", "limit_sigma"}),
        columns={"observer": "telescope", "mjd": "mjd:mid"},
    ),
)  # fmt: skip


def with_clock(table: Table) -> Table:
    """Join a column of dates and a column of hours, in which many people write one time."""
    dates = [
        header for header in table.headers if tidy(header) in DATE_NAMES and _all(table.column(header), times.DATE_ONLY)
    ]
    clocks = [
        header for header in table.headers if tidy(header) in CLOCK_NAMES and _all(table.column(header), times.CLOCK)
    ]
    if len(dates) != 1 or len(clocks) != 1:
        return table
    joined = np.empty(len(table), dtype=object)
    pairs = zip(table.column(dates[0]), table.column(clocks[0]), strict=True)
    joined[:] = [f"{date.replace('/', '-')}T{clock}" if date and clock else "" for date, clock in pairs]
    told = _with_columns(table, {"date and time": joined})
    columns = {**told.conventions.columns, dates[0]: "", clocks[0]: "", "date and time": "isot"}
    return replace(told, conventions=replace(told.conventions, columns=columns))


DATE_NAMES = frozenset({"date", "date_obs", "date_utc", "utc_date", "obs_date", "obsdate", "day"})
CLOCK_NAMES = frozenset({"time", "ut", "utc", "time_utc", "utc_time", "ut_time", "hour", "clock", "obs_time"})


def _all(column: Any, pattern: re.Pattern[str]) -> bool:
    if column.dtype != object:
        return False
    said = [text for text in column if text]
    return bool(said) and all(pattern.fullmatch(text) for text in said)


def laid_out(table: Table) -> Table:
    """Return a table with what its layout says, or as it is."""
    table = with_clock(table)
    for layout in LAYOUTS:
        if layout.fits(table.headers):
            return layout.applied(table)
    return table
