"""Measurements of brightness as columns of equal length, and what was wrong with the rows that could not be read.

Everything that passes between the readers, the checks, the store and the exporters is one of these values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.int8]
Texts = NDArray[np.object_]

US_PER_DAY = 86_400_000_000
US_PER_S = 1_000_000

DETECTION, LIMIT, FORCED = "detection", "limit", "forced"
MID, START, UNKNOWN = "mid", "start", "unknown"
AB, VEGA = "AB", "Vega"
YES, NO, NOT_SAID = 1, 0, -1


def to_microseconds(mjd: Floats) -> Integers:
    """Turn days into microseconds since MJD 0, day and fraction apart, so that the way back gives the same number.

    (Up to MJD 65536, in the year 2038; later a double holds a day to a microsecond only.)

    Parameters
    ----------
    mjd : (n,) days; NaN becomes 0
    """
    mjd = np.nan_to_num(mjd)
    day = np.floor(mjd)
    whole: Integers = day.astype(np.int64) * US_PER_DAY
    rest: Integers = np.rint((mjd - day) * US_PER_DAY).astype(np.int64)
    return np.asarray(whole + rest)


def to_days(microseconds: Integers) -> Floats:
    """Turn microseconds since MJD 0 into MJD."""
    day, rest = np.divmod(microseconds, US_PER_DAY)
    return np.asarray(day + rest / US_PER_DAY, dtype=np.float64)


def is_stdweb(origin_or_pipeline: str) -> bool:
    """Tell whether a row came from STDWeb, which calls itself stdview in what it sends."""
    return origin_or_pipeline.casefold().startswith(("stdweb", "stdview"))


@dataclass(frozen=True, eq=False, slots=True)
class Measurements:
    """n measurements; NaN, "" and -1 mean "not given". Arrays are (n,) and are not written to.

    `t_mjd` and `t_exact_us` are the instant that was submitted, in UTC, and `time_reference` says which instant of the
    exposure it is. `mid_us`, `start_us` and `end_us` derive the others. `mag`, `magerr` and `limiting_mag` are as
    submitted, in `magsys`; `flux_ujy` and `fluxerr_ujy` are always microjansky, AB.
    """

    line: Integers  # line or row number as a person counts it in what was submitted
    submitted: Texts  # the typed row verbatim
    target: Texts
    telescope: Texts
    instrument: Texts
    filter: Texts  # canonical name of `bandpasses`
    filter_given: Texts
    t_mjd: Floats
    t_exact_us: Integers
    time_reference: Texts  # mid | start | unknown
    exposure_s: Floats  # all exposures together
    n_exposures: Floats
    kind: Texts  # detection | limit | forced
    magsys: Texts  # AB | Vega
    magsys_given: Texts  # as typed; "" when the filter's usual system was assumed
    mag: Floats
    magerr: Floats
    limiting_mag: Floats
    limit_sigma: Floats
    flux_ujy: Floats
    fluxerr_ujy: Floats
    ra_deg: Floats  # measured position, ICRS
    dec_deg: Floats
    position_err_arcsec: Floats
    subtracted: Flags
    template: Texts
    calibration_catalogue: Texts
    pipeline: Texts
    reducer: Texts
    observer: Texts
    origin: Texts
    reference: Texts
    colour_term: Floats
    n_calibration_stars: Floats
    zero_point_scatter: Floats
    fwhm_arcsec: Floats
    extinction_corrected: Flags
    ebv: Floats
    airmass: Floats
    extra: Texts  # a dict for each row: columns without a meaning of ours

    def __len__(self) -> int:
        """Return the number of measurements."""
        return len(self.line)

    def take(self, which: NDArray[Any]) -> Self:
        """Return the rows a boolean mask or an array of indices names."""
        return type(self)(**{name: getattr(self, name)[which] for name in COLUMNS})

    def replaced(self, **columns: NDArray[Any]) -> Self:
        """Return a copy with other columns in some places."""
        return replace(self, **columns)

    @property
    def half_exposure_us(self) -> Integers:
        """Half of the total exposure, microseconds; 0 where it is not known. Gaps between exposures are not counted."""
        half: Integers = np.rint(np.nan_to_num(self.exposure_s) * (US_PER_S / 2)).astype(np.int64)
        return half

    @property
    def mid_us(self) -> Integers:
        """Middle of the exposure, microseconds since MJD 0: as given unless the start was given."""
        return np.where(self.time_reference == START, self.t_exact_us + self.half_exposure_us, self.t_exact_us)

    @property
    def start_us(self) -> Integers:
        """Start of the exposure, microseconds since MJD 0: as given unless the middle was given."""
        return np.where(self.time_reference == MID, self.t_exact_us - self.half_exposure_us, self.t_exact_us)

    @property
    def end_us(self) -> Integers:
        """Last instant the exposure can have reached, microseconds since MJD 0."""
        return self.start_us + 2 * self.half_exposure_us

    @property
    def mid_mjd(self) -> Floats:
        """Middle of the exposure, MJD UTC."""
        return to_days(self.mid_us)


COLUMNS: tuple[str, ...] = tuple(one.name for one in fields(Measurements))
# Annotations are texts here: the name of the kind of column.
KINDS: Mapping[str, str] = MappingProxyType({one.name: str(one.type) for one in fields(Measurements)})
DTYPES: Mapping[str, np.dtype[Any]] = MappingProxyType(
    {
        name: np.dtype({"Integers": np.int64, "Floats": np.float64, "Flags": np.int8, "Texts": object}[kind])
        for name, kind in KINDS.items()
    }
)
MISSING: Mapping[str, Any] = MappingProxyType(
    {name: {"Integers": 0, "Floats": np.nan, "Flags": NOT_SAID, "Texts": ""}[kind] for name, kind in KINDS.items()}
)
TEXT_COLUMNS: tuple[str, ...] = tuple(n for n in COLUMNS if DTYPES[n].hasobject and n != "extra")
NUMBER_COLUMNS: tuple[str, ...] = tuple(n for n in COLUMNS if DTYPES[n] == np.float64)
FLAG_COLUMNS: tuple[str, ...] = tuple(n for n in COLUMNS if DTYPES[n] == np.int8)


def missing_column(name: str, n: int) -> NDArray[Any]:
    """Return a column of n values that say "not given"."""
    if name == "extra":
        column = np.empty(n, dtype=object)
        column[:] = [{} for _ in range(n)]
        return column
    return np.full(n, MISSING[name], dtype=DTYPES[name])


def measurements(n: int, **columns: Any) -> Measurements:
    """Make n measurements from the columns that are known; a scalar stands for all rows, others are "not given".

    Raises
    ------
    TypeError
        For a column that does not exist.
    ValueError
        For a column of another length.
    """
    unknown = set(columns) - set(COLUMNS)
    if unknown:
        raise TypeError(f"Measurements have no column {', '.join(sorted(unknown))}.")
    if "t_mjd" in columns and "t_exact_us" not in columns:
        columns["t_exact_us"] = to_microseconds(np.broadcast_to(np.asarray(columns["t_mjd"], dtype=np.float64), (n,)))
    made = {}
    for name in COLUMNS:
        if name not in columns:
            made[name] = missing_column(name, n)
            continue
        given = columns[name]
        if isinstance(given, np.ndarray | list | tuple):
            column = np.empty(len(given), dtype=DTYPES[name])
            column[:] = given
        else:
            column = np.full(n, given, dtype=DTYPES[name])
        if column.shape != (n,):
            raise ValueError(f"Column {name} has {len(column)} values where {n} are needed.")
        made[name] = column
    return Measurements(**made)


def concatenate(parts: Sequence[Measurements]) -> Measurements:
    """Put measurements one after another."""
    if not parts:
        return measurements(0)
    if len(parts) == 1:
        return parts[0]
    return Measurements(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in COLUMNS})


@dataclass(frozen=True, slots=True)
class Problem:
    """Why one row, or one file, could not be read: what, where, and how to mend it."""

    line: int  # 0 when the whole file is meant
    column: str  # name of the column as submitted; "" when the row is meant
    code: str
    value: str  # as typed, cut at 200 characters
    message: str
    fix: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class Reading:
    """What was read: the good rows, every problem of every other row, and how the columns were understood."""

    measurements: Measurements
    problems: tuple[Problem, ...]
    format: str
    columns_mapping: Mapping[str, str]  # column as submitted -> field, or "" when kept under "extra"
    n_rows: int  # rows that were submitted: good ones and refused ones
    notes: tuple[str, ...] = ()

    @property
    def n_refused(self) -> int:
        """Number of rows that were refused."""
        return self.n_rows - len(self.measurements)


def join_readings(readings: Iterator[Reading] | Sequence[Reading]) -> Reading:
    """Put the readings of the parts of one file together.

    Raises
    ------
    ValueError
        When there is none.
    """
    parts = list(readings)
    if not parts:
        raise ValueError("There is no reading to join.")
    mapping: dict[str, str] = {}
    for part in parts:
        mapping.update(part.columns_mapping)
    return Reading(
        measurements=concatenate([part.measurements for part in parts]),
        problems=tuple(problem for part in parts for problem in part.problems),
        format=parts[0].format,
        columns_mapping=mapping,
        n_rows=sum(part.n_rows for part in parts),
        notes=tuple(dict.fromkeys(note for part in parts for note in part.notes)),
    )
