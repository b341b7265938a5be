"""What the forms of requests expect of a target: its last accepted point, as far as one may see it."""

from types import SimpleNamespace

import pytest
from django.utils import timezone

from icare_tom import brightness
from icare_tom.brightness import from_the_last_point
from tests.factories import make_group, make_target, make_user
from tom_grandma_facilities.expected import expected_magnitude

pytestmark = pytest.mark.django_db


def test_nothing_is_expected_of_a_target_without_points():
    user = make_user("asker", make_group())
    assert expected_magnitude(make_target(permissions="OPEN"), user) is None


@pytest.mark.parametrize(("flux_ujy", "magnitude"), [(3631e6, 0.0), (36.31, 20.0), (-3.0, None), (None, None)])
def test_the_flux_of_the_last_point_as_ab_magnitude(monkeypatch, flux_ujy, magnitude):
    point = SimpleNamespace(flux_ujy=flux_ujy, filter="sdssr", t_mid=timezone.now())
    monkeypatch.setattr(brightness, "last_accepted_magnitude", lambda target, user: point)
    expected = from_the_last_point(make_target(), make_user())
    if magnitude is None:
        assert expected is None
    else:
        assert expected.magnitude == pytest.approx(magnitude, abs=0.001)
        assert "AB in sdssr, 0 s ago." in expected.source
