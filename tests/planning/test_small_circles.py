"""Error circles smaller than any field: where telescopes point, and what their fields hold."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.planning.soundness import assert_sound
from tom_gcn.notices import parse
from tom_gcn.notices.regions import Cone
from tom_gcn.planning import PlanTelescope, Problem, plan_network, solve
from tom_gcn.planning.bound import bound
from tom_gcn.planning.candidates import centre_of
from tom_gcn.planning.refine import refine
from tom_gcn.skymaps.make import cone
from tom_grandma_facilities.almanac import separation_deg

START = datetime(2026, 3, 18, 19, 30, 7, tzinfo=UTC)
AUTUMN = datetime(2026, 9, 18, 19, 30, 7, tzinfo=UTC)
ALERTS = Path(__file__).parents[1] / "data" / "alerts"
Make = Callable[..., PlanTelescope]

PLACES = [
    (150.0, 20.0),
    (20.45, 33.38),
    (272.0314, 13.2515),
    (0.0, 0.0),
    (359.9999, -45.0),
    (77.0, 90.0),
    (10.0, -90.0),
]


def apart(centre_ra: float, centre_dec: float, ra: float, dec: float) -> float:
    return float(separation_deg(centre_ra, centre_dec, ra, dec))


@pytest.mark.parametrize("radius_deg", [0.001, 0.01, 5.0 / 60.0])
@pytest.mark.parametrize(("ra", "dec"), PLACES)
def test_centre_is_exact(ra: float, dec: float, radius_deg: float) -> None:
    centre = centre_of(cone(ra, dec, radius_deg))
    assert apart(ra, dec, centre.ra_deg, centre.dec_deg) < 0.05 * radius_deg
    assert radius_deg * 0.9 < centre.radius_deg < radius_deg * 1.3


@pytest.mark.parametrize("radius_deg", [0.001, 0.01, 5.0 / 60.0])
@pytest.mark.parametrize(("ra", "dec"), [(150.0, 20.0), (180.37, 75.118), (0.0, 30.0), (20.45, 33.38)])
def test_every_field_that_holds_the_circle_gets_its_probability(
    make_telescope: Make, ra: float, dec: float, radius_deg: float
) -> None:
    sizes = {"Wide": 4.0, "Middle": 1.0, "Narrow": 0.35, "Tiny": 0.18}
    telescopes = [make_telescope(n, width_deg=w, height_deg=w, narrow=w < 1.0) for n, w in sizes.items()]
    skymap = cone(ra, dec, radius_deg)
    start = START if ra > 90.0 else AUTUMN
    plan = plan_network(skymap, telescopes, start)
    assert sorted((p.telescope, p.epoch) for p in plan.pointings) == [(n, v) for n in sorted(sizes) for v in (1, 2)]
    for p in plan.pointings:
        assert apart(ra, dec, p.ra_deg, p.dec_deg) < 0.05 * radius_deg
        assert 0.9 < p.probability <= 1.0
        assert p.cumulative_probability <= 1.0
        assert p.telescope_cumulative <= 1.0
    assert plan.covered_probability <= 1.0
    assert_sound(skymap, plan, telescopes, start)


def test_no_share_of_the_whole_exceeds_it(make_telescope: Make) -> None:
    """Tiles and pieces add up with rounding errors; pages and schemas take nothing above 1."""
    wide, narrow = make_telescope("Wide", width_deg=4.0, height_deg=4.0), make_telescope("Small")
    shares = []
    for number in range(12):
        skymap = cone(150.0 + 0.37 * number, 20.0, 0.02 + 0.005 * number)
        problem = Problem(skymap, (wide, narrow), START)
        plan = solve(problem)
        most = bound(problem, plan, 1.0)
        shares += [plan.covered_probability, most.value, refine(problem, plan, 0.1).greedy_probability]
        shares += [p.cumulative_probability for p in plan.pointings]
        assert most.gap >= 0.0
    assert max(shares) <= 1.0


def test_fields_smaller_than_the_circle_are_never_empty(make_telescope: Make) -> None:
    telescopes = [make_telescope("Wide"), make_telescope("Tiny", width_deg=0.05, height_deg=0.05, narrow=True)]
    skymap = cone(150.0, 20.0, 5.0 / 60.0)
    plan = plan_network(skymap, telescopes, START)
    tiny = plan.of("Tiny")
    assert all(p.probability > 1e-3 for p in tiny)
    assert plan.of("Wide")[0].probability > 0.99


def told_positions() -> list[tuple[float, float, float]]:
    """Right ascension, declination and radius [deg] of the bundled messages of Swift and Einstein Probe."""
    found = set()
    for folder in ("voevent/Swift", "gcn_json/einstein_probe"):
        for path in sorted((ALERTS / folder).iterdir()):
            region = getattr(parse(path.read_bytes(), ""), "region", None)
            if isinstance(region, Cone) and region.radius_deg <= 5.0 / 60.0:
                found.add((region.ra_deg, region.dec_deg, region.radius_deg))
    return sorted(found)


def test_bundled_positions_are_pointed_at_where_they_are(make_telescope: Make) -> None:
    positions = told_positions()
    assert len(positions) > 10
    for ra, dec, radius_deg in positions:
        centre = centre_of(cone(ra, dec, radius_deg))
        assert apart(ra, dec, centre.ra_deg, centre.dec_deg) < 0.05 * radius_deg
    north = [one for one in positions if one[1] > 10.0 and 60.0 < one[0] < 300.0]
    tiny = make_telescope("Tiny", width_deg=0.1, height_deg=0.1, narrow=True)
    for ra, dec, radius_deg in (north[0], north[-1]):
        plan = plan_network(cone(ra, dec, radius_deg), [tiny, make_telescope("Wide")], START)
        assert len(plan.pointings) == 4
        assert all(p.probability > 0.9 for p in plan.pointings)
