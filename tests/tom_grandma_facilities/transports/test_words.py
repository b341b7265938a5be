"""What stands in a request that leaves: words for people, positions without a 60, and nothing that calls anybody."""

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tools.services.base import TONIGHT, make_outgoing, make_pointings
from tom_grandma_facilities.transports.base import Exposure, Line
from tom_grandma_facilities.transports.colibri import Colibri
from tom_grandma_facilities.transports.message import as_json, as_text, sexagesimal, subject
from tom_grandma_facilities.transports.slack import _called, _escaped
from tom_grandma_facilities.transports.tarot import _packed, _scenes, _unpacked


@given(st.floats(0, 360, exclude_max=True))
def test_right_ascensions_come_back(ra_deg):
    _, hours, minutes, seconds = sexagesimal(ra_deg, hours=True)
    assert 0 <= hours < 24
    assert 0 <= minutes < 60
    assert 0 <= seconds < 60
    back = (hours + minutes / 60 + seconds / 3600) * 15
    assert min(abs(back - ra_deg), 360 - abs(back - ra_deg)) < 0.01 * 15 / 3600


@given(st.floats(-90, 90))
def test_declinations_come_back(dec_deg):
    sign, degrees, minutes, seconds = sexagesimal(dec_deg)
    assert seconds < 60
    back = (degrees + minutes / 60 + seconds / 3600) * (-1 if sign == "-" else 1)
    assert abs(back - dec_deg) < 0.01 / 3600


def test_people_read_all_they_need():
    text = as_text(make_outgoing())
    for words in ("AT 2026abc", "10:01:00.00 -20:30:00.0", "2026-11-20 20:00:00 UTC", "3 x 120 s in r", "41-1"):
        assert words in text
    assert "https://icare.example.org/answer/token" in text
    assert subject(make_outgoing()) == "TAROT-TCA: please observe AT 2026abc (priority 2)"


def test_long_plans_are_cut_and_counted():
    text = as_text(make_outgoing(ra_deg=None, dec_deg=None, pointings=make_pointings(90)))
    assert "Pointings (90)" in text
    assert "... and 50 more" in text
    assert len(as_json(make_outgoing(pointings=make_pointings(90)))["pointings"]) == 90


def test_machines_read_the_same_facts():
    said = json.loads(json.dumps(as_json(make_outgoing())))
    assert said["window_end"] == "2026-11-21T02:00:00Z"
    assert said["exposures"] == [{"filter": "r", "exposure_s": 120.0, "count": 3}]


def test_slack_calls_only_those_the_channel_names():
    assert _called(Line({"mention": "U01ABCDE, S02TEAM, <!channel>, @here"})) == ["<@U01ABCDE> <!subteam^S02TEAM>"]
    assert _called(Line({})) == []
    assert _escaped("<!channel> & co") == "&lt;!channel&gt; &amp; co"


@given(st.lists(st.integers(1, 10**7), min_size=1, max_size=60, unique=True).map(sorted))
def test_numbers_of_scenes_are_packed_and_come_back(numbers):
    assert _unpacked(_packed([str(one) for one in numbers])) == [str(one) for one in numbers]


def test_scenes_in_a_row_fit_a_short_word():
    assert _packed([str(one) for one in range(1000300, 1000400)]) == "1000300-1000399"


def test_tarot_gets_six_exposures_a_scene_one_after_the_other():
    later = make_outgoing(
        window_start=TONIGHT + timedelta(days=400),
        exposures=(Exposure("sdssg", 120.0, 7),),
        target_name='AT "x" 2026',
    )
    first, second = _scenes(later, Line({"station": "Tarot_Chili"}))
    assert first.startswith('"AT _x_ 2026" 150.250000 -20.500000 2027-12-25T20:00:00.000 ')
    assert first.count("120 13") == 6
    # Six exposures of 120 s with 45 s each to read: 16.5 minutes later.
    assert "2027-12-25T20:16:30.000" in second
    assert second.count("120 13") == 1
    assert second.count("0 0 ") >= 5
    assert second.endswith(" 3 Tarot_Chili")


@pytest.mark.parametrize(("key", "number"), [("41-1", "41001"), ("4-101", "4101"), ("401-1", "401001")])
def test_blocks_of_colibri_are_numbered_without_doubles(key, number):
    line = Line({"project": "1000", "project_name": "Alerts"})
    block = json.loads(Colibri().content(make_outgoing(key=key, constraints={"min_altitude_deg": 30.0}), line))
    assert block["identifier"] == number
    assert block["constraints"] == {"maxskybrightness": "astronomicaltwilight", "maxzenithdistance": "60d"}
    assert block["visits"][0]["command"] == "dithervisit 3 120 r"
    assert block["visits"][0]["targetcoordinates"]["delta"] == "-20:30:00.0"
