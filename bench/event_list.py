"""Time the event list with 20,000 events and 60,000 notices, and count its queries. See bench/README.md.

Makes a test database of its own on the embedded server and removes it again.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "icare_tom.settings.test")

import django  # noqa: E402

django.setup()

from django.contrib.auth.models import Group, User  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext, setup_databases, teardown_databases  # noqa: E402

from tom_gcn.actions.summaries import figures_of  # noqa: E402
from tom_gcn.models import Event, EventSummary, Localization, Message, Notice, StoredSkyMap  # noqa: E402

NEWEST = datetime(2026, 6, 1, tzinfo=UTC)
KINDS = ("grb", "grb", "grb", "gw", "neutrino", "xray", "frb")
MISSIONS = {"grb": "Fermi", "gw": "LVK", "neutrino": "IceCube", "xray": "Einstein Probe", "frb": "CHIME"}
ADDRESSES = {
    "newest first": "/events/",
    "with tests": "/events/?tests=on",
    "page 400": "/events/?page=400",
    "by kind": "/events/?kind=gw",
    "by mission": "/events/?mission=LVK",
    "by part of the name": "/events/?q=0017",
    "by tags": "/events/?tag=area%3C100&tag=has-ns",
    "FAR < 1/yr, HasNS >= 0.5": "/events/?where=FAR+%3C+1%2Fyr%2C+HasNS+%3E%3D+0.5",
    "class = BNS": "/events/?where=class+%3D+BNS",
    "90 % area up to 20 deg2": "/events/?area=20",
    "distance up to 100 Mpc": "/events/?distance=100",
    "one month": "/events/?after=2026-04-01&before=2026-04-30",
    "cone of 5 deg": "/events/?cone=150+-20+5",
    "position in the 90 % region": "/events/?q=150.0+-20.0",
    "sorted by area": "/events/?sort=area",
    "sorted by false alarms, falling": "/events/?sort=-far",
    "sorted by covered probability": "/events/?sort=-covered",
    "five filters, sorted": "/events/?kind=gw&where=FAR%3C1/yr&area=2000&after=2020-01-01&distance=500&sort=distance",
    "all else with nothing found": "/events/?where=HasSSM+%3E+2",
    "news since long ago": "/events/-/news/?since=1",
}


def fill(n_events: int, per_event: int) -> User:
    """Rows of every kind, with their summaries made as the system makes them; returns who may see all but a tenth."""
    rng = np.random.default_rng(3)
    group, other = Group.objects.create(name="GRANDMA"), Group.objects.create(name="another")
    user = User.objects.create_user("advocate")
    user.groups.add(group)
    kinds = rng.choice(KINDS, n_events)
    events = Event.objects.bulk_create(
        [
            Event(
                name=f"E{number:06d}",
                namespace="bench",
                event_id=f"{number}",
                display_name=f"GRB {number:06d}",
                keys=[f"E{number:06d}", f"bench:{number}"],
                kind=kind,
                t0=NEWEST - timedelta(hours=3 * number),
                is_test=number % 20 == 0,
            )
            for number, kind in enumerate(kinds)
        ],
        batch_size=2000,
    )
    through = Event.groups.through
    through.objects.bulk_create(
        [through(event=event, group=other if place % 10 == 0 else group) for place, event in enumerate(events)],
        batch_size=5000,
    )
    notices = fill_notices(events, per_event, rng)
    fill_maps(events, notices, rng)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return user


def fill_notices(events: list[Event], per_event: int, rng: np.random.Generator) -> list[list[Notice]]:
    total = len(events) * per_event
    messages = Message.objects.bulk_create(
        [
            Message(sha256=f"{number:064d}", body=b"{}" * 500, size_bytes=1000, source="bench", state="read")
            for number in range(total)
        ],
        batch_size=2000,
    )
    rows = []
    for number, message in enumerate(messages):
        event, step = events[number // per_event], number % per_event
        is_gw = event.kind == "gw"
        classes = dict(zip(("BNS", "NSBH", "BBH", "Terrestrial"), rng.dirichlet([0.3] * 4).tolist(), strict=True))
        rows.append(
            Notice(
                event=event,
                message=message,
                key=f"k{number}",
                format="igwn-json" if is_gw else "voevent",
                source=MISSIONS[event.kind],
                notice_type="PRELIMINARY",
                time_created=event.t0 + timedelta(minutes=step + 1),
                event_time=event.t0,
                is_test=event.is_test,
                far_hz=float(10 ** rng.uniform(-14, -5)) if is_gw else None,
                is_significant=bool(rng.random() < 0.3) if is_gw else None,
                classification=classes if is_gw else {},
                properties={"HasNS": float(rng.random()), "HasRemnant": float(rng.random())} if is_gw else {},
                parameters={f"P{place}": [place, "s"] for place in range(20)},
            )
        )
    made = Notice.objects.bulk_create(rows, batch_size=2000)
    return [made[first : first + per_event] for first in range(0, total, per_event)]


def fill_maps(events: list[Event], notices: list[list[Notice]], rng: np.random.Generator) -> None:
    """A map an event: hundreds of ranges for a gravitational wave, dozens for an error circle."""
    maps, places = [], []
    for number, event in enumerate(events):
        is_gw = event.kind == "gw"
        region = ranges(600 if is_gw else 40, rng)
        ra, dec = float(rng.uniform(0, 360)), float(np.degrees(np.arcsin(rng.uniform(-1, 1))))
        area = float(10 ** rng.uniform(1, 4)) if is_gw else float(10 ** rng.uniform(-3, 2))
        places.append((ra, dec))
        maps.append(
            StoredSkyMap(
                sha256=f"{number:064d}",
                fits=b"x" * 1000,
                packed=b"x" * 1000,
                n_tiles=len(region),
                max_order=9,
                area_50_deg2=area / 4,
                area_90_deg2=area,
                probability_500_deg2=0.5,
                peak_ra_deg=ra,
                peak_dec_deg=dec,
                distance_mean_mpc=float(10 ** rng.uniform(1.5, 3.5)) if is_gw else None,
                distance_sigma_mpc=30.0 if is_gw else None,
                region_50=region[::4],
                region_90=region,
                contours={"0.5": [], "0.9": []},
            )
        )
    stored = StoredSkyMap.objects.bulk_create(maps, batch_size=1000)
    localizations = Localization.objects.bulk_create(
        [
            Localization(
                event=event,
                notice=notices[place][-1],
                skymap=stored[place],
                kind="skymap" if event.kind == "gw" else "cone",
                error_deg=None if event.kind == "gw" else (stored[place].area_90_deg2 / np.pi) ** 0.5,
                ra_deg=None if event.kind == "gw" else places[place][0],
                dec_deg=None if event.kind == "gw" else places[place][1],
                is_current=True,
            )
            for place, event in enumerate(events)
        ],
        batch_size=2000,
    )
    EventSummary.objects.bulk_create(
        [
            EventSummary(event=event, **figures_of(notices[place], localizations[place]))
            for place, event in enumerate(events)
        ],
        batch_size=2000,
    )


def ranges(count: int, rng: np.random.Generator) -> np.ndarray:
    """Apart ranges near each other, as a region of the sky has them."""
    start = int(rng.integers(0, 12 * 4**29 - 4**25))
    edges = start + np.sort(rng.choice(4**12, 2 * count, replace=False)) * 4**12
    return edges.reshape(-1, 2)


def measure(client: Client, name: str, address: str, repeats: int) -> None:
    """Print the median time of an address and its number of queries."""
    times = []
    for _ in range(repeats + 1):
        with CaptureQueriesContext(connection) as queries:
            began = time.perf_counter()
            response = client.get(address)
            times.append(1000 * (time.perf_counter() - began))
        assert response.status_code == 200, (address, response.status_code)
    found = re.search(r">(\d+) events?</p>", response.content.decode())
    count = int(found[1]) if found else 0
    figures = f"{statistics.median(times[1:]):8.0f} ms  {max(times[1:]):8.0f} ms at most {len(queries):4d} queries"
    print(f"{name:<38}{figures} {count:7d} events")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--notices", type=int, default=3, help="for each event")
    parser.add_argument("--repeats", type=int, default=7)
    arguments = parser.parse_args()
    made = setup_databases(verbosity=0, interactive=False)
    try:
        began = time.perf_counter()
        user = fill(arguments.events, arguments.notices)
        print(
            f"{Event.objects.count()} events, {Notice.objects.count()} notices in {time.perf_counter() - began:.0f} s"
        )
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        for name, address in ADDRESSES.items():
            measure(client, name, address, arguments.repeats)
    finally:
        teardown_databases(made, verbosity=0)


if __name__ == "__main__":
    main()
