"""Each check by itself: what it finds, what it leaves alone, what it says and proposes."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tom_grandma_facilities import almanac
from tom_photvalidation.checks import CHECKS, Context, Instrument, failed, run_checks
from tom_photvalidation.checks.sky import COARSE_ERROR_DEG, COARSE_SUN_ERROR_DEG, coarse_altitudes
from tom_photvalidation.measurements import measurements

NOW = 60_900.0
T0 = 60_000.0
# La Silla at local midnight in May: the galactic centre is up
LA_SILLA = (-29.257, -70.738, 2400.0)
NIGHT = 60_080.25
GALACTIC_CENTRE = (266.4, -29.0)


def rows(n=1, **columns):
    given_columns = {
        "line": np.arange(1, n + 1),
        "target": "SN",
        "telescope": "T1",
        "filter": "sdssr",
        "t_mjd": np.full(n, NIGHT),
        "time_reference": "mid",
        "kind": "detection",
        "magsys": "AB",
        "mag": np.full(n, 18.0),
        "magerr": np.full(n, 0.1),
    }
    return measurements(n, **(given_columns | columns))


def context(n=1, *, site=(np.nan,) * 3, t0=np.nan, instruments=None, neighbours=None, now=NOW):
    return Context(
        now_mjd=now,
        target_ra_deg=np.full(n, GALACTIC_CENTRE[0]),
        target_dec_deg=np.full(n, GALACTIC_CENTRE[1]),
        t0_mjd=np.full(n, t0),
        site_lat_deg=np.full(n, site[0]),
        site_lon_deg=np.full(n, site[1]),
        site_elev_m=np.full(n, site[2]),
        instruments=instruments or {},
        neighbours=neighbours,
    )


def check(m=None, **known):
    m = rows() if m is None else m
    return run_checks(m, context(len(m), **known), with_light_curves=False)


def only(findings, name):
    found = [one for one in findings if one.check.id == name]
    assert len(found) == 1, [one.check.id for one in findings]
    return found[0]


def names(findings):
    return {one.check.id for one in findings}


def test_a_good_row_has_no_finding():
    findings = check(site=LA_SILLA, t0=NIGHT - 1)
    assert len(findings) == 0
    assert findings.mask.tolist() == [0]
    assert findings.severity.tolist() == [""]


def test_no_rows_have_no_findings():
    assert len(run_checks(measurements(0), context(0))) == 0


def test_bits_and_names_are_unique_and_fit_in_a_bigint():
    assert len({one.bit for one in CHECKS}) == len({one.id for one in CHECKS}) == len(CHECKS) >= 18
    assert all(0 <= one.bit <= 62 for one in CHECKS)


def test_the_mask_says_which_checks_failed():
    findings = check(rows(mag=[-18.0], t_mjd=[NOW + 1]))
    assert {one.id for one in failed(int(findings.mask[0]))} == names(findings)
    assert {"future", "impossible-magnitude"} <= names(findings)
    assert findings.severity.tolist() == ["Q"]


# --- times ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("typed", "scale"),
    [
        (NIGHT + 2_400_000.5, "a Julian date"),
        ((NIGHT - 40_587) * 86_400, "seconds since 1970"),
        ((NIGHT - 40_587) * 86_400_000, "milliseconds since 1970"),
        (NIGHT - 40_000, "a truncated Julian date"),
    ],
)
def test_other_scales_are_refused_with_the_time_that_was_meant(typed, scale):
    found = only(check(rows(t_mjd=[typed])), "time-scale")
    assert found.severity == "E"
    assert scale in found.sentence
    assert found.fix["t_mjd"] == pytest.approx(NIGHT, abs=1e-5)


def test_a_number_that_is_no_time_is_refused_without_a_guess():
    found = only(check(rows(t_mjd=[-5.0])), "time-scale")
    assert found.severity == "E"
    assert found.fix is None


def test_the_future_is_quarantined_and_a_slow_clock_is_not():
    assert only(check(rows(t_mjd=[NOW + 0.5])), "future").sentence.endswith("is 12.0 hours in the future.")
    assert "future" not in names(check(rows(t_mjd=[NOW + 1 / 1440])))


def test_before_the_event_is_quarantined_but_limits_are_welcome():
    assert only(check(t0=NIGHT + 0.1), "before-event").severity == "Q"
    assert len(check(t0=NIGHT + 0.02)) == 0
    limit = rows(kind="limit", mag=[np.nan], magerr=[np.nan], limiting_mag=[20.0])
    assert len(check(limit, t0=NIGHT + 1)) == 0


def test_before_first_light():
    instruments = {"T1": Instrument(first_light_mjd=NIGHT + 10)}
    assert (
        "10.0 days before the first light of T1" in only(check(instruments=instruments), "before-instrument").sentence
    )


def test_an_instrument_that_writes_tai():
    found = only(check(instruments={"T1": Instrument(time_scale="tai")}), "time-scale")
    assert found.severity == "W"
    assert found.fix["t_mjd"] == pytest.approx(NIGHT - 37 / 86_400, abs=1e-6)


@pytest.mark.parametrize(
    ("exposure", "reference", "t0", "told"),
    [(3600, "unknown", np.nan, True), (3600, "start", np.nan, False), (60, "unknown", np.nan, False),
     (60, "unknown", NIGHT - 100 / 86_400, True), (60, "unknown", NIGHT - 1, False)],
)  # fmt: skip
def test_middle_or_start_matters_for_long_exposures(exposure, reference, t0, told):
    m = rows(exposure_s=[float(exposure)], time_reference=reference)
    assert ("time-reference" in names(check(m, t0=t0))) is told


# --- sky --------------------------------------------------------------------------------------------------------------
def test_the_sun_was_up():
    found = only(check(rows(t_mjd=[NIGHT + 0.5]), site=LA_SILLA), "sun-up")
    assert found.severity == "Q"
    assert "above the horizon of T1 (29.26° S, 70.74° W)" in found.sentence


def test_twilight_is_a_warning():
    night = rows(200, t_mjd=NIGHT + np.linspace(0, 0.5, 200))
    levels = {one.severity for one in check(night, site=LA_SILLA) if one.check.id == "sun-up"}
    assert levels == {"W", "Q"}


def test_the_target_was_below_the_horizon():
    m = rows()
    known = context(1, site=LA_SILLA)
    known.target_ra_deg[:], known.target_dec_deg[:] = 266.4, 75.0
    found = only(run_checks(m, known), "target-low")
    assert found.severity == "Q"
    assert "below the horizon" in found.sentence


def test_space_and_unknown_sites_are_not_judged():
    assert len(check(rows(t_mjd=[NIGHT + 0.5]))) == 0


def test_radio_works_by_day():
    assert len(check(rows(t_mjd=[NIGHT + 0.5], filter="radio-6GHz"), site=LA_SILLA)) == 0


def test_an_exposure_that_begins_in_the_dark_is_not_quarantined():
    times = NIGHT + np.linspace(0, 0.3, 400)
    short = check(rows(400, t_mjd=times), site=LA_SILLA)
    hard = [one.row for one in short if one.check.id == "sun-up" and one.severity == "Q"]
    first = hard[0]
    long = rows(1, t_mjd=times[[first]], exposure_s=[7200.0])
    assert only(check(long, site=LA_SILLA), "sun-up").severity == "W"


@settings(max_examples=30, deadline=None)
@given(
    ra=st.floats(0, 360), dec=st.floats(-79, 79), day=st.floats(51_600, 62_000),
    latitude=st.floats(-65, 65), longitude=st.floats(-180, 180),
)  # fmt: skip
def test_coarse_altitudes_are_as_good_as_said(ra, dec, day, latitude, longitude):
    columns = (np.array([value]) for value in (ra, dec, day, latitude, longitude))
    target, sun = coarse_altitudes(*columns)
    exact, _ = almanac.altitude_azimuth(ra, dec, day, latitude, longitude)
    assert abs(target[0] - exact) < COARSE_ERROR_DEG
    assert abs(sun[0] - almanac.sun_altitude(day, latitude, longitude)) < COARSE_SUN_ERROR_DEG


@pytest.mark.parametrize(("arcsec", "severity"), [(0.5, None), (2.0, "W"), (4.0, "Q"), (40.0, "Q"), (90_000.0, "Q")])
def test_positions(arcsec, severity):
    m = rows(ra_deg=[GALACTIC_CENTRE[0]], dec_deg=[GALACTIC_CENTRE[1] + arcsec / 3600])
    findings = check(m)
    assert findings.severity.tolist() == [severity or ""]
    if severity:
        assert only(findings, "position").score == pytest.approx(arcsec, rel=1e-3)


def test_positions_across_ra_zero():
    known = context(1)
    known.target_ra_deg[:], known.target_dec_deg[:] = 0.0, 0.0
    assert len(run_checks(rows(ra_deg=[359.9999], dec_deg=[0.0]), known)) == 0
    found = only(run_checks(rows(ra_deg=[359.999], dec_deg=[0.0]), known), "position")
    assert found.score == pytest.approx(3.6, abs=0.01)


def test_large_errors_of_position_are_allowed_for():
    m = rows(ra_deg=[GALACTIC_CENTRE[0]], dec_deg=[GALACTIC_CENTRE[1] + 4 / 3600], position_err_arcsec=[2.0])
    assert check(m).severity.tolist() == ["W"]


# --- values -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("mag", "meant"), [(-18.2, 18.2), (71.25, 17.25), (81.5, 18.5), (2.5, 20.5), (45.0, None), (99.9, None)]
)
def test_impossible_magnitudes(mag, meant):
    found = only(check(rows(mag=[mag])), "impossible-magnitude")
    assert found.severity == "Q"
    assert (found.fix or {}).get("mag") == (pytest.approx(meant) if meant else None)


@pytest.mark.parametrize(("error", "severity"), [(0.0, "E"), (-0.1, "E"), (1.5, "W"), (0.3, ""), (np.nan, "")])
def test_errors(error, severity):
    assert check(rows(magerr=[error])).severity.tolist() == [severity]


def test_a_negative_error_is_proposed_without_its_sign():
    assert only(check(rows(magerr=[-0.1])), "error").fix == {"magerr": 0.1}


def test_errors_below_the_floor():
    assert only(check(instruments={"T1": Instrument(error_floor=0.2)}), "error-floor").severity == "W"


def test_brightness_the_instrument_does_not_measure():
    instruments = {"T1": Instrument(magnitude_range={"sdssr": (19.0, 22.0)})}
    assert "outside 19.0 to 22.0" in only(check(instruments=instruments), "brightness-range").sentence


@pytest.mark.parametrize(
    ("mag", "error", "limit", "sigma", "severity"),
    [
        (20.0, 0.1, 20.75, 5.0, ""),  # S/N 10.9 by both
        (20.0, 0.1, 20.75, np.nan, ""),
        (20.9, 0.5, 20.0, 5.0, ""),  # an honest 2 sigma detection below the limit
        (20.9, 0.1, 20.0, 5.0, "Q"),  # S/N 10.9 below the limit
        (17.0, 0.1, 20.0, 5.0, "Q"),  # a limit typed as a detection: S/N 79 with an error of 0.1
        (17.0, 1.0, 20.0, 5.0, "Q"),  # ten times the error
        (14.0, 0.05, 20.0, 5.0, ""),  # a bright source: the calibration makes the error
        (20.9, 0.3, 20.0, np.nan, "W"),  # the limit's sigma is not known: only told
        (20.0, 0.1, 99.0, 5.0, ""),  # no limit
    ],
)
def test_error_against_limit(mag, error, limit, sigma, severity):
    m = rows(mag=[mag], magerr=[error], limiting_mag=[limit], limit_sigma=[sigma])
    assert check(m).severity.tolist() == [severity]


@pytest.mark.parametrize(("scatter", "found"), [(0.01, True), (0.1, False)])
def test_a_telescope_is_held_to_its_own_agreement_of_error_and_limit(scatter, found):
    n = 30
    mag = np.linspace(18.0, 20.0, n)
    limits = mag + 2.5 * np.log10(1.0857 / 0.1 / 5.0) + scatter * np.resize([-1.0, 1.0], n)
    mag[7] -= 0.21
    m = rows(n, mag=mag, limiting_mag=limits, limit_sigma=np.full(n, 5.0))
    assert [one.row for one in check(m) if one.check.id == "depth"] == [7] * found
    # three rows tell nothing of a telescope
    assert "depth" not in names(check(m.take(np.array([6, 7, 8]))))


def test_images_saturate():
    m = rows(mag=[9.0], magerr=[0.01], limiting_mag=[19.5], limit_sigma=[5.0])
    assert "10.5 mag brighter than the limit" in only(check(m), "dynamic-range").sentence


def test_filters_the_instrument_does_not_have():
    instruments = {"T1": Instrument(filters=frozenset({"sdssg", "clear"}))}
    found = only(check(instruments=instruments), "filter-not-there")
    assert found.severity == "Q"
    assert "it has g, clear" in found.sentence
    assert len(check(rows(filter="clear::bessellr"), instruments=instruments)) == 0


@pytest.mark.parametrize(
    ("band", "system", "told"),
    [("sdssr", "Vega", True), ("sdssr", "AB", False), ("bessellr", "AB", True), ("2massj", "Vega", False),
     ("ztfr", "Vega", False)],
)  # fmt: skip
def test_unusual_systems(band, system, told):
    findings = check(rows(filter=band, magsys=system, magsys_given=system))
    assert ("filter-and-system" in names(findings)) is told
    if told:
        assert only(findings, "filter-and-system").fix == {"magsys": "AB" if system == "Vega" else "Vega"}


def test_a_system_nobody_typed_is_not_blamed():
    assert len(check(rows(filter="bessellr", magsys="AB"))) == 0


def test_an_instrument_whose_system_it_is():
    instruments = {"T1": Instrument(default_magsys="AB")}
    assert len(check(rows(filter="bessellr", magsys="AB", magsys_given="AB"), instruments=instruments)) == 0


# --- calibration ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("columns", "name", "severity"),
    [
        ({"colour_term": [0.2]}, "colour-term", "W"),
        ({"colour_term": [-0.7]}, "colour-term", "Q"),
        ({"n_calibration_stars": [3.0]}, "few-calibration-stars", "W"),
        ({"zero_point_scatter": [0.2]}, "zero-point-scatter", "W"),
    ],
)
def test_calibration(columns, name, severity):
    assert only(check(rows(**columns)), name).severity == severity


def test_a_good_calibration():
    assert len(check(rows(colour_term=[0.05], n_calibration_stars=[40.0], zero_point_scatter=[0.03]))) == 0


# --- repeats ----------------------------------------------------------------------------------------------------------
def test_the_same_row_again_is_a_note():
    findings = check(rows(2))
    found = only(findings, "duplicate")
    assert (found.row, found.severity, found.other) == (1, "I", 0)
    assert "line 1" in found.sentence


def test_three_of_the_same():
    assert sorted(one.row for one in check(rows(3)) if one.check.id == "duplicate") == [1, 2]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_rounded_twin_is_quarantined_wherever_it_stands(order):
    t, mag, error = np.array([NIGHT + 0.123456, NIGHT + 0.1235]), np.array([18.347, 18.3]), np.array([0.083, 0.08])
    pick = list(order)
    found = only(check(rows(2, t_mjd=t[pick], mag=mag[pick], magerr=error[pick])), "rounded-twin")
    assert found.row == order.index(1)
    assert found.severity == "Q"
    assert "18.347" in found.sentence


@pytest.mark.parametrize(
    "other",
    [
        {"mag": [18.347, 18.5]},  # another magnitude
        {"magerr": [0.083, 0.2]},  # another error
        {"t_mjd": [NIGHT + 0.123456, NIGHT + 0.1239]},  # another time
        {"filter": ["sdssr", "sdssg"]},
        {"telescope": ["T1", "T2"]},
        {"target": ["SN", "GRB"]},
    ],
)
def test_what_is_no_rounding(other):
    columns = {"t_mjd": [NIGHT + 0.123456, NIGHT + 0.1235], "mag": [18.347, 18.3], "magerr": [0.083, 0.08]} | other
    assert "rounded-twin" not in names(check(rows(2, **columns)))


def test_rows_with_other_positions_or_limits_are_no_copies():
    t = [NIGHT + 0.123456, NIGHT + 0.1235]
    common = {"t_mjd": t, "mag": [18.043, 18.0], "magerr": [0.05, 0.05], "dec_deg": np.full(2, -29.0)}
    same = rows(2, ra_deg=np.full(2, 266.40001), limiting_mag=np.full(2, 20.0), **common)
    assert "rounded-twin" in names(check(same))
    other = rows(2, ra_deg=np.array([266.40001, 266.40012]), limiting_mag=np.full(2, 20.0), **common)
    assert "rounded-twin" not in names(check(other))
    other = rows(2, ra_deg=np.full(2, 266.40001), limiting_mag=np.array([20.03, 20.51]), **common)
    assert "rounded-twin" not in names(check(other))


@pytest.mark.parametrize(("value", "rounded", "twin"), [(17.02, 17.0, True), (19.6, 20.0, False), (17.5, 17.5, True)])
def test_a_whole_number_may_have_been_typed_with_a_decimal(value, rounded, twin):
    m = rows(2, t_mjd=[NIGHT + 0.123456, NIGHT + 0.1235], mag=[value, rounded], magerr=[0.1, 0.1])
    assert ("rounded-twin" in names(check(m))) is twin


def test_a_stored_point_rounded():
    stored = rows(1, t_mjd=[NIGHT + 0.123456], mag=[18.347], magerr=[0.083])
    m = rows(1, t_mjd=[NIGHT + 0.1235], mag=[18.3], magerr=[0.08])
    found = only(check(m, neighbours=stored), "rounded-twin")
    assert "a stored point" in found.sentence
    assert found.other == len(m)  # the first of the stored points


def test_fast_series_are_no_repetitions():
    n = 60
    rng = np.random.default_rng(2)
    m = rows(n, t_mjd=np.round(NIGHT + np.arange(n) * 30 / 86_400, 6), mag=np.round(18 + rng.normal(0, 0.05, n), 3))
    assert len(check(m)) == 0


def test_another_magnitude_of_the_same_exposure():
    found = only(check(rows(2, mag=[18.0, 18.4])), "reduced-again")
    assert found.severity == "W"
    assert "0.400 mag brighter" in found.sentence


# --- channels ---------------------------------------------------------------------------------------------------------
def channels_of(shift, n=4):
    t = np.round(NIGHT + np.arange(n) * 0.01, 6)
    times = np.repeat(t, 3)
    filters = ["sdssg", "sdssr", "sdssi"] * n
    times[4] += shift
    return rows(3 * n, t_mjd=times, filter=filters, mag=18.0 + 0.001 * np.arange(3 * n))


@pytest.mark.parametrize(
    ("shift", "words"),
    [(0.5, "half a day ahead"), (-1.0, "a day behind"), (-5 / 24, r"local time \(UTC-5 h\)")],
)
def test_one_channel_at_another_time(shift, words):
    m = channels_of(shift)
    found = only(check(m, site=LA_SILLA, t0=NIGHT - 3), "channels")
    assert found.row == 4
    assert found.severity == "Q"
    assert re.search(words, found.sentence)
    assert found.fix["t_mjd"] == pytest.approx(NIGHT + 0.01, abs=2e-5)


def test_channels_together_or_alone_by_chance_are_left_alone():
    assert "channels" not in names(check(channels_of(0.0), site=LA_SILLA))
    assert "channels" not in names(check(channels_of(0.37), site=LA_SILLA))


# --- all --------------------------------------------------------------------------------------------------------------
def test_the_order_of_rows_does_not_matter():
    rng = np.random.default_rng(5)
    n = 300
    m = rows(
        n, t_mjd=NIGHT + rng.uniform(-1, 1, n), mag=rng.uniform(-5, 40, n), magerr=rng.uniform(-0.1, 1.2, n),
        limiting_mag=rng.uniform(15, 25, n), limit_sigma=np.full(n, 5.0), filter=rng.choice(["sdssr", "2massj"], n),
    )  # fmt: skip
    shuffled = rng.permutation(n)
    plain = check(m, site=LA_SILLA).mask
    mixed = check(m.take(shuffled), site=LA_SILLA).mask
    assert mixed.tolist() == plain[shuffled].tolist()


def test_filters_and_numbers_nobody_knows_break_nothing():
    n = 40
    rng = np.random.default_rng(9)
    odd = np.array([np.nan, np.inf, -np.inf, 0.0, 1e300, -1e300, 18.0])
    m = rows(
        n,
        t_mjd=rng.choice([NIGHT, 0.0, -1e6, 2_460_000.5, NIGHT + 0.1], n),
        mag=rng.choice(odd, n),
        magerr=rng.choice(odd, n),
        limiting_mag=rng.choice(odd, n),
        limit_sigma=rng.choice(odd, n),
        ra_deg=rng.choice([np.nan, 0.0, 360.0, 720.0], n),
        dec_deg=rng.choice([np.nan, -90.0, 90.0], n),
        exposure_s=rng.choice([np.nan, 0.0, 1e7], n),
        filter=rng.choice(["sdssr", "banana", "radio-6GHz"], n),
    )
    with np.errstate(all="ignore"):
        findings = run_checks(m, context(n, site=LA_SILLA, t0=NIGHT - 1, instruments={"T1": Instrument(
            filters=frozenset({"sdssr"}), magnitude_range={"banana": (10.0, 15.0)}, error_floor=0.01)}))  # fmt: skip
    assert len(findings.mask) == n
    assert all(one.sentence for one in findings)
