"""How good are the checks of photometry on faults drawn anew? Into the labelled batch's objects, and into others.

    .venv/bin/python bench/photometry_faults.py
    .venv/bin/python bench/photometry_faults.py --seeds 21 22 23 --kinds

No database is needed. Each seed draws faults of 20 kinds into 4.5 % of the true rows (`tests/faulty_photometry.py`).
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.faulty_photometry import drawn_anew, labelled, of_other_objects  # noqa: E402
from tom_photvalidation.scoring import LabelledBatch, Score, score_batch, summary  # noqa: E402

SEEDS = (21, 22, 23, 24, 25, 26)


def measured(name: str, batch: LabelledBatch, seeds: list[int], with_kinds: bool) -> None:
    """Print a line for each seed, then one for all of them together."""
    results: list[Score] = []
    for seed in seeds:
        result, _ = score_batch(drawn_anew(batch, seed))
        results.append(result)
        print(f"{name}, seed {seed}: {summary(result)}", flush=True)
    faults, caught = sum(one.n_faults for one in results), sum(one.n_caught for one in results)
    false, true = sum(one.n_false for one in results), sum(one.n_true for one in results)
    print(
        f"{name}, all: {caught} of {faults} faults caught, recall {caught / faults:.3f}, "
        f"precision {caught / (caught + false):.3f}, false flags {100 * false / true:.2f} %"
    )
    if with_kinds:
        by_kind(results)


def by_kind(results: list[Score]) -> None:
    caught: Counter[str] = Counter()
    n: Counter[str] = Counter()
    wrongly: Counter[str] = Counter()
    for one in results:
        wrongly.update(one.false_by)
        for kind in one.kinds:
            caught[kind.name] += kind.caught
            n[kind.name] += kind.n
    for name in sorted(n):
        print(f"  {name:<20}{n[name]:>6}{caught[name]:>6}{caught[name] / n[name]:>7.2f}")
    print("  flagged wrongly by", ", ".join(f"{name} {count}" for name, count in wrongly.most_common()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    parser.add_argument("--kinds", action="store_true", help="also by kind of fault")
    options = parser.parse_args()
    batch = labelled()
    others = of_other_objects(batch)
    for name, one in (("objects of the batch", batch), ("other objects", others)):
        print(f"{name}: {len(one.m)} rows of {len(set(one.m.target))} bursts")
        measured(name, one, options.seeds, options.kinds)


if __name__ == "__main__":
    main()
