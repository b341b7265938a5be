"""Cells -> measurements: every row is either understood whole or refused with all that is wrong with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tom_photvalidation.bandpasses import BANDS, canonical_all, nearest_names
from tom_photvalidation.brightness import understand_brightness
from tom_photvalidation.cells import not_given
from tom_photvalidation.columns import FIELDS, TEXT, Meaning, mapped, meaning, meanings, tidy
from tom_photvalidation.instants import understand_times
from tom_photvalidation.measurements import (
    AB,
    NUMBER_COLUMNS,
    TEXT_COLUMNS,
    UNKNOWN,
    VEGA,
    Measurements,
    Problem,
    Reading,
    Texts,
    measurements,
)
from tom_photvalidation.rows import Epochs, Rows, no_epochs
from tom_photvalidation.table import Table, UnreadableFile

LONGEST_TEXT = 500
MAGSYS = {
    "ab": AB, "abmag": AB, "ab mag": AB, "ab_mag": AB, "abmags": AB, "ab magnitudes": AB, "sdss": AB, "sloan": AB,
    "vega": VEGA, "vegamag": VEGA, "vega mag": VEGA, "vega_mag": VEGA, "johnson": VEGA, "landolt": VEGA,
    "cousins": VEGA, "bessell": VEGA, "bessel": VEGA, "johnson-cousins": VEGA,
}  # fmt: skip
NO_MAGSYS = frozenset({"unspecified", "unknown", "apparent"})
REFERENCES = {
    "mid": "mid", "middle": "mid", "midpoint": "mid", "mid-exposure": "mid",
    "start": "start", "begin": "start", "beginning": "start", "unknown": UNKNOWN,
}  # fmt: skip


def interpret(
    table: Table,
    mapping: Mapping[str, str] | None = None,
    defaults: Mapping[str, Any] | None = None,
    epochs: Epochs = no_epochs,
) -> Reading:
    """Turn the cells of a table into measurements.

    Parameters
    ----------
    table : rows of a file
    mapping : column as submitted -> field (or "" to keep it as it is), stronger than what we understand ourselves
    defaults : field -> value for what no column and no cell gives: target, telescope, magsys, time_reference, t0 ...
        and zero_error = "limit" where an error of 0 marks a limit
    epochs : T0 (MJD UTC) of targets, by name, for times that count from T0
    """
    understood = _meanings(table, mapping)
    shown = {header: one.field for header, one in zip(table.headers, understood, strict=True)}
    rows = Rows(table, understood, {**table.conventions.values, **_as_defaults(defaults)}, epochs)
    missing = _missing_columns(table, rows)
    if missing and len(table):
        return _nothing(table, shown, missing)
    made = _columns(rows)
    good = ~rows.refused
    read = measurements(len(table), line=table.lines, submitted=table.submitted, extra=rows.extra(), **made)
    if not good.all():
        read = read.take(good)
    return Reading(
        measurements=read,
        problems=(*table.problems, *rows.problems),
        format=table.format,
        columns_mapping=shown,
        n_rows=len(table) + table.n_broken,
        notes=(*table.notes, *_beaten(table, understood), *_notes(read), *rows.notes),
    )


def _meanings(table: Table, mapping: Mapping[str, str] | None) -> list[Meaning]:
    """Return what each column holds.

    Raises
    ------
    UnreadableFile
        When a mapping names what does not exist, or one name heads two columns.
    """
    first: dict[str, str] = {}
    twice = [header for header in table.headers if first.setdefault(tidy(header) or header, header) != header]
    twice += [header for header, count in Counter(table.headers).items() if count > 1]
    if twice:
        raise UnreadableFile(
            "duplicate-column",
            f"Two columns are called {twice[0]!r}, so it cannot be told which is meant.",
            "Give every column its own name.",
            column=twice[0],
        )
    try:
        return meanings(table.headers, {**table.conventions.columns, **(mapping or {})})
    except ValueError as error:
        raise UnreadableFile("bad-mapping", str(error), "Choose one of the fields listed.") from error


def _as_defaults(defaults: Mapping[str, Any] | None) -> dict[str, str]:
    """Return what the uploader says of all rows as texts.

    Raises
    ------
    UnreadableFile
        When a field does not exist.
    """
    said = {}
    for name, value in (defaults or {}).items():
        if value is None or value == "":
            continue
        if name != "zero_error":
            try:
                mapped(name)
            except ValueError as error:
                raise UnreadableFile("bad-default", str(error), "Choose one of the fields listed.") from error
        said[name] = str(value)
    return said


def _missing_columns(table: Table, rows: Rows) -> list[Problem]:
    """Return the problems of a file that has no column for what every measurement needs."""
    line = int(table.lines[0]) - 1 if len(table) and table.lines[0] > 1 else 0
    seen = ", ".join(table.headers)[:200]
    problems = []
    for label, fields in (
        ("filter", ("filter",)),
        ("time", ("mjd", "jd", "rjd", "isot", "unix", "time", "since_t0")),
        ("brightness", ("mag", "limiting_mag", "flux_ujy", "flux", "fluxerr", "fluxerr_ujy")),
    ):
        if not any(rows.has(name) for name in fields):
            names = ", ".join(fields[:4])
            fix = f"Name one of the columns {names}, or say in the mapping which column it is."
            problems.append(Problem(line, label, f"no-{label}-column", seen, f"No column gives the {label}.", fix))
    return problems


def _nothing(table: Table, shown: Mapping[str, str], missing: Sequence[Problem]) -> Reading:
    return Reading(
        measurements(0), (*table.problems, *missing), table.format, shown, len(table) + table.n_broken, table.notes
    )


def _columns(rows: Rows) -> dict[str, Any]:
    """Return the columns of the measurements that can be told from the cells."""
    made: dict[str, Any] = {
        name: rows.text(name) for name in TEXT_COLUMNS if name in FIELDS and FIELDS[name].kind == TEXT
    }
    for name in ("target", "telescope", "instrument"):
        _refuse_long(rows, name, made[name])
    made["filter_given"] = made["filter"]
    made["filter"] = _filters(rows, made)
    made["magsys_given"] = made["magsys"]
    made["magsys"] = _systems(rows, made)
    made["exposure_s"], made["n_exposures"] = rows.exposures()
    made["t_mjd"], made["time_reference"] = understand_times(rows, _references(rows, made["time_reference"]))
    made.update(understand_brightness(rows, made["filter"], made["magsys"], made.pop("kind")))
    made["ra_deg"], made["dec_deg"] = rows.position()
    for name in ("subtracted", "extinction_corrected"):
        made[name] = rows.flag(name)
    for name in NUMBER_COLUMNS:
        if name not in made:
            made[name] = rows.number(name)
    for name, highest in (
        ("airmass", 100.0),
        ("fwhm_arcsec", 1000.0),
        ("n_calibration_stars", 1e7),
        ("n_exposures", 1e6),
    ):
        with np.errstate(invalid="ignore"):
            rows.refuse(
                (made[name] < 0) | (made[name] > highest),
                name,
                f"{name.replace('_', '-')}-out-of-range",
                f"{FIELDS[name].label} must lie between 0 and {highest:g}.",
                "Correct the number, or leave it empty.",
            )
    for name in (one for one in NUMBER_COLUMNS if one in FIELDS):
        # Such as the error of a magnitude that follows from a flux of 1e-320.
        rows.refuse(
            np.isinf(made[name]),
            name,
            "number-out-of-range",
            f"{FIELDS[name].label} is not finite, as given or as it follows from what is given.",
            "Are the numbers in the right units and columns?",
        )
    return made


def _refuse_long(rows: Rows, name: str, texts: Texts) -> None:
    odd = {one for one in set(texts) if len(one) > LONGEST_TEXT or not one.isprintable()}
    long = np.array([one in odd for one in texts], dtype=bool) if odd else np.zeros(len(texts), dtype=bool)
    rows.refuse(
        long,
        name,
        "text-unusable",
        f"{FIELDS[name].label} is longer than {LONGEST_TEXT} characters or has characters that cannot be printed.",
        "Write the plain name.",
    )


def _filters(rows: Rows, made: Mapping[str, Texts]) -> Texts:
    """Return canonical filters, refusing those nobody knows."""
    given = made["filter"]
    where = made["telescope"] + " " + made["instrument"]
    found = np.empty(len(given), dtype=object)
    found[:] = canonical_all(given, where)
    empty = not_given(given)
    rows.refuse(
        empty, "filter", "filter-missing", "No filter is given.", "Write the filter, for example r, R or clear."
    )
    for name in set(given[(found == "") & ~empty]):
        like = nearest_names(name)
        fix = f"Did you mean {' or '.join(like)}?" if like else "Write one of the filters listed in the documentation."
        rows.refuse((given == name) & ~empty, "filter", "unknown-filter", f"No filter is known as {name[:50]!r}.", fix)
    return found


def _systems(rows: Rows, made: Mapping[str, Texts]) -> Texts:
    """Return AB or Vega for each row: as typed, else what is usual for the filter."""
    typed, filters = made["magsys"], made["filter"]
    usual = {name: BANDS[name].default_magsys if name else AB for name in set(filters)}
    known = {text: MAGSYS.get(text.lower(), "") for text in set(typed)}
    unsaid = {text for text in known if not text or text.lower() in NO_MAGSYS}
    silent = np.array([text in unsaid for text in typed], dtype=bool)
    found = np.empty(len(typed), dtype=object)
    found[:] = [usual[name] if quiet else known[text] for text, name, quiet in zip(typed, filters, silent, strict=True)]
    made["magsys_given"][silent] = ""
    rows.refuse(
        found == "",
        "magsys",
        "unknown-magnitude-system",
        "Only AB and Vega magnitudes are understood.",
        "Write AB or Vega.",
    )
    no_vega = {name for name in usual if name and np.isnan(BANDS[name].ab_minus_vega)}
    blind = np.array([name in no_vega for name in filters], dtype=bool)
    rows.refuse(
        blind & (found == VEGA),
        "magsys",
        "no-vega-in-this-filter",
        "There are no Vega magnitudes in this filter.",
        "Write AB, or give a flux in microjansky.",
    )
    return found


def _references(rows: Rows, typed: Texts) -> Texts:
    """Return mid, start or unknown as typed in a column of its own; "" where nothing is typed."""
    found = np.empty(len(typed), dtype=object)
    silent = not_given(typed)
    known = {text: REFERENCES.get(text.lower(), "bad") for text in set(typed)}
    found[:] = ["" if quiet else known[text] for text, quiet in zip(typed, silent, strict=True)]
    rows.refuse(
        found == "bad",
        "time_reference",
        "unknown-time-reference",
        "A time is that of the middle or of the start of the exposure.",
        "Write mid, start or unknown.",
    )
    return found


def _beaten(table: Table, understood: Sequence[Meaning]) -> list[str]:
    """Name the columns that were kept as they are because a better name gives the same."""
    winners = {one.field: header for header, one in zip(table.headers, understood, strict=True) if one.field}
    said = table.conventions.columns
    return [
        f"The columns {winners[wanted]!r} and {header!r} both give {FIELDS[wanted].label.lower()}; the first was taken."
        for header, one in zip(table.headers, understood, strict=True)
        if not one.field and header not in said and (wanted := meaning(header).field) in winners
    ]


def _notes(read: Measurements) -> list[str]:
    """Say what was assumed."""
    notes = []
    silent = read.magsys_given == ""
    for system in (AB, VEGA):
        assumed = silent & (read.magsys == system) & ~(np.isnan(read.mag) & np.isnan(read.limiting_mag))
        if assumed.any():
            filters = ", ".join(sorted(set(read.filter[assumed])))
            n = int(assumed.sum())
            silence = "1 row does not say its" if n == 1 else f"{n} rows do not say their"
            notes.append(f"{silence} magnitude system; {system} is usual in {filters} and was taken.")
    return notes
