"""Rows seen shortly before T0 that another clock would put among the others of their telescope."""

import numpy as np
import pytest

from tom_grandma_facilities import almanac
from tom_photvalidation.checks import Context, run_checks
from tom_photvalidation.checks.base import Batch
from tom_photvalidation.checks.points import curve_of
from tom_photvalidation.measurements import measurements

ROQUE = (28.76, -17.88, 2350.0)  # an hour behind UTC
TARGET = (150.0, 20.0)


def midnight():
    t = 60_000.0 + np.arange(0, 1, 0.005)
    altitude, _ = almanac.altitude_azimuth(*TARGET, t, *ROQUE[:2])
    return float(t[np.argmax(np.where(almanac.sun_altitude(t, *ROQUE[:2]) < -18, altitude, -90))])


T0 = midnight()


def night(n=12, *, early=(), n_of_others=0):
    """`n` rows in the first minutes, some of them an hour ahead; `others` of another telescope."""
    t = T0 + 0.005 + 0.001 * np.arange(n)
    t[list(early)] -= 1 / 24
    telescope = np.full(n, "RINGO", dtype=object)
    telescope[n - n_of_others :] = "IO:O"
    mag = 15.0 + 2.5 * np.log10((0.005 + 0.001 * np.arange(n)) / 0.005)
    return measurements(
        n, line=np.arange(2, n + 2), target="GRB", telescope=telescope, filter="sdssr", t_mjd=t, time_reference="mid",
        kind="detection", magsys="AB", mag=mag, magerr=np.full(n, 0.05),
    )  # fmt: skip


def known(n, site=ROQUE):
    return Context(T0 + 100, *(np.full(n, value) for value in (*TARGET, T0, *site)))


def clocks(m, **said):
    return [one for one in run_checks(m, known(len(m), **said)) if one.check.id == "clock"]


def test_an_hour_of_local_time_before_the_event():
    m = night(early=[4])
    (one,) = clocks(m)
    assert (one.row, one.severity) == (4, "Q")
    assert "before T0, and joins 11 other rows of its telescope" in one.sentence
    assert "in local time (UTC-1 h)" in one.sentence
    assert one.fix["t_mjd"] == pytest.approx(T0 + 0.009, abs=1e-5)


@pytest.mark.parametrize(
    "m",
    [
        night(early=[4, 5, 6]),  # a telescope that often was before T0
        night(early=[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
        night(early=[11], n_of_others=2),  # one other row of its telescope
    ],
)
def test_others_before_the_event_are_left_alone(m):
    assert [one for one in clocks(m) if "before T0" in one.sentence] == []


def test_without_a_place_the_time_zone_is_not_known():
    assert clocks(night(early=[4]), site=(np.nan,) * 3) == []


def test_company_is_counted_over_all_of_a_long_light_curve():
    m = night(900)
    curve = curve_of(Batch(m, known(900)), np.arange(900))
    assert {len(times) for times in curve.visits.values()} == {900}
