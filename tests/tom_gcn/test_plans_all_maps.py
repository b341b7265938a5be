"""Plans of the whole network on every bundled map, checked by astropy and mocpy, which had no part in making them."""

from __future__ import annotations

import base64
import hashlib
import json
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import AltAz, EarthLocation, SkyCoord, get_body
from astropy.table import QTable
from astropy.time import Time
from astropy.utils import iers
from mocpy import MOC

from tom_gcn.planning import CannotPlan, NetworkPlan, PlanTelescope, Pointing, plan_network, plan_telescope
from tom_gcn.skymaps import SkyMap, read_skymap
from tom_grandma_facilities.registry import TELESCOPES

DATA = Path(__file__).parents[1] / "data"
ALERTS = DATA / "alerts" / "lvk_json"
# seen from Earth this one stood behind the Sun when it was sent
LATER = {"MS181101ab2_EARLYWARNING_1": timedelta(days=120)}


# the flat and multi-order maps are planned as if they had just arrived
TONIGHT = datetime(2026, 3, 18, 19, 30, 7, tzinfo=UTC)


def _bundled() -> Iterator[tuple[str, bytes, datetime]]:
    """Every distinct sky map, of the messages with the time at which it was sent."""
    for path in sorted((DATA / "skymaps").glob("*.fit*")):
        yield path.name.split(".")[0], path.read_bytes(), TONIGHT
    seen: set[str] = set()
    for path in sorted(ALERTS.glob("*.json")):
        message = json.loads(path.read_text())
        encoded = (message.get("event") or {}).get("skymap")
        content = base64.b64decode(encoded) if encoded else b""
        digest = hashlib.sha256(content).hexdigest()
        if content and digest not in seen:
            seen.add(digest)
            yield path.stem, content, datetime.fromisoformat(message["time_created"]).astimezone(UTC)


MAPS = list(_bundled())


def _network() -> dict[str, PlanTelescope]:
    """Every telescope that can be planned at all, in the default network or not."""
    able: dict[str, PlanTelescope] = {}
    for name, telescope in TELESCOPES.items():
        try:
            able[name] = plan_telescope(telescope)
        except CannotPlan:
            continue
    return able


NETWORK = _network()


@pytest.fixture(scope="module", params=MAPS, ids=[name for name, _, _ in MAPS])
def planned(request: pytest.FixtureRequest) -> tuple[SkyMap, NetworkPlan]:
    name, content, sent = request.param
    sent += LATER.get(name, timedelta(0))
    skymap = read_skymap(content)
    # without the widest cameras the others have something left to do
    wide = {"GWAC", "ZTF", "ATLAS"}
    return skymap, plan_network(skymap, [t for t in NETWORK.values() if t.name not in wide], sent)


def _arrays(pointings: tuple[Pointing, ...]) -> tuple[Time, EarthLocation, SkyCoord]:
    """Start, middle and end of all pointings (3, n), their sites (1, n) and positions (1, n)."""
    sites = [NETWORK[p.telescope] for p in pointings]
    start = Time([p.start for p in pointings])
    end = Time([p.end for p in pointings])
    times = start + (end - start) * np.array([0.0, 0.5, 1.0])[:, None]
    place = EarthLocation.from_geodetic(
        [[s.longitude_deg for s in sites]] * u.deg,
        [[s.latitude_deg for s in sites]] * u.deg,
        [[s.elevation_m for s in sites]] * u.m,
    )
    return times, place, SkyCoord([[p.ra_deg for p in pointings]] * u.deg, [[p.dec_deg for p in pointings]] * u.deg)


def _moon_limits(sites: list[PlanTelescope], sun: SkyCoord, moon: SkyCoord) -> np.ndarray:
    """The declared distances, halved six days from full Moon (docs/science/planning.md)."""
    to_sun, to_earth = (sun.cartesian - moon.cartesian).xyz.value, (-moon.cartesian).xyz.value
    product = np.sum(to_sun * to_earth, axis=0)
    phase_angle = np.arccos(product / (np.linalg.norm(to_sun, axis=0) * np.linalg.norm(to_earth, axis=0)))
    days = phase_angle / np.pi * 29.530588 / 2.0
    return np.array([s.moon_separation_deg for s in sites]) / (1.0 + (days / 6.0) ** 2)


def test_bundled_maps_are_all_there() -> None:
    assert len(MAPS) >= 16
    assert len(NETWORK) >= 25


def test_altitude_night_and_moon_with_astropy(planned: tuple[SkyMap, NetworkPlan]) -> None:
    _, plan = planned
    assert plan.pointings
    sites = [NETWORK[p.telescope] for p in plan.pointings]
    with (
        iers.conf.set_temp("auto_download", False),
        iers.conf.set_temp("iers_degraded_accuracy", "warn"),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        times, place, fields = _arrays(plan.pointings)
        frame = AltAz(obstime=times, location=place)
        seen = fields.transform_to(frame)
        sun = get_body("sun", times, place).transform_to(frame)
        moon = get_body("moon", times, place).transform_to(frame)
        least = _moon_limits(sites, get_body("sun", times[1]), get_body("moon", times[1]))
    assert np.all(seen.alt.deg >= [s.min_altitude_deg for s in sites])
    assert np.all(sun.alt.deg <= [s.twilight_deg for s in sites])
    assert np.all(moon.separation(seen).deg >= least)
    assert np.allclose(seen.alt.deg[0], [p.altitude_start_deg for p in plan.pointings], atol=0.02)
    assert np.allclose(seen.alt.deg[2], [p.altitude_end_deg for p in plan.pointings], atol=0.02)
    assert np.allclose(moon.separation(seen).deg[1], [p.moon_separation_deg for p in plan.pointings], atol=0.3)
    assert all(s.dec_min_deg <= p.dec_deg <= s.dec_max_deg for s, p in zip(sites, plan.pointings, strict=True))


def test_no_two_pointings_of_a_telescope_overlap_in_time(planned: tuple[SkyMap, NetworkPlan]) -> None:
    _, plan = planned
    for name in {p.telescope for p in plan.pointings}:
        for before, after in pairwise(plan.of(name)):
            assert (after.start - before.end).total_seconds() >= NETWORK[name].readout_s - 0.002
    assert all(plan.start <= p.start < p.end <= plan.end for p in plan.pointings)


def _mocpy_union(skymap: SkyMap, plan: NetworkPlan, order: int) -> float:
    """Probability in the union of the exported outlines, as mocpy draws and counts it."""
    table = QTable({"UNIQ": skymap.uniq, "PROBDENSITY": skymap.probdensity / u.sr})
    outlines = [np.array(p.footprint).T * u.deg for p in plan.pointings]
    first, *rest = (MOC.from_polygon(ra, dec, max_depth=order) for ra, dec in outlines)
    return float(
        first.union(*rest).probability_in_multiordermap(table) if rest else first.probability_in_multiordermap(table)
    )


def test_new_probabilities_add_up_to_the_union_of_mocpy(planned: tuple[SkyMap, NetworkPlan]) -> None:
    skymap, plan = planned
    total = sum(p.new_probability for p in plan.pointings)
    coarse, fine = (_mocpy_union(skymap, plan, order) for order in (15, 16))
    # mocpy keeps every cell that an outline touches; the surplus halves with every order, so this is its limit
    assert total == pytest.approx(2.0 * fine - coarse, abs=1e-3)
    assert total <= fine + 1e-3
    assert total == pytest.approx(plan.covered_probability, abs=1e-9)
    assert total <= 1.0 + 1e-9
