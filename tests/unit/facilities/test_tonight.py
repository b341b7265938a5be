"""Darkness now and tonight, in numbers and words."""

from datetime import UTC, datetime, timedelta

import pytest

from tom_grandma_facilities import almanac
from tom_grandma_facilities.registry import TELESCOPES
from tom_grandma_facilities.tonight import darkness_in_words, network_now, tonight

NOW = datetime(2026, 3, 20, 22, 0, tzinfo=UTC)
LOCATED = [telescope for telescope in TELESCOPES.values() if telescope.site.known]


@pytest.mark.parametrize("hour", range(0, 24, 3))
@pytest.mark.parametrize("name", ["TAROT-TCA", "TAROT-TCH", "CFHT", "Xinglong-TNT"])
def test_strip_holds_this_night_or_the_coming_one(name, hour):
    now = NOW.replace(hour=hour)
    night = tonight(TELESCOPES[name], now)
    assert night.end - night.start == timedelta(days=1)
    ((begin, end),) = night.night
    assert now < end
    assert night.is_dark == (begin <= now)
    assert abs(night.changes_at - (end if night.is_dark else begin)) < timedelta(seconds=10)
    ((sunset, sunrise),) = night.twilight
    assert night.start < sunset < begin < end < sunrise < night.end


def test_network_now_has_every_located_telescope_and_agrees_with_each_alone():
    moments = network_now(NOW)
    assert [moment.telescope for moment in moments] == LOCATED
    assert len({moment.is_dark for moment in moments}) == 2
    for moment in moments[::7]:
        alone = tonight(moment.telescope, NOW)
        assert (alone.is_dark, alone.words) == (moment.is_dark, moment.words)


def test_moon_is_up_between_its_edges():
    night = tonight(TELESCOPES["TAROT-TCA"], NOW)
    site = TELESCOPES["TAROT-TCA"].site
    for begin, end in night.moon_up:
        middle = almanac.mjd_of(begin + (end - begin) / 2)
        ra, dec, _, _ = almanac.moon_topocentric(middle, site.latitude_deg, site.longitude_deg)
        altitude, _ = almanac.altitude_azimuth(ra, dec, middle, site.latitude_deg, site.longitude_deg)
        assert altitude > 0
    assert 0.0 <= night.moon_illumination <= 1.0


def test_words():
    dawn = NOW.replace(day=21, hour=5, minute=12)
    assert darkness_in_words(NOW, True, dawn) == "dark now until 05:12 UTC"
    assert darkness_in_words(NOW.replace(hour=16), False, NOW.replace(hour=18, minute=20)) == (
        "dark from 18:20 UTC, in 2 h"
    )
    assert darkness_in_words(NOW, False, NOW + timedelta(minutes=40)) == "dark from 22:40 UTC, in 40 min"
    assert darkness_in_words(NOW, True, None) == "dark for the next 24 h"
    assert darkness_in_words(NOW, False, None) == "no darkness in the next 24 h"


def test_naive_time_is_refused():
    with pytest.raises(ValueError, match="aware"):
        network_now(datetime(2026, 3, 20, 22, 0))


def test_telescope_without_a_site_has_no_night():
    with pytest.raises(ValueError, match="unknown"):
        tonight(TELESCOPES["KAIT"], NOW)


def test_mjd_and_datetime_agree():
    assert almanac.mjd_of(datetime(2000, 1, 1, 12, tzinfo=UTC)) == 51544.5
    assert almanac.datetime_of(almanac.mjd_of(NOW)) == NOW
