"""What every check takes and gives: what is known beside a batch, the batch prepared once, and findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tom_photvalidation.bandpasses import BANDS
from tom_photvalidation.measurements import VEGA, Floats, Integers, Measurements, Texts, to_days

Mask = NDArray[np.bool_]
Fix = Mapping[str, Any]

REFUSED, QUARANTINED, WARNING, NOTE = "E", "Q", "W", "I"
SEVERITIES = ("", NOTE, WARNING, QUARANTINED, REFUSED)  # from none to worst

_AB_MINUS_VEGA = {name: band.ab_minus_vega for name, band in BANDS.items()}
_WAVELENGTH_NM = {name: band.wavelength_nm for name, band in BANDS.items()}
RADIO_OR_X_RAYS = frozenset(name for name, band in BANDS.items() if band.family in ("radio", "x-ray"))


@dataclass(frozen=True, slots=True)
class Check:
    """A rule. Its bit in a point's mask never changes; its version rises when what it finds changes."""

    id: str
    bit: int
    severity: str  # the worst it says
    title: str
    version: int = 1


@dataclass(frozen=True, slots=True)
class Instrument:
    """What is known of an instrument; empty and NaN: not known."""

    filters: frozenset[str] = frozenset()  # canonical names
    default_magsys: str = ""
    magnitude_range: Mapping[str, tuple[float, float]] = field(default_factory=dict)  # filter: brightest, faintest, AB
    error_floor: float = float("nan")  # mag
    first_light_mjd: float = float("nan")
    time_scale: str = "utc"  # utc | tai | tt: what its times are in when they are said to be UTC
    time_reference: str = ""  # mid | start
    zero_point_offset: Mapping[str, float] = field(default_factory=dict)  # filter: running mean, mag


@dataclass(frozen=True, eq=False, slots=True)
class Context:
    """What is known beside the measurements. Arrays are (n,), NaN: not known.

    `target_ra_deg`, `target_dec_deg`: ICRS. `t0_mjd`: when the target's event happened. `site_lat_deg`, `site_lon_deg`
    (east positive), `site_elev_m`: NaN for telescopes in space, generic ones and unknown ones. `instruments` by
    "telescope instrument" or, for all of a telescope, "telescope". `neighbours`: stored points of the same targets that
    nobody rejected, for checks that compare.
    """

    now_mjd: float
    target_ra_deg: Floats
    target_dec_deg: Floats
    t0_mjd: Floats
    site_lat_deg: Floats
    site_lon_deg: Floats
    site_elev_m: Floats
    instruments: Mapping[str, Instrument] = field(default_factory=lambda: MappingProxyType({}))
    neighbours: Measurements | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One check that one row failed, in words.

    `fix` holds the columns, with their values, by which it would pass. `other` is the row it is held against: of the
    batch, or, from the number of rows of the batch on, of the neighbours; None where there is none.
    """

    row: int
    check: Check
    severity: str
    score: float
    sentence: str
    fix: Fix | None = None
    other: int | None = None


class Codes:
    """A column of texts as numbers, and what each number stands for."""

    def __init__(self, column: Texts) -> None:
        values = column.tolist()
        self.names: tuple[str, ...] = tuple(dict.fromkeys(values))
        numbers = {name: number for number, name in enumerate(self.names)}
        self.codes: Integers = np.fromiter(map(numbers.__getitem__, values), np.int64, len(values))

    def __len__(self) -> int:
        return len(self.names)

    def looked_up(self, table: Callable[[str], float]) -> Floats:
        """Return `table(name)` for every row, asked once for every name."""
        return np.array([table(name) for name in self.names], dtype=np.float64)[self.codes]


def combined(*codes: Codes) -> Integers:
    """Return one number for each combination of several columns."""
    result, size = codes[0].codes, len(codes[0])
    for more in codes[1:]:
        if size * len(more) > 2**62:
            names, result = np.unique(result, return_inverse=True)
            size = len(names)
        result, size = result * len(more) + more.codes, size * len(more)
    return result


@dataclass(eq=False)
class Batch:
    """Measurements with what is known beside them; columns that several checks need are made once."""

    m: Measurements
    context: Context

    def __len__(self) -> int:
        return len(self.m)

    @cached_property
    def target(self) -> Codes:
        """Targets."""
        return Codes(self.m.target)

    @cached_property
    def filter(self) -> Codes:
        """Filters, canonical."""
        return Codes(self.m.filter)

    @cached_property
    def telescope(self) -> Codes:
        """Telescopes."""
        return Codes(self.m.telescope)

    @cached_property
    def camera(self) -> Codes:
        """Instruments."""
        return Codes(self.m.instrument)

    @cached_property
    def reduction(self) -> Codes:
        """Pipelines with their versions."""
        return Codes(self.m.pipeline)

    @cached_property
    def mid_mjd(self) -> Floats:
        """Middle of the exposure, MJD UTC."""
        return to_days(self.m.mid_us)

    @cached_property
    def is_detection(self) -> Mask:
        """Rows that say "seen"."""
        return np.asarray((self.m.kind != "limit") & np.isfinite(self.m.mag))

    @cached_property
    def is_vega(self) -> Mask:
        """Rows in the Vega system."""
        return np.asarray(self.m.magsys == VEGA)

    @cached_property
    def ab_minus_vega(self) -> Floats:
        """AB minus Vega of the row's filter, mag."""
        return self.filter.looked_up(lambda name: _AB_MINUS_VEGA.get(name, np.nan))

    @cached_property
    def wavelength_nm(self) -> Floats:
        """Wavelength of the row's filter, nm."""
        return self.filter.looked_up(lambda name: _WAVELENGTH_NM.get(name, np.nan))

    @cached_property
    def to_ab(self) -> Floats:
        """What makes a magnitude of the row an AB magnitude, mag."""
        return np.where(self.is_vega, self.ab_minus_vega, 0.0)

    @cached_property
    def mag_ab(self) -> Floats:
        """AB magnitudes."""
        return self.m.mag + self.to_ab

    @cached_property
    def is_optical(self) -> Mask:
        """Rows from the ultraviolet to the infrared, which need a dark sky."""
        return self.filter.looked_up(lambda name: float(name not in RADIO_OR_X_RAYS)) > 0

    def instruments(self) -> Iterator[tuple[Instrument, NDArray[np.int64], str]]:
        """Iterate over the known instruments of the batch: what is known, its rows, its name."""
        known = self.context.instruments
        if not known:
            return
        keys = combined(self.telescope, self.camera)
        order = np.argsort(keys, kind="stable")
        _, starts = np.unique(keys[order], return_index=True)
        for rows in np.split(order, starts[1:]):
            if len(rows) == 0:
                continue
            telescope = self.m.telescope[rows[0]]
            name = f"{telescope} {self.m.instrument[rows[0]]}".strip()
            if (instrument := known.get(name) or known.get(telescope)) is not None:
                yield instrument, rows, name


Rule = Callable[[Batch], Iterator[Finding]]


def flagged(
    check: Check,
    rows: NDArray[np.int64],
    severity: str | Sequence[str],
    score: Floats,
    sentence: Callable[[int], str],
    fix: Callable[[int], Fix | None] = lambda row: None,
) -> Iterator[Finding]:
    """Make a finding of each of some rows; `score` is (len(rows),), `sentence` and `fix` are asked by row."""
    for number, row in enumerate(rows.tolist()):
        level = severity if isinstance(severity, str) else severity[number]
        yield Finding(row, check, level, float(score[number]), sentence(row), fix(row))


@dataclass(frozen=True, eq=False)
class Findings:
    """All findings of a batch of n rows, in the order of the rows."""

    n: int
    all: tuple[Finding, ...]

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.all)

    def __len__(self) -> int:
        return len(self.all)

    @cached_property
    def mask(self) -> Integers:
        """(n,) a bit for each failed check."""
        mask = np.zeros(self.n, dtype=np.int64)
        for finding in self.all:
            mask[finding.row] |= 1 << finding.check.bit
        return mask

    @cached_property
    def severity(self) -> Texts:
        """(n,) the worst severity of each row: "E", "Q", "W", "I" or ""."""
        worst = np.zeros(self.n, dtype=np.int64)
        for finding in self.all:
            worst[finding.row] = max(worst[finding.row], SEVERITIES.index(finding.severity))
        return np.array(SEVERITIES, dtype=object)[worst]

    @cached_property
    def by_row(self) -> Mapping[int, tuple[Finding, ...]]:
        """The findings of each row that has any, the worst first."""
        rows: dict[int, list[Finding]] = {}
        for finding in self.all:
            rows.setdefault(finding.row, []).append(finding)
        return {
            row: tuple(sorted(found, key=lambda one: -SEVERITIES.index(one.severity))) for row, found in rows.items()
        }
