"""Positions as people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tom_gcn.positions import read_position
from tom_gcn.wording import declination, right_ascension


@pytest.mark.parametrize(
    "text",
    [
        "150.1 -20.25",
        "150.1, -20.25",
        " 150.1  -20.25 ",
        "10:00:24 -20:15:00",
        "10h00m24s -20d15m00s",
        "10 00 24 -20 15 00",
    ],
)
def test_the_usual_spellings_are_read(text):
    assert read_position(text) == pytest.approx((150.1, -20.25))


@pytest.mark.parametrize(
    "text", ["", "S240422ed", "M31", "150.1", "370 1", "10 95", "10:60:00 -20:15:00", "10:00:24 -20:15:61", "1 2 3"]
)
def test_what_is_no_position_is_left_alone(text):
    assert read_position(text) is None


@given(st.floats(0, 359.99), st.floats(-89.99, 89.99))
def test_what_pages_write_can_be_typed_back(ra, dec):
    found = read_position(f"{right_ascension(ra)} {declination(dec)}")
    assert found is not None
    assert (found[0] - ra + 180) % 360 - 180 == pytest.approx(0, abs=0.1 * 15 / 3600)
    assert found[1] == pytest.approx(dec, abs=1 / 3600)
