"""Was this position observed? Asked of a million executed pointings; and how fast tables of them are recorded.

    python bench/executed.py [--pointings 1000000] [--rows 100000] [--asked 200] [--seed 1]

Works in a test database of its own. Pointings are those of telescopes as they are declared: most on the fields of a
grid that are visited again and again, some anywhere, a tenth of them in one small part of the sky, as after an alert.
One line per figure; see bench/README.md.
"""

import argparse
import io
import os
import statistics
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import django
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
START = datetime(2024, 1, 1, tzinfo=UTC)


def figure(name: str, value: float, unit: str) -> None:
    print(f"{name:<58}{value:>14.3f} {unit}", flush=True)


def make_pointings(count: int, seed: int) -> int:
    """Rows by COPY, as `record_observations` writes them."""
    from astropy import units as u
    from django.db import connection

    from tests.factories import make_group
    from tom_grandma_facilities.executed.sky import cells, size_class
    from tom_grandma_facilities.models import ObservationUpload
    from tom_grandma_facilities.registry import TELESCOPES

    rng = np.random.default_rng(seed)
    upload = ObservationUpload.objects.create(source="bench")
    upload.groups.add(make_group())
    cameras = [(name, t.planning_camera) for name, t in TELESCOPES.items() if t.planning_camera and not t.space]
    share = count // len(cameras) + 1
    lines, made = [], 0
    for name, camera in cameras:
        width, height = (float(side.value.to_value(u.deg)) for side in (camera.width, camera.height))
        size = size_class(str(camera.shape), width, height)
        n = min(share, count - made)
        fields = max(n // 20, 1)
        # Nine in ten on a field that was visited before, one in ten near one place.
        ra, dec = rng.uniform(0, 360, fields), np.degrees(np.arcsin(rng.uniform(-1, 1, fields)))
        which = rng.integers(0, fields, n)
        ra, dec = ra[which], dec[which]
        near = rng.uniform(0, 1, n) < 0.1
        ra[near], dec[near] = (150 + rng.normal(0, 10, near.sum())) % 360, rng.normal(20, 5, near.sum())
        numbers = cells(ra, dec)
        moment = rng.uniform(0, 700, n)
        for index in range(n):
            start = (START + timedelta(days=float(moment[index]))).isoformat()
            lines.append(
                f"{name}\tb{made + index}\t\t{float(ra[index])}\t{float(dec[index])}\t{start}\t60\tr\t19.5\t"
                f"\t{camera.shape}\t{width}\t{height}\t{numbers[index]}\t{size}\t{upload.pk}\t{{}}\t[]\tx\t{start}\t{start}\n"
            )
        made += n
        if made >= count:
            break
    with connection.cursor() as cursor:
        cursor.copy_expert(
            "COPY tom_grandma_facilities_executedobservation (telescope, observation_id, field_id, ra_deg, dec_deg,"
            " start, exposure_s, filter, limiting_mag, target_name, shape, width_deg, height_deg, hpx29, size_class,"
            " upload_id, raw, earlier, digest, created_at, changed_at) FROM STDIN",
            io.StringIO("".join(lines)),
        )
        cursor.execute("ANALYZE")
    return made


def ask(count: int, member, seed: int, name: str, places: np.ndarray) -> None:
    """Time the answers at some places, and check one of them against a look at every row."""
    from tom_grandma_facilities.observed import observed_at

    times, found = [], []
    for ra, dec in places:
        begun = time.perf_counter()
        answer = observed_at(float(ra), float(dec), member)
        times.append(1000 * (time.perf_counter() - begun))
        found.append(answer.count)
    figure(f"{name}: median of {len(times)} answers", statistics.median(times), "ms")
    figure(f"{name}: 95 % are faster than", float(np.percentile(times, 95)), "ms")
    figure(f"{name}: slowest", max(times), "ms")
    figure(f"{name}: exposures found, median", statistics.median(found), "")
    figure(f"{name}: exposures found, most", max(found), "")


def check(member, places: np.ndarray) -> bool:
    """Whether answers are those of a test of every row."""
    from tom_grandma_facilities.executed import Pointings
    from tom_grandma_facilities.models import ExecutedObservation
    from tom_grandma_facilities.observed import observed_at

    rows = ExecutedObservation.objects.values_list("shape", "width_deg", "height_deg", "ra_deg", "dec_deg")
    columns = list(zip(*rows.iterator(chunk_size=50_000), strict=True))
    numbers = [np.array(column, dtype=float) for column in columns[1:]]
    everything = Pointings(np.array(columns[0]) == "circle", *numbers)
    return all(
        int(everything.contain(float(ra), float(dec)).sum()) == observed_at(float(ra), float(dec), member).count
        for ra, dec in places
    )


def table(count: int) -> bytes:
    """A night's table of a busy telescope."""
    rng = np.random.default_rng(0)
    ra, dec = rng.uniform(0, 360, count), np.degrees(np.arcsin(rng.uniform(-1, 1, count)))
    lines = [
        f"r{n},{a:.5f},{d:.5f},{(START + timedelta(minutes=n)).isoformat()},r,60,19.5"
        for n, (a, d) in enumerate(zip(ra.tolist(), dec.tolist(), strict=True))
    ]
    return "\n".join(["observation_id,RA,Dec,obstime,filter,exposure_time,limmag", *lines]).encode()


def watch(pk: int, seen: list[float], ended: threading.Event) -> None:
    """Look at an upload as its page does, from another connection."""
    from django.db import connection

    from tom_grandma_facilities.models import ObservationUpload

    while not ended.wait(0.5):
        seen.append(ObservationUpload.objects.values_list("progress", flat=True).get(pk=pk))
    connection.close()


def record(count: int) -> None:
    """Time a long file sent, read in the background with its progress watched, and the same again."""
    from django.contrib.auth.models import Permission

    from tests.factories import make_group, make_user
    from tom_grandma_facilities.actions import read_upload, receive_observations

    user = make_user("recorder", make_group())
    user.user_permissions.add(Permission.objects.get(codename="add_executedobservation"))
    user = type(user).objects.get(pk=user.pk)
    body = table(count)
    figure("long file", len(body) / 1e6, "MB")
    for name in ("recorded", "the same again"):
        begun = time.perf_counter()
        upload = receive_observations(body, by=user, telescope="TAROT-TCA", source="night.csv", at_once=0).upload
        figure(f"table of {count} rows, {name}: sender waits", time.perf_counter() - begun, "s")
        seen: list[float] = []
        ended = threading.Event()
        watcher = threading.Thread(target=watch, args=(upload.pk, seen, ended))
        watcher.start()
        begun, worked = time.perf_counter(), time.thread_time()
        done = read_upload(upload.pk)
        seconds, worked = time.perf_counter() - begun, time.thread_time() - worked
        ended.set()
        watcher.join()
        figure(f"table of {count} rows, {name}: rate", count / seconds, "rows/s")
        figure(f"table of {count} rows, {name}: our CPU", worked, "s")
        figure(f"table of {count} rows, {name}: steps of progress seen", len(set(seen)), "")
        expected = {"recorded": done.n_created, "the same again": done.n_exists}[name]
        assert (done.state, expected) == ("done", count), (done.state, done.reason, done.counts)


def measure(options: argparse.Namespace) -> int:
    from tests.factories import make_group, make_user

    begun = time.perf_counter()
    made = make_pointings(options.pointings, options.seed)
    figure("executed pointings", made, "")
    figure("made in", time.perf_counter() - begun, "s")
    member = make_user("asker", make_group())
    rng = np.random.default_rng(options.seed + 1)
    anywhere = np.column_stack(
        [rng.uniform(0, 360, options.asked), np.degrees(np.arcsin(rng.uniform(-1, 1, options.asked)))]
    )
    crowded = np.column_stack([150 + rng.normal(0, 8, options.asked), rng.normal(20, 4, options.asked)])
    ask(options.asked, member, options.seed, "anywhere", anywhere)
    ask(options.asked, member, options.seed, "where a tenth of all lies", crowded)
    same = check(member, np.concatenate([anywhere[:5], crowded[:5]]))
    record(options.rows)
    return 0 if same else 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pointings", type=int, default=1_000_000)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--asked", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
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
