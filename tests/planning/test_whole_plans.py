"""What must hold for every plan, on maps and networks that take their time."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.planning.soundness import assert_sound, footprint
from tom_gcn.coverage import union_area_deg2, union_probability
from tom_gcn.planning import PlanOptions, PlanTelescope, plan_network
from tom_gcn.skymaps import SkyMap

START = datetime(2026, 3, 18, 19, 30, 7, tzinfo=UTC)
Make = Callable[..., PlanTelescope]
Blob = Callable[..., SkyMap]


positions = st.tuples(st.floats(0.0, 360.0), st.floats(-90.0, 90.0))


@settings(max_examples=5, deadline=None)
@given(
    place=positions,
    sigma=st.floats(1.0, 12.0),
    sides=st.lists(st.floats(0.3, 8.0), min_size=1, max_size=3),
    latitudes=st.lists(st.floats(-85.0, 85.0), min_size=3, max_size=3),
    cap=st.sampled_from([1, 7, None]),
)
def test_any_network_and_map_gives_a_sound_plan(
    make_blob: Blob,
    make_telescope: Make,
    place: tuple[float, float],
    sigma: float,
    sides: list[float],
    latitudes: list[float],
    cap: int | None,
) -> None:
    skymap = make_blob(*place, sigma, order=5)
    telescopes = [
        make_telescope(
            f"T{n}",
            width_deg=side,
            height_deg=side,
            latitude_deg=latitudes[n],
            longitude_deg=120.0 * n,
            narrow=side < 1.0,
            exposure_s=400.0,
            shape="circle" if n == 1 else "square",
        )
        for n, side in enumerate(sides)
    ]
    plan = plan_network(skymap, telescopes, START, options=PlanOptions(max_pointings=cap))
    assert_sound(skymap, plan, telescopes, START)
    if cap is not None:
        assert all(result.n_pointings <= cap for result in plan.telescopes)


@pytest.mark.parametrize(("ra", "dec"), [(0.0, 0.0), (359.9, 30.0), (120.0, 90.0), (40.0, -90.0)])
def test_plans_across_ra_zero_and_at_the_poles(make_blob: Blob, make_telescope: Make, ra: float, dec: float) -> None:
    skymap = make_blob(ra, dec, 4.0)
    telescopes = [
        make_telescope("North", latitude_deg=60.0, longitude_deg=0.0, min_altitude_deg=15.0),
        make_telescope("South", latitude_deg=-60.0, longitude_deg=150.0, min_altitude_deg=15.0),
    ]
    start = datetime(2026, 10, 8, 12, tzinfo=UTC)
    plan = plan_network(skymap, telescopes, start, options=PlanOptions(max_pointings=40))
    assert_sound(skymap, plan, telescopes, start)
    assert plan.covered_probability > 0.65
    assert plan.area_deg2 == pytest.approx(
        union_area_deg2([footprint(telescopes[0], p.ra_deg, p.dec_deg) for p in plan.pointings]), rel=1e-9
    )


def test_same_input_gives_the_same_plan(make_blob: Blob, make_telescope: Make) -> None:
    skymap, telescopes = make_blob(150.0, 20.0, 6.0), [make_telescope("A"), make_telescope("B", longitude_deg=-60.0)]
    first, second = (plan_network(skymap, telescopes, START, options=PlanOptions(max_pointings=5)) for _ in range(2))
    assert first.pointings == second.pointings
    assert first.telescopes == second.telescopes


def test_joint_plan_beats_independent_plans(make_blob: Blob, make_telescope: Make) -> None:
    """Telescopes that plan alone all go to the same fields; together they share the sky."""
    skymap = make_blob(150.0, 20.0, 6.0)
    telescopes = [make_telescope(name, longitude_deg=-18.0 - 5.0 * n) for n, name in enumerate("ABC")]
    options = PlanOptions(max_pointings=6)
    joint = plan_network(skymap, telescopes, START, options=options)
    alone = [plan_network(skymap, [telescope], START, options=options) for telescope in telescopes]
    shapes = [footprint(telescopes[0], p.ra_deg, p.dec_deg) for plan in alone for p in plan.pointings]
    assert joint.covered_probability > 1.8 * union_probability(skymap, shapes)
    assert sum(result.new_probability for result in joint.telescopes) == pytest.approx(joint.covered_probability)


def test_adding_a_telescope_does_not_lower_coverage(make_blob: Blob, make_telescope: Make) -> None:
    skymap = make_blob(150.0, 20.0, 8.0)
    few = [make_telescope("A")]
    more = [*few, make_telescope("B", width_deg=3.0, height_deg=1.0, shape="rectangle")]
    small, large = (plan_network(skymap, telescopes, START).covered_probability for telescopes in (few, more))
    assert large >= small - 1e-3
