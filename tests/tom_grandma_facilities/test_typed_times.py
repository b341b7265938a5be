"""Times in forms: as people of the field write them, in UTC."""

from datetime import UTC, datetime

import pytest
from django import forms
from django.utils import timezone

from tom_grandma_facilities.forms import UtcDateTimeField
from tom_grandma_facilities.wish_forms import WishFields

MOMENT = datetime(2026, 11, 20, 21, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["2026-11-20 21:30", "2026-11-20T21:30", "2026-11-20T21:30Z", "2026-11-20 22:30+01:00", "2026-11-20 21:30 UTC",
     "61364.895833333", "2461365.395833333"],
)  # fmt: skip
def test_iso_mjd_and_jd(text):
    assert abs((UtcDateTimeField().clean(text) - MOMENT).total_seconds()) < 0.1


def test_a_clock_is_of_the_coming_day():
    moment = UtcDateTimeField().clean("21:30")
    assert (moment.hour, moment.minute, moment.tzinfo) == (21, 30, UTC)
    assert -3600 <= (moment - timezone.now()).total_seconds() < 86400


@pytest.mark.parametrize("text", ["soon", "31/01/2026", "9999-12-31T23:59-14:00", "nan", "25:00", "12"])
def test_what_is_no_time(text):
    with pytest.raises(forms.ValidationError, match="This is no time"):
        UtcDateTimeField().clean(text)


def test_the_line_shows_no_habits_of_the_device():
    form = WishFields(initial={"window_start": MOMENT})
    assert 'type="text"' in str(form["window_start"])
    assert 'value="2026-11-20 21:30"' in str(form["window_start"])
