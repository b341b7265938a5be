"""How long it takes to say when every telescope can observe a position, and how well astroplan agrees.

    python bench/observability.py [--positions 40] [--repeat 5] [--no-check] [--no-pages]

Pages are asked of a test database of its own. One line per figure; see bench/README.md.
"""

import argparse
import os
import statistics
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import django
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
START = datetime(2026, 1, 1, 9, 30, tzinfo=UTC)


def figure(name: str, value: float, unit: str) -> None:
    print(f"{name:<62}{value:>12.4f} {unit}", flush=True)


def timed(work, repeat: int) -> tuple[float, float]:
    """Median of wall and of CPU time in seconds, after one round to warm up."""
    work()
    walls, cpus = [], []
    for _ in range(repeat):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return statistics.median(walls), statistics.median(cpus)


def check(positions: list) -> None:
    """Differences from astroplan in altitude, and in rise and set above each telescope's limit."""
    from astropy.utils import iers

    from tests.observability.by_astroplan import compare
    from tom_grandma_facilities.observability import look_at, network

    iers.conf.auto_download = False
    stations = network()
    altitudes, edges = [], []
    for index, position in enumerate(positions):
        start = START + timedelta(days=36.5 * index, hours=1.7 * index)
        for sight in look_at(position, start, stations)[index % 3 :: 3]:
            altitude, minutes = compare(sight)
            altitudes.append(altitude)
            edges.extend(minutes)
    figure("largest difference in altitude from astroplan", max(altitudes), "deg")
    figure("largest difference in rise and set from astroplan", max(edges), "min")
    figure("rises and sets compared", float(len(edges)), "")


def pages(repeat: int) -> None:
    """The page of a target and its part, computed and kept, as a member gets them."""
    from django.core.cache import caches
    from django.test import Client
    from django.test.utils import setup_databases, teardown_databases

    databases = setup_databases(verbosity=0, interactive=False)
    try:
        from tests.factories import make_group, make_target, make_user

        group = make_group()
        target = make_target("bench", ra=150.0, dec=20.0, group=group)
        client = Client()
        client.force_login(make_user("bench", group), backend="allauth.account.auth_backends.AuthenticationBackend")
        part = f"/targets/{target.pk}/observability/"

        def fresh() -> None:
            caches["drawings"].clear()
            assert client.get(part, headers={"HX-Request": "true"}).status_code == 200

        for name, work in (
            ("page of a target", lambda: client.get(f"/targets/{target.pk}/")),
            ("its part, computed", fresh),
            ("its part, kept", lambda: client.get(part, headers={"HX-Request": "true"})),
        ):
            wall, cpu = timed(work, repeat)
            figure(f"{name}, wall", wall, "s")
            figure(f"{name}, CPU", cpu, "s")
        size = len(client.get(part, headers={"HX-Request": "true"}).content)
        figure("size of the part, before compression", size / 1000.0, "kB")
    finally:
        teardown_databases(databases, verbosity=0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--positions", type=int, default=40)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--no-check", action="store_true")
    parser.add_argument("--no-pages", action="store_true")
    options = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "icare_tom.settings.test"
    django.setup()
    from tom_grandma_facilities.observability import Position, look_at, look_from, network, rank
    from tom_grandma_facilities.observability.chart import network_chart
    from tom_grandma_facilities.observability.stations import stations_of

    rng = np.random.default_rng(1)
    positions = [
        Position(f"P{i}", float(ra), float(dec))
        for i, (ra, dec) in enumerate(
            zip(
                rng.uniform(0, 360, options.positions),
                np.degrees(np.arcsin(rng.uniform(-1, 1, options.positions))),
                strict=True,
            )
        )
    ]
    stations = network()
    fifty_five = stations_of(stations.telescopes[:55])
    wall, cpu = timed(lambda: look_at(positions[0], START, fifty_five), options.repeat)
    figure(f"one position, {len(fifty_five)} telescopes x 24 h, wall", wall, "s")
    figure(f"one position, {len(fifty_five)} telescopes x 24 h, CPU", cpu, "s")
    sights = look_at(positions[0], START, stations)
    wall, _ = timed(lambda: network_chart(rank(sights)), options.repeat)
    figure("ranking and drawing it", wall, "s")
    wall, _ = timed(lambda: look_from(stations.telescopes[0], positions, START), options.repeat)
    figure(f"one telescope, {len(positions)} positions x 24 h, wall", wall, "s")
    if not options.no_check:
        check(positions[:10])
    if not options.no_pages:
        pages(options.repeat)


if __name__ == "__main__":
    main()
