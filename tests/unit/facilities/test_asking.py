"""How deep exposures get, how often one may ask, and what the form says of both."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tom_grandma_facilities.asking import (
    Asked,
    Exposures,
    Verdict,
    advise,
    depth_of,
    exposures_for,
    seconds_for,
    usage_objection,
    usage_words,
)
from tom_grandma_facilities.asking.depth import COMFORT_MAG, LONGEST_S, deepest
from tom_grandma_facilities.observability import Position, look_at
from tom_grandma_facilities.observability.lines import line_of
from tom_grandma_facilities.observability.stations import stations_of
from tom_grandma_facilities.registry import TELESCOPES
from tom_grandma_facilities.telescope import UsageClass

TCA = TELESCOPES["TAROT-TCA"]  # 18.0 in 30 s
UNKNOWN_DEPTH = next(t for t in TELESCOPES.values() if t.limiting_magnitude.value is None)
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def sight(telescope=TCA, ra_deg=60.0, dec_deg=40.0, start=NOW):
    return line_of(look_at(Position("", ra_deg, dec_deg), start, stations_of([telescope]))[0])


def asked(magnitude=None, exposure_s=30.0, count=1, hours=24.0):
    return Asked(NOW, NOW + timedelta(hours=hours), (Exposures("r", exposure_s, count),), magnitude)


def test_depth_is_the_declared_one_in_the_declared_time():
    assert depth_of(TCA, 30.0) == 18.0


def test_a_hundred_times_the_time_gives_two_and_a_half_magnitudes():
    assert depth_of(TCA, 3000.0) == pytest.approx(20.5)


def test_unknown_depth_stays_unknown():
    assert depth_of(UNKNOWN_DEPTH, 60.0) is None
    assert seconds_for(UNKNOWN_DEPTH, 18.0) is None
    assert exposures_for(UNKNOWN_DEPTH, "any", 25.0).count == 1


def test_no_exposure_reaches_nothing():
    assert depth_of(TCA, 0.0) is None
    assert deepest(TCA, ()) is None


def test_filters_are_not_added_up():
    both = deepest(TCA, (Exposures("r", 30, 2), Exposures("g", 30, 1)))
    assert both == pytest.approx(depth_of(TCA, 60.0))


@given(st.floats(10.0, 24.0))
def test_time_for_a_magnitude_reaches_it(magnitude):
    assert depth_of(TCA, seconds_for(TCA, magnitude)) == pytest.approx(magnitude)


@given(st.floats(5.0, 30.0))
def test_prefilled_exposures_reach_deeper_or_take_an_hour(magnitude):
    wished = exposures_for(TCA, "r", magnitude)
    assert wished.total_s <= LONGEST_S
    reached = depth_of(TCA, wished.total_s)
    assert reached >= magnitude + COMFORT_MAG - 1e-6 or wished.total_s == LONGEST_S


def test_exposures_in_words():
    assert str(Exposures("sdssr", 120.0, 3)) == "3×120 s sdssr"


@pytest.mark.parametrize(
    ("usage", "days_ago", "words"),
    [
        (UsageClass.O, 29, "once a month, and was asked 29 days ago"),
        (UsageClass.O, 31, ""),
        (UsageClass.R, 60, "three months"),
        (UsageClass.R, 92, ""),
        (UsageClass.VR, 180, "half a year"),
        (UsageClass.VR, 183, ""),
        (UsageClass.O, 0, "asked today"),
        (UsageClass.O, 1, "asked yesterday"),
        (UsageClass.F, 0, ""),
        (UsageClass.NOP, 400, "not operational"),
    ],
)
def test_classes_say_how_often(usage, days_ago, words):
    said = usage_objection(usage, [(NOW - days_ago * DAY, 60.0)], NOW, 60.0)
    assert words in said if words else said == ""


def test_a_very_frequent_telescope_gives_three_hours_a_day():
    used = [(NOW - timedelta(hours=2), 2.5 * 3600), (NOW - 2 * DAY, 9999.0)]
    assert usage_objection(UsageClass.VF, used, NOW, 600.0) == ""
    assert "3.5 h" in usage_objection(UsageClass.VF, used, NOW, 3600.0)


def test_every_class_but_the_unknown_one_has_words():
    assert [usage for usage in UsageClass if not usage_words(usage)] == [UsageClass.UNKNOWN]


def test_a_sound_wish_is_good():
    advice = advise(TCA, asked(17.0), NOW, line=sight())
    assert advice.verdict is Verdict.GOOD, advice
    assert advice.first >= NOW
    assert advice.depth_mag == 18.0
    assert "3 h a day" in advice.usage


def test_too_short_exposures_say_what_it_takes():
    advice = advise(TCA, asked(19.0), NOW, line=sight())
    assert advice.verdict is Verdict.DOUBTFUL
    assert "1.0 short of 19.0; it would need 3 min" in " ".join(advice.doubts)


def test_a_small_telescope_is_not_asked_for_a_deep_image():
    advice = advise(TCA, asked(23.0), NOW, line=sight())
    assert "too faint for this telescope" in " ".join(advice.doubts)


def test_what_is_never_up_is_refused():
    advice = advise(TCA, asked(), NOW, line=sight(dec_deg=-80.0))
    assert advice.verdict is Verdict.NO
    assert advice.windows == ()


def test_a_window_in_daylight_is_refused():
    advice = advise(TCA, asked(hours=1.0), NOW, line=sight())
    assert "within this window" in " ".join(advice.objections)


def test_exposures_longer_than_the_night():
    advice = advise(TCA, asked(exposure_s=3600.0, count=20), NOW, line=sight())
    assert "less than the exposures take" in " ".join(advice.doubts)


def test_a_rule_about_brightness():
    rule = {"line": sight(), "faintest_first": 21.5}
    assert "21.5 mag; 18.0 is expected" in " ".join(advise(TCA, asked(18.0), NOW, **rule).doubts)
    assert "nothing is known" in " ".join(advise(TCA, asked(), NOW, **rule).doubts)
    assert "not to be asked" not in " ".join(advise(TCA, asked(22.0), NOW, **rule).doubts)


def test_closed_and_without_allocation():
    advice = advise(TCA, asked(), NOW, line=sight(), closed="Reported closed: snow.", objections=["No hours left."])
    assert advice.objections == ("No hours left.",)
    assert "Reported closed: snow." in advice.doubts


def test_unknown_site_is_a_doubt():
    assert "site is not known" in " ".join(advise(TCA, asked(), NOW).doubts)
