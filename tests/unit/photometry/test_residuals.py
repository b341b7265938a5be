"""How far points lie from the light curve of all the others, however many there are."""

import time

import numpy as np
import pytest

from tom_photvalidation import bins, lightcurve, residuals
from tom_photvalidation.checks import Context
from tom_photvalidation.measurements import measurements

T0 = 60_000.0


def fading(n, seed=1):
    """Points of six telescopes and bands that fade as a power law, with errors of 0.05 mag."""
    rng = np.random.default_rng(seed)
    days = np.sort(10 ** rng.uniform(-2, 1.3, n))
    number = rng.integers(0, 3, n)
    band = np.array(["sdssg", "sdssr", "sdssi"], dtype=object)[rng.integers(0, 3, n)]
    colour = {"sdssg": 0.3, "sdssr": 0.0, "sdssi": -0.2}
    mag = 18.0 + 2.5 * np.log10(days) + np.array([colour[one] for one in band]) + rng.normal(0, 0.05, n)
    return {
        "line": np.arange(n), "target": "SN", "telescope": np.array(["A", "B", "C"], dtype=object)[number],
        "filter": band, "t_mjd": T0 + days, "time_reference": "mid", "kind": "detection", "magsys": "AB",
        "mag": mag, "magerr": np.full(n, 0.05),
    }  # fmt: skip


def asked(columns):
    n = len(columns["mag"])
    nothing = np.full(n, np.nan)
    return measurements(n, **columns), Context(60_900.0, nothing, nothing, np.full(n, T0), nothing, nothing, nothing)


def z_of(columns):
    return residuals.standard_residuals(*asked(columns)).z


@pytest.mark.parametrize("n", [300, 3_500])
def test_wild_points_stand_out_and_good_ones_do_not(n):
    columns = fading(n)
    wild = np.arange(7, n, n // 20)
    columns["mag"][wild] -= 1.0
    z = z_of(columns)
    assert np.isfinite(z).all()
    assert (z[wild] < -5).all()
    good = np.delete(z, wild)
    assert abs(np.median(good)) < 0.2
    assert (np.abs(good) > 5).mean() < 0.002


def test_thirty_thousand_points_are_judged_while_somebody_waits():
    columns = fading(30_000)
    columns["mag"][15_000] += 1.0
    began = time.process_time()
    z = z_of(columns)
    assert time.process_time() - began < 15
    assert z[15_000] > 5
    assert np.isfinite(z).all()


def test_long_curves_are_compared_point_by_point_in_pieces(monkeypatch):
    monkeypatch.setattr(lightcurve, "LARGEST_BLOCK", 200)
    monkeypatch.setattr(bins, "MOST_POINTS", 1000)
    columns = fading(1_100)
    binned = residuals.standard_residuals(*asked(columns))
    assert 0 < binned.n_bins <= 1000
    z = np.full(1_100, np.nan)
    pieces = residuals.residuals_one_by_one(*asked(columns), 0).n_pieces
    assert pieces == 2
    for piece in range(pieces):
        found = residuals.residuals_one_by_one(*asked(columns), piece)
        told = np.isfinite(found.z)
        assert np.isnan(z[told]).all()
        z[told] = found.z[told]
    assert np.isfinite(z).all()
    assert np.corrcoef(z, binned.z)[0, 1] > 0.8
    assert np.isnan(residuals.residuals_one_by_one(*asked(columns), 99).z).all()


def test_short_curves_have_no_bins_and_one_piece():
    columns = fading(60)
    found = residuals.standard_residuals(*asked(columns))
    assert (found.n_bins, found.n_pieces) == (0, 1)
    np.testing.assert_allclose(residuals.residuals_one_by_one(*asked(columns), 0).z, found.z)


def test_few_points_and_limits_have_no_residual():
    assert np.isnan(z_of(fading(4))).all()
    columns = fading(10)
    columns["kind"] = np.array(["limit"] + ["detection"] * 9, dtype=object)
    assert np.isnan(z_of(columns)[0])
