"""Limits that a plan adds to a telescope's own."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tom_gcn.planning import PlanOptions, PlanTelescope, plan_telescope
from tom_gcn.planning.limits import altitude_of_airmass, filter_like, moon_limit_deg, why_not_asked, with_limits
from tom_grandma_facilities.almanac import airmass
from tom_grandma_facilities.registry import TELESCOPES

Make = Callable[..., PlanTelescope]


def test_the_moons_limit_shrinks_with_its_phase() -> None:
    assert moon_limit_deg(30.0, 1.0) == pytest.approx(30.0)
    # half lit: 29.53 / 4 days from full Moon, 30 / (1 + (7.38 / 6)^2)
    assert moon_limit_deg(30.0, 0.5) == pytest.approx(11.93, abs=0.01)
    assert moon_limit_deg(30.0, 0.0) == pytest.approx(4.25, abs=0.01)


@given(st.floats(0.0, 180.0), st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_the_moons_limit_rises_with_its_light_up_to_what_is_declared(declared: float, one: float, other: float) -> None:
    low, high = moon_limit_deg(declared, np.sort([one, other]))
    assert 0.0 <= low <= high <= declared


@given(st.floats(1.0, 38.0))
def test_altitude_of_airmass_never_lets_more_air_through(highest: float) -> None:
    altitude = altitude_of_airmass(highest)
    assert airmass(altitude) <= highest
    assert altitude == 0.0 or airmass(altitude - 0.11) > highest


def test_the_stricter_limit_holds(make_telescope: Make) -> None:
    options = PlanOptions(airmass_max=2.0, hour_angle_max_h=4.0, galactic_latitude_min_deg=10.0)
    low, high = make_telescope(min_altitude_deg=10.0), make_telescope(min_altitude_deg=50.0, hour_angle_max_h=3.0)
    assert with_limits(low, options).min_altitude_deg == 30.0
    limited = with_limits(high, options)
    assert (limited.min_altitude_deg, limited.hour_angle_max_h) == (50.0, 3.0)
    assert limited.galactic_latitude_min_deg == 10.0
    assert limited.moon_by_phase
    assert not with_limits(high, PlanOptions(moon="fixed")).moon_by_phase


def test_rules_of_usage_name_themselves(make_telescope: Make) -> None:
    rare = make_telescope(usage="VR", limiting_mag=17.0)
    assert why_not_asked(rare, PlanOptions()) == ""
    assert why_not_asked(rare, PlanOptions(rarest_usage="VR")) == ""
    assert why_not_asked(rare, PlanOptions(rarest_usage="O")) == (
        "Its usage class is VR; this plan asks telescopes up to class O."
    )
    assert why_not_asked(rare, PlanOptions(depth_min_mag=19.0)) == (
        "Its depth of 17 mag does not reach the 19 mag that this plan asks for."
    )
    unknown = make_telescope()
    assert why_not_asked(unknown, PlanOptions(rarest_usage="VF", depth_min_mag=25.0)) == ""


def test_filters_are_found_by_name_then_by_band() -> None:
    tca = plan_telescope(TELESCOPES["TAROT-TCA"])
    assert filter_like(tca, "sdssg") == "sdssg"
    assert filter_like(tca, "g") == "sdssg"
    assert filter_like(tca, "R") == "sdssr"
    assert filter_like(tca, "ultraviolet") == tca.filter
