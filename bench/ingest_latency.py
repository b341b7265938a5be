"""How long an alert takes from the broker to a committed event with its areas, and to a committed plan of the network.

    python bench/ingest_latency.py [--alerts 15] [--burst 300] [--maps 10] [--plans 7]

A mock broker, a listener and the workers of the fast queue run as processes of their own, as in production, on a test
database. The alerts are a real LVK message of 1 MB, each with a map of its own: first marked as mocks, of which no plan
is made, then as real ones, which are planned for every telescope of the network that can be. The mock broker answers a
waiting client at once; a real one does too. Each line is a median and a worst case.
"""

import argparse
import base64
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import django

ROOT = Path(__file__).resolve().parents[1]
ALERT = ROOT / "tests" / "data" / "alerts" / "lvk_json" / "S241102br_INITIAL_1.json"
NOTICE = ROOT / "tests" / "data" / "alerts" / "gcn_json" / "einstein_probe"
LVK_TOPIC, BURST_TOPIC = "igwn.gwalert", "gcn.notices.einstein_probe.wxt.alert"


def lvk_alerts(number: int, prefix: str = "MS2411") -> list[tuple[str, bytes]]:
    """Event names and messages; one byte of each map's header differs, so that none is known already."""
    alert = json.loads(ALERT.read_text())
    skymap = base64.b64decode(alert["event"]["skymap"])
    place = skymap.index(b"DATE    = '") + 11
    first = 2000 if prefix.startswith("M") else 4000
    messages = []
    for n in range(number):
        name = f"{prefix}{n:02d}x"
        new = skymap[:place] + f"{first + n:04d}".encode() + skymap[place + 4 :]
        event = alert["event"] | {"skymap": base64.b64encode(new).decode()}
        messages.append((name, json.dumps(alert | {"superevent_id": name, "event": event}).encode()))
    return messages


def notices(number: int) -> list[bytes]:
    """Einstein Probe notices, each of its own event at its own place; published as tests, so that no plans are made."""
    notice = json.loads(next(path for path in sorted(NOTICE.iterdir()) if path.suffix == ".json").read_text())
    began = datetime(2025, 1, 1, tzinfo=UTC)
    messages = []
    for n in range(number):
        time_text = (began + timedelta(minutes=n)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        own = {"id": [f"0170{n:07d}"], "ra": 360.0 * n / number, "dec": 80.0 * n / number, "trigger_time": time_text}
        messages.append(json.dumps(notice | own).encode())
    return messages


def start(script: Path, *arguments: str) -> subprocess.Popen:
    log = Path(tempfile.gettempdir()) / f"icare-bench-{script.stem}.log"
    with log.open("w") as output:
        return subprocess.Popen([sys.executable, str(script), *arguments], stdout=output, stderr=output)


def await_count(count, wanted: int, within_s: float = 120.0) -> float:
    deadline = time.monotonic() + within_s
    while count() < wanted:
        assert time.monotonic() < deadline, f"only {count()} of {wanted} after {within_s:.0f} s"
        time.sleep(0.005)
    return time.monotonic()


def await_row(query: str, name: str, within_s: float = 120.0) -> float:
    """Seconds on the clock when a query finds a row; asked often, so as cheaply as can be."""
    from django.db import connection

    deadline = time.monotonic() + within_s
    with connection.cursor() as cursor:
        while True:
            cursor.execute(query, [name])
            if cursor.fetchone():
                return time.monotonic()
            assert time.monotonic() < deadline, f"{name} is not there after {within_s:.0f} s"
            time.sleep(0.002)


LOCALIZED = """
    SELECT 1 FROM tom_gcn_event event JOIN tom_gcn_localization place ON place.event_id = event.id
    JOIN tom_gcn_storedskymap map ON map.id = place.skymap_id WHERE event.name = %s AND map.area_90_deg2 > 0
"""
PLANNED = """
    SELECT 1 FROM tom_gcn_event event JOIN tom_gcn_observationplan plan ON plan.event_id = event.id
    WHERE event.name = %s AND plan.state IN ('done', 'failed')
"""


def measure_latency(broker, alerts: list[tuple[str, bytes]]) -> None:
    from tom_gcn.models import Message

    whole, stored, understood = [], [], []
    for number, (name, body) in enumerate(alerts):
        began, began_at = time.monotonic(), datetime.now(tz=UTC)
        broker.publish(LVK_TOPIC, body)
        ended = await_row(LOCALIZED, name)
        message = Message.objects.defer("body").get(notice__event__name=name)
        if number:  # the first loads what is loaded once
            whole.append(ended - began)
            stored.append((message.received_at - began_at).total_seconds())
            understood.append((message.read_at - message.received_at).total_seconds())
        else:
            print(f"the first alert after the start: {1000 * (ended - began):.0f} ms")
        time.sleep(0.4 + 0.013 * number)
    size = statistics.mean(len(body) for _, body in alerts) / 1e6
    print(f"publish to committed event with areas, {size:.1f} MB LVK: {_figures(whole)}, {len(whole)} alerts")
    print(f"    publish to stored: {_figures(stored)}")
    print(f"    stored to read, about to be committed: {_figures(understood)}")


def measure_storing(number: int) -> None:
    """A map of 20,000 rows as it comes from LVK: read, measured, packed and stored."""
    from tom_gcn.actions import store_skymap

    alert = json.loads(ALERT.read_text())
    skymap = base64.b64decode(alert["event"]["skymap"])
    place = skymap.index(b"DATE    = '") + 11
    walls, cpus, rows = [], [], 0
    for n in range(number + 1):
        began, began_cpu = time.perf_counter(), time.process_time()
        rows = store_skymap(skymap[:place] + f"{6000 + n:04d}".encode() + skymap[place + 4 :]).n_tiles
        walls.append(time.perf_counter() - began)
        cpus.append(time.process_time() - began_cpu)
    print(f"storing a map of {rows:,} rows with its outlines: {_figures(walls[1:])}; CPU {_figures(cpus[1:])}")
    from django.db import transaction

    walls = []
    for n in range(number + 1):
        with transaction.atomic():
            began = time.perf_counter()
            store_skymap(skymap[:place] + f"{7000 + n:04d}".encode() + skymap[place + 4 :])
            walls.append(time.perf_counter() - began)
    print(f"    until it can be committed, without outlines: {_figures(walls[1:])}")


def measure_plans(broker, alerts: list[tuple[str, bytes]]) -> None:
    """Real alerts: each asks for a plan of the whole network by itself."""
    from tom_gcn.models import ObservationPlan

    whole, planner, rows = [], [], []
    for number, (name, body) in enumerate(alerts):
        began = time.monotonic()
        broker.publish(LVK_TOPIC, body)
        ended = await_row(PLANNED, name)
        plan = ObservationPlan.objects.get(event__name=name)
        assert plan.state == "done", plan.reason
        busy = plan.telescope_plans.filter(n_pointings__gt=0).count()
        rows.append((plan.telescope_plans.count(), busy, plan.n_pointings, plan.covered_probability))
        if number:
            whole.append(ended - began)
            planner.append(plan.seconds)
        else:
            print(f"the first plan after the start: {1000 * (ended - began):.0f} ms")
        time.sleep(1.0)
    telescopes, busy, pointings, covered = rows[-1]
    what = f"{telescopes} telescopes considered, {busy} with pointings, {pointings} pointings, {covered:.1%} covered"
    print(f"publish to committed plan of the network: {_figures(whole)}, {len(whole)} alerts; {what}")
    print(f"    of that the planner itself: {_figures(planner)}")


def _figures(seconds: list[float]) -> str:
    return f"median {1000 * statistics.median(seconds):.0f} ms, worst {1000 * max(seconds):.0f} ms"


def measure_burst(broker, bodies: list[bytes]) -> None:
    from tom_gcn.choices import MessageState
    from tom_gcn.models import Message

    burst = Message.objects.filter(topic=BURST_TOPIC)
    began = time.monotonic()
    broker.publish(BURST_TOPIC, *bodies, headers=[("_test", b"true")])
    stored = await_count(burst.count, len(bodies)) - began
    read = await_count(burst.exclude(state=MessageState.RECEIVED).count, len(bodies), within_s=300) - began
    clean = burst.filter(state=MessageState.READ).count()
    print(
        f"burst of {len(bodies)} notices: {len(bodies) / stored:.0f} stored/s, {len(bodies) / read:.0f} notices/s read"
    )
    print(f"    {clean} of them read wholly")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--alerts", type=int, default=15)
    parser.add_argument("--burst", type=int, default=300)
    parser.add_argument("--maps", type=int, default=10)
    parser.add_argument("--plans", type=int, default=7)
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    os.environ["DJANGO_SETTINGS_MODULE"] = "icare_tom.settings.test"
    django.setup()
    from django.db import connection
    from django.test.utils import setup_databases, teardown_databases

    from tests.tools.broker import Broker, wait_until
    from tom_gcn.models import ListenerHeartbeat

    databases = setup_databases(verbosity=0, interactive=False)
    database, broker = connection.settings_dict["NAME"], Broker()
    programs = []
    try:
        broker.create(LVK_TOPIC)
        broker.create(BURST_TOPIC)
        tests = ROOT / "tests"
        programs.append(start(tests / "workers_at_work" / "watchdog_of_tests.py", database, str(os.getpid())))
        programs.append(start(tests / "tools" / "mortal_listener.py", database, broker.address, "never", "0"))
        wait_until(ListenerHeartbeat.objects.exclude(topics=[]).exists, "the listener does not start", 60)
        for measure, number in (
            (lambda n: measure_latency(broker, lvk_alerts(n + 1)), options.alerts),
            (lambda n: measure_plans(broker, lvk_alerts(n + 1, "S2411")), options.plans),
            (lambda n: measure_burst(broker, notices(n)), options.burst),
            (measure_storing, options.maps),
        ):
            if number:
                print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
                measure(number)
    finally:
        for program in programs:
            program.terminate()
            program.wait(timeout=20)
        broker.stop()
        teardown_databases(databases, verbosity=0)


if __name__ == "__main__":
    main()
