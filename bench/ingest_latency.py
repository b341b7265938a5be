"""How long an alert takes from the broker to a committed event with its areas, and how many notices pass a second.

    python bench/ingest_latency.py [--alerts 15] [--burst 300]

A mock broker, a listener and the workers of the fast queue run as processes of their own, as in production, on a test
database. The alerts are a real LVK message of 1 MB, marked as mocks (no plan is made) and each with a map of its own.
The mock broker answers a waiting client at once; a real one does too.
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


def lvk_alerts(number: int) -> list[tuple[str, bytes]]:
    """Event names and messages; one byte of each map's header differs, so that none is known already."""
    alert = json.loads(ALERT.read_text())
    skymap = base64.b64decode(alert["event"]["skymap"])
    place = skymap.index(b"DATE    = '") + 11
    messages = []
    for n in range(number):
        name = f"MS2411{n:02d}x"
        new = skymap[:place] + f"{2000 + n:04d}".encode() + skymap[place + 4 :]
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


def measure_latency(broker, alerts: list[tuple[str, bytes]]) -> None:
    from django_q.models import Task

    from tom_gcn.models import Localization, Message

    whole, stored, waited, read = [], [], [], []
    for number, (name, body) in enumerate(alerts):
        began, began_at = time.monotonic(), datetime.now(tz=UTC)
        broker.publish(LVK_TOPIC, body)
        done = Localization.objects.filter(event__name=name, skymap__area_90_deg2__gt=0)
        ended = await_count(done.count, 1)
        message = Message.objects.defer("body").get(notice__event__name=name)
        if number:  # the first loads what is loaded once
            whole.append(ended - began)
            stored.append((message.received_at - began_at).total_seconds())
            await_count(Task.objects.filter(name=f"message-{message.pk}").count, 1)
            task = Task.objects.get(name=f"message-{message.pk}")
            waited.append((task.started - message.received_at).total_seconds())
            read.append((task.stopped - task.started).total_seconds())
        time.sleep(0.3 + 0.013 * number)
    size = statistics.mean(len(body) for _, body in alerts) / 1e6
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    print(f"publish to committed event with areas, {size:.1f} MB LVK: {_figures(whole)}, {len(whole)} alerts")
    print(f"    publish to stored: {_figures(stored)}")
    print(f"    stored to begun by a worker: {_figures(waited)}")
    print(f"    read: {_figures(read)}")


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
    print(f"burst of {len(bodies)} notices: {len(bodies) / stored:.0f} stored/s, {len(bodies) / read:.0f} read/s")
    print(f"    {clean} of them read wholly")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--alerts", type=int, default=15)
    parser.add_argument("--burst", type=int, default=300)
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
        measure_latency(broker, lvk_alerts(options.alerts + 1))
        measure_burst(broker, notices(options.burst))
    finally:
        for program in programs:
            program.terminate()
            program.wait(timeout=20)
        broker.stop()
        teardown_databases(databases, verbosity=0)


if __name__ == "__main__":
    main()
