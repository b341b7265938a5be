"""Footprints as polygons and as sky: cut at the antimeridian, closed over the poles, no larger and no smaller."""

from itertools import pairwise

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st
from mocpy import MOC
from shapely.geometry import MultiPolygon, Point, Polygon, shape

from tom_gcn.coverage import Footprint
from tom_gcn.plan_formats.geo import feature_collection
from tom_gcn.plan_formats.outlines import field_of, polygons, sky_of
from tom_gcn.plan_formats.region import moc_fits
from tom_gcn.sky_formats import moc_json

SHAPES = st.sampled_from([("square", 1.9, 1.9), ("rectangle", 2.0, 0.7), ("circle", 1.2, 1.2), ("square", 7.0, 7.0)])
RA = st.one_of(st.floats(0, 359.999), st.sampled_from([0.0, 179.9, 180.0, 180.3, 359.9999]))
DEC = st.one_of(st.floats(-90, 90), st.sampled_from([-90.0, -89.5, 89.9, 90.0]))


def rounded(corners):
    return [[round(ra, 5), round(dec, 5)] for ra, dec in corners]


def read(corners) -> MultiPolygon:
    collection = feature_collection([({}, rounded(corners))])
    geometry = shape(collection["features"][0]["geometry"])
    return geometry if isinstance(geometry, MultiPolygon) else MultiPolygon([geometry])


@given(SHAPES, RA, DEC)
def test_geojson_is_what_rfc_7946_asks_for(camera, ra, dec):
    footprint = Footprint(*camera, ra, dec)
    geometry = read(footprint.vertices())
    assert geometry.is_valid
    west, south, east, north = geometry.bounds
    assert -180 <= west <= east <= 180
    assert -90 <= south <= north <= 90
    for part in geometry.geoms:
        assert isinstance(part, Polygon)
        assert part.exterior.is_ccw


@given(SHAPES, RA, st.floats(-89.99, 89.99))
def test_geojson_covers_the_same_sky(camera, ra, dec):
    footprint = Footprint(*camera, ra, dec)
    geometry = read(footprint.vertices())
    longitude = (ra + 180.0) % 360.0 - 180.0
    assert geometry.buffer(1e-6).contains(Point(longitude, dec))
    assert solid_angle_deg2(geometry) == pytest.approx(footprint.area_deg2, rel=0.02)


def solid_angle_deg2(geometry: MultiPolygon) -> float:
    """Area on the sphere of polygons with straight sides in longitude and latitude: the integral of sin(latitude)."""
    total = 0.0
    for part in geometry.geoms:
        ring = np.array(part.exterior.coords)
        for (x0, y0), (x1, y1) in pairwise(ring):
            share = np.linspace(0, 1, 33)
            sines = np.sin(np.radians(y0 + share * (y1 - y0)))
            total -= float(np.trapezoid(sines, share) * (x1 - x0))
    return total * 180 / np.pi


@given(SHAPES, RA, st.floats(-89.9, 89.9))
def test_the_field_is_found_again_from_its_corners(camera, ra, dec):
    footprint = Footprint(*camera, ra, dec)
    found = field_of(ra, dec, rounded(footprint.vertices()))
    assert found.shape == camera[0]
    assert found.width_deg == pytest.approx(camera[1], abs=3e-5)
    if camera[0] == "rectangle":
        assert found.height_deg == pytest.approx(camera[2], abs=3e-5)


def test_an_outline_across_the_antimeridian_is_two_polygons():
    rings = polygons(Footprint("square", 2.0, 2.0, 180.0, 10.0).vertices())
    assert len(rings) == 2
    assert {max(abs(longitude) for longitude, _ in ring) for ring in rings} == {180.0}


def test_an_outline_across_ra_zero_is_one_polygon():
    assert len(polygons(Footprint("square", 2.0, 2.0, 0.0, 10.0).vertices())) == 1


@pytest.mark.parametrize("dec", [-90.0, 90.0, 89.5])
def test_an_outline_about_a_pole_reaches_the_edge_of_the_map(dec):
    geometry = read(Footprint("square", 2.0, 2.0, 40.0, dec).vertices())
    pole = 90.0 if dec > 0 else -90.0
    assert all(geometry.buffer(1e-6).contains(Point(longitude, pole)) for longitude in range(-180, 181, 30))


@pytest.fixture(scope="module")
def some_sky():
    footprints = [Footprint("square", 1.9, 1.9, 359.5, 40.0), Footprint("circle", 1.0, 1.0, 0.6, 40.5)]
    return footprints, sky_of([(one.ra_deg, one.dec_deg, rounded(one.vertices())) for one in footprints])


def test_mocpy_reads_the_moc_as_fits_and_as_json(some_sky, tmp_path):
    footprints, ranges = some_sky
    path = tmp_path / "plan.moc.fits"
    path.write_bytes(moc_fits(ranges, {"OBJECT": "S240422ed"}))
    from_fits, from_json = MOC.load(path, format="fits"), MOC.from_json(moc_json(ranges))
    assert from_fits == from_json
    assert np.array_equal(from_fits.to_depth29_ranges.astype(np.int64), ranges)
    # two footprints that overlap: less than their sum, more than the larger
    deg2 = from_fits.sky_fraction * 41252.961
    assert footprints[0].area_deg2 < deg2 < sum(one.area_deg2 for one in footprints)


def test_mocpy_draws_the_same_footprint(some_sky):
    footprints, _ = some_sky
    one = footprints[0]
    ranges = sky_of([(one.ra_deg, one.dec_deg, rounded(one.vertices()))])
    ours = MOC.from_json(moc_json(ranges))
    corners = SkyCoord(rounded(one.vertices()), unit="deg")
    theirs = MOC.from_polygon_skycoord(corners, max_depth=13)
    assert ours.intersection(theirs).sky_fraction == pytest.approx(theirs.sky_fraction, rel=0.02)
    assert ours.sky_fraction == pytest.approx(theirs.sky_fraction, rel=0.02)


def test_an_empty_plan_is_an_empty_moc(tmp_path):
    path = tmp_path / "empty.fits"
    path.write_bytes(moc_fits(sky_of([]), {}))
    assert MOC.load(path, format="fits").empty()


def test_a_name_that_fits_no_header_is_written_as_far_as_it_does(some_sky, tmp_path):
    path = tmp_path / "plan.moc.fits"
    path.write_bytes(moc_fits(some_sky[1], {"OBJECT": "Événement\n1"}))
    assert fits.getheader(path, 1)["OBJECT"] == "?v?nement?1"
    assert not MOC.load(path, format="fits").empty()
