"""What exposures cover of a map together, against mocpy's union and by hand."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from astropy import units as u
from mocpy import MOC

from tom_gcn.coverage import Footprint
from tom_gcn.covered import Exposure, coverage_of, ranges_within_reach, touching
from tom_gcn.skymaps import cell_centres, contains, hpx29, make

T0 = datetime(2024, 11, 2, 12, 0, tzinfo=UTC)
MAP = make.cone(150.0, 30.0, 6.0)


def exposure(ra, dec, *, side=3.0, telescope="A", name="r", hours=1.0, depth=None, shape="square"):
    return Exposure(telescope, name, T0 + timedelta(hours=hours), Footprint(shape, side, side, ra, dec), depth, 60.0)


def test_nothing_covers_nothing():
    found = coverage_of(MAP, [exposure(300.0, -60.0)])
    assert found.total is None
    assert found.by_telescope == found.by_filter == found.curve == ()
    assert found.left_probability == 1.0
    assert found.left_90_deg2 == pytest.approx(MAP.area_deg2(0.9), rel=0.05)


def test_the_union_counts_once_and_lines_are_of_their_own():
    rows = [
        exposure(150.0, 30.0, hours=2, depth=20.0),
        exposure(150.0, 30.0, hours=3, depth=21.0),
        exposure(151.0, 30.0, telescope="B", name="g", hours=1),
        exposure(150.0, 30.0, telescope="B", name="r", hours=4, depth=18.5),
    ]
    found = coverage_of(MAP, rows)
    lines = {(line.telescope, line.filter): line for line in found.by_filter}
    assert set(lines) == {("A", "r"), ("B", "g"), ("B", "r")}
    assert (lines["A", "r"].count, lines["A", "r"].deepest_mag) == (2, 21.0)
    assert lines["B", "g"].deepest_mag is None
    assert lines["A", "r"].probability == pytest.approx(lines["B", "r"].probability)
    both = next(line for line in found.by_telescope if line.telescope == "B")
    assert max(line.probability for line in lines.values()) < both.probability == pytest.approx(found.total.probability)
    assert (found.total.first, found.total.last) == (T0 + timedelta(hours=1), T0 + timedelta(hours=4))
    assert [moment for moment, _ in found.curve] == [T0 + timedelta(hours=1), T0 + timedelta(hours=2)]
    assert found.curve[-1][1] == pytest.approx(found.total.probability)
    assert found.left_probability == pytest.approx(1 - found.total.probability)


@pytest.mark.parametrize("place", [(150.0, 30.0), (0.2, -2.0), (77.0, 89.0), (10.0, -88.0)])
def test_the_same_as_the_union_of_mocpy(place):
    skymap = make.cone(*place, 5.0)
    rng = np.random.default_rng(5)
    rows = [
        exposure((place[0] + rng.normal(0, 3) / max(np.cos(np.radians(place[1])), 0.05)) % 360,
                 float(np.clip(place[1] + rng.normal(0, 3), -90, 90)), side=float(rng.uniform(0.5, 4)),
                 shape=("square", "circle")[number % 2])
        for number in range(10)
    ]  # fmt: skip
    found = coverage_of(skymap, rows)
    theirs = MOC.new_empty(18)
    for row in rows:
        if row.field.shape == "circle":
            radius = row.field.width_deg / 2 * u.deg
            theirs |= MOC.from_cone(row.field.ra_deg * u.deg, row.field.dec_deg * u.deg, radius=radius, max_depth=18)
        else:
            corners = np.array(row.field.vertices())
            theirs |= MOC.from_polygon(corners[:, 0] * u.deg, corners[:, 1] * u.deg, max_depth=18)
    ranges = theirs.to_depth29_ranges.astype(np.int64)
    assert found.total.probability == pytest.approx(skymap.probability_in_ranges(ranges), abs=1e-3)
    # Fields far from the map are left out here, so that the areas may differ.
    assert found.total.area_deg2 <= theirs.sky_fraction * 41252.96 * 1.01


def test_what_is_left_of_the_region():
    whole = coverage_of(MAP, [exposure(150.0, 30.0, side=20.0)])
    assert whole.left_90_deg2 == pytest.approx(0.0, abs=1e-6)
    assert whole.total.probability > 0.999


@pytest.mark.parametrize("side", [0.1, 1.0, 8.0, 40.0])
def test_no_field_that_touches_is_passed_over(side):
    rng = np.random.default_rng(3)
    ra, dec = rng.uniform(100, 200, 300), rng.uniform(-20, 80, 300)
    rows = [exposure(float(a), float(d), side=side) for a, d in zip(ra, dec, strict=True)]
    kept = {row.field for row in touching(MAP, rows)}
    region = MAP.region(0.999)
    reaches = ranges_within_reach(region, rows[0].field.reach_deg)
    for row in rows:
        if contains(region, row.field.ranges()[:, 0]).any():
            assert row.field in kept
            assert contains(reaches, hpx29(row.field.ra_deg, row.field.dec_deg))
    assert len(kept) < 300 or side == 40.0


def test_the_centre_of_a_cell_is_within_reach_of_its_region():
    region = MAP.region(0.5)
    ra, dec = cell_centres(29, region[:, 0])
    assert contains(ranges_within_reach(region, 0.01), hpx29(ra, dec)).all()
