"""Depth weighed against distance: deep telescopes where the source is far, and overlaps where they see more."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm as normal

from tests.planning.soundness import assert_sound, footprint
from tom_gcn.planning import PlanOptions, PlanTelescope, Problem, plan_network, solve
from tom_gcn.planning.sight import reach_mpc, share_within, sight_of
from tom_gcn.skymaps import SkyMap, cell_centres

START = datetime(2026, 3, 18, 21, 0, 7, tzinfo=UTC)
DETECTION = PlanOptions(weigh="detection", max_pointings=6)
Make = Callable[..., PlanTelescope]
Blob = Callable[..., SkyMap]


def at_distance(skymap: SkyMap, near_mpc: float, far_mpc: float | None = None) -> SkyMap:
    """The map with a distance, east of RA 150 another one; 10 % wide."""
    ra, _ = cell_centres(skymap.order, skymap.ipix)
    mu = np.where(ra < 150.0, near_mpc, far_mpc or near_mpc)
    sigma = 0.1 * mu
    return replace(skymap, distmu=mu, distsigma=sigma, distnorm=1.0 / (mu**2 + sigma**2))


@settings(max_examples=60, deadline=None)
@given(st.floats(-3.0, 10.0), st.floats(5.0, 200.0), st.floats(1.0, 600.0))
def test_share_within_is_the_integral(ratio: float, sigma: float, reach: float) -> None:
    mu = ratio * sigma

    def density(r: float) -> float:
        return float(r * r * normal.pdf(r, mu, sigma))

    whole = quad(density, 0.0, max(mu, 0.0) + 12.0 * sigma, limit=400, points=[max(mu, 1.0)])[0]
    part = quad(density, 0.0, reach, limit=400)[0]
    found = share_within(np.array([mu]), np.array([sigma]), np.array([1.0 / whole]), reach)
    assert found[0] == pytest.approx(min(part / whole, 1.0), abs=1e-6)


def test_reach_follows_the_distance_modulus() -> None:
    assert reach_mpc(21.0, -16.0) == pytest.approx(251.19, abs=0.01)
    assert reach_mpc(16.0, -16.0) == pytest.approx(25.119, abs=0.001)


def test_a_tile_without_distance_hides_nothing() -> None:
    assert share_within(np.array([np.inf]), np.array([1.0]), np.array([0.0]), 10.0)[0] == 1.0


def test_unknown_depth_counts_like_the_shallowest(make_blob: Blob, make_telescope: Make) -> None:
    telescopes = [make_telescope("A", limiting_mag=17.0), make_telescope("B", limiting_mag=20.0), make_telescope("C")]
    sight = sight_of(at_distance(make_blob(150.0, 20.0, 3.0), 50.0), telescopes, -16.0)
    assert sight is not None
    assert np.array_equal(sight.shares[2], sight.shares[0])
    assert sight.shares[1].min() > 0.99
    assert sight_of(make_blob(150.0, 20.0, 3.0), telescopes, -16.0) is None


def test_the_shallow_telescope_goes_where_the_source_is_near(make_blob: Blob, make_telescope: Make) -> None:
    """West the source lies at 20 Mpc, in reach of 16 mag; east at 200 Mpc, in reach of 21 mag only."""
    skymap = at_distance(make_blob(150.0, 20.0, 4.0), 20.0, 200.0)
    shallow, deep = make_telescope("Shallow", limiting_mag=16.0), make_telescope("Deep", limiting_mag=21.0)
    plan = solve(Problem(skymap, (shallow, deep), START, options=DETECTION))
    assert_sound(skymap, plan, [shallow, deep], START)
    assert all(p.ra_deg < 151.2 for p in plan.of("Shallow"))
    assert np.mean([p.ra_deg > 149.0 for p in plan.of("Deep")]) > 0.6
    assert plan.notes[-1].startswith("Weighed by depth: the plan sees a source of -16 mag with a probability of ")


def seen(skymap: SkyMap, telescopes: list[PlanTelescope], options: PlanOptions) -> float:
    """Probability to see the source, added up tile by tile without the planner."""
    plan = plan_network(skymap, telescopes, START, options=options)
    best = np.zeros(len(skymap.uniq))
    ra, dec = (np.radians(angle) for angle in cell_centres(skymap.order, skymap.ipix))
    vectors = np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)])
    assert skymap.distmu is not None
    assert skymap.distsigma is not None
    for p in plan.pointings:
        camera = next(one for one in telescopes if one.name == p.telescope)
        inside = footprint(camera, p.ra_deg, p.dec_deg).contains(vectors)
        reach = 10.0 ** ((float(camera.limiting_mag or 0.0) + 16.0 - 25.0) / 5.0)
        sees = normal.cdf(reach, skymap.distmu, skymap.distsigma)
        best[inside] = np.maximum(best[inside], sees[inside])
    return float((skymap.probability * best).sum())


def test_weighing_by_detection_sees_more(make_blob: Blob, make_telescope: Make) -> None:
    skymap = at_distance(make_blob(150.0, 20.0, 4.0, order=7), 40.0, 180.0)
    telescopes = [
        make_telescope("Wide", limiting_mag=17.5, width_deg=4.0, height_deg=4.0),
        make_telescope("Deep", limiting_mag=21.5, width_deg=1.5, height_deg=1.5),
    ]
    assert seen(skymap, telescopes, DETECTION) > 1.05 * seen(skymap, telescopes, PlanOptions(max_pointings=6))


def test_a_source_too_faint_says_so(make_blob: Blob, make_telescope: Make) -> None:
    skymap = at_distance(make_blob(150.0, 20.0, 4.0), 800.0)
    plan = solve(Problem(skymap, (make_telescope("A", limiting_mag=15.0),), START, options=DETECTION))
    assert not plan.pointings
    assert plan.telescopes[0].reason == "The source is too faint for it at the map's distance."


def test_without_distances_every_telescope_counts_alike(make_blob: Blob, make_telescope: Make) -> None:
    skymap, telescopes = make_blob(150.0, 20.0, 4.0), [make_telescope("A", limiting_mag=18.0), make_telescope("B")]
    weighed = plan_network(skymap, telescopes, START, options=DETECTION)
    assert weighed.pointings == plan_network(skymap, telescopes, START, options=PlanOptions(max_pointings=6)).pointings
    assert weighed.notes == ("Every telescope counts alike: the sky map has no distances, or no depth is known.",)
