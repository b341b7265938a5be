"""How fast a source fades, against light curves whose law is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tom_photvalidation.fading import BROKEN, POWER_LAW, CannotFit, fit_fading

T0 = 60_000.0


def drawn(slope, *, late=None, broken_at=1.0, n=40, scatter=0.05, seed=1):
    rng = np.random.default_rng(seed)
    days = 10 ** np.sort(rng.uniform(-2, 1, n))
    filters = np.where(np.arange(n) % 2, "sdssr", "sdssg")
    mag = 20.0 + 2.5 * slope * np.log10(np.minimum(days, broken_at) if late else days)
    if late:
        mag += 2.5 * late * np.log10(np.maximum(days / broken_at, 1.0))
    mag = mag + np.where(filters == "sdssg", 0.4, 0.0) + rng.normal(0, scatter, n)
    return T0 + days, mag, np.full(n, scatter), filters.tolist()


def fitted(*args, **kwargs):
    t, mag, error, filters = drawn(*args, **kwargs)
    return fit_fading(t, T0, mag, error, filters)


@settings(max_examples=20, deadline=None)
@given(slope=st.floats(0.5, 3.0), seed=st.integers(0, 1000))
def test_finds_the_slope_of_a_power_law(slope, seed):
    fading = fitted(slope, seed=seed)
    assert fading.form == POWER_LAW
    assert abs(fading.slope - slope) < 5 * fading.slope_error
    assert fading.slope_error < 0.05


def test_finds_a_break():
    fading = fitted(0.8, late=2.2, n=60)
    assert fading.form == BROKEN
    assert fading.slope == pytest.approx(0.8, abs=0.1)
    assert fading.late_slope == pytest.approx(2.2, abs=0.2)
    assert fading.break_days == pytest.approx(1.0, rel=0.3)


def test_keeps_colours():
    fading = fitted(1.0)
    assert fading.at_one_day["sdssg"] - fading.at_one_day["sdssr"] == pytest.approx(0.4, abs=0.08)


def test_lets_expect_the_magnitude_of_a_time():
    fading = fitted(1.2, n=60)
    mag, sd = fading.expected("sdssr", [T0 + 1.0, T0 + 20.0])
    assert mag[0] == pytest.approx(20.0, abs=0.1)
    assert mag[1] == pytest.approx(20.0 + 3.0 * np.log10(20.0), abs=0.2)
    assert sd[1] > sd[0] > 0.04


def test_wild_points_do_not_pull():
    t, mag, error, filters = drawn(1.0, n=60)
    mag[::12] -= 5.0
    fading = fit_fading(t, T0, mag, error, filters)
    assert fading.slope == pytest.approx(1.0, abs=0.1)


def test_points_before_t0_are_left_out():
    t, mag, error, filters = drawn(1.0)
    t[0] = T0 - 1.0
    assert fit_fading(t, T0, mag, error, filters).n_points == 39


@pytest.mark.parametrize(
    ("t", "words"),
    [([], "0 detections"), ([1.0, 2.0], "2 detections"), ([1.0, 1.0, 1.01], "same age")],
)
def test_says_why_it_cannot(t, words):
    n = len(t)
    with pytest.raises(CannotFit, match=words):
        fit_fading(T0 + np.array(t), T0, np.full(n, 18.0), np.full(n, 0.1), ["sdssr"] * n)


def test_filters_seen_once_each_tell_nothing_of_fading():
    filters = ["sdssg", "sdssr", "sdssi"]
    with pytest.raises(CannotFit, match="colour and fading"):
        fit_fading(T0 + np.array([0.1, 1.0, 10.0]), T0, [18, 19, 20], [0.1] * 3, filters)


def test_without_t0_nothing_is_said():
    with pytest.raises(CannotFit, match="T0"):
        fit_fading([1, 2, 3], float("nan"), [18, 19, 20], [0.1] * 3, ["sdssr"] * 3)


def test_times_before_t0_cannot_be_expected():
    fading = fitted(1.0)
    with pytest.raises(ValueError, match="before T0"):
        fading.expected("sdssr", T0 - 1.0)
    with pytest.raises(KeyError):
        fading.expected("sdssz", T0 + 1.0)


def test_says_it_in_words():
    assert fitted(1.0).sentence.startswith("It fades as t^-1.0")
    assert "until" in fitted(0.8, late=2.2, n=60).sentence
