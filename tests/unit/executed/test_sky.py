"""Which pointings hold a position: the same as the footprints of coverage, everywhere on the sky."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tom_gcn.coverage import Footprint
from tom_gcn.skymaps import contains, hpx29, merge_ranges
from tom_grandma_facilities.executed import Pointing, Pointings
from tom_grandma_facilities.executed.sky import cells, class_reach_deg, ranges_around, reach_deg, size_class

CENTRES = [(0.0, 0.0), (359.9, 45.0), (10.0, 89.8), (200.0, -90.0), (123.4, -60.0)]
FIELDS = [
    ("square", 1.9, 1.9),
    ("rectangle", 4.0, 0.5),
    ("circle", 3.0, 3.0),
    ("square", 0.05, 0.05),
    ("circle", 50.0, 50.0),
]


def vectors(ra, dec):
    ra, dec = np.radians(ra), np.radians(dec)
    return np.array([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)])


@pytest.mark.parametrize(("ra", "dec"), CENTRES)
@pytest.mark.parametrize(("shape", "width", "height"), FIELDS)
def test_the_same_as_the_footprint_of_coverage(shape, width, height, ra, dec):
    rng = np.random.default_rng(7)
    spread = reach_deg(shape, width, height) * 1.2
    points = vectors(ra, dec)[:, None] + np.radians(spread) * rng.normal(0, 0.7, (3, 400))
    points /= np.linalg.norm(points, axis=0)
    theirs = Footprint(shape, width, height, ra, dec).contains(points)
    at = np.degrees(np.arctan2(points[1], points[0])) % 360, np.degrees(np.arcsin(points[2]))
    one = Pointings(*(np.array([value]) for value in (shape == "circle", width, height, ra, dec)))
    ours = [bool(one.contain(a, d)[0]) for a, d in zip(*at, strict=True)]
    assert 20 < sum(ours) < 400
    assert list(theirs) == ours


@given(st.floats(0, 360, exclude_max=True), st.floats(-90, 90), st.sampled_from(FIELDS))
def test_every_field_holds_its_centre_and_lies_in_its_class(ra, dec, field):
    pointing = Pointing(*field, ra, dec)
    one = Pointings(*(np.array([v]) for v in (field[0] == "circle", field[1], field[2], ra, dec)))
    assert one.contain(ra, dec)[0]
    size = size_class(*field)
    assert class_reach_deg(size - 1) < pointing.reach_deg * (1 + 1e-9) <= class_reach_deg(size) * (1 + 1e-8)


@given(st.floats(0, 360), st.floats(-90, 90), st.floats(0.001, 100), st.floats(0, 360), st.floats(0, 1))
def test_ranges_hold_every_centre_within_reach(ra, dec, radius, bearing, part):
    angle, turn = np.radians(radius * part), np.radians(bearing)
    lon, lat = np.radians(ra), np.radians(dec)
    up = np.array([-np.sin(lat) * np.cos(lon), -np.sin(lat) * np.sin(lon), np.cos(lat)])
    east = np.cross(up, vectors(ra, dec))
    point = vectors(ra, dec) * np.cos(angle) + (up * np.cos(turn) + east * np.sin(turn)) * np.sin(angle)
    there = np.degrees(np.arctan2(point[1], point[0])) % 360, np.degrees(np.arcsin(np.clip(point[2], -1, 1)))
    assert contains(merge_ranges(ranges_around(ra, dec, radius)), cells(*there))


def test_cells_are_those_of_sky_maps():
    rng = np.random.default_rng(1)
    ra, dec = rng.uniform(0, 360, 1000), rng.uniform(-90, 90, 1000)
    assert (cells(ra, dec) == hpx29(ra, dec)).all()
