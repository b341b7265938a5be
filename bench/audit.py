"""What it costs to write down who changed what: the same rows written with the triggers and without.

    python bench/audit.py

Rolls everything back. One line per figure.
"""

import os
import sys
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "icare_tom.settings.local")

import django

django.setup()

from django.db import connection, transaction  # noqa: E402  after the set-up
from tom_targets.models import Target, TargetExtra  # noqa: E402

TABLES = ("tom_targets_basetarget", "tom_targets_targetextra")
ROUNDS = 200


def switch(state: str) -> None:
    """Switch the triggers of the measured tables on or off."""
    with connection.cursor() as cursor:
        for table in TABLES:
            for operation in ("insert", "update", "delete"):
                cursor.execute(f"ALTER TABLE {table} {state} TRIGGER icare_audit_{operation}")


def milliseconds(work: Any, rounds: int) -> float:
    """Return the median time of one call."""
    taken = []
    for number in range(rounds):
        start = perf_counter()
        work(number)
        taken.append(perf_counter() - start)
    return 1000 * median(taken)


def measure(state: str) -> None:
    """Print what single rows and many at once take."""
    target = Target.objects.create(name=f"bench {state}", type="SIDEREAL", ra=1, dec=2, permissions="PRIVATE")
    rows = Target.objects.filter(pk=target.pk)
    one = milliseconds(lambda number: rows.update(ra=number % 360), ROUNDS)

    def many(number: int, count: int) -> None:
        TargetExtra.objects.bulk_create(
            TargetExtra(target=target, key=f"{number}-{count}-{place}", value="x") for place in range(count)
        )

    print(f"{state}: one row updated in {one:.3f} ms")
    for count in (100, 1000, 10_000):
        took = milliseconds(lambda number, count=count: many(number, count), 5)
        print(f"{state}: {count} rows added in {took:.1f} ms")


def main() -> None:
    """Measure with and without, and leave nothing behind."""
    for state in ("DISABLE", "ENABLE"):
        with transaction.atomic():
            switch(state)
            measure(state)
            transaction.set_rollback(True)


if __name__ == "__main__":
    main()
