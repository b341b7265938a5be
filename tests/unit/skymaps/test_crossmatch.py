"""Two maps together, against Gaussians whose product is known."""

from pathlib import Path

import numpy as np
import pytest

from tom_gcn.skymaps import SkyMapError, make, read_skymap
from tom_gcn.skymaps.crossmatch import joint_false_alarm_rate_hz, overlap_integral, product

MAPS = Path(__file__).parents[2] / "data" / "skymaps"
REAL = read_skymap((MAPS / "MS220722v_bayestar.multiorder.fits").read_bytes())
SKY = make.cone(0, 0, 180)


def sigma_of(radius_deg: float) -> float:
    return float(np.radians(radius_deg) / np.sqrt(-2 * np.log(0.1)))


def test_the_overlap_of_two_gaussians_is_the_formula():
    one, other = make.cone(40, 20, 1.0), make.cone(40.0, 21.0, 2.0)
    variance = sigma_of(1.0) ** 2 + sigma_of(2.0) ** 2
    expected = 4 * np.pi * np.exp(-(np.radians(1.0) ** 2) / (2 * variance)) / (2 * np.pi * variance)
    assert overlap_integral(one, other) == pytest.approx(expected, rel=0.01)
    assert overlap_integral(other, one) == pytest.approx(expected, rel=0.01)


def test_the_product_of_two_gaussians_is_narrower_and_between():
    both = product(make.cone(40, 20, 2.0), make.cone(40, 22, 2.0))
    assert both.area_deg2(0.9) == pytest.approx(np.pi * 2.0**2 / 2, rel=0.02)
    assert both.peak()[1] == pytest.approx(21.0, abs=0.2)
    assert both.probability.sum() == pytest.approx(1, abs=1e-9)
    assert np.all(both.lower[1:] >= both.upper[:-1])


def test_a_map_that_knows_nothing_changes_nothing():
    assert overlap_integral(REAL, SKY) == pytest.approx(1, abs=1e-6)
    same = product(REAL, SKY)
    assert same.area_deg2(0.9) == pytest.approx(REAL.area_deg2(0.9), rel=1e-9)
    assert same.distance()[0] == pytest.approx(REAL.distance()[0], rel=0.02)


def test_a_burst_at_the_peak_of_a_real_map_sharpens_it_and_keeps_distances():
    burst = make.cone(*REAL.peak(), 3.0)
    both = product(burst, REAL)
    assert overlap_integral(burst, REAL) > 10
    assert both.area_deg2(0.9) < burst.area_deg2(0.9)
    assert both.has_distance
    assert overlap_integral(burst, REAL) == pytest.approx(overlap_integral(REAL, burst), rel=1e-12)


def test_maps_that_exclude_each_other_have_no_product():
    one, other = make.cone(0, 0, 1), make.cone(180, 0, 1)
    assert overlap_integral(one, other) == 0
    with pytest.raises(SkyMapError) as caught:
        product(one, other)
    assert caught.value.code == "no-overlap"


def test_chance_coincidences():
    assert joint_false_alarm_rate_hz(1e-6, 300 / 3.15576e7, 6.0, 2.0) == pytest.approx(2.852e-11, rel=1e-3)
    assert joint_false_alarm_rate_hz(1e-6, 1e-5, 6.0, 0.0) == float("inf")
    with pytest.raises(ValueError, match="negative"):
        joint_false_alarm_rate_hz(-1e-6, 1e-5, 6.0, 1.0)
