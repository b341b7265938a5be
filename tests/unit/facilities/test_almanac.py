"""The closed-form almanac against astropy, which is an independent implementation (ERFA)."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import AltAz, EarthLocation, SkyCoord, get_body
from astropy.time import Time
from astropy.utils import iers
from hypothesis import given
from hypothesis import strategies as st

from tom_grandma_facilities import almanac

SITES = [
    (43.75203, 6.92353),
    (-29.25992, -70.7326),
    (20.0195, -155.672),
    (-21.19882, 55.41022),
    (78.2, 15.6),
    (-75.1, 123.3),
]
TIMES = np.random.default_rng(20260101).uniform(58849.0, 61771.0, 40)  # 2020 to 2028


@pytest.fixture(autouse=True, scope="module")
def offline():
    """No Earth-rotation tables are fetched; those that astropy carries reach far enough."""
    with iers.conf.set_temp("auto_download", False), iers.conf.set_temp("iers_degraded_accuracy", "warn"):
        yield


def location(latitude, longitude):
    return EarthLocation(lat=latitude * u.deg, lon=longitude * u.deg, height=0 * u.m)


def test_sun_lies_where_astropy_puts_it():
    sun = get_body("sun", Time(TIMES, format="mjd"))
    ra, dec = almanac.sun_position(TIMES)
    assert almanac.separation_deg(ra, dec, sun.ra.deg, sun.dec.deg).max() < 0.02


@pytest.mark.parametrize(("latitude", "longitude"), SITES)
def test_moon_of_an_observer_lies_where_astropy_puts_it(latitude, longitude):
    moon = get_body("moon", Time(TIMES, format="mjd"), location(latitude, longitude))
    ra, dec, _, distance_km = almanac.moon_topocentric(TIMES, latitude, longitude)
    assert almanac.separation_deg(ra, dec, moon.ra.deg, moon.dec.deg).max() < 0.05
    assert np.abs(distance_km - moon.distance.km).max() < 300.0


def test_moon_illumination_at_known_phases():
    # full moon 2026-03-03 11:38 UTC (total eclipse) and new moon 2026-08-12 17:37 UTC (total solar eclipse)
    _, _, illumination, _ = almanac.moon_position(Time(["2026-03-03T11:38", "2026-08-12T17:37"]).mjd)
    assert illumination[0] > 0.999
    assert illumination[1] < 0.001


@pytest.mark.parametrize(("latitude", "longitude"), SITES)
def test_altitude_and_azimuth_of_fixed_positions(latitude, longitude):
    rng = np.random.default_rng(7)
    ra, dec = rng.uniform(0, 360, TIMES.size), np.degrees(np.arcsin(rng.uniform(-1, 1, TIMES.size)))
    frame = AltAz(obstime=Time(TIMES, format="mjd"), location=location(latitude, longitude), pressure=0 * u.hPa)
    expected = SkyCoord(ra, dec, unit="deg").transform_to(frame)
    altitude, azimuth = almanac.altitude_azimuth(ra, dec, TIMES, latitude, longitude)
    offset_arcmin = 60 * almanac.separation_deg(azimuth, altitude, expected.az.deg, expected.alt.deg)
    assert (altitude > 10).sum() > 5
    assert offset_arcmin[altitude > 10].max() < 0.35


def test_altitude_broadcasts_positions_against_times():
    altitude, azimuth = almanac.altitude_azimuth(
        np.linspace(0, 350, 5)[:, np.newaxis], np.linspace(-40, 80, 5)[:, np.newaxis], TIMES[:3], 43.75, 6.92
    )
    assert altitude.shape == azimuth.shape == (5, 3)
    single, _ = almanac.altitude_azimuth(350.0, 80.0, TIMES[2], 43.75, 6.92)
    assert single == pytest.approx(altitude[4, 2], abs=1e-9)


def test_sidereal_time_is_that_of_astropy():
    expected = Time(TIMES, format="mjd").sidereal_time("mean", "greenwich").deg
    difference = (almanac.gmst_deg(TIMES) - expected + 180) % 360 - 180
    assert np.abs(difference).max() < 0.9 * 15 / 3600  # UT1 - UTC
    assert almanac.local_sidereal_deg(TIMES, -70.0) == pytest.approx((almanac.gmst_deg(TIMES) - 70.0) % 360)


def test_airmass():
    assert almanac.airmass(90.0) == pytest.approx(1.0, abs=1e-3)
    assert almanac.airmass(30.0) == pytest.approx(1.994, abs=2e-3)
    assert np.isinf(almanac.airmass(-1.0))


@given(st.floats(0, 360), st.floats(-90, 90), st.floats(0, 360), st.floats(-90, 90))
def test_separation_is_symmetric_and_bounded(ra1, dec1, ra2, dec2):
    one, other = almanac.separation_deg(ra1, dec1, ra2, dec2), almanac.separation_deg(ra2, dec2, ra1, dec1)
    assert one == pytest.approx(other, abs=1e-9)
    assert 0.0 <= one <= 180.0


def test_separation_of_tiny_and_antipodal_angles():
    assert almanac.separation_deg(10.0, 20.0, 10.0, 20.0 + 1e-7) == pytest.approx(1e-7, rel=1e-6)
    assert almanac.separation_deg(0.0, 90.0, 123.0, -90.0) == pytest.approx(180.0)
    assert almanac.separation_deg(359.5, 0.0, 0.5, 0.0) == pytest.approx(1.0)


def sun_altitude_by_astropy(mjd, latitude, longitude):
    place, time = location(latitude, longitude), Time(mjd, format="mjd")
    return get_body("sun", time, place).transform_to(AltAz(obstime=time, location=place, pressure=0 * u.hPa)).alt.deg


@pytest.mark.parametrize(("latitude", "longitude"), SITES[:4])
@pytest.mark.parametrize("twilight", [-18.0, -12.0, -0.833])
@pytest.mark.parametrize("start", [60766.25, 60857.8])  # both seasons
def test_edges_of_the_night_are_right_within_ten_seconds(latitude, longitude, twilight, start):
    windows = almanac.night_windows(start, start + 2.0, latitude, longitude, twilight)
    edges = [edge for window in windows for edge in window if start < edge < start + 2.0]
    assert len(edges) >= 3
    ten_seconds = 10.0 / 86400.0
    early, late = (
        sun_altitude_by_astropy(np.array(edges) + step, latitude, longitude) for step in (-ten_seconds, ten_seconds)
    )
    assert np.all((early - twilight) * (late - twilight) < 0)


def test_night_is_dark_inside_and_light_outside():
    start = 60766.25
    windows = almanac.night_windows(start, start + 3.0, 43.75, 6.92)
    times = np.linspace(start, start + 3.0, 500)
    inside = np.zeros(times.size, dtype=bool)
    for begin, end in windows:
        inside |= (times >= begin) & (times <= end)
    assert np.array_equal(inside, almanac.sun_altitude(times, 43.75, 6.92) < -18.0)


def test_polar_day_has_no_night_and_polar_night_has_no_day():
    june, december = 60846.0, 61030.0
    assert almanac.night_windows(june, june + 1.0, 78.2, 15.6) == []
    assert almanac.night_windows(december, december + 1.0, 85.0, 15.6, -12.0) == [(december, december + 1.0)]
    assert almanac.night_windows(june, june + 1.0, -85.0, 123.3, -12.0) == [(june, june + 1.0)]


def test_a_night_of_a_few_minutes_is_not_stepped_over():
    # At 48.6 N the Sun only just reaches 18 degrees below the horizon around the June solstice.
    start = 60846.5
    latitudes = np.linspace(47.5, 48.8, 53)
    nights = almanac.network_night_windows(start, start + 1.0, latitudes, np.full(53, 2.0))
    lengths = np.array([sum(end - begin for begin, end in windows) for windows in nights]) * 1440.0
    deepest = almanac.sun_altitude(np.linspace(start, start + 1.0, 86401), latitudes[:, np.newaxis], 2.0).min(axis=1)
    assert np.array_equal(lengths > 0, deepest < -18.0)
    assert np.any((lengths > 0) & (lengths < 30.0))


def test_sites_are_answered_one_by_one_as_together():
    sites = np.array(SITES)
    together = almanac.network_night_windows(60766.0, 60767.0, sites[:, 0], sites[:, 1])
    assert together == [almanac.night_windows(60766.0, 60767.0, *site) for site in SITES]


def test_empty_span_is_refused():
    with pytest.raises(ValueError, match="must end after it starts"):
        almanac.night_windows(60766.0, 60766.0, 43.75, 6.92)
