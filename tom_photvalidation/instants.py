"""Which instant a row means: its columns of times, T0, the clock it was read from and the part of the exposure."""

from __future__ import annotations

import numpy as np

from tom_photvalidation import times
from tom_photvalidation.cells import Mask, numbers, parse_number
from tom_photvalidation.columns import SECONDS, TIME_FIELDS
from tom_photvalidation.measurements import UNKNOWN, Floats, Texts
from tom_photvalidation.rows import Rows

ABSOLUTE = TIME_FIELDS[:-1]
FARTHEST_APART_D = 0.01


def understand_times(rows: Rows, typed: Texts) -> tuple[Floats, Texts]:
    """Return MJD UTC and the reference of each row; rows without a time that can be trusted are refused.

    Parameters
    ----------
    rows : the table
    typed : (n,) mid, start, unknown or "" from a column that says so
    """
    mjd = np.full(rows.n, np.nan)
    reference = np.full(rows.n, UNKNOWN, dtype=object)
    decided = np.zeros(rows.n, dtype=bool)
    for name in ABSOLUTE:
        if rows.has(name):
            _use(rows, name, mjd, reference, decided)
    if rows.has("since_t0"):
        _use_since_t0(rows, mjd, reference, decided)
    rows.refuse(~decided, _first(rows), "time-missing", "No time is given.", "Give the time in UTC.")
    return mjd, np.where(typed == "", reference, typed)


def _first(rows: Rows) -> str:
    return next((name for name in TIME_FIELDS if rows.has(name)), "time")


def _use(rows: Rows, name: str, mjd: Floats, reference: Texts, decided: Mask) -> None:
    """Take the times of one column for the rows no better column has decided, and compare the others."""
    column = rows.column(name)
    given = times.given(column)
    use = given & ~decided
    rows.keep(name, given & decided)
    if name == "isot" and not use.any():
        return
    read = times.from_column(column, name, rows.conventions.decimal_comma)
    for code in sorted(set(read.codes[use]) - {""}):
        message, fix = times.TIME_PROBLEMS[code]
        rows.refuse(use & (read.codes == code), name, code, message, _as_mjd if code == "time-is-jd" else fix)
    utc = _to_utc(rows, name, read.mjd, use)
    if rows.conventions.compare_times:
        with np.errstate(invalid="ignore"):
            apart = given & decided & (np.abs(utc - mjd) > FARTHEST_APART_D)
        rows.refuse(apart, name, "times-disagree", "Two columns give different times for this row.",
                    "Correct one of the two, or leave one out; MJD = JD - 2400000.5.")  # fmt: skip
    mjd[use] = utc[use]
    reference[use] = rows.meaning(name).reference or UNKNOWN
    decided |= use


def _as_mjd(typed: str) -> str:
    """Return how to mend a Julian date that stands where an MJD belongs."""
    jd = parse_number(typed, decimal_comma=True)
    return "Subtract 2400000.5." if jd is None else f"Write {jd - times.JD_OF_MJD_0:.5f}, or name the column jd."


def _to_utc(rows: Rows, name: str, mjd: Floats, use: Mask) -> Floats:
    """Turn the clock of a column, or of a row that names its own, into UTC."""
    said = rows.text("time_scale")
    own = rows.meaning(name).scale
    result = mjd.copy()
    for scale in set(said):
        which = said == scale
        ahead = times.seconds_ahead_of_utc(mjd, (scale or own).lower())
        rows.refuse(which & use & np.isnan(ahead), name, "time-scale-unusable",
                    f"Times in {(scale or own).upper()[:20]!r} cannot be turned into UTC here: heliocentric and "
                    "barycentric times differ from it by up to 8.3 minutes.",
                    "Give the time at the telescope in UTC (or TAI, TT, TDB).")  # fmt: skip
        result[which] = mjd[which] - ahead[which] / 86400.0
    return result


def _use_since_t0(rows: Rows, mjd: Floats, reference: Texts, decided: Mask) -> None:
    """Add times since T0 to T0 for the rows that have no time of their own."""
    column = rows.column("since_t0")
    given = times.given(column)
    use = given & ~decided
    rows.keep("since_t0", given & decided)
    if not use.any():
        return
    read = numbers(column, rows.conventions.decimal_comma)
    rows.refuse_number(read.bad & use, "since_t0")
    unit = rows.meaning("since_t0").unit
    if not unit:
        rows.refuse(use, "since_t0", "time-without-unit", "It is not said whether these are seconds or days since T0.",
                    "Put the unit into the name of the column: t-t0_s, t-t0_h or t-t0_d.")  # fmt: skip
    t0 = _t0(rows, use)
    since = read.values * SECONDS.get(unit, np.nan) / 86400.0
    mjd[use] = (t0 + since)[use]
    reference[use] = rows.meaning("since_t0").reference or UNKNOWN
    decided |= use


def _t0(rows: Rows, use: Mask) -> Floats:
    """Return T0 of each row: of its own column, else as the uploader says, else that of its target."""
    column = rows.column("t0")
    if column is None:
        mjd = np.full(rows.n, np.nan)
    else:
        read = times.from_column(column, "time", rows.conventions.decimal_comma)
        mjd = read.mjd
        for code in sorted(set(read.codes[use]) - {""}):
            message, fix = times.TIME_PROBLEMS[code]
            rows.refuse(use & (read.codes == code), "t0", code, message, fix)
    silent = use & np.isnan(mjd) & ~rows.refused
    if silent.any():
        targets = rows.text("target")
        known = rows.epochs(set(targets[silent]) - {""})
        mjd[silent] = [known.get(name, np.nan) for name in targets[silent]]
    unknown = use & np.isnan(mjd) & ~rows.refused
    rows.refuse(unknown, "since_t0", "t0-unknown", "The time counts from T0, and T0 is not known.",
                "Give T0 in UTC with the upload, as a column t0, or on the page of the target.")  # fmt: skip
    return mjd
