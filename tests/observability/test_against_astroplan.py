"""Every telescope with a site against astroplan: 0.2 deg in altitude, 2 min in rise and set."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from astroplan import Observer
from astropy import units as u
from astropy.coordinates import EarthLocation, SkyCoord, get_body
from astropy.time import Time
from astropy.utils import iers

from tests.observability.by_astroplan import compare
from tom_grandma_facilities.observability import Position, Stations, look_at, network
from tom_grandma_facilities.registry import TELESCOPES
from tom_grandma_facilities.telescope import Fact

DATES = [
    datetime(2026, 1, 3, 21, 17, tzinfo=UTC),
    datetime(2026, 6, 21, 4, 5, tzinfo=UTC),
    datetime(2027, 9, 23, 12, 0, tzinfo=UTC),
]
POSITIONS = [Position("north", 10.7, 41.3), Position("south", 201.4, -43.0), Position("RA 0", 0.0, 2.0)]
AT_ZERO = [Position("RA 0", 0.0, -5.0), Position("before RA 0", 359.9999, -5.0), Position("as 360", 360.0, -5.0)]


@pytest.fixture(autouse=True, scope="module")
def offline():
    with iers.conf.set_temp("auto_download", False), iers.conf.set_temp("iers_degraded_accuracy", "warn"):
        yield


def agree(sights):
    compared = 0
    for sight in sights:
        altitude_deg, minutes = compare(sight)
        assert altitude_deg < 0.2, sight.telescope.name
        assert max(minutes, default=0.0) < 2.0, sight.telescope.name
        compared += len(minutes)
    return compared


@pytest.mark.parametrize(("start", "position"), list(zip(DATES, POSITIONS, strict=True)))
def test_every_telescope_agrees(start, position):
    assert len(network()) >= 55
    assert agree(look_at(position, start, network())) >= 30


@pytest.mark.parametrize("edge", [0, 1])
def test_of_two_rises_or_sets_in_a_day_the_first_is_compared(edge):
    position, stations = POSITIONS[0], network()
    station = next(one for one in look_at(position, DATES[0], stations) if len(one.up) == 1)
    moment = Time(station.up[0][edge], format="mjd").to_datetime(UTC) - timedelta(minutes=2)
    sights = [sight for sight in look_at(position, moment, stations) if sight.telescope == station.telescope]
    assert agree(sights) == 2
    first, second = (window[edge] for window in sights[0].up)
    assert (first - sights[0].mjd[0]) * 1440 == pytest.approx(2, abs=0.1)
    assert (second - first) * 1440 == pytest.approx(1436.07, abs=0.1)


@pytest.mark.parametrize("position", AT_ZERO)
def test_around_zero_hours(position):
    assert agree(look_at(position, DATES[1], network())[::12]) >= 8


def polar(latitude_deg, longitude_deg=15.6):
    """TAROT-TCA, moved."""
    telescope = TELESCOPES["TAROT-TCA"]
    site = replace(
        telescope.site, latitude=Fact(latitude_deg * u.deg, "test"), longitude=Fact(longitude_deg * u.deg, "test")
    )
    return replace(telescope, name="Moved", site=site)


@pytest.fixture
def columns():
    from tom_grandma_facilities.observability import stations_of

    return lambda *latitudes: stations_of([polar(latitude) for latitude in latitudes])


@pytest.mark.parametrize("start", DATES)
def test_polar_sites_agree(columns, start):
    stations: Stations = columns(78.2, -75.1, 89.9, -90.0, 66.6)
    for position in (*POSITIONS, Position("pole", 0.0, 90.0), Position("far south", 37.9, -89.2)):
        agree(look_at(position, start, stations))


def test_polar_night_and_midnight_sun(columns):
    stations = columns(78.2, -75.1)
    north, south = look_at(Position("circumpolar", 0.0, 80.0), DATES[0], stations)
    assert north.observable[0][0] == north.mjd[0]
    assert north.observable[-1][1] == north.mjd[-1]
    assert north.hours > 12.0  # the Sun comes up to -12 deg at noon
    assert (south.dark, south.observable, south.hours) == ((), (), 0.0)


@pytest.mark.parametrize("start", DATES)
def test_nights_and_the_moon_agree(start):
    for sight in look_at(POSITIONS[0], start, network())[3::11]:
        site = sight.telescope.site
        place = EarthLocation(lat=site.latitude_deg * u.deg, lon=site.longitude_deg * u.deg, height=0 * u.m)
        observer, time = Observer(location=place, pressure=0 * u.hPa), Time(sight.mjd, format="mjd")
        assert np.abs(observer.sun_altaz(time).alt.deg - sight.sun_altitude_deg).max() < 0.02
        moon = get_body("moon", time, place)
        target = SkyCoord(sight.position.ra_deg, sight.position.dec_deg, unit="deg")
        seen = observer.moon_altaz(time)
        assert np.abs(seen.alt.deg - sight.moon_altitude_deg).max() < 0.2
        # Directions as seen from the ground: astropy would otherwise move the Moon back to the Earth's centre.
        separation = SkyCoord(moon.ra, moon.dec).separation(SkyCoord(target.ra, target.dec)).deg
        assert np.abs(separation - sight.moon_separation_deg).max() < 0.1
        for begin, end in sight.dark:
            for edge in (begin, end):
                if sight.mjd[0] < edge < sight.mjd[-1]:
                    assert observer.sun_altaz(Time(edge, format="mjd")).alt.deg == pytest.approx(-18.0, abs=0.02)


def test_the_meridian_is_the_culmination():
    for sight in look_at(POSITIONS[2], DATES[0], network())[::9]:
        site = sight.telescope.site
        place = EarthLocation(lat=site.latitude_deg * u.deg, lon=site.longitude_deg * u.deg, height=0 * u.m)
        moments = Time(sight.meridian_mjd + np.array([-600.0, 0.0, 600.0]) / 86400.0, format="mjd")
        target = SkyCoord(sight.position.ra_deg, sight.position.dec_deg, unit="deg")
        before, at, after = Observer(location=place, pressure=0 * u.hPa).altaz(moments, target).alt.deg
        assert at == pytest.approx(sight.meridian_altitude_deg, abs=0.01)
        assert before < at > after
        assert abs(before - after) < 0.02  # symmetric to some seconds
