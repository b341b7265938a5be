"""Numbers in words."""

import pytest

from tom_gcn import wording

YEAR = 365.25 * 86400


@pytest.mark.parametrize(
    ("far_hz", "words"),
    [
        (1 / (61e6 * YEAR), "1 per 61 Myr"),
        (1 / (1.5 * YEAR), "1 per 1.5 yr"),
        (1 / (YEAR / 12 * 3.8), "1 per 3.8 months"),
        (1 / 86400, "1 per 1 day"),
        (1e-3, "3.6 per hour"),
        (1e-41, "< 1 per 1000 Gyr"),
        (0.0, "0"),
        (None, "–"),
    ],
)
def test_false_alarm_rates_are_said_as_people_say_them(far_hz, words):
    assert wording.false_alarm_rate(far_hz) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.0, "0%"),
        (0.0004, "<0.1%"),
        (0.034, "3.4%"),
        (0.784, "78%"),
        (0.0996, "10%"),
        (0.99, "99%"),
        (0.9993, "99.9%"),
        (0.99972, ">99.9%"),
        (0.999999, ">99.9%"),
        (1.0, "100%"),
        (1 - 1e-12, "100%"),
        (None, "–"),
    ],
)
def test_probabilities_are_never_rounded_to_certainty(value, words):
    assert wording.probability(value) == words


def test_a_footprint_may_hold_a_hundredth_of_a_per_cent():
    assert wording.small_probability(0.00034) == "0.034%"
    assert wording.small_probability(0.0000001) == "<0.001%"
    assert wording.small_probability(0.5) == "50%"
    assert wording.small_probability(0.0) == "0%"


def test_to_a_tenth_nothing_is_certain_that_is_not():
    said = [wording.fine_probability(value) for value in (0.0, 0.0002, 0.5, 0.99972, 1.0, None)]
    assert said == ["0%", "<0.1%", "50.0%", ">99.9%", "100%", "–"]
    assert wording.in_a_sentence(wording.probability(0.99972)) == ">99.9 %"


def test_areas_and_distances():
    assert [wording.area(value) for value in (7.14, 187.4, 10183.2, None)] == ["7.1", "187", "10,183", "–"]
    assert wording.distance(40.2, 6.1) == "40 ± 6 Mpc"
    assert wording.distance(40.2) == "40 Mpc"
    assert wording.distance(None) == "–"


def test_sexagesimal_carries_over():
    assert wording.right_ascension(359.99999) == "00:00:00.0"
    assert wording.right_ascension(150.1) == "10:00:24.0"
    assert wording.declination(-0.5) == "-00:30:00"
    assert wording.declination(89.99999) == "+90:00:00"
