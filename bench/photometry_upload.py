#!/usr/bin/env python
"""Photometry from an HTTP request to rows that are committed, checked and shown by TOM; one line per figure.

    python bench/photometry_upload.py                       # everything, some minutes
    python bench/photometry_upload.py --rows 20000 --long 0 # a look

In one run on one machine: a table through the real HTTP endpoint, with a worker's work counted in; the same without
checks and projection; plain COPY into a copy of the table, the limit of this machine; TOM's own file upload and saving
row by row, each of a smaller sample and carried on from there; a long table with the memory of the process that takes
it in and of the one that reads it, and the comparison of light curves that follows; the same table again; eight
identical posts at once.
"""

from __future__ import annotations

import argparse
import io
import os
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import django
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
OBJECTS = 100
TELESCOPES = ("TAROT-TCA", "KAO", "FRAM-Auger", "OHP-IRIS")
FILTERS = ("sdssg", "sdssr", "sdssi")
START = 60_200.0
HEADER = "target,mjd,filter,mag,magerr,limiting_mag,magsys,telescope,exposure,observer"


def figure(name: str, value: float, unit: str) -> None:
    print(f"{name:<76} {value:>12,.1f} {unit}", flush=True)


def place_of(number: int) -> tuple[float, float]:
    """Where an object of this benchmark is, deg."""
    return (37.0 * number) % 360.0, -20.0 + 40.0 * (number % 21) / 20.0


def observable(count: int, rng: np.random.Generator, objects: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Objects, telescopes and days at which the object stood high in a dark sky there: what a network really sends."""
    from astropy import units as u

    from tom_grandma_facilities.almanac import altitude_azimuth, sun_position
    from tom_grandma_facilities.registry import TELESCOPES as KNOWN

    sites = [KNOWN[name].site for name in TELESCOPES]
    latitude = np.array([site.latitude.value.to_value(u.deg) for site in sites])
    longitude = np.array([site.longitude.value.to_value(u.deg) for site in sites])
    places = np.array([place_of(number) for number in range(objects)])
    found: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    while sum(len(days) for _, _, days in found) < count:
        obj, where = rng.integers(objects, size=2 * count), rng.integers(len(TELESCOPES), size=2 * count)
        days = rng.uniform(0.05, 400, 2 * count)
        mjd = START + days
        sun_ra, sun_dec = sun_position(mjd)
        dark, _ = altitude_azimuth(sun_ra, sun_dec, mjd, latitude[where], longitude[where])
        high, _ = altitude_azimuth(places[obj, 0], places[obj, 1], mjd, latitude[where], longitude[where])
        good = (dark < -20) & (high > 30)
        found.append((obj[good], where[good], days[good]))
    return tuple(np.concatenate(one)[:count] for one in zip(*found, strict=True))  # type: ignore[return-value]


def table(count: int, seed: int = 0, objects: int = OBJECTS) -> bytes:
    """A year of a network: fading objects seen in the dark, a tenth of the rows are limits."""
    rng = np.random.default_rng(seed)
    obj, telescope, days = observable(count, rng, objects)
    band = rng.integers(len(FILTERS), size=count)
    mag = 16 + 2.5 * np.log10(1 + days) + rng.normal(0, 0.04, count) + np.array([0.3, 0.0, -0.1])[band]
    is_limit = rng.random(count) < 0.1
    lines = [HEADER]
    for o, d, m, limit, b, t in zip(
        obj.tolist(), days.tolist(), mag.tolist(), is_limit.tolist(), band.tolist(), telescope.tolist(), strict=True
    ):
        seen = "," if limit else f"{m:.3f},0.050"
        lines.append(
            f"BENCH{o:03d},{START + d:.6f},{FILTERS[b]},{seen},{m + 1.5:.2f},AB,{TELESCOPES[t]},180,A. Observer"
        )
    return "\n".join(lines).encode()


def cpu() -> float:
    """Seconds of CPU of this process and of the database server: what this would take on a quiet machine at most."""
    import psutil
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        server = psutil.Process(cursor.fetchone()[0]).parent()
    gone = server.cpu_times()
    alive = [one.cpu_times() for one in server.children()]
    ended = gone.children_user + gone.children_system
    return time.process_time() + ended + sum(one.user + one.system for one in alive)


def people_and_targets():
    from django.contrib.auth.models import Permission

    from icare_tom.members.tokens import make_token
    from tests.factories import make_group, make_target, make_user

    group = make_group()
    user = make_user("bench", group)
    user.user_permissions.add(Permission.objects.get(codename="add_photometrypoint"))
    for number in range(OBJECTS):
        ra, dec = place_of(number)
        make_target(f"BENCH{number:03d}", group=group, ra=ra, dec=dec)
    user = type(user).objects.get(pk=user.pk)
    return user, make_token(user, "bench", has_all_rights=True, is_read_only=False).key


def forget() -> None:
    """Empty the store."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE tom_photvalidation_photometryupload, tom_photvalidation_photometrypoint,"
            " tom_dataproducts_photometryreduceddatum, django_q_ormq CASCADE"
        )


class Site:
    """The site behind a real socket."""

    def __init__(self) -> None:
        from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler

        from icare_tom.wsgi import application

        class Quiet(WSGIRequestHandler):
            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadedWSGIServer(("127.0.0.1", 0), Quiet)
        self.server.set_app(application)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def post(self, body: bytes, token: str, query: str = "") -> tuple[int, bytes]:
        return post(self.server.server_port, body, token, query)


def post(port: int, body: bytes, token: str, query: str = "") -> tuple[int, bytes]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/photometry/{query}",
        body,
        {"Authorization": f"Token {token}", "Content-Type": "text/csv"},
    )
    try:
        with urllib.request.urlopen(request, timeout=600) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read()


def work_off() -> None:
    """Do what waits on the queue, as a worker does."""
    from tom_photvalidation.actions.uploads import read_upload
    from tom_photvalidation.models import PhotometryUpload

    for pk in PhotometryUpload.objects.filter(state="queued").values_list("pk", flat=True):
        read_upload(pk)


def counts() -> Counter[str]:
    from tom_dataproducts.models import PhotometryReducedDatum

    from tom_photvalidation.models import PhotometryPoint, PointFinding

    return Counter(
        points=PhotometryPoint.objects.count(),
        shown=PhotometryReducedDatum.objects.count(),
        findings=PointFinding.objects.count(),
        quarantined=PhotometryPoint.objects.filter(status="quarantined").count(),
    )


def through_http(site: Site, token: str, rows: int) -> float:
    """A table of more rows than are answered at once, and the same one in parts that are."""
    body = table(rows)
    figure("table", len(body) / 1e6, "MB")
    begun, busy = time.perf_counter(), cpu()
    status, _ = site.post(body, token, "?source=bench.csv")
    waited = time.perf_counter() - begun
    work_off()
    seconds, busy = time.perf_counter() - begun, cpu() - busy
    found = counts()
    assert (status in (201, 202), found["points"], found["shown"]) == (True, rows, rows), (status, found)
    figure(f"{rows:,} rows by HTTP to committed, checked and projected", rows / seconds, "rows/s")
    figure("  by seconds of CPU, this process and the database server", rows / busy, "rows/s")
    figure("  the sender waits", waited, "s")
    figure("  in quarantine", found["quarantined"], "")
    figure("  findings", found["findings"], "")
    begun = time.perf_counter()
    site.post(body, token, "?source=bench.csv")
    work_off()
    figure("the same table again", rows / (time.perf_counter() - begun), "rows/s")
    figure("  new points", counts()["points"] - rows, "")
    forget()
    return seconds


def without_checks(user, rows: int) -> float:
    """Read, name, de-duplicate and store as a worker does; neither checked nor projected."""
    from unittest import mock

    from tom_photvalidation.actions import preparing, recording
    from tom_photvalidation.actions.uploads import Sent, read_upload, receive_photometry

    body = table(rows)
    with (
        mock.patch.object(preparing, "neighbours_of", lambda *_: None),
        mock.patch.object(preparing, "_checked", lambda *_: (None, ())),
        mock.patch.object(recording, "project_new", lambda *_: None),
    ):
        begun, busy = time.perf_counter(), cpu()
        read_upload(receive_photometry(Sent(body, source="bench.csv"), by=user, at_once=0).upload.pk)
        seconds, busy = time.perf_counter() - begun, cpu() - busy
    assert counts()["points"] == rows
    figure("the same without checks and projection, from bytes to committed", rows / seconds, "rows/s")
    figure("  by seconds of CPU", rows / busy, "rows/s")
    return rows / seconds


def plain_copy(rows: int) -> tuple[float, float]:
    """COPY of the very rows into a table with the same columns, keys and indexes: the limit of this machine.

    Targets and uploads are looked at by statement, as the store does, and row by row by foreign keys, as Django does.
    """
    from django.db import connection, transaction

    name = "tom_photvalidation_photometrypoint"
    with connection.cursor() as cursor:
        rowfile = io.BytesIO()
        cursor.copy_expert(f"COPY {name} TO STDOUT", rowfile)
        cursor.execute(
            "SELECT format('ALTER TABLE plain ADD CONSTRAINT plain_%%s %%s', conname, pg_get_constraintdef(oid))"
            " FROM pg_constraint WHERE contype = 'f' AND conrelid = %s::regclass",
            [name],
        )
        keys = [definition for (definition,) in cursor.fetchall()]
        cursor.execute(
            "SELECT replace(pg_get_triggerdef(oid), ' ON public.' || %s || ' ', ' ON plain ')"
            " FROM pg_trigger WHERE NOT tgisinternal AND tgrelid = %s::regclass",
            [name, name],
        )
        triggers = [definition for (definition,) in cursor.fetchall()]
        by_row = [
            f"ALTER TABLE plain ADD FOREIGN KEY ({column}) REFERENCES {table} DEFERRABLE INITIALLY DEFERRED"
            for column, table in (
                ("target_id", "tom_targets_basetarget"), ("upload_id", "tom_photvalidation_photometryupload")
            )
        ]  # fmt: skip
        rates = []
        for words, made in (("and triggers", keys + triggers), ("and foreign keys row by row", keys + by_row)):
            cursor.execute(f"CREATE TABLE plain (LIKE {name} INCLUDING ALL)")
            for statement in made:
                cursor.execute(statement)
            rowfile.seek(0)
            begun, busy = time.perf_counter(), cpu()
            with transaction.atomic():
                cursor.copy_expert("COPY plain FROM STDIN", rowfile)
            seconds, busy = time.perf_counter() - begun, cpu() - busy
            cursor.execute("DROP TABLE plain")
            figure(f"plain COPY of these rows, with the same indexes, keys {words}", rows / seconds, "rows/s")
            figure("  by seconds of CPU", rows / busy, "rows/s")
            rates.append(rows / seconds)
    forget()
    return rates[0], rates[1]


def toms_own(sample: int) -> None:
    """TOM's reading of a CSV file, and saving row by row; both of a sample."""
    from django.core.files.base import ContentFile
    from tom_dataproducts.data_processor import run_data_processor
    from tom_dataproducts.models import DataProduct, PhotometryReducedDatum
    from tom_targets.models import Target

    target = Target.objects.order_by("pk").first()
    first = datetime(2024, 1, 1, tzinfo=UTC)
    lines = ["time,magnitude,error,filter,telescope"]
    lines += [f"{START + n / 1440:.6f},{18 + n / 1e4:.4f},0.05,r,X" for n in range(sample)]
    product = DataProduct.objects.create(
        product_id="bench", target=target, data=ContentFile("\n".join(lines).encode(), name="bench.csv"),
        data_product_type="photometry",
    )  # fmt: skip
    begun = time.perf_counter()
    run_data_processor(product)
    figure(f"TOM's own file upload (from {sample:,} rows)", sample / (time.perf_counter() - begun), "rows/s")
    few = max(sample // 5, 1)
    begun = time.perf_counter()
    for number in range(few):
        PhotometryReducedDatum(
            target=target, timestamp=first + timedelta(days=100, minutes=number), brightness=18.0, bandpass="g"
        ).save()
    figure(f"TOM's save() row by row (from {few:,} rows)", few / (time.perf_counter() - begun), "rows/s")
    forget()


def eight_at_once(site: Site, token: str, rows: int) -> None:
    body = table(rows, seed=3)
    with ThreadPoolExecutor(8) as pool:
        begun = time.perf_counter()
        answers = list(pool.map(lambda _: site.post(body, token)[0], range(8)))
    figure(f"eight identical posts of {rows:,} rows at once", time.perf_counter() - begun, "s")
    figure("  points afterwards", counts()["points"], "")
    figure("  answers of 500 and above", sum(status >= 500 for status in answers), "")
    forget()


# A process of its own: its most memory is that of what it does. It does what it is told line by line.
ALONE = """
import sys, time
sys.path[:0] = [{root!r}, {here!r}]
import django
django.setup()
from django.conf import settings
from django.db import connections
settings.DATABASES["default"]["NAME"] = connections["default"].settings_dict["NAME"] = {name!r}
import photometry_upload
for line in sys.stdin:
    begun, busy = time.perf_counter(), time.process_time()
    told = getattr(photometry_upload, line.split()[0])(*line.split()[1:])
    seconds, busy = time.perf_counter() - begun, time.process_time() - busy
    print(seconds, busy, photometry_upload.most_memory(), told, flush=True)
"""


class Alone:
    """A process with the site's settings and this benchmark's database."""

    def __init__(self) -> None:
        from django.db import connection

        here = str(Path(__file__).resolve().parent)
        code = ALONE.format(root=str(ROOT), here=here, name=connection.settings_dict["NAME"])
        self.process = subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def do(self, line: str) -> tuple[float, float, float, str]:
        """Seconds by the clock and of CPU, most memory so far in MB, and what is told."""
        print(line, file=self.process.stdin, flush=True)
        seconds, busy, memory, *told = self.process.stdout.readline().split(None, 3)
        return float(seconds), float(busy), float(memory), told[0].strip()

    def end(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def most_memory() -> float:
    """Most memory this process ever had, MB. `getrusage` would tell of the process that began it, too."""
    try:
        told = Path("/proc/self/status").read_text()
    except OSError:
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return next(int(line.split()[1]) / 1024 for line in told.splitlines() if line.startswith("VmHWM"))


def nothing() -> str:
    """What a process takes that has done nothing yet."""
    return "nothing"


def serve() -> int:
    """Answer requests from now on; whatever comes is read in the background."""
    from django.conf import settings

    settings.ICARE_PHOTOMETRY_ROWS_AT_ONCE = 0
    return Site().server.server_port


def read_queued() -> str:
    """Do what a worker does with an upload that waits."""
    from tom_photvalidation.actions.uploads import read_upload
    from tom_photvalidation.models import PhotometryUpload

    done = read_upload(PhotometryUpload.objects.get(state="queued").pk)
    return f"{done.state} {done.n_created + done.n_quarantined + done.n_exists}"


def compare_light_curves() -> int:
    """Do what a worker does after a long table was stored: check every target with all its points."""
    from tom_photvalidation.actions.rechecking import recheck_target
    from tom_photvalidation.models import PhotometryPoint

    targets = list(PhotometryPoint.objects.order_by().values_list("target", flat=True).distinct())
    return sum(recheck_target(target) for target in targets)


def long_table(token: str, rows: int) -> None:
    """A long table sent to one process and read by another, whose memory is looked at."""
    body = table(rows, seed=9)
    figure(f"long table, {rows:,} rows", len(body) / 1e6, "MB")
    web, worker = Alone(), Alone()
    figure("  memory of a process that has done nothing", web.do("nothing")[2], "MB")
    port = int(web.do("serve")[3])
    begun = time.perf_counter()
    status, _ = post(port, body, token, "?source=long.csv")
    figure("  the sender waits", time.perf_counter() - begun, "s")
    figure("  most memory of the process that takes it in", web.do("nothing")[2], "MB")
    web.end()
    server = cpu() - time.process_time()
    seconds, busy, memory, told = worker.do("read_queued")
    figure("  read, checked, stored and projected in", seconds, "s")
    figure("  seconds of CPU of the process", busy, "s")
    figure("  seconds of CPU of the database server", cpu() - time.process_time() - server, "s")
    figure("  most memory of the process", memory, "MB")
    assert (status, told) == (202, f"done {rows}"), (status, told)
    server = cpu() - time.process_time()
    seconds, busy, memory, told = worker.do("compare_light_curves")
    figure(f"  afterwards: light curves of {OBJECTS} targets compared in", seconds, "s")
    figure("  seconds of CPU of the process and the database server", busy + cpu() - time.process_time() - server, "s")
    figure("  most memory of the process", memory, "MB")
    figure("  points with other findings than before", float(told), "")
    worker.end()


def measure(options: argparse.Namespace) -> int:
    user, token = people_and_targets()
    site = Site()
    eight_at_once(site, token, min(options.rows, 2000))
    through_http(site, token, options.rows)
    ours = without_checks(user, options.rows)
    limit, limit_by_row = plain_copy(options.rows)
    figure("  part of the COPY rate that is reached", 100 * ours / limit, "%")
    figure("  part of that with foreign keys row by row", 100 * ours / limit_by_row, "%")
    toms_own(options.sample)
    if options.long:
        long_table(token, options.long)
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--sample", type=int, default=2000, help="rows for TOM's own ways, which take long")
    parser.add_argument("--long", type=int, default=1_000_000, help="rows of the long table; 0: none")
    options = parser.parse_args()

    sys.path.insert(0, str(ROOT))
    os.environ["DJANGO_SETTINGS_MODULE"] = "icare_tom.settings.test"
    django.setup()
    from django.test.utils import setup_databases, teardown_databases

    databases = setup_databases(verbosity=0, interactive=False, serialized_aliases=())
    try:
        return measure(options)
    finally:
        from django.db import connections

        connections.close_all()
        teardown_databases(databases, verbosity=0)


if __name__ == "__main__":
    sys.exit(main())
