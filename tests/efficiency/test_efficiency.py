"""Efficiency against what can be worked out by hand and by direct integration."""

import base64
import json
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from tom_gcn.coverage import Footprint
from tom_gcn.efficiency import Law, Looks, NoDistance, Source, efficiency, inject
from tom_gcn.efficiency.sources import distance_modulus
from tom_gcn.skymaps import SkyMap, cell_centres, make, read_skymap
from tom_gcn.skymaps.ranges import nested_to_uniq, uniq_to_nested

FLAT = Source(Law.LINEAR, 0.0)
DATA = Path(__file__).parents[1] / "data"


def whole_sky(mu: float | None = None, sigma: float = 1.0) -> SkyMap:
    uniq = nested_to_uniq(np.full(48, 1), np.arange(48))
    density = np.full(48, 1 / (4 * np.pi))
    if mu is None:
        return SkyMap(uniq, density)
    # The norm of the ansatz does not matter here: distances are drawn from its shape.
    return SkyMap(uniq, density, np.full(48, mu), np.full(48, sigma), np.full(48, 1.0))


def looks(*rows: tuple[Footprint, float, float]) -> Looks:
    fields, days, limits = zip(*rows, strict=True)
    return Looks(fields, np.array(days, dtype=float), np.array(limits, dtype=float))


def closer_than(distance: float, mu: float, sigma: float) -> float:
    """P(r < distance) of the ansatz, by quadrature."""

    def density(r: float) -> float:
        return r**2 * norm.pdf(r, mu, sigma)

    top = mu + 12 * sigma
    return quad(density, 0, min(distance, top), limit=200)[0] / quad(density, 0, top, limit=200)[0]


def test_a_bright_source_is_seen_as_often_as_its_place_is_looked_at():
    cap = Footprint("circle", 60.0, 60.0, 123.0, -45.0)
    found = efficiency(whole_sky(), looks((cap, 1.0, 20.0)), FLAT, distance_mpc=(100.0, 0.0))
    share = cap.area_deg2 / (4 * np.pi * (180 / np.pi) ** 2)
    assert found.at(-30.0) == pytest.approx(share, abs=0.005)
    assert found.covered == pytest.approx(share, abs=0.005)
    # At 100 Mpc (modulus 35) a limit of 20 reaches -15, exactly.
    assert found.at(-15.0) == found.at(-30.0)
    assert found.at(-14.999) == 0.0
    assert found.magnitude_at(0.05) == pytest.approx(-15.0)
    assert found.magnitude_at(0.5) is None


@pytest.mark.parametrize(("mu", "sigma"), [(200.0, 40.0), (50.0, 60.0), (-100.0, 80.0), (1500.0, 500.0)])
def test_distances_follow_the_ansatz_of_the_map(mu, sigma):
    everywhere = [Footprint("circle", 179.0, 179.0, 0.0, dec) for dec in (-90.0, 90.0)]
    found = efficiency(whole_sky(mu, sigma), looks(*[(field, 0.5, 21.0) for field in everywhere]), FLAT, count=40_000)
    for magnitude in (-18.0, -16.0, -15.0, -14.0, -12.0):
        reach = 10 ** ((21.0 - magnitude - 25) / 5)
        # Two caps of 179 deg leave a belt of 1 deg: 0.9 % of the sky.
        expected = closer_than(reach, mu, sigma) * found.covered
        assert found.at(magnitude) == pytest.approx(expected, abs=0.004), magnitude


def test_moments_of_drawn_distances_are_those_of_the_map():
    skymap = alert()
    drawn = inject(skymap, 50_000).distance_mpc
    mean, sigma = skymap.distance()
    assert drawn.mean() == pytest.approx(mean, rel=0.01)
    assert drawn.std() == pytest.approx(sigma, rel=0.03)


def test_fading_counts_from_the_event():
    field = Footprint("circle", 179.0, 179.0, 0.0, 90.0)
    linear = efficiency(whole_sky(), looks((field, 2.0, 20.0)), Source(Law.LINEAR, 0.5), distance_mpc=(100.0, 0.0))
    assert linear.magnitude_at(0.4) == pytest.approx(-16.0)
    power = efficiency(whole_sky(), looks((field, 10.0, 20.0)), Source(Law.POWER, 1.0), distance_mpc=(100.0, 0.0))
    assert power.magnitude_at(0.4) == pytest.approx(-17.5)
    before = efficiency(whole_sky(), looks((field, -0.1, 20.0)), FLAT, distance_mpc=(100.0, 0.0))
    assert (before.n_looks, before.covered, before.at(-30.0)) == (0, 0.0, 0.0)


def test_at_least_n_times_is_the_nth_best_look():
    field = Footprint("circle", 179.0, 179.0, 0.0, 90.0)
    three = looks((field, 1.0, 19.0), (field, 1.1, 21.0), (field, 1.2, 20.0))
    found = [
        efficiency(whole_sky(), three, FLAT, times=times, distance_mpc=(100.0, 0.0)).magnitude_at(0.4)
        for times in (1, 2, 3)
    ]
    assert found == pytest.approx([-14.0, -15.0, -16.0])
    assert efficiency(whole_sky(), three, FLAT, times=4, distance_mpc=(100.0, 0.0)).magnitude_at(0.01) is None


def alert() -> SkyMap:
    notice = json.loads((DATA / "alerts" / "lvk_json" / "S241102br_UPDATE_1.json").read_text())
    return read_skymap(base64.b64decode(notice["event"]["skymap"]))


def test_the_same_as_direct_integration_over_the_tiles_of_a_real_map():
    """Sum over tiles of probability times P(r < reach), each tile by its centre and its own ansatz."""
    skymap = alert()
    ra, dec = skymap.peak()
    source = Source(Law.LINEAR, 1.0)
    fields = [
        (Footprint("square", 20.0, 20.0, ra, dec), 0.5, 20.5),
        (Footprint("square", 20.0, 20.0, (ra + 8) % 360, dec), 1.5, 21.5),
        (Footprint("rectangle", 30.0, 8.0, ra, max(dec - 6, -90)), 1.0, 19.0),
    ]
    found = efficiency(skymap, looks(*fields), source, count=60_000)

    tile_ra, tile_dec = (np.radians(angle) for angle in cell_centres(skymap.order, skymap.ipix))
    vectors = np.array([np.cos(tile_dec) * np.cos(tile_ra), np.cos(tile_dec) * np.sin(tile_ra), np.sin(tile_dec)])
    depth = np.full(len(skymap.uniq), -np.inf)
    for field, day, limit in fields:
        inside = field.contains(vectors)
        depth[inside] = np.maximum(depth[inside], limit - float(source.fading(day)))
    likely = np.flatnonzero((skymap.probability > 1e-7) & np.isfinite(depth))
    for magnitude in (-20.0, -17.0, -16.0, -15.0):
        reach = 10 ** ((depth[likely] - magnitude - 25) / 5)
        expected = skymap.probability[likely] @ ansatz_below(reach, skymap.distmu[likely], skymap.distsigma[likely])
        assert found.at(magnitude) == pytest.approx(expected, abs=0.006), magnitude


def ansatz_below(reach, mu, sigma):
    """P(r < reach) of each tile by the trapezium rule, independent of how injections are drawn."""
    steps = np.linspace(0, 1, 2001)
    top = np.maximum(mu + 10 * sigma, 10 * sigma)
    grid = steps[:, None] * top
    weight = grid**2 * np.exp(-0.5 * ((grid - mu) / sigma) ** 2)
    total = np.concatenate([np.zeros((1, len(mu))), np.cumsum(0.5 * (weight[1:] + weight[:-1]), axis=0)])
    at = np.clip(reach / top, 0, 1) * (len(steps) - 1)
    low = np.minimum(at.astype(int), len(steps) - 2)
    column = np.arange(len(mu))
    value = total[low, column] + (at - low) * (total[low + 1, column] - total[low, column])
    return value / total[-1]


def test_the_same_seed_gives_the_same_answer_and_others_nearly_so():
    skymap = alert()
    ra, dec = skymap.peak()
    seen = looks((Footprint("square", 20.0, 20.0, ra, dec), 0.5, 20.0))
    one, again, other = (efficiency(skymap, seen, FLAT, seed=seed) for seed in (1, 1, 2))
    assert (one.faintest == again.faintest).all()
    assert one.at(-16.0) == pytest.approx(float(other.at(-16.0)), abs=0.01)
    assert one.error_at(-16.0) < 0.004


def test_the_curve_never_rises_towards_fainter_sources():
    skymap = alert()
    ra, dec = skymap.peak()
    found = efficiency(skymap, looks((Footprint("square", 20.0, 20.0, ra, dec), 0.5, 20.0)), FLAT)
    curve = found.at(np.linspace(-25, -5, 200))
    assert (np.diff(curve) <= 0).all()
    assert 0 <= curve.min() <= curve.max() <= 1
    assert found.at(found.magnitude_at(0.3)) >= 0.3


def test_maps_without_distances_need_one():
    cone = make.cone(10.0, 20.0, 1.0)
    field = Footprint("square", 10.0, 10.0, 10.0, 20.0)
    with pytest.raises(NoDistance):
        efficiency(cone, looks((field, 1.0, 20.0)), FLAT)
    for wrong in ((0.0, 1.0), (-5.0, 1.0), (10.0, -1.0), (float("nan"), 1.0)):
        with pytest.raises(NoDistance):
            efficiency(cone, looks((field, 1.0, 20.0)), FLAT, distance_mpc=wrong)
    found = efficiency(cone, looks((field, 1.0, 20.0)), FLAT, distance_mpc=(100.0, 20.0))
    # Half the distances are below 100 Mpc, where a limit of 20 reaches -15.
    assert found.at(-15.0) == pytest.approx(0.5, abs=0.01)


def test_injections_lie_where_the_map_has_its_probability():
    skymap = alert()
    drawn = inject(skymap, 20_000)
    assert (np.diff(drawn.cells) >= 0).all()
    region = skymap.region(0.5)
    inside = np.searchsorted(region.reshape(-1), drawn.cells, side="right") % 2 == 1
    assert inside.mean() == pytest.approx(skymap.probability_in_ranges(region), abs=0.002)
    assert np.linalg.norm(drawn.vectors, axis=0) == pytest.approx(1.0)


def test_what_cannot_be_asked():
    field = Footprint("square", 10.0, 10.0, 10.0, 20.0)
    for times in (0, 11):
        with pytest.raises(ValueError, match="times"):
            efficiency(whole_sky(100.0), looks((field, 1.0, 20.0)), FLAT, times=times)
    with pytest.raises(ValueError, match="differ"):
        Looks([field], np.zeros(2), np.zeros(1))
    with pytest.raises(ValueError, match="decline"):
        Source(Law.LINEAR, float("nan"))
    assert distance_modulus(10.0) == pytest.approx(30.0)
    assert uniq_to_nested(whole_sky().uniq)[0].max() == 1
