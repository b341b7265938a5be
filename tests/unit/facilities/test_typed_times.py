"""Times as people type them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from tom_grandma_facilities.exceptions import InvalidRequest
from tom_grandma_facilities.typed_times import read_utc


@pytest.mark.parametrize("typed", ["21:30", "2130", "21h30", "21.30", " 21:30 UTC "])
def test_a_clock_is_the_next_one(typed):
    moment = read_utc(typed, "at")
    assert (moment.hour, moment.minute, moment.tzinfo) == (21, 30, UTC)
    assert timedelta(hours=-1) <= moment - timezone.now() <= timedelta(hours=24)


@pytest.mark.parametrize("typed", ["2026-11-20T21:30", "2026-11-20 21:30", "2026-11-20T22:30+01:00"])
def test_a_date_is_taken_as_it_is(typed):
    assert read_utc(typed, "at") == datetime(2026, 11, 20, 21, 30, tzinfo=UTC)


def test_nothing_is_no_time():
    assert read_utc("  ", "at") is None


@pytest.mark.parametrize("typed", ["25:00", "soon", "21:75", "2026-13-01", "٢١:٣٠x", "999999"])
def test_what_is_no_time_says_how_to_write_one(typed):
    with pytest.raises(InvalidRequest, match="Write 20:15") as refused:
        read_utc(typed, "will_observe_at")
    assert refused.value.field == "will_observe_at"
