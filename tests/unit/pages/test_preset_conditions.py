"""Conditions of standing rules: alternatives by line, and figures that only they know."""

import pytest

from tom_gcn.preset_conditions import ConditionError, check, read_alternatives

FIGURES = {"far": 1e-9, "area": 150.0, "area50": 40.0, "class": "BNS", "HasNS": 0.9, "distance": None, "latitude": 4.0}


def holds(text: str) -> bool:
    return any(all(check(one, FIGURES).holds for one in alternative) for alternative in read_alternatives(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", True),
        ("area < 200", True),
        ("area < 200, area50 < 30 deg2", False),
        ("class = NSBH, area < 200\nclass = bns and HasNS >= 50 %", True),
        ("distance < 200 Mpc", False),
        ("latitude > 5 deg", False),
        ("latitude < 5", True),
        ("FAR < 1/yr & area50 < 100", True),
    ],
)
def test_one_line_must_hold_as_a_whole(text, expected):
    assert holds(text) is expected


def test_a_check_tells_the_figure():
    ((written,),) = read_alternatives("area50 < 30")
    assert check(written, FIGURES).value == "40 deg2"
    assert check(written, {}).value == "not known"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("speed < 3", "speed"),
        ("area50", "condition"),
        ("area50 = 20", "condition"),
        ("t90 < 2 min", "unit"),
        ("latitude < 1.2.3", "number"),
        ("class > 3", "="),
        ("\n".join(["area < 1"] * 13), "13 alternatives"),
    ],
)
def test_what_cannot_be_understood_is_named(text, word):
    with pytest.raises(ConditionError, match=word):
        read_alternatives(text)
