"""Which of a million targets lie in the 90 % region of a map of 2,000 deg2: our query beside that of healpix-alchemy.

    python bench/membership.py [--targets 1000000] [--area 2000] [--runs 7]

Works in a test database of its own. healpix-alchemy (github.com/skyportal/healpix-alchemy) keeps a row per tile of a
map with an `int8range` under an SP-GiST index, and a `bigint` HEALPix number per target; its query joins the two by
range containment. Both must find the same targets but at the edge. One line per figure; see bench/README.md.
"""

import argparse
import io
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import django
import numpy as np

ROOT = Path(__file__).resolve().parents[1]

OURS = """
    SELECT count(*) FROM tom_gcn_storedskymap AS map CROSS JOIN LATERAL unnest(map.region_90) AS part
    JOIN icare_tom_targetskyindex AS place ON place.hpx29 >= lower(part) AND place.hpx29 < upper(part)
    WHERE map.id = %s
"""
# As its readme asks which galaxies lie in the 90 % region: tiles cumulated by falling density, the density at which
# 90 % are reached, and a join by containment with the tiles at least as dense. Its last tile stays outside.
THEIRS = """
    WITH ranked AS (
        SELECT probdensity,
            SUM(probdensity * (upper(hpx) - lower(hpx)) * %s) OVER (ORDER BY probdensity DESC) AS cum_prob
        FROM bench_tile
    )
    SELECT count(place.target_id) FROM bench_place AS place JOIN bench_tile AS tile ON tile.hpx @> place.hpx29
    WHERE tile.probdensity >= (SELECT min(probdensity) FROM ranked WHERE cum_prob <= 0.9)
"""


def figure(name: str, value: float, unit: str) -> None:
    print(f"{name:<58}{value:>14.3f} {unit}", flush=True)


def timed(name: str, ask: Callable[[], int], runs: int) -> int:
    """Run a query some times and print its first, median and worst time."""
    times, answer = [], 0
    for _ in range(runs):
        start = time.perf_counter()
        answer = ask()
        times.append(1000 * (time.perf_counter() - start))
    figure(f"{name}: first", times[0], "ms")
    figure(f"{name}: median of {runs}", statistics.median(times), "ms")
    figure(f"{name}: worst", max(times), "ms")
    return answer


def copy_in(cursor, table: str, columns: str, rows: list[str]) -> None:
    cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN", io.StringIO("".join(rows)))


def make_targets(cursor, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of targets and of their sky index by COPY: what saving them one by one would leave."""
    from django.db.models import CharField, TextField
    from tom_targets.models import Target

    from tom_gcn.skymaps import hpx29

    rng = np.random.default_rng(1)
    ra, dec = rng.uniform(0, 360, count), np.degrees(np.arcsin(rng.uniform(-1, 1, count)))
    empty = [
        field.column
        for field in Target._meta.concrete_fields
        if isinstance(field, CharField | TextField) and not field.null
    ]
    empty = [name for name in empty if name not in ("name", "type", "permissions")]
    cursor.execute(
        "INSERT INTO tom_targets_basetarget (name, type, ra, dec, permissions, created, modified"
        f"{''.join(f', {name}' for name in empty)})"
        f" SELECT 'bench ' || i, 'SIDEREAL', ra, dec, 'OPEN', now(), now(){', %s' * len(empty)}"
        " FROM unnest(%s::float8[], %s::float8[]) WITH ORDINALITY AS given(ra, dec, i)",
        [*[""] * len(empty), ra.tolist(), dec.tolist()],
    )
    cursor.execute("SELECT id FROM tom_targets_basetarget ORDER BY id")
    keys = [row[0] for row in cursor.fetchall()]
    lines = [f"{key}\t{cell}\n" for key, cell in zip(keys, hpx29(ra, dec).tolist(), strict=True)]
    copy_in(cursor, "icare_tom_targetskyindex", "target_id, hpx29", lines)
    cursor.execute("CREATE TABLE bench_place (target_id bigint, hpx29 bigint)")
    copy_in(cursor, "bench_place", "target_id, hpx29", lines)
    cursor.execute("CREATE INDEX ON bench_place (hpx29) INCLUDE (target_id)")
    return ra, dec


def make_map(cursor, area_deg2: float):
    """A ring-shaped map with a given 90 % area, stored as ours and as a row per tile."""
    from tom_gcn.actions.skymaps import store_made_skymap
    from tom_gcn.skymaps import make

    radius = 60.0
    width = area_deg2 / (2 * np.pi * np.sin(np.radians(radius)) * np.degrees(1)) / 2
    skymap = make.annulus(120.0, -20.0, radius, width)
    stored = store_made_skymap(skymap)
    cursor.execute("CREATE TABLE bench_tile (id serial PRIMARY KEY, hpx int8range, probdensity float8)")
    columns = (skymap.lower.tolist(), skymap.upper.tolist(), skymap.probdensity.tolist())
    lines = [f"[{low},{high})\t{density!r}\n" for low, high, density in zip(*columns, strict=True)]
    copy_in(cursor, "bench_tile", "hpx, probdensity", lines)
    cursor.execute("CREATE INDEX ON bench_tile USING spgist (hpx)")
    return stored


def panels(stored, runs: int) -> None:
    """What the candidates panel of an event page asks: how many there are, and the innermost of them."""
    from django.contrib.auth.models import Group, User

    from icare_tom.membership import candidates
    from tom_gcn.models import Localization, StoredSkyMap

    group = Group.objects.create(name="GRANDMA")
    member = User.objects.create_user("member")
    member.groups.add(group)
    users = {"an administrator": User.objects.create_superuser("admin"), "a member": member}
    for name, user in users.items():

        def ask(user=user) -> int:
            # As a request does: the map is read from its row, without what only files need.
            skymap = StoredSkyMap.objects.defer("fits", "region_50", "region_90", "contours").get(pk=stored.pk)
            return candidates(Localization(skymap=skymap), user).count

        timed(f"candidates panel for {name}", ask, runs)


def measure(options: argparse.Namespace) -> int:
    from django.db import connection
    from tom_targets.models import Target

    from icare_tom.membership import in_region
    from icare_tom.sky import within_ranges
    from tom_gcn.skymaps.ranges import CELL_SR

    with connection.cursor() as cursor:
        ra, dec = make_targets(cursor, options.targets)
        stored = make_map(cursor, options.area)
        # What autovacuum does within minutes: statistics, and which pages all may see.
        cursor.execute("VACUUM ANALYZE")

        def count(query: str, values: list[float]) -> int:
            cursor.execute(query, values)
            return cursor.fetchone()[0]

        figure("targets", len(ra), "")
        figure("90 % area", stored.area_90_deg2, "deg2")
        figure("tiles", stored.n_tiles, "")
        figure("ranges of the 90 % region", len(stored.region_90), "")
        ours = timed("ours, stored region", lambda: count(OURS, [stored.pk]), options.runs)
        sent = timed(
            "ours, ranges sent with the query",
            lambda: within_ranges(Target.objects.all(), stored.region_90).count(),
            options.runs,
        )
        rows = timed(
            "ours, keys and positions of the targets read",
            lambda: len(in_region(Target.objects.all(), stored).values_list("pk", "ra", "dec")),
            options.runs,
        )
        panels(stored, options.runs)
        start = time.process_time()
        level = stored.data.credible_level(ra, dec)
        figure("credible level of every target, numpy (CPU)", 1000 * (time.process_time() - start), "ms")
        theirs = timed("healpix-alchemy's query", lambda: count(THEIRS, [CELL_SR]), options.their_runs)
    figure("found by ours", ours, "targets")
    figure("found by healpix-alchemy's query", theirs, "targets")
    # One tile more or less at the edge, and tiles of one density, are 1 % at most.
    others = (theirs, int((level <= 0.9).sum()))
    return 0 if ours == sent == rows and all(abs(other - ours) <= 0.01 * ours for other in others) else 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--targets", type=int, default=1_000_000)
    parser.add_argument("--area", type=float, default=2000.0, help="90 %% area, deg2")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--their-runs", type=int, default=1)
    options = parser.parse_args()

    sys.path.insert(0, str(ROOT))
    os.environ["DJANGO_SETTINGS_MODULE"] = "icare_tom.settings.test"
    django.setup()
    from django.test.utils import setup_databases, teardown_databases

    databases = setup_databases(verbosity=0, interactive=False)
    try:
        return measure(options)
    finally:
        teardown_databases(databases, verbosity=0)


if __name__ == "__main__":
    sys.exit(main())
