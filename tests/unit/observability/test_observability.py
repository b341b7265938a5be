"""Intervals, ranking, drawings and files of observability, without astropy's help."""

import csv
import io
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import numpy as np
import pytest
from astropy import units as u
from hypothesis import given, settings
from hypothesis import strategies as st

from tom_grandma_facilities import almanac
from tom_grandma_facilities.observability import (
    Position,
    State,
    look_at,
    look_from,
    network,
    rank,
    starlist_csv,
    starlist_text,
    state_of,
    stations_of,
    why_not,
)
from tom_grandma_facilities.observability.chart import network_chart, night_chart, sight_chart
from tom_grandma_facilities.observability.lines import line_of, ranked_lines
from tom_grandma_facilities.observability.starlist import sexagesimal
from tom_grandma_facilities.registry import TELESCOPES
from tom_grandma_facilities.telescope import Fact

START = datetime(2026, 11, 20, 21, 30, tzinfo=UTC)
TAROT = TELESCOPES["TAROT-TCA"]
PLEIADES = Position("Pleiades", 56.75, 24.12)


def one(position, telescope=TAROT, start=START):
    (sight,) = look_from(telescope, [position], start)
    return sight


@settings(max_examples=25, deadline=None)
@given(st.floats(0, 360), st.floats(-90, 90), st.integers(0, 364 * 24))
def test_what_is_observable_is_dark_up_and_clear_of_the_moon(ra, dec, hours):
    for sight in look_at(Position("x", ra, dec), START + timedelta(hours=hours), network()):
        assert 0.0 <= sight.hours <= 24.0001
        inside = np.zeros(sight.mjd.shape, dtype=bool)
        for begin, end in sight.observable:
            assert sight.mjd[0] <= begin < end <= sight.mjd[-1]
            inside |= (sight.mjd > begin + 1e-3) & (sight.mjd < end - 1e-3)
        assert np.all(sight.sun_altitude_deg[inside] < sight.twilight_deg)
        assert np.all(sight.altitude_deg[inside] > sight.min_altitude_deg)
        assert np.all(sight.moon_separation_deg[inside] > sight.moon_limit_deg - 0.05)
        assert (why_not(sight) == "") == bool(sight.observable) == (state_of(sight) is not State.NOT)
        if sight.best_altitude_deg is not None:
            assert sight.best_altitude_deg >= sight.altitude_deg[inside].max(initial=sight.min_altitude_deg) - 0.05
            assert sight.best_altitude_deg <= sight.meridian_altitude_deg + 0.01


def test_samples_that_meet_all_conditions_are_inside_an_interval():
    for sight in look_at(PLEIADES, START, network()):
        good = (
            (sight.sun_altitude_deg < sight.twilight_deg - 0.5)
            & (sight.altitude_deg > sight.min_altitude_deg + 0.5)
            & (sight.moon_separation_deg > sight.moon_limit_deg + 0.5)
        )
        if not sight.reaches_declination:
            continue
        for moment in sight.mjd[good]:
            assert any(begin <= moment <= end for begin, end in sight.observable), sight.telescope.name


def test_a_passage_shorter_than_a_sample_is_found():
    """A limit just below the culmination, so that it stands above it for some minutes between two samples."""
    sight = one(PLEIADES)
    limit = Fact((sight.meridian_altitude_deg - 0.02) * u.deg, "test")
    raised = replace(TAROT, limits=replace(TAROT.limits, min_altitude=limit))
    ((begin, end),) = one(PLEIADES, raised).up
    assert begin < sight.meridian_mjd < end
    assert (end - begin) * 1440.0 < 10.0


def test_states_and_their_order():
    sights = rank(look_at(PLEIADES, START, network()))
    states = [state_of(sight) for sight in sights]
    assert states == sorted(states, key=list(State).index)
    assert {State.NOW, State.TONIGHT} <= set(states)
    working = [sight for sight in sights if not sight.telescope.out_of_service]
    now = [sight.altitude_deg[0] for sight in working if state_of(sight) is State.NOW]
    assert now == sorted(now, reverse=True)
    later = [sight.observable[0][0] for sight in working if state_of(sight) is State.TONIGHT]
    assert later == sorted(later)


def test_two_hours_are_soon():
    sight = one(PLEIADES, start=datetime(2026, 11, 20, 12, 0, tzinfo=UTC))
    opens = sight.windows[0][0]
    assert state_of(one(PLEIADES, start=opens - timedelta(minutes=119))) is State.SOON
    assert state_of(one(PLEIADES, start=opens - timedelta(minutes=121))) is State.TONIGHT
    assert state_of(one(PLEIADES, start=opens + timedelta(minutes=1))) is State.NOW


@pytest.mark.parametrize(
    ("position", "start", "words"),
    [
        (Position("south", 100.0, -80.0), START, "declinations from -25 to 90 deg"),
        (Position("low", 100.0, -24.9), datetime(2026, 7, 1, 12, tzinfo=UTC), "below the horizon while it is dark"),
    ],
)
def test_reasons(position, start, words):
    assert words in why_not(one(position, start=start))


def test_reasons_of_moon_height_and_light():
    moon_ra, moon_dec, _, _ = almanac.moon_position(almanac.mjd_of(START))
    moon = Position("Moon", float(moon_ra), float(moon_dec))
    assert "too near the Moon" in why_not(one(moon))
    low = one(Position("low", 56.75, -24.0), TELESCOPES["OHP-T120"])
    assert re.search(r"no higher than \d+ deg; the telescope's limit is 30 deg", why_not(low))
    site = replace(TAROT.site, latitude=Fact(78.2 * u.deg, "test"))
    light = one(PLEIADES, replace(TAROT, site=site), datetime(2026, 6, 21, tzinfo=UTC))
    assert why_not(light) == "It does not get dark: the Sun does not sink below -18 deg."


def test_what_is_gone_or_in_space_is_left_out():
    names = {telescope.name for telescope in network().telescopes}
    assert names <= set(TELESCOPES)
    assert not any(TELESCOPES[name].retired or TELESCOPES[name].space for name in names)
    assert all(TELESCOPES[name].site.known for name in names)


def test_naive_times_and_empty_lists():
    with pytest.raises(ValueError, match="time zone"):
        look_at(PLEIADES, datetime(2026, 1, 1), network())
    assert look_from(TAROT, [], START) == []
    assert look_at(PLEIADES, START, stations_of([])) == []
    assert (network_chart([]), night_chart([])) == ("", "")


def test_lines_say_what_is_known():
    lines = ranked_lines(look_at(PLEIADES, START, network()))
    known = [line for line in lines if line.depth_mag is not None]
    assert known
    assert len(known) < len(lines)
    assert all(line.depth_words == "" for line in lines if line.depth_mag is None)
    line = line_of(one(PLEIADES))
    assert line.best_airmass == pytest.approx(float(almanac.airmass(line.best_altitude_deg)))
    assert line.telescope is TAROT


# --- drawings -----------------------------------------------------------------------------------------------------
def drawings():
    sights = rank(look_at(PLEIADES, START, network()))
    positions = [Position(f'<b> & "{i}"', 15.0 * i, 40.0 - 4.0 * i) for i in range(24)]
    return [network_chart(sights), *map(sight_chart, sights[::10]), night_chart(look_from(TAROT, positions, START))]


def test_drawings_are_sound_and_stay_inside():
    for text in drawings():
        root = ElementTree.fromstring(text)
        assert root.attrib["aria-label"]
        assert "nan" not in text
        assert " style=" not in text
        width, height = (float(part) for part in root.attrib["viewBox"].split()[2:])
        for path in root.iter("path"):
            for x, y in re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", path.attrib["d"]):
                assert 0 <= float(x) <= width
                assert 0 <= float(y) <= height


def test_hours_are_ticked_and_curves_carry_their_numbers():
    text = sight_chart(one(PLEIADES))
    ticks = re.search(r'sights-tick" d="([^"]+)"', text)[1]
    assert ticks.count("M") == 24
    altitudes = re.search(r'data-altitudes="([^"]+)"', text)[1].split()
    assert len(altitudes) == 145
    assert abs(int(altitudes[0]) / 10 - one(PLEIADES).altitude_deg[0]) <= 0.051
    assert len(re.search(r'data-moon="([^"]+)"', text)[1].split()) == 13
    assert len(network_chart(look_at(PLEIADES, START, network()))) < 60_000


def test_only_telescopes_that_can_are_drawn():
    sights = look_at(PLEIADES, START, network())
    text = network_chart(sights)
    drawn = set(re.findall(r'data-name="([^"]+)"', text))
    assert drawn == {sight.telescope.name for sight in sights if sight.observable}


# --- files --------------------------------------------------------------------------------------------------------
def test_starlists():
    positions = [
        Position("=1+1", 359.9999999, 50.0),
        Position("AT 2026 #abc", 30.0, 41.5),
        Position("below", 200.0, -85.0),
    ]
    sights = look_from(TAROT, positions, START)
    rows = list(csv.DictReader(io.StringIO(starlist_csv(sights))))
    assert {row["name"] for row in rows} == {"'=1+1", "AT 2026 #abc"}
    assert next(row for row in rows if row["name"] == "'=1+1")["ra_hms"] == "00:00:00.00"
    assert [int(row["order"]) for row in rows] == [1, 2]
    lines = starlist_text(sights).splitlines()
    assert len(lines) == 2
    fields = next(line for line in lines if line.startswith("AT_2026__abc")).split("#")[0].split()
    assert fields == ["AT_2026__abc", "02", "00", "00.00", "+41", "30", "00.0", "2000.0"]


@given(st.floats(-90, 90))
def test_sexagesimal_never_says_sixty(value):
    sign, degrees, minutes, seconds = re.fullmatch(
        r"([+-])(\d\d) (\d\d) (\d\d\.\d)", sexagesimal(value, " ", 1, signed=True)
    ).groups()
    assert int(minutes) < 60
    assert float(seconds) < 60
    total = (int(degrees) + int(minutes) / 60 + float(seconds) / 3600) * (-1 if sign == "-" else 1)
    assert total == pytest.approx(value, abs=0.06 / 3600)
