"""Times as teams write them."""

from datetime import UTC, datetime

import pytest
from astropy.time import Time

from tom_grandma_facilities.executed.times import BadTime, parse_time

MOMENT = datetime(2024, 11, 2, 13, 0, 1, 250000, tzinfo=UTC)
ASTROPY = Time(MOMENT)


@pytest.mark.parametrize(
    "text",
    [
        "2024-11-02T13:00:01.25", "2024-11-02 13:00:01.250", "2024-11-02T13:00:01.25Z", "2024-11-02T14:00:01.25+01:00",
        "20241102T130001.25", "2024:307:13:00:01.25", ASTROPY.mjd, str(ASTROPY.jd), ASTROPY.unix, ASTROPY.decimalyear,
        f"{ASTROPY.mjd:.9f}", ASTROPY.fits, f"J{ASTROPY.utc.jyear:.12f}",
    ],
)  # fmt: skip
def test_forms_of_one_time(text):
    assert abs((parse_time(text) - MOMENT).total_seconds()) < 0.01


@pytest.mark.parametrize(
    "text",
    [
        "", "now", "13:00", "20241102", "2024-02-30", -5, 1e12, 5e5, "NaN", "9999-12-31", 3,
        "9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+01:00",
    ],
)  # fmt: skip
def test_what_is_no_time_of_an_observation(text):
    with pytest.raises(BadTime):
        parse_time(text)
