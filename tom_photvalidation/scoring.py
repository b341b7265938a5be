"""How good are the checks? A batch with labelled faults is checked, and what was found is counted by kind of fault.

The batch is a CSV table with the columns row, object, ra, dec, t0_mjd, mjd, mag, magerr, limiting_mag (5 sigma),
filter, magsys, telescope, site, meas_ra, meas_dec; the truth one with row, fault; the sites one with site, lat, lon,
elev_m. A fourth table (g, mjd, tel) names true rows that the stated site could not have observed: faults of the
publications, set aside. Pure: no Django.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tom_photvalidation.bandpasses import canonical
from tom_photvalidation.cameras import published_cameras
from tom_photvalidation.checks import QUARANTINED, REFUSED, Context, Findings, run_checks
from tom_photvalidation.checks.base import Mask
from tom_photvalidation.measurements import DETECTION, LIMIT, Floats, Measurements, Texts, measurements

LIMIT_SIGMA = 5.0
SAME_TIME_DAYS = 5e-5
# What contradicts true rows without asking for their brightness: faults of the publication, most likely.
DOUBTFUL_BY = frozenset({"sun-up", "target-low", "duplicate"})
# What a plain letter means in tables of Swift's ultraviolet telescope.
WHITE = "w"


@dataclass(frozen=True, eq=False)
class LabelledBatch:
    """Measurements whose faults are known: `fault` is "" for true rows; `set_aside` rows are counted apart."""

    m: Measurements
    context: Context
    fault: Texts
    set_aside: Mask

    def take(self, rows: NDArray[np.int64]) -> LabelledBatch:
        """Return some of the rows."""
        known = {
            name: getattr(self.context, name)[rows]
            for name in ("target_ra_deg", "target_dec_deg", "t0_mjd", "site_lat_deg", "site_lon_deg", "site_elev_m")
        }
        context = Context(now_mjd=self.context.now_mjd, instruments=self.context.instruments, **known)
        return LabelledBatch(self.m.take(rows), context, self.fault[rows], self.set_aside[rows])


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fault: how many rows have it, how many were caught, and by which checks."""

    name: str
    n: int
    caught: int
    by: Mapping[str, int]

    @property
    def recall(self) -> float:
        """Share that was caught."""
        return self.caught / self.n if self.n else float("nan")


@dataclass(frozen=True, slots=True)
class Score:
    """Counts over a batch. A row is flagged when it is refused, quarantined, or known as a copy of another row."""

    kinds: tuple[Kind, ...]
    n_true: int
    n_false: int  # true rows that were flagged, those set aside not counted
    n_set_aside: int
    n_doubtful: int  # of the false ones, those only their site contradicts, or which repeat another row word for word
    false_by: Mapping[str, int]

    @property
    def n_faults(self) -> int:
        """Labelled faults."""
        return sum(kind.n for kind in self.kinds)

    @property
    def n_caught(self) -> int:
        """Labelled faults that were flagged."""
        return sum(kind.caught for kind in self.kinds)

    @property
    def recall(self) -> float:
        """Share of the faults that was flagged."""
        return self.n_caught / self.n_faults if self.n_faults else float("nan")

    @property
    def precision(self) -> float:
        """Share of the flagged rows that is faulty."""
        flagged = self.n_caught + self.n_false
        return self.n_caught / flagged if flagged else float("nan")

    @property
    def false_rate(self) -> float:
        """Share of the true rows that was flagged."""
        return self.n_false / self.n_true if self.n_true else float("nan")

    @property
    def without_doubtful(self) -> Score:
        """The same with the true rows set aside that only their site contradicts, or which repeat another row."""
        by = {name: n for name, n in self.false_by.items() if name not in DOUBTFUL_BY}
        n = self.n_doubtful
        return Score(self.kinds, self.n_true - n, self.n_false - n, self.n_set_aside + n, 0, by)


def read_labelled(
    batch: Path, truth: Path, sites: Path, now_mjd: float, set_aside: Path | None = None
) -> LabelledBatch:
    """Read the tables.

    Raises
    ------
    OSError, KeyError, ValueError
        For files that cannot be read, or lack a column or a number.
    """
    rows = _table(batch)
    faults = {one["row"]: one["fault"] for one in _table(truth)}
    places = {one["site"]: one for one in _table(sites)}

    def column(name: str) -> Floats:
        return np.array([float(one[name] or "nan") for one in rows])

    def place(name: str) -> Floats:
        return np.array([float(places[one["site"]][name]) if one["site"] in places else np.nan for one in rows])

    m = measurements(
        len(rows),
        line=np.arange(2, len(rows) + 2),
        target=[one["object"] for one in rows],
        telescope=[one["telescope"] for one in rows],
        filter=[_band(one["filter"], one["telescope"]) for one in rows],
        filter_given=[one["filter"] for one in rows],
        t_mjd=column("mjd"),
        time_reference="mid",
        kind=np.where(np.isfinite(column("mag")), DETECTION, LIMIT).astype(object),
        magsys=[one["magsys"] for one in rows],
        mag=column("mag"),
        magerr=column("magerr"),
        limiting_mag=column("limiting_mag"),
        limit_sigma=LIMIT_SIGMA,
        ra_deg=column("meas_ra"),
        dec_deg=column("meas_dec"),
    )
    context = Context(
        now_mjd=now_mjd,
        target_ra_deg=column("ra"),
        target_dec_deg=column("dec"),
        t0_mjd=column("t0_mjd"),
        site_lat_deg=place("lat"),
        site_lon_deg=place("lon"),
        site_elev_m=place("elev_m"),
        instruments=published_cameras(m.telescope.tolist()),
    )
    fault = np.array([faults.get(one["row"], "") for one in rows], dtype=object)
    return LabelledBatch(m, context, fault, named_rows(m, set_aside))


def _table(path: Path) -> list[dict[str, str]]:
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def _band(name: str, telescope: str) -> str:
    if name == WHITE and "UVOT" in telescope.upper():
        return "uvot::white"
    return canonical(name) or name


def named_rows(m: Measurements, path: Path | None) -> Mask:
    """Rows the fourth table names: same target and telescope, within a few seconds."""
    if path is None:
        return np.zeros(len(m), dtype=bool)
    named: dict[tuple[str, str], list[float]] = {}
    for one in _table(path):
        named.setdefault((one["g"], one["tel"]), []).append(float(one["mjd"]))
    return np.array(
        [
            any(abs(t - other) <= SAME_TIME_DAYS for other in named.get((target, telescope), ()))
            for target, telescope, t in zip(m.target, m.telescope, m.t_mjd, strict=True)
        ],
        dtype=bool,
    )


def flagged(findings: Findings) -> Mask:
    """Rows that are refused, quarantined, or copies of another row (which an upload answers with "exists")."""
    rows = np.zeros(findings.n, dtype=bool)
    for finding in findings:
        if finding.severity in (REFUSED, QUARANTINED) or finding.check.id == "duplicate":
            rows[finding.row] = True
    return rows


def score(batch: LabelledBatch, findings: Findings) -> Score:
    """Count what was found."""
    hit = flagged(findings)
    kinds = []
    for name in sorted(set(batch.fault) - {""}):
        (rows,) = np.nonzero(batch.fault == name)
        kinds.append(Kind(str(name), len(rows), int(hit[rows].sum()), _reasons(findings, rows.tolist())))
    true = (batch.fault == "") & ~batch.set_aside
    false = np.flatnonzero(true & hit)
    return Score(
        tuple(kinds),
        int(true.sum()),
        len(false),
        int(((batch.fault == "") & batch.set_aside).sum()),
        sum(DOUBTFUL_BY.issuperset(_serious(findings, row)) for row in false.tolist()),
        _reasons(findings, false.tolist()),
    )


def _serious(findings: Findings, row: int) -> list[str]:
    """Name the checks that flagged a row, the worst first."""
    return [
        one.check.id
        for one in findings.by_row.get(row, ())
        if one.severity in (REFUSED, QUARANTINED) or one.check.id == "duplicate"
    ]


def _reasons(findings: Findings, rows: Iterable[int]) -> Mapping[str, int]:
    """Count the checks that flagged rows, the worst finding of each."""
    counts: Counter[str] = Counter()
    for row in rows:
        counts.update(_serious(findings, row)[:1])
    return dict(counts.most_common())


def score_batch(batch: LabelledBatch) -> tuple[Score, Findings]:
    """Check a batch and count."""
    findings = run_checks(batch.m, batch.context)
    return score(batch, findings), findings


def halves(batch: LabelledBatch) -> tuple[LabelledBatch, LabelledBatch]:
    """Split the objects of a batch in two, so that figures of one half can be held against the other's."""
    names = sorted(set(batch.m.target))
    first = np.isin(batch.m.target.astype(str), [str(name) for name in names[::2]])
    return batch.take(np.flatnonzero(first)), batch.take(np.flatnonzero(~first))


def report(result: Score) -> Sequence[str]:
    """Say the counts in lines of text."""
    lines = [f"{'fault':<22}{'rows':>6}{'caught':>8}{'recall':>8}  by"]
    for kind in result.kinds:
        by = ", ".join(f"{name} {n}" for name, n in kind.by.items())
        lines.append(f"{kind.name:<22}{kind.n:>6}{kind.caught:>8}{kind.recall:>8.2f}  {by}")
    lines.append(f"{'all':<22}{result.n_faults:>6}{result.n_caught:>8}{result.recall:>8.3f}")
    lines.extend(_overall(result))
    if result.n_doubtful:
        lines.append(
            f"without the {result.n_doubtful} true rows that only their site contradicts (labelled or not), or that "
            "repeat another row word for word:"
        )
        lines.extend(f"    {line}" for line in _overall(result.without_doubtful))
    if result.n_set_aside:
        lines.append(f"{result.n_set_aside} true rows set aside: their site could not have observed then")
    by = ", ".join(f"{name} {n}" for name, n in result.false_by.items())
    lines.append(f"false flags by check: {by or 'none'}")
    return lines


def _overall(result: Score) -> tuple[str, str]:
    flagged_rows = result.n_caught + result.n_false
    return (
        f"precision {result.precision:.3f} ({result.n_caught} of {flagged_rows} flagged rows)",
        f"false flags {100 * result.false_rate:.2f} % ({result.n_false} of {result.n_true} true rows)",
    )


def summary(result: Score) -> str:
    """Say the overall figures in one line."""
    return f"recall {result.recall:.3f}, precision {result.precision:.3f}, false flags {100 * result.false_rate:.2f} %"


def missed(batch: LabelledBatch, findings: Findings) -> Sequence[str]:
    """Say which faults were not flagged."""
    rows = np.flatnonzero((batch.fault != "") & ~flagged(findings))
    return [f"missed: {batch.fault[row]}, {_where(batch, row)}" for row in rows.tolist()]


def false_flags(batch: LabelledBatch, findings: Findings) -> Sequence[str]:
    """Say which true rows were flagged, and why."""
    rows = np.flatnonzero((batch.fault == "") & ~batch.set_aside & flagged(findings))
    return [f"false: {_where(batch, row)}: {findings.by_row[row][0].sentence}" for row in rows.tolist()]


def _where(batch: LabelledBatch, row: int) -> str:
    m = batch.m
    return f"line {m.line[row]}, {m.target[row]}, {m.telescope[row]}, {m.filter[row]}, MJD {m.t_mjd[row]:.5f}"
