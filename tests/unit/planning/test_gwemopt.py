"""The conventions on which the gwemopt adapter rests."""

from collections.abc import Callable

import numpy as np
import pytest
from astropy import units as u
from mocpy import MOC

from tom_gcn.planning import PlanTelescope
from tom_gcn.planning.gwemopt import half_or_radius_deg, safe_altitude_deg, why_not_supported

SKY_DEG2 = 41252.961
Make = Callable[..., PlanTelescope]


def area_as_gwemopt_draws(telescope: PlanTelescope) -> float:
    """Area of the MOC made by the calls in ``gwemopt.moc.construct_moc`` from the size the adapter gives."""
    size = half_or_radius_deg(telescope) * u.deg
    place = {"lon": np.array([40.0]) * u.deg, "lat": np.array([10.0]) * u.deg, "max_depth": 12}
    if telescope.shape == "circle":
        return float(MOC.from_cones(**place, radius=size)[0].sky_fraction * SKY_DEG2)
    return float(MOC.from_boxes(**place, a=size, b=size, angle=0.0 * u.deg)[0].sky_fraction * SKY_DEG2)


@pytest.mark.parametrize("shape", ["square", "circle"])
def test_size_given_to_gwemopt_draws_the_true_field(make_telescope: Make, shape: str) -> None:
    """Fails when mocpy (or gwemopt with it) is repaired to take whole sides: then the adapter must give whole sides."""
    telescope = make_telescope(shape=shape)
    assert area_as_gwemopt_draws(telescope) == pytest.approx(telescope.field_deg2, rel=0.05)


def test_boxes_take_half_sides() -> None:
    box = MOC.from_boxes(
        lon=np.array([0.0]) * u.deg,
        lat=np.array([0.0]) * u.deg,
        a=2.0 * u.deg,
        b=2.0 * u.deg,
        angle=0.0 * u.deg,
        max_depth=11,
    )[0]
    assert box.contains_lonlat([1.9, 0.0, 358.1] * u.deg, [0.0, 1.9, -1.9] * u.deg).all()
    assert not box.contains_lonlat([2.1, 0.0] * u.deg, [0.0, 2.1] * u.deg).any()


def test_altitude_limit_covers_partial_exposures(make_telescope: Make) -> None:
    assert safe_altitude_deg(make_telescope(exposure_s=240.0)) == pytest.approx(30.0 + 0.15 + 1.0)


def test_rectangles_are_not_for_gwemopt(make_telescope: Make) -> None:
    assert why_not_supported(make_telescope(shape="rectangle", width_deg=1.0)).startswith("gwemopt plans")
    assert why_not_supported(make_telescope()) == ""
