"""Maps made from figures: their areas are those of geometry, at the poles and across RA 0 too."""

import time
import tracemalloc

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import Latitude, Longitude
from hypothesis import given, settings
from hypothesis import strategies as st
from mocpy import MOC
from scipy.integrate import quad

from tom_gcn.skymaps import (
    SkyMap,
    SkyMapError,
    cone_ranges,
    contours,
    make,
    outlines,
    pack,
    read_skymap,
    to_fits,
    unpack,
)
from tom_gcn.skymaps.ranges import SKY_DEG2

DEG2_PER_SR = (180 / np.pi) ** 2
PLACES = [(0.0, 0.0), (359.999, -30.0), (123.0, 89.99), (10.0, 90.0), (200.0, -90.0), (45.0, 41.8)]


def cap_deg2(radius_deg: float) -> float:
    return 4 * np.pi * np.sin(np.radians(radius_deg) / 2) ** 2 * DEG2_PER_SR


def moc_of(skymap: SkyMap, level: float) -> MOC:
    ranges = skymap.region(level).astype(np.uint64)
    return MOC.from_depth29_ranges(29, ranges)


# --- cones -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("radius", "containment"), [(1 / 3600, 0.9), (0.05, 0.9), (1.0, 0.683), (3.3, 0.5), (15.0, 0.683), (40.0, 0.9)]
)
def test_the_area_of_a_cone_at_its_containment_is_that_of_the_cap(place, radius, containment):
    skymap = make.cone(*place, radius, containment)
    assert skymap.area_deg2(containment) == pytest.approx(cap_deg2(radius), rel=0.01)
    assert skymap.probability.sum() == pytest.approx(1, abs=1e-9)
    assert skymap.probability_in_ranges(cone_ranges(*place, radius, 6)) == pytest.approx(containment, abs=0.01)
    assert len(skymap.uniq) < 5000


@settings(max_examples=40, deadline=None)
@given(
    ra=st.floats(0, 360),
    dec=st.floats(-90, 90),
    radius=st.floats(1e-4, 60),
    containment=st.floats(0.3, 0.99),
    level=st.floats(0.2, 0.95),
)
def test_areas_at_every_level_agree_with_the_formula(ra, dec, radius, containment, level):
    skymap = make.cone(ra, dec, radius, containment)
    expected = cap_deg2(make.scaled_radius_deg(radius, containment, level))
    assert skymap.area_deg2(level) == pytest.approx(expected, rel=0.03)


def test_small_cones_follow_rayleigh():
    sigma = 0.1
    for containment, sigmas in ((0.9, 2.146), (0.683, 1.5158), (0.5, 1.1774), (0.3935, 1.0)):
        radius = make.scaled_radius_deg(sigmas * sigma, containment, 0.9)
        assert radius == pytest.approx(2.146 * sigma, rel=1e-3)


def test_wide_cones_follow_fisher():
    """Against an integral of Fisher's density done by quadrature."""
    r50 = make.scaled_radius_deg(60.0, 0.9, 0.5)

    def held(kappa: float, radius: float) -> float:
        def density(theta: float) -> float:
            return float(np.exp(kappa * (np.cos(theta) - 1)) * np.sin(theta))

        return quad(density, 0, np.radians(radius))[0] / quad(density, 0, np.pi)[0]

    kappas = np.linspace(3, 7, 4001)
    kappa = kappas[np.argmin([abs(-np.expm1(-k / 2) / -np.expm1(-2 * k) - 0.9) for k in kappas])]
    assert held(kappa, 60.0) == pytest.approx(0.9, abs=1e-3)
    assert held(kappa, r50) == pytest.approx(0.5, abs=1e-3)


def test_the_containment_is_what_turns_a_radius_into_a_map():
    areas = {c: make.cone(30, 10, 2.0, c).area_deg2(0.9) for c in (0.5, 0.683, 0.9)}
    assert areas[0.5] > areas[0.683] > areas[0.9]
    # 90 % and 50 % radii of a Gaussian differ by sqrt(ln 10 / ln 2).
    assert areas[0.5] / areas[0.9] == pytest.approx(np.log(10) / np.log(2), rel=0.02)
    assert make.cone(30, 10, 2.0).area_deg2(0.9) == areas[0.9]


def test_a_circle_that_says_nothing_is_an_even_sky():
    skymap = make.cone(10, 10, 180.0, 0.9)
    assert skymap.area_deg2(1.0) == pytest.approx(SKY_DEG2)
    assert skymap.area_deg2(0.5) == pytest.approx(SKY_DEG2 / 2)


@pytest.mark.parametrize("place", PLACES)
def test_the_region_agrees_with_mocpy(place):
    skymap = make.cone(*place, 5.0, 0.9)
    cone = MOC.from_cone(Longitude(place[0] * u.deg), Latitude(place[1] * u.deg), radius=5.0 * u.deg, max_depth=10)
    ours = moc_of(skymap, 0.9)
    apart = ours.symmetric_difference(cone).sky_fraction
    # Whole tiles of a quarter sigma along the edge.
    assert apart < 0.15 * cone.sky_fraction
    assert ours.sky_fraction == pytest.approx(cone.sky_fraction, rel=0.03)


# --- other shapes ------------------------------------------------------------------------------------------------


def test_an_ellipse_has_its_area_and_lies_along_its_position_angle():
    skymap = make.ellipse(150.0, 30.0, 3.0, 0.6, 30.0, 0.9)
    assert skymap.area_deg2(0.9) == pytest.approx(np.pi * 3.0 * 0.6, rel=0.01)
    along, across = np.radians(30.0), np.radians(120.0)

    def density(angle: float, distance: float) -> float:
        ra = 150.0 + distance * np.sin(angle) / np.cos(np.radians(30.0))
        return float(skymap.density_at([ra], [30.0 + distance * np.cos(angle)])[0])

    assert density(along, 1.5) > 10 * density(across, 1.5)
    assert density(along, 1.5) == pytest.approx(density(along, -1.5), rel=0.25)


def test_the_axes_of_an_ellipse_in_proportion_make_a_cone():
    cone, ellipse = make.cone(20, 70, 1.0, 0.9), make.ellipse(20, 70, 1.0, 1.0, 77.0, 0.9)
    assert ellipse.area_deg2(0.5) == pytest.approx(cone.area_deg2(0.5), rel=0.005)


@pytest.mark.parametrize("centre", [(0.0, 90.0), (200.0, 45.0), (0.0, 0.0)])
def test_an_annulus_has_the_area_of_its_band(centre):
    skymap = make.annulus(*centre, 60.0, 2.0, 0.9)
    band = cap_deg2(62.0) - cap_deg2(58.0)
    assert skymap.area_deg2(0.9) == pytest.approx(band, rel=0.02)
    ring, hole = cone_ranges(*centre, 62.0, 9), cone_ranges(*centre, 58.0, 9)
    inside = skymap.probability_in_ranges(ring) - skymap.probability_in_ranges(hole)
    assert inside == pytest.approx(0.9, abs=0.02)


def test_a_hair_thin_annulus_stays_bounded():
    begun = time.process_time()
    skymap = make.annulus(10.0, 20.0, 80.0, 0.001, 0.9)
    assert time.process_time() - begun < 3
    assert len(skymap.uniq) <= 320_000
    assert skymap.probability.sum() == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize(("half_width_arcmin", "too_wide"), [(30, 1.005), (10, 1.02), (3, 1.05), (1, 1.1)])
def test_rings_as_thin_as_spacecraft_give_them_are_not_much_too_wide(half_width_arcmin, too_wide):
    half = half_width_arcmin / 60
    tracemalloc.start()
    skymap = make.annulus(10.0, 20.0, 60.0, half, 0.9)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    exact = cap_deg2(60 + half) - cap_deg2(60 - half)
    assert 0.995 < skymap.area_deg2(0.9) / exact < too_wide
    assert peak < 250 << 20


def _separation_deg(line, place):
    ra, dec = np.radians(line).T
    ra0, dec0 = np.radians(place)
    half = np.sin((dec - dec0) / 2) ** 2 + np.cos(dec) * np.cos(dec0) * np.sin((ra - ra0) / 2) ** 2
    return np.degrees(2 * np.arcsin(np.sqrt(half)))


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("radius", "half"), [(60.0, 0.001), (90.0, 3.0), (120.0, 0.5)])
def test_the_edges_of_a_ring_are_exact_and_turn_against_each_other(place, radius, half):
    outer, inner = outlines.annulus_outlines(*place, radius, half, 0.9, 0.9)
    assert _separation_deg(outer, place) == pytest.approx(radius + half, abs=1e-5)
    assert _separation_deg(inner, place) == pytest.approx(radius - half, abs=1e-5)
    narrow, _ = outlines.annulus_outlines(*place, radius, half, 0.9, 0.5)
    assert _separation_deg(narrow, place)[0] == pytest.approx(radius + half * 0.6745 / 1.6449, abs=1e-4)
    forward, backward = (np.diff(np.unwrap(np.radians(np.array(line)[:, 0]))).sum() for line in (outer, inner))
    if abs(place[1]) > 89.9:
        assert np.sign(forward) == -np.sign(backward)


def test_a_ring_without_a_hole_has_one_edge():
    assert len(outlines.annulus_outlines(10, 10, 1.0, 2.0, 0.9, 0.9)) == 1
    assert len(outlines.annulus_outlines(10, 10, 179.0, 2.0, 0.9, 0.9)) == 1
    assert outlines.annulus_outlines(10, 10, 90.0, 95.0, 0.9, 0.9) == []


SQUARE = [(359.0, -1.0), (1.0, -1.0), (1.0, 1.0), (359.0, 1.0)]
POLAR = [(0.0, 85.0), (90.0, 85.0), (180.0, 85.0), (270.0, 85.0)]


@pytest.mark.parametrize("corners", [SQUARE, POLAR, SQUARE[::-1], [(10, 10), (20, 10), (15, 30)]])
def test_a_polygon_agrees_with_mocpy(corners):
    skymap = make.polygon(corners)
    ra, dec = np.array(corners, dtype=float).T
    moc = MOC.from_polygon(Longitude(ra * u.deg), Latitude(dec * u.deg), max_depth=12)
    if moc.sky_fraction > 0.5:
        moc = moc.complement()
    assert skymap.area_deg2(1.0) == pytest.approx(moc.sky_fraction * SKY_DEG2, rel=0.03)
    assert moc.contains_lonlat(*(np.atleast_1d(x) * u.deg for x in skymap.peak())).all()


def test_a_concave_polygon_leaves_its_bay_out():
    skymap = make.polygon([(0, 0), (10, 0), (10, 10), (5, 2), (0, 10)])
    assert skymap.density_at([5.0, 5.0], [1.0, 8.0]).tolist() == [pytest.approx(skymap.probdensity.max()), 0.0]


# --- what becomes of them ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "skymap",
    [make.cone(0, 90, 0.001), make.annulus(10, 10, 30, 1), make.polygon(SQUARE), make.cone(0, 0, 180)],
    ids=["cone", "annulus", "polygon", "sky"],
)
def test_made_maps_are_like_published_ones(skymap):
    again, unpacked = read_skymap(to_fits(skymap)), unpack(pack(skymap))
    assert np.array_equal(again.uniq, skymap.uniq)
    assert np.array_equal(unpacked.probdensity, skymap.probdensity)
    assert to_fits(skymap) == to_fits(again)
    assert np.all(skymap.lower[1:] >= skymap.upper[:-1])


@pytest.mark.parametrize("place", PLACES)
def test_the_outline_is_where_the_radius_is(place):
    line = np.array(outlines.ellipse_outline(*place, 2.0, 2.0, 0.0))
    assert line[0] == pytest.approx(line[-1], abs=1e-6)
    x, y = np.radians(line).T
    x0, y0 = np.radians(place)
    distance = np.degrees(np.arccos(np.sin(y) * np.sin(y0) + np.cos(y) * np.cos(y0) * np.cos(x - x0)))
    assert distance == pytest.approx(2.0, abs=1e-5)


def test_the_outline_turns_as_contours_do():
    def signed(line):
        points = np.array(line) - line[0]
        return np.sum(points[:-1, 0] * points[1:, 1] - points[1:, 0] * points[:-1, 1])

    drawn = contours(make.cone(30, 10, 2.0), [0.5])[0.5][0]
    assert np.sign(signed(drawn)) == np.sign(signed(outlines.ellipse_outline(30, 10, 2, 2, 0)))


@pytest.mark.parametrize(
    "bad",
    [
        lambda: make.cone(0, 91, 1),
        lambda: make.cone(float("nan"), 0, 1),
        lambda: make.cone(0, 0, 0),
        lambda: make.cone(0, 0, -1),
        lambda: make.cone(0, 0, 181),
        lambda: make.cone(0, 0, 1, 0),
        lambda: make.cone(0, 0, 1, 1.5),
        lambda: make.ellipse(0, 0, 1, 2, 0),
        lambda: make.annulus(0, 0, 200, 1),
        lambda: make.annulus(0, 0, 20, 0),
        lambda: make.polygon([(0, 0), (1, 1)]),
        lambda: make.polygon([(0, 0), (1, 1), (2, 2), (0, 0)][:2] * 2),
        lambda: make.polygon([(0, 0), (120, 0), (240, 0)]),
    ],
)
def test_figures_that_are_none_are_refused(bad):
    with pytest.raises(SkyMapError) as caught:
        bad()
    assert caught.value.code == "bad-figures"


def test_a_cone_is_made_fast():
    begun = time.process_time()
    for dec in range(10):
        make.cone(10.0, dec, 0.05)
    assert time.process_time() - begun < 2
