"""Footprints and what they cover, checked with mocpy."""

from pathlib import Path

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import Latitude, Longitude, SkyCoord
from astropy.table import Table
from hypothesis import given, settings
from hypothesis import strategies as st
from mocpy import MOC

from tom_gcn.coverage import (
    Footprint,
    footprint,
    new_probabilities,
    union_area_deg2,
    union_probability,
    union_ranges,
)
from tom_gcn.skymaps import area_deg2, cell_centres, hpx29, read_skymap
from tom_gcn.skymaps.ranges import SKY_DEG2

MAP = Path(__file__).parents[2] / "data" / "skymaps" / "MS220722v_bayestar.multiorder.fits"
SKYMAP = read_skymap(MAP.read_bytes())
TABLE = Table.read(MAP)

PLACES = [(98.3, -27.4), (0.0, 0.0), (359.99, 41.0), (0.3, -60.0), (123.0, 90.0), (17.0, -89.7), (200.0, 85.0)]
CAMERAS = [("square", 1.9, 1.9), ("rectangle", 4.2, 1.1), ("circle", 3.0, 3.0), ("rectangle", 0.2, 0.3)]

footprints = st.builds(
    Footprint,
    st.sampled_from(["square", "rectangle", "circle"]),
    st.floats(1.5, 8),
    st.floats(1.5, 8),
    st.floats(80, 120),
    st.floats(-45, -10),
)


def polygon(shape: Footprint, depth: int) -> MOC:
    if shape.shape == "circle":
        place = {"lon": Longitude(shape.ra_deg, "deg"), "lat": Latitude(shape.dec_deg, "deg")}
        return MOC.from_cone(**place, radius=shape.width_deg / 2 * u.deg, max_depth=depth)
    ra, dec = np.array(shape.vertices()).T
    return MOC.from_polygon_skycoord(SkyCoord(ra, dec, unit="deg"), max_depth=depth)


def as_moc(ranges: np.ndarray) -> MOC:
    return MOC.from_depth29_ranges(29, ranges.astype(np.uint64))


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("camera", CAMERAS)
def test_footprint_agrees_with_mocpy_anywhere(camera: tuple[str, float, float], place: tuple[float, float]) -> None:
    shape = Footprint(*camera, *place)
    ours, theirs = as_moc(shape.ranges()), polygon(shape, shape.fine_order() + 1)
    # mocpy takes every cell that touches the outline, we those with their centre inside.
    assert ours.intersection(theirs).sky_fraction == pytest.approx(ours.sky_fraction, rel=0.005)
    assert theirs.sky_fraction / ours.sky_fraction == pytest.approx(1.02, abs=0.03)
    assert ours.sky_fraction * SKY_DEG2 == pytest.approx(shape.area_deg2, rel=0.01)


@pytest.mark.parametrize("place", PLACES)
def test_full_width_is_width_and_not_half_of_it(place: tuple[float, float]) -> None:
    """gwemopt 0.4.2 gives full sides where mocpy wants half ones and so draws squares four times too large."""
    box = {"lon": Longitude(place[0], "deg"), "lat": Latitude(place[1], "deg")}
    theirs = MOC.from_box(**box, a=0.95 * u.deg, b=0.95 * u.deg, angle=0 * u.deg, max_depth=12)
    assert Footprint("square", 1.9, 1.9, *place).area_deg2 == pytest.approx(theirs.sky_fraction * SKY_DEG2, rel=0.05)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("camera", CAMERAS)
def test_vertices_lie_on_the_outline(camera: tuple[str, float, float], place: tuple[float, float]) -> None:
    shape = Footprint(*camera, *place)
    corners = SkyCoord(*np.array(shape.vertices()).T, unit="deg")
    distance = corners.separation(SkyCoord(*place, unit="deg")).deg
    assert distance == pytest.approx(np.full(len(corners), shape.reach_deg), rel=1e-9)
    assert np.all((corners.ra.deg >= 0) & (corners.ra.deg < 360))
    angle = SkyCoord(*place, unit="deg").position_angle(corners).rad
    turned = (np.diff(angle) + np.pi) % (2 * np.pi) - np.pi
    assert np.all(turned > 0), "from north through east"
    assert len(corners) == (36 if shape.shape == "circle" else 4)


def test_width_runs_east_and_height_north() -> None:
    corners = np.array(footprint("rectangle", 4.0, 1.0, 50.0, 0.0))
    assert np.ptp(corners[:, 0]) == pytest.approx(4.0, rel=1e-3)
    assert np.ptp(corners[:, 1]) == pytest.approx(1.0, rel=1e-3)


def test_pixels_are_those_with_their_centre_inside() -> None:
    shape = Footprint("square", 20.0, 20.0, 3.0, 80.0)
    ra, dec = cell_centres(np.full(12 << 10, 5), np.arange(12 << 10))
    offset = SkyCoord(ra, dec, unit="deg").transform_to(SkyCoord(3.0, 80.0, unit="deg").skyoffset_frame())
    x, y = np.tan(offset.lon.rad), np.tan(offset.lat.rad) / np.cos(offset.lon.rad)
    edge = np.tan(np.radians(10))
    inside = (np.abs(offset.lon.deg) < 90) & (np.abs(x) <= edge) & (np.abs(y) <= edge)
    np.testing.assert_array_equal(shape.pixels(5), np.flatnonzero(inside))


def test_no_pointing_covers_nothing() -> None:
    assert union_probability(SKYMAP, []) == 0
    assert union_area_deg2([]) == 0
    assert len(new_probabilities(SKYMAP, [])) == 0


@settings(max_examples=12, deadline=None)
@given(st.lists(footprints, max_size=5), st.sampled_from([None, 8, 10]))
def test_new_probabilities_sum_to_the_union(shapes: list[Footprint], order: int | None) -> None:
    new = new_probabilities(SKYMAP, shapes, order)
    assert np.all(new >= 0)
    assert new.sum() == pytest.approx(union_probability(SKYMAP, shapes, order), abs=1e-12)
    assert new.sum() <= 1
    for i, shape in enumerate(shapes):
        assert new[i] <= union_probability(SKYMAP, [shape], order) + 1e-12
        assert new[: i + 1].sum() == pytest.approx(union_probability(SKYMAP, shapes[: i + 1], order), abs=1e-12)


def test_union_agrees_with_mocpy() -> None:
    rng = np.random.default_rng(1)
    shapes = [
        Footprint(*CAMERAS[i % 3], float(ra), float(dec))
        for i, (ra, dec) in enumerate(zip(rng.uniform(85, 110, 60), rng.uniform(-40, -15, 60), strict=True))
    ]
    ours = union_ranges(shapes)
    assert union_area_deg2(shapes) == pytest.approx(area_deg2(ours))
    assert union_area_deg2(shapes) < sum(shape.area_deg2 for shape in shapes)
    covered = new_probabilities(SKYMAP, shapes).sum()
    # The same cells, added up by mocpy.
    assert covered == pytest.approx(as_moc(ours).probability_in_multiordermap(TABLE), rel=1e-6)
    # The outlines, drawn and united by mocpy.
    theirs = polygon(shapes[0], 12)
    for shape in shapes[1:]:
        theirs = theirs.union(polygon(shape, 12))
    assert covered == pytest.approx(theirs.probability_in_multiordermap(TABLE), rel=0.015)


def test_the_same_sky_twice_counts_once() -> None:
    shape = Footprint("square", 5.0, 5.0, *SKYMAP.peak())
    new = new_probabilities(SKYMAP, [shape, shape, shape])
    assert new[0] > 0.01
    assert new[1:] == pytest.approx([0, 0])


def test_ranges_of_a_shape_hold_its_centre() -> None:
    for camera in CAMERAS:
        ranges = Footprint(*camera, 10.0, 20.0).ranges()
        cell = hpx29(10.0, 20.0)
        assert np.any((ranges[:, 0] <= cell) & (cell < ranges[:, 1]))


@pytest.mark.parametrize(
    "wrong",
    [
        ("hexagon", 1, 1, 0, 0),
        ("square", 0, 1, 0, 0),
        ("square", -1, 1, 0, 0),
        ("rectangle", 1, 180, 0, 0),
        ("square", 1, 1, float("nan"), 0),
        ("square", 1, 1, 0, 90.1),
        ("square", float("nan"), 1, 0, 0),
    ],
)
def test_what_is_no_footprint_is_refused(wrong: tuple[str, float, float, float, float]) -> None:
    with pytest.raises(ValueError, match=r"footprint|no place"):
        Footprint(*wrong)
