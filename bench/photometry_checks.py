"""How fast are the checks of photometry? Real rows, repeated as other targets; and one light curve of 300 points.

    .venv/bin/python bench/photometry_checks.py
    .venv/bin/python bench/photometry_checks.py --rows 1000000

No database is needed. Wall time and processor time are both printed: the second does not depend on what else runs.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tom_photvalidation.checks import CHECKS, Context, run_checks  # noqa: E402
from tom_photvalidation.checks.base import Batch  # noqa: E402
from tom_photvalidation.checks.run import RULES  # noqa: E402
from tom_photvalidation.lightcurve import Points, band_spread, fit, log_age, log_colour  # noqa: E402
from tom_photvalidation.scoring import LabelledBatch, read_labelled  # noqa: E402

DATA = ROOT / "tests" / "data" / "photometry"
NOW_MJD = 61_000.0


def real_rows(n: int) -> LabelledBatch:
    """Repeat the true rows of the labelled batch, each time as other targets."""
    faults = DATA / "faults"
    batch = read_labelled(faults / "batch_with_faults.csv.gz", faults / "truth.csv", faults / "sites.csv", NOW_MJD)
    true = np.flatnonzero(batch.fault == "")
    rows = np.tile(true, n // len(true) + 1)[:n]
    many = batch.take(rows)
    copies = np.arange(n) // len(true)
    targets = np.array([f"{name} {copy}" for name, copy in zip(many.m.target, copies, strict=True)], dtype=object)
    return LabelledBatch(many.m.replaced(target=targets), many.context, many.fault, many.set_aside)


def light_curve(n: int) -> Points:
    """Draw an afterglow of n points in six bands by four telescopes."""
    rng = np.random.default_rng(1)
    days = 10 ** rng.uniform(-2.5, 1, n)
    band, telescope = rng.integers(6, size=n), rng.integers(4, size=n)
    wavelength = np.array([440.0, 480.0, 550.0, 640.0, 760.0, 900.0])[band]
    mag = 19.0 + 2.75 * np.log10(days) - 2.5 * log_colour(wavelength) + rng.normal(0, 0.08, n)
    return Points(
        x=log_age(days, 0.0),
        mag=mag,
        error=np.full(n, 0.08),
        colour=log_colour(wavelength),
        band_sd=band_spread(wavelength, np.zeros(n)),
        band=band,
        series=band + 6 * telescope,
        telescope=telescope,
    )


class Stopwatch:
    """Wall and processor seconds since the start."""

    def __init__(self) -> None:
        self.wall, self.processor = time.perf_counter(), time.process_time()

    def seconds(self) -> tuple[float, float]:
        return time.perf_counter() - self.wall, time.process_time() - self.processor


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--points", type=int, default=300)
    options = parser.parse_args()
    batch = real_rows(options.rows)
    context: Context = batch.context
    run_checks(batch.m.take(np.arange(1000)), batch.take(np.arange(1000)).context, with_light_curves=False)
    watch = Stopwatch()
    findings = run_checks(batch.m, context, with_light_curves=False)
    wall, processor = watch.seconds()
    print(f"{len(CHECKS)} checks, {len(RULES)} rules over {options.rows} rows, {len(findings)} findings:")
    print(f"  {options.rows / wall:.0f} rows/s, {options.rows / processor:.0f} rows per processor second")
    prepared = Batch(batch.m, context)
    for rule in RULES:
        watch = Stopwatch()
        found = sum(1 for _ in rule(prepared))
        print(f"  {rule.__name__:<18} {1000 * watch.seconds()[1]:7.1f} ms  {found} findings")
    points = light_curve(options.points)
    fit(points)
    for _ in range(3):
        watch = Stopwatch()
        fit(points)
        wall, processor = watch.seconds()
        print(f"light curve of {options.points} points: {1000 * wall:.0f} ms, {1000 * processor:.0f} ms of processor")


if __name__ == "__main__":
    main()
