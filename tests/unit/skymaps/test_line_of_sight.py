"""The distance at a position, against the formula integrated by hand."""

from pathlib import Path

import numpy as np
import pytest

from tom_gcn.skymaps import cell_centres, make, read_skymap
from tom_gcn.skymaps.line_of_sight import ansatz_at, distance_at

MAPS = Path(__file__).parents[2] / "data" / "skymaps"
REAL = read_skymap((MAPS / "MS220722v_bayestar.multiorder.fits").read_bytes())


def test_moments_are_those_of_the_ansatz():
    ra, dec = REAL.peak()
    (mean,), (sigma,) = distance_at(REAL, [ra], [dec])
    (mu,), (width,), (norm,) = ansatz_at(REAL, [ra], [dec])
    r = np.linspace(1e-3, mu + 10 * width, 20001)
    density = norm * r**2 * np.exp(-0.5 * ((r - mu) / width) ** 2) / (np.sqrt(2 * np.pi) * width)
    assert np.trapezoid(density, r) == pytest.approx(1, abs=2e-3)
    first = np.trapezoid(r * density, r) / np.trapezoid(density, r)
    second = np.trapezoid(r**2 * density, r) / np.trapezoid(density, r)
    assert (mean, sigma) == pytest.approx((first, np.sqrt(second - first**2)), rel=1e-3)


def test_every_tile_is_found_at_its_centre():
    tiles = np.random.default_rng(0).integers(0, len(REAL.uniq), 500)
    ra, dec = cell_centres(REAL.order[tiles], REAL.ipix[tiles])
    mu, _, _ = ansatz_at(REAL, ra, dec)
    expected = np.where(np.isfinite(REAL.distmu[tiles]) & (REAL.distnorm[tiles] > 0), REAL.distmu[tiles], mu)
    assert np.array_equal(mu[np.isfinite(mu)], expected[np.isfinite(mu)])


def test_no_tile_and_no_distance_are_not_a_number():
    cone = make.cone(10, 10, 1)
    assert np.isnan(distance_at(cone, [10, 200], [10, 10])[0]).all()
