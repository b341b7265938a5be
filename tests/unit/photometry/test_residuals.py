"""How far points lie from the light curve of all the others, however many there are."""

import time

import numpy as np
import pytest

from tom_photvalidation import residuals
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


def z_of(columns):
    n = len(columns["mag"])
    nothing = np.full(n, np.nan)
    known = Context(60_900.0, nothing, nothing, np.full(n, T0), nothing, nothing, nothing)
    return residuals.standard_residuals(measurements(n, **columns), known)


@pytest.mark.parametrize("n", [300, 3_000])
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


def test_few_points_and_limits_have_no_residual():
    assert np.isnan(z_of(fading(4))).all()
    columns = fading(10)
    columns["kind"] = np.array(["limit"] + ["detection"] * 9, dtype=object)
    assert np.isnan(z_of(columns)[0])
