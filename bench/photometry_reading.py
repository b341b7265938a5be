"""How fast is photometry read and written in each format, and in how much memory is a million rows read?

    .venv/bin/python bench/photometry_reading.py
    .venv/bin/python bench/photometry_reading.py --rows 20000 --long 200000

No database is needed. Wall time and processor time are both printed: the second does not depend on what else runs.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tom_photvalidation.exporters import EXPORTERS  # noqa: E402
from tom_photvalidation.fingerprint import fingerprints  # noqa: E402
from tom_photvalidation.readers import read, read_chunks  # noqa: E402

FILTERS = ("u", "g", "r", "i", "z", "B", "V", "R", "I")
HEADER = "target,telescope,mjd,filter,mag,magerr,limiting_mag,magsys,exposure_s,ra,dec,observer\n"


def made_up(n: int) -> bytes:
    """Return a CSV file of n rows such as a survey would send."""
    rng = np.random.default_rng(1)
    when, mag = np.sort(rng.uniform(60000, 60300, n)), rng.normal(19, 1, n)
    rows = (
        f"GRB{at % 100},TAROT-TCA,{when[at]:.8f},{FILTERS[at % 9]},{mag[at]:.3f},{0.05 + at % 10 / 100:.2f},"
        f"21.{at % 10},AB,60,{123.4 + at * 1e-7:.6f},-12.345678,Someone\n"
        for at in range(n)
    )
    return (HEADER + "".join(rows)).encode()


def timed(label: str, n: int, work: Callable[[], Any]) -> Any:
    wall, cpu = time.perf_counter(), time.process_time()
    made = work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"{label:<24} {n / wall:>10,.0f} rows/s   {n / cpu:>10,.0f} rows/s of one processor   {wall:.2f} s")
    return made


def main() -> None:
    """Print one line for each format, then the memory of a long file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--long", type=int, default=1_000_000)
    said = parser.parse_args()
    m = timed("read csv", said.rows, lambda: read(made)).measurements if (made := made_up(said.rows)) else None
    ids = np.arange(said.rows) % 100
    timed("fingerprints", said.rows, lambda: fingerprints(m, ids, ids))
    for exporter in EXPORTERS.values():
        written = timed(f"write {exporter.name}", said.rows, lambda e=exporter: b"".join(e.write(m)))
        if exporter.reads_back and exporter.name != "csv":
            timed(f"read {exporter.name}", said.rows, lambda data=written: read(data))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.csv"
        with path.open("wb") as opened:
            opened.write(made_up(said.long))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        n = timed("read a long csv in parts", said.long, lambda: sum(part.n_rows for part in read_chunks(path)))
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        f"{n:,} rows, {(after - before) / 1024:,.0f} MB more than before at the highest, {after / 1024:,.0f} MB in all"
    )


if __name__ == "__main__":
    main()
